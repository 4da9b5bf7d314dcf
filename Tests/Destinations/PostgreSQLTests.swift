import Glibc
import Processes
import State
import Stream
import System
import Testing

@testable import Destinations

/// What only a PostgreSQL database has: its name, its tables, its limits, its readers.
@Suite struct PostgreSQLTests {
    @Test(arguments: [
        ("host=a dbname=b", "host=a dbname=b", "sluice"), ("schema=x host=a", "host=a", "x"),
        ("host=a schema='my docs' dbname='x y'", "host=a dbname='x y'", "my docs"), ("schema='it\\'s'", "", "it's"),
        ("", "", "sluice"), ("postgresql://h/d", "postgresql://h/d", "sluice"),
        ("postgres://u@h:1/d?schema=x&sslmode=require", "postgres://u@h:1/d?sslmode=require", "x"),
        ("postgresql://h/d?schema=x&search=off", "postgresql://h/d", "x"),
    ]) func theSchemaIsTakenOutOfTheName(_ text: String, _ connection: String, _ schema: String) {
        let name = DatabaseName(text)
        #expect(name.connection == connection)
        #expect(name.schema == schema)
    }

    @Test(arguments: [
        "password=s3cret", "host=a password='s3cret'", "postgresql://u:s3cret@h/d", "postgresql://h/d?password=s3cret",
        "postgresql://u:s3cret@@@/", "host=a sslpassword=s3cret", "pass word=s3cret", "schema=pg_x", "search=maybe",
    ]) func aPasswordOrWhatCannotBeReadIsRefusedAndNotShown(_ text: String) throws {
        let error = #expect(throws: Failure.self) {
            try PostgreSQLDestination(DatabaseName(text), waiting: Waiting(pause: { _ in }))
        }
        #expect(error?.status == .usage)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test func fullTextIsFoundAsLongAsItIsThere() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        func found(_ word: String) throws -> [String] {
            try bench.pairs(
                """
                select semantic_id from documents_search s join documents d using (semantic_id)
                where s.search @@ websearch_to_tsquery('simple', '\(word)') order by 1
                """
            ).map(\.0)
        }
        try bench.sink([
            Lines.document("s:1", "a plan", at: 1), Lines.document("s:2", "the plan", at: 1), stream.state(final: true),
        ])
        #expect(try found("plan") == ["s:1", "s:2"])
        stream.newRun("r2")
        try bench.sink([Lines.document("s:1", "a budget", at: 2), Lines.gone("s:2", at: 2), stream.state(final: true)])
        #expect(try found("plan").isEmpty)
        #expect(try found("budget") == ["s:1"])
        for search in ["off", "on"] {
            let name = DatabaseName(
                "\(try PostgreSQLServer.shared.get().connection) schema=\(bench.schema) search=\(search)")
            _ = try PostgreSQLDestination(name, waiting: Waiting(pause: { _ in }))
            #expect(try found("budget") == (search == "on" ? ["s:1"] : []))
        }
    }

    @Test func aTextOfTooManyWordsIsFoundByItsFirst() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        let words = (0..<300_000).map { "w\($0)" }.joined(separator: " ")
        #expect(try bench.sink([Lines.document("s:1", words, at: 1), stream.state(final: true)]).status == 0)
        let found = try bench.pairs("select semantic_id from documents_search where search @@ 'w77'::tsquery")
        #expect(found.map(\.0) == ["s:1"])
    }

    @Test func theRowStaysWhatADocumentWouldHaveMadeIt() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        try bench.sink([
            Lines.document("s:1", at: 1), Lines.permissions("s:1", in: "q", ["bob@x.io"], at: 2),
            Lines.seen("s:1", in: "z", at: 3), stream.state(final: true),
        ])
        let metadata = try bench.pairs("select metadata ->> 'partition', metadata -> 'permissions' from documents")
        #expect(metadata.first?.0 == "z")
        #expect(metadata.first?.1 == #"["bob@x.io"]"#)
    }

    @Test func whatPostgreSQLKeepsInNoTextBecomesAReplacement() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        let odd = Lines.document("s:1", "a\u{0}b", for: ["ann\u{0}@x.io"], at: 1).replacing(
            "Title", with: #"\ud800 \u0000"#)
        #expect(try bench.sink([odd, stream.state(final: true)]).status == 0)
        #expect(try bench.held().rows["s:1"]?.content == "a\u{FFFD}b")
        #expect(try bench.held().rows["s:1"]?.permissions == ["ann\u{FFFD}@x.io"])
        let titles = try bench.pairs("select title, metadata ->> 'title' from documents")
        #expect(titles.first?.0 == "\u{FFFD} \u{FFFD} of s:1")
        #expect(titles.first?.1 == titles.first?.0)
    }

    /// The batch is made again, a row at a time, and the others are there; without lines that wait each row is tried by itself.
    @Test(arguments: [8 << 20, 1]) func aRowThatTheServerRefusesIsADebt(_ lookahead: Int) throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        let huge = Lines.document("s:3", at: 2).replacing(#""title""#, with: #""big":1e200000,"title""#)
        let lines = [
            Lines.document("s:3", "small", at: 1), Lines.document("s:1", "one", at: 1), stream.state(), huge,
            Lines.document("s:2", "two", at: 2), Lines.document("s:1", "again", at: 3), stream.state(final: true),
        ]
        #expect(try bench.sink(lines, into: bench.postgres(lookahead: lookahead)).status == 65)
        #expect(try bench.held().rows.mapValues(\.content) == ["s:1": "again", "s:2": "two"])
        #expect(try bench.folder.debts().map(\.semanticID) == ["s:3"])
        #expect(try bench.copied() == stream.after)
    }

    /// Not even its debt can be kept, so nothing after it is committed.
    @Test func aKeyThatNoIndexTakesEndsWhatIsCommitted() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        var random = SeededRandom(seed: 1)
        let long = "s:" + random.hexadecimal(bytes: 4000)
        let lines = [
            Lines.document("s:1", at: 1), stream.state(), Lines.document(long, at: 2), Lines.document("s:2", at: 2),
            stream.state(final: true),
        ]
        #expect(try bench.sink(lines).status == 65)
        #expect(try bench.held().rows.keys.sorted() == ["s:1"])
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
    }

    @Test func aNewerSchemaIsRefusedAndAnOlderOneMigrated() throws {
        let bench = try Bench(.postgres)
        var stream = Lines()
        let server = try PostgreSQLServer.shared.get()
        let connection = try Connection([("dbname", server.connection)])
        let schema = PostgreSQLSchema(bench.schema, serverVersion: connection.serverVersion)
        let policies = "select policyname, tablename from pg_policies where schemaname = '\(bench.schema)'"
        try connection.execute("create schema \(bench.schema); set search_path = \(bench.schema)")
        try connection.execute(schema.steps[0])
        try connection.execute("update sluice set format = 1")
        #expect(try bench.pairs(policies).isEmpty)
        #expect(try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)]).status == 0)
        #expect(try bench.pairs(policies).count == 3)
        #expect(try bench.pairs("select format from sluice").first?.0 == "\(PostgreSQLSchema.format)")
        try connection.execute("update sluice set format = 99")
        let error = #expect(throws: Failure.self) { try bench.postgres() }
        #expect(error?.status == .configuration)
        #expect(error?.what.contains("99") == true)
    }

    @Test func aSchemaOfAnotherProgramIsRefused() throws {
        let bench = try Bench(.postgres)
        try bench.server.execute("create schema \(bench.schema); create table \(bench.schema).documents(x int)")
        let error = #expect(throws: Failure.self) { try bench.postgres() }
        #expect(error?.status == .configuration)
    }

    @Test func streamsNamedLikeTablesOfOursOrTooLongHaveTheirOwn() throws {
        let bench = try Bench(.postgres)
        let long = String(repeating: "long_", count: 20)
        let names = ["states", "Documents_Search", "a\"b; drop table documents", long + "a", long + "b", "é" + long]
        var lines: [String] = []
        for name in names {
            lines.append(#"{"type":"SCHEMA","stream":\#(quoted(name)),"schema":{},"key_properties":["id"]}"#)
            lines.append(Lines.line(name, 1) { $0.member("id", 1) })
        }
        #expect(try bench.sink(lines).status == 0)
        let tables = try bench.pairs("select tablename from pg_tables where schemaname = '\(bench.schema)'").map(\.0)
        #expect(tables.count == 10 + names.count)
        #expect(try bench.pairs("select count(*) from documents").first?.0 == "0")
    }
    private func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
}

extension String {
    func replacing(_ text: String, with other: String) -> String {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return (parts + [rest]).joined(separator: other)
    }
}
