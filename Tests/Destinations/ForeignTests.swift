import JSON
import State
import System
import Testing

@testable import Destinations

/// Streams that are not ours: a table each.
@Suite struct ForeignTests {
    private func schema(_ stream: String, _ keys: [String]) -> String {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "SCHEMA")
            w.member("stream", stream)
            w.key("schema")
            w.object { _ in }
            w.member("key_properties", keys)
        }
        return w.text
    }
    private func user(_ id: Int, _ name: String, in stream: String = "users") -> String {
        Lines.line(stream, 1) { w in
            w.member("id", id)
            w.member("name", name)
        }
    }
    private func table(_ bench: Bench, _ name: String = "users") throws -> [String] {
        switch bench.kind {
        case .sqlite, .postgres:
            return try bench.pairs("select cast(record as text), '' from \"\(name)\" order by 1").map(\.0)
        case .memory:
            let memory = try #require(try bench.open() as? MemoryDestination)
            return (memory.records[name] ?? [:]).values.map { String(decoding: $0, as: UTF8.self) }.sorted()
        case .jsonl:
            let folded = MemoryDestination()
            for file in Files.names(in: bench.file) where file.hasSuffix(".gz") {
                for line in try gunzip(bench.file + "/" + file).split(separator: "\n") {
                    folded.apply(try #require(try Change(try JSON(parsing: String(line)))))
                }
            }
            return (folded.records[name] ?? [:]).values.map { String(decoding: $0, as: UTF8.self) }.sorted()
        }
    }

    @Test(arguments: Kind.allCases) func aForeignTapIsStoredToItsEnd(_ kind: Kind) throws {
        let bench = try Bench(kind)
        let state = #"{"type":"STATE","value":{"bookmarks":{"users":{"since":1}}}}"#
        let end = try bench.sink([
            schema("users", ["id"]), user(1, "ann"), user(2, "bob"), state, user(1, "ann again"), user(3, "cy"),
        ])
        #expect(end.status == 0)
        #expect(end.printed == [#"{"bookmarks":{"users":{"since":1}}}"#])
        #expect(
            try table(bench) == [#"{"id":1,"name":"ann again"}"#, #"{"id":2,"name":"bob"}"#, #"{"id":3,"name":"cy"}"#])
        // The same again is the same; a tombstone removes.
        let gone = Lines.line("users", 2) { w in
            w.member("id", 2)
            w.member("_sdc_deleted_at", Lines.time(2))
        }
        #expect(try bench.sink([schema("users", ["id"]), user(1, "ann again"), gone]).status == 0)
        #expect(try table(bench).count == 2)
        #expect(try bench.sink([schema("users", ["id"]), user(9, "zoe")], torn: user(10, "y")).status == 75)
        #expect(try table(bench).count == 2)
    }

    @Test(arguments: Kind.allCases) func aStreamWithoutAKeyIsAdded(_ kind: Kind) throws {
        let bench = try Bench(kind)
        #expect(
            try bench.sink([schema("users", []), user(1, "a"), user(1, "b"), user(1, "c", in: "more")]).status == 0)
        #expect(try table(bench).count == 2)
        #expect(try table(bench, "more").count == 1)
    }

    @Test func itemsAreStoredBesideTheChain() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        let lines = [schema("slack_thread", ["id"]), user(1, "x", in: "slack_thread")]
        #expect(try bench.sink(lines + [stream.state(), user(2, "y", in: "slack_thread")]).status == 75)
        #expect(try table(bench, "slack_thread").count == 1)
    }

    @Test func aStreamNamedLikeATableOfOursHasItsOwn() throws {
        let bench = try Bench(.sqlite)
        let names = [
            "states", "Connections", "sqlite_x", "documents_search_data", "a\"b; drop table documents", "stream_states",
        ]
        var lines: [String] = []
        for name in names { lines += [schema(name, ["id"]), user(1, name, in: name)] }
        #expect(try bench.sink(lines).status == 0)
        #expect(try table(bench, "stream_states").count == 1)
        #expect(try table(bench, "stream_Connections").count == 1)
        #expect(try table(bench, "stream_sqlite_x").count == 1)
        #expect(try table(bench, "stream_stream_states").count == 1)
        #expect(try bench.pairs("select count(*), '' from documents").first?.0 == "0")
    }
}
