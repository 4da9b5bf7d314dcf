import Processes
import System
import Testing

@testable import Destinations

/// Row security: a role that is not the owner sees what one reader may read, and that is what the view says.
@Suite struct ReaderTests {
    private static let readers = [
        "ann@x.io", "bob@x.io", "cy@y.io", "dee@x.io", "b@x_io", "b@sub.x.io", "a@xx.io", "nobody@z.io",
    ]

    /// What a role sees, that may read three tables and has no other right, for each reader.
    private func seen(_ bench: Bench, by readers: [String?]) throws -> [Set<String>] {
        let connection = try bench.server
        let role = "r\(bench.schema)"
        try connection.execute(
            """
            create role \(role);
            grant usage on schema \(bench.schema) to \(role);
            grant select on documents, documents_search, document_principals to \(role);
            set role \(role)
            """)
        return try readers.map { reader in
            if let reader { _ = try connection.query("select set_config('sluice.reader', $1, false)", [.text(reader)]) }
            let documents = try connection.query("select semantic_id from documents").compactMap { $0.text(0) }
            let searched = try connection.query("select semantic_id from documents_search").compactMap { $0.text(0) }
            #expect(searched.sorted() == documents.sorted())
            return Set(documents)
        }
    }

    /// What the view says for each reader.
    private func allowed(_ bench: Bench) throws -> [Set<String>] {
        let pairs = try bench.pairs("select semantic_id, principal from document_permissions")
        return ReaderTests.readers.map { reader in
            let domain = "domain:" + reader.drop { $0 != "@" }.dropFirst()
            return Set(pairs.filter { [reader, domain, "public"].contains($0.1) }.map(\.0))
        }
    }

    @Test(arguments: AccessTests.cases) func aReaderSeesWhatTheViewSays(_ some: AccessTests.Case) throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        var lines = [Lines.document("c:1", for: some.principals, at: 1)]
        for (id, members) in some.groups { lines.append(Lines.group(id, members, at: 1)) }
        for (id, clauses) in some.rules { lines.append(Lines.group(id, clauses, as: "all", at: 1)) }
        try bench.sink(lines + [stream.state(final: true)])
        let nobodies = [
            nil, "", "public", "link", "domain:x.io", "group:c:A", "group:c:all:h1", "user:github:17", "@x.io",
        ]
        let seen = try seen(bench, by: nobodies + ReaderTests.readers + ["ANN@X.io"])
        for (nobody, found) in zip(nobodies, seen) { #expect(found.isEmpty, "\(nobody ?? "unset")") }
        #expect(try Array(seen.dropFirst(nobodies.count).dropLast()) == allowed(bench))
        #expect(seen.last == seen[nobodies.count])
    }

    @Test(arguments: 0..<12) func randomGroupsAndRulesComeToTheSame(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let groups = (0..<6).map { "group:c:\($0)" } + ["user:c:1", "user:c:2"]
        let rules = (0..<4).map { "group:c:all:\($0)" }
        let all = ReaderTests.readers + ["domain:x.io", "domain:y.io", "public", "link"] + groups + rules
        func some(_ most: Int) -> [String] {
            (0..<Int.random(in: 0...most, using: &random)).compactMap { _ in all.randomElement(using: &random) }
        }
        let bench = try Bench(.postgres)
        var stream = Lines()
        var lines = (0..<20).map { Lines.document("c:\($0)", for: some(3), at: 1) }
        lines +=
            groups.map { Lines.group($0, some(4), at: 1) } + rules.map { Lines.group($0, some(3), as: "all", at: 1) }
        try bench.sink(lines + [stream.state(final: true)])
        #expect(try seen(bench, by: ReaderTests.readers) == allowed(bench))
    }
}
