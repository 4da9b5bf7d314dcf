import System
import Testing

@testable import Destinations

/// The view `document_permissions`: who may read, through groups, cycles and rules. It fails closed.
@Suite struct AccessTests {
    /// Documents and their principals, groups and their members, rules and their clauses; and each document's readers.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var groups: [String: [String]] = [:]
        var rules: [String: [String]] = [:]
        let principals: [String]
        let readers: [String]
        var testDescription: String { name }

        init(
            _ name: String, _ principals: [String], groups: [String: [String]] = [:], rules: [String: [String]] = [:],
            _ readers: [String]
        ) {
            self.name = name
            self.groups = groups
            self.rules = rules
            self.principals = principals
            self.readers = readers
        }
    }

    /// A and B are in each other.
    static let common = [
        "group:c:A": ["ann@x.io", "group:c:B"], "group:c:B": ["bob@x.io", "group:c:A"],
        "group:c:C": ["bob@x.io", "cy@y.io"], "user:github:17": ["dee@x.io"],
    ]

    static let cases = [
        Case(
            "rule of two groups", ["group:c:all:h1"], groups: common,
            rules: ["group:c:all:h1": ["group:c:A", "group:c:C"]], ["bob@x.io"]),
        Case("groups round a cycle", ["group:c:A"], groups: common, ["ann@x.io", "bob@x.io"]),
        Case(
            "rule with a group nobody defines", ["group:c:all:h2"], groups: common,
            rules: ["group:c:all:h2": ["group:c:A", "group:c:gone"]], []),
        Case("group nobody defines", ["group:c:gone"], groups: common, []),
        Case("user whose address is told", ["user:github:17"], groups: common, ["dee@x.io"]),
        Case("user whose address nobody tells", ["user:github:18"], groups: common, []),
        Case(
            "rule with a domain and a person", ["group:c:all:h3"], groups: common,
            rules: ["group:c:all:h3": ["group:c:A", "domain:x.io", "ann@x.io"]], ["ann@x.io"]),
        Case(
            "domain, link and public as they are", ["domain:x.io", "link", "public"], ["domain:x.io", "link", "public"]),
        Case(
            "undefined member of a group", ["group:c:D"],
            groups: ["group:c:D": ["group:c:gone", "user:c:9", "ann@x.io"]], ["ann@x.io"]),
        Case("group that is its own member", ["group:c:D"], groups: ["group:c:D": ["group:c:D"]], []),
        Case("empty group", ["group:c:D"], groups: ["group:c:D": []], []),
        Case("empty rule", ["group:c:all:1"], rules: ["group:c:all:1": []], []),
        Case(
            "rule with public", ["group:c:all:1"], groups: common, rules: ["group:c:all:1": ["public", "group:c:C"]],
            ["bob@x.io", "cy@y.io"]),
        Case("rule of public alone", ["group:c:all:1"], rules: ["group:c:all:1": ["public"]], ["public"]),
        Case(
            "rule of link and a group", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["link", "group:c:A"]], []),
        Case(
            "rule of a domain and a group", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["domain:y.io", "group:c:C"]], ["cy@y.io"]),
        Case(
            "domain is no suffix", ["group:c:all:1"], groups: ["group:c:D": ["a@xx.io", "b@sub.x.io", "c@x.io"]],
            rules: ["group:c:all:1": ["domain:x.io", "group:c:D"]], ["c@x.io"]),
        Case(
            "letters that LIKE takes for others", ["group:c:all:1"], groups: ["group:c:D": ["a@xyio", "b@x_io"]],
            rules: ["group:c:all:1": ["domain:x_io", "group:c:D"]], ["b@x_io"]),
        Case("two domains", ["group:c:all:1"], rules: ["group:c:all:1": ["domain:x.io", "domain:y.io"]], []),
        Case(
            "union in a rule", ["group:c:all:1"],
            groups: common.merging(["group:c:any:2": ["cy@y.io", "group:c:A"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:any:2", "group:c:C"]], ["bob@x.io", "cy@y.io"]),
        Case(
            "group with a domain in a rule", ["group:c:all:1"],
            groups: ["group:c:D": ["domain:x.io"], "group:c:E": ["ann@x.io", "cy@y.io"]],
            rules: ["group:c:all:1": ["group:c:D", "group:c:E"]], ["ann@x.io"]),
        Case(
            "rule in a group", ["group:c:D"],
            groups: common.merging(["group:c:D": ["dee@x.io", "group:c:all:1"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:A", "group:c:C"]], ["bob@x.io", "dee@x.io"]),
        Case(
            "rule in a rule", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["group:c:all:2", "group:c:A"], "group:c:all:2": ["group:c:A"]], []),
        Case(
            "rule in a group in a rule", ["group:c:all:1"],
            groups: common.merging(["group:c:D": ["cy@y.io", "group:c:all:2"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:D", "group:c:C"], "group:c:all:2": ["bob@x.io"]], ["cy@y.io"]),
        Case(
            "rule of a user", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["user:github:17", "domain:x.io"]], ["dee@x.io"]),
        Case("no readers", [], []),
    ]

    @Test(arguments: [Kind.sqlite, .postgres], cases) func readers(_ kind: Kind, _ some: Case) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        var lines = [Lines.document("c:1", for: some.principals, at: 1)]
        for (id, members) in some.groups { lines.append(Lines.group(id, members, at: 1)) }
        for (id, clauses) in some.rules { lines.append(Lines.group(id, clauses, as: "all", at: 1)) }
        #expect(try bench.sink(lines + [stream.state(final: true)]).status == 0)
        let readers = try bench.pairs("select semantic_id, principal from document_permissions order by 1, 2").map(\.1)
        #expect(readers == some.readers)
        let source: any AccessSource =
            switch kind {
            case .postgres: try bench.postgres()
            default: try SQLiteDestination(asking: bench.file)
            }
        let explanation = try #require(try Explanation(of: "c:1", in: source))
        #expect(explanation.ways.keys.sorted() == some.readers)
        for reader in ["ann@x.io", "bob@x.io", "cy@y.io", "dee@x.io", "eve@z.io"] {
            let domain = "domain:" + reader.drop { $0 != "@" }.dropFirst()
            let expected = some.readers.contains { [reader, domain, "public"].contains($0) }
            var found: [String] = []
            try Readable(by: reader, in: source).documents { id, _, _ in found.append(id) }
            #expect(found == (expected ? ["c:1"] : []), "\(reader)")
        }
    }

    /// Random groups in groups, rules and cycles: what is explained, and what a reader may read, is what the view says.
    @Test(arguments: 0..<40 as Range<UInt64>) func explanationsAgreeWithTheView(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bench = try Bench(.sqlite)
        var stream = Lines()
        let people = (0..<4).map { "p\($0)@\($0 % 2 == 0 ? "x" : "y").io" }
        let groups = (0..<5).map { "group:c:\($0)" } + ["user:c:1"]
        let rules = (0..<3).map { "group:c:all:\($0)" }
        let all = people + groups + rules + ["domain:x.io", "public", "link", "group:c:unknown"]
        func some(_ most: Int) -> [String] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in all.randomElement(using: &random) ?? "" }
        }
        var lines = (0..<6).map { Lines.document("c:\($0)", for: some(3), at: 1) }
        lines += groups.map { Lines.group($0, some(3), at: 1) }
        lines += rules.map { Lines.group($0, some(3), as: "all", at: 1) }
        try bench.sink(lines + [stream.state(final: true)])
        var view: [String: Set<String>] = [:]
        for (id, reader) in try bench.pairs("select semantic_id, principal from document_permissions") {
            view[id, default: []].insert(reader)
        }
        let source = try SQLiteDestination(asking: bench.file)
        for n in 0..<6 {
            let explanation = try #require(try Explanation(of: "c:\(n)", in: source))
            #expect(Set(explanation.ways.keys) == view["c:\(n)"] ?? [])
        }
        for person in people {
            let principals: Set = [person, "domain:" + person.suffix(4), "public"]
            var found: [String] = []
            try Readable(by: person, in: source).documents { id, _, _ in found.append(id) }
            #expect(Set(found).count == found.count)
            #expect(found.sorted() == view.filter { !$0.value.isDisjoint(with: principals) }.keys.sorted(), "\(person)")
        }
    }

    @Test(arguments: [Kind.sqlite, .postgres]) func whoLeavesAGroupLosesWhatItsRuleGave(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        var lines = [Lines.document("c:1", for: ["group:c:all:h1"], at: 1)]
        for (id, members) in AccessTests.common { lines.append(Lines.group(id, members, at: 1)) }
        lines.append(Lines.group("group:c:all:h1", ["group:c:A", "group:c:C"], as: "all", at: 1))
        try bench.sink(lines + [stream.state(final: true)])
        #expect(try bench.pairs("select * from document_permissions").map(\.1) == ["bob@x.io"])
        stream.newRun("r2")
        try bench.sink([Lines.group("group:c:C", ["cy@y.io"], at: 2), stream.state(final: true)])
        #expect(try bench.pairs("select * from document_permissions").isEmpty)
    }
}
