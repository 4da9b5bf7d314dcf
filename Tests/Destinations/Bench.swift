import Glibc
import Gzip
import JSON
import Processes
import State
import Stream
import Synchronization
import System
import Testing

@testable import Destinations

/// The destinations that pass the contract tests: a new one gets all of them by being listed.
enum Kind: String, CaseIterable, Sendable { case sqlite, jsonl, memory, postgres }

/// What a destination holds, for a comparison.
struct Held: Equatable {
    struct Row: Equatable {
        var content: String?
        var updatedAt: String?
        var partition: String?
        var permissions: [String]
        var at: Int64
    }
    var rows: [String: Row] = [:]
    /// Members, or clauses after "all".
    var groups: [String: [String]] = [:]
    var debts: [String: String?] = [:]
}

/// A clock that stands still until it is moved.
final class StillTime: TimeSource {
    private let at = Mutex(Timestamp(seconds: 1_800_000_000))
    func now() -> Timestamp { at.withLock { $0 } }
    func sleep(for duration: Duration) async throws { at.withLock { $0 = $0 + duration } }
    func advance(_ duration: Duration) { at.withLock { $0 = $0 + duration } }
}

/// A destination and a state folder of its own, that many runs of `sink` go into.
final class Bench {
    let kind: Kind
    let root: String
    let time = StillTime()
    var options = Loader.Options()
    var usesFolder = true
    private let memory = MemoryDestination()

    init(_ kind: Kind) throws {
        self.kind = kind
        var random = SystemRandomNumberGenerator()
        // In memory, where that can be: what is durable is not what these tests are about.
        root = (Files.exists("/dev/shm") ? "/dev/shm" : "/tmp") + "/sluice-sink-\(random.hexadecimal(bytes: 8))"
        try Files.makeFolder(root)
        options.maxDelete = 100
    }
    deinit {
        if kind == .postgres { try? server.execute("drop schema if exists \(schema) cascade") }
        Bench.remove(root)
    }

    private static func remove(_ folder: String) {
        for name in Files.names(in: folder) {
            if unlink("\(folder)/\(name)") != 0 { remove("\(folder)/\(name)") }
        }
        rmdir(folder)
    }

    var file: String { root + "/rows" }
    var folder: StateFolder { get throws { try StateFolder(root + "/state") } }

    /// Where it is in the server that the tests share.
    var schema: String { "b" + root.suffix(16) }
    var server: Connection {
        get throws {
            let connection = try Connection([("dbname", try PostgreSQLServer.shared.get().connection)])
            try connection.execute("set jit = off; set search_path = \(schema)")
            return connection
        }
    }
    func postgres(lookahead: Int = 8 << 20) throws -> PostgreSQLDestination {
        let name = DatabaseName(try PostgreSQLServer.shared.get().connection + " schema=\(schema)")
        return try PostgreSQLDestination(name, window: lookahead, waiting: Waiting(pause: { _ in }))
    }

    func open() throws -> any Destination {
        switch kind {
        case .postgres: try postgres()
        case .sqlite: try SQLiteDestination(file, patience: 0)
        case .jsonl: try JSONLinesDestination(file)
        case .memory: memory
        }
    }

    /// Runs `sink` over these lines as one process would, and gives its exit code and what it printed.
    @discardableResult
    func sink(_ lines: [String], torn: String = "", into destination: (any Destination)? = nil) throws -> (
        status: Int32, printed: [String]
    ) {
        try Files.replace(root + "/input", with: Array((lines.map { $0 + "\n" }.joined() + torn).utf8))
        let loader = try Loader(
            into: destination ?? open(), folder: usesFolder ? folder : nil, options: options, time: time,
            log: Log(program: "sink", form: .text),
            output: try Descriptor(opening: root + "/output", O_WRONLY | O_CREAT | O_TRUNC))
        let status = try loader.run(input: try Descriptor(opening: root + "/input", O_RDONLY))
        if kind == .memory { memory.rollBackToMark() }
        let printed = String(decoding: try Files.read(root + "/output"), as: UTF8.self)
        return (status.rawValue, printed.split(separator: "\n").map(String.init))
    }

    /// What is held now, read by another way than the loader's.
    func held() throws -> Held {
        switch kind {
        case .memory: return held(memory)
        case .jsonl:
            let folded = MemoryDestination()
            for name in Files.names(in: file) where name.hasSuffix(".gz") {
                for line in try gunzip("\(file)/\(name)").split(separator: "\n") {
                    folded.apply(try #require(try Change(try JSON(parsing: String(line)))))
                }
            }
            return held(folded)
        case .sqlite, .postgres:
            var held = Held()
            for row in try texts("select semantic_id, content, updated_at, partition, extracted_at from documents") {
                held.rows[row[0] ?? ""] = Held.Row(
                    content: row[1], updatedAt: row[2], partition: row[3], permissions: [],
                    at: (Int64(row[4] ?? "") ?? 0) / 1_000_000)
            }
            for (id, principal) in try pairs("select semantic_id, principal from document_principals") {
                held.rows[id]?.permissions.append(principal)
            }
            for (id, _) in try pairs("select id, '' from groups") { held.groups[id] = [] }
            for (id, member) in try pairs("select id, member from group_members") { held.groups[id]?.append(member) }
            for (id, clause) in try pairs("select id, 'all ' || clause from group_rules") {
                held.groups[id]?.append(clause)
            }
            for row in try texts("select semantic_id, partition from failures") {
                held.debts[row[0] ?? ""] = .some(row[1])
            }
            return held
        }
    }

    func pairs(_ sql: String) throws -> [(String, String)] {
        try texts(sql).map { row in (row[0] ?? "", row.count > 1 ? row[1] ?? "" : "") }
    }
    /// The rows that a database answers, at most five columns.
    func texts(_ sql: String) throws -> [[String?]] {
        if kind == .postgres {
            return try server.query(sql).map { row in (0..<5).map { row.text($0) } }
        }
        return try Database(file, patience: 0).rows(sql) { row in (0..<5).map { row.text($0) } }
    }

    private func held(_ memory: MemoryDestination) -> Held {
        var held = Held()
        for (id, row) in memory.rows {
            held.rows[id] = Held.Row(
                content: row.content, updatedAt: row.updatedAt, partition: row.partition, permissions: row.permissions,
                at: row.extractedAt.seconds)
        }
        for (id, group) in memory.groups {
            switch group.readers {
            case .members(let members): held.groups[id] = members
            case .all(let clauses): held.groups[id] = clauses.map { "all " + $0 }
            }
        }
        for folder in [(try? self.folder.identity()) ?? "", ""] {
            for debt in memory.debts(of: folder) { held.debts[debt.semanticID] = .some(debt.partition) }
        }
        return held
    }

    /// The position that the copy in the folder names.
    func copied() throws -> Position? { try folder.checkpoint().flatMap { try StateValue($0).position } }
}

func gunzip(_ path: String) throws -> String {
    String(decoding: try Gzip.decompress(try Files.read(path)), as: UTF8.self)
}

/// Lines of a stream. Times are seconds of the stream's clock.
struct Lines {
    var run = "r"
    var checkpoint = 0
    var after: Position?
    /// For each connection, its partitions and since when they are complete.
    var bookmarks: [String: [String: Int?]] = ["s": ["p": nil]]
    var tenant: String?

    static func time(_ seconds: Int) -> String { Timestamp(seconds: 1_700_000_000 + Int64(seconds)).description }
    static func line(_ stream: String, _ t: Int?, _ body: (inout JSONWriter) -> Void) -> String {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "RECORD")
            w.member("stream", stream)
            w.key("record")
            w.object(body)
            if let t { w.member("time_extracted", time(t)) }
        }
        return w.text
    }

    static func document(
        _ id: String, _ content: String? = "text", in partition: String? = "p", for readers: [String] = ["ann@x.io"],
        updated: Int? = 0, parts: [String]? = nil, at t: Int?
    ) -> String {
        line("documents", t) { w in
            w.member("id", String(id.drop { $0 != ":" }.dropFirst()))
            w.member("semantic_id", id)
            w.member("content", content)
            w.key("metadata")
            w.object { w in
                w.member("title", "Title of \(id)")
                w.member("updated_at", updated.map(time))
                w.member("partition", partition)
                w.member("permissions", readers)
                if let parts { w.member("parts", parts) }
            }
        }
    }
    static func permissions(
        _ id: String, in partition: String? = "p", _ readers: [String], updated: Int? = 0, at t: Int
    ) -> String {
        line("permissions", t) { w in
            w.member("semantic_id", id)
            w.member("partition", partition)
            w.member("updated_at", updated.map(time))
            w.member("permissions", readers)
        }
    }
    static func seen(_ id: String, in partition: String? = "p", updated: Int? = 0, at t: Int) -> String {
        line("seen", t) { w in
            w.member("semantic_id", id)
            w.member("partition", partition)
            w.member("updated_at", updated.map(time))
        }
    }
    static func gone(_ id: String, from partition: String? = "p", at t: Int) -> String {
        line("documents", t) { w in
            w.member("semantic_id", id)
            w.member("_sdc_deleted_at", time(t))
            if let partition {
                w.key("metadata")
                w.object { $0.member("partition", partition) }
            }
        }
    }
    static func failure(_ id: String, in partition: String? = "p", attempts: Int = 1, at t: Int) -> String {
        line("failures", t) { w in
            w.member("semantic_id", id)
            w.member("partition", partition)
            w.member("stage", "fetch")
            w.member("reason", "server_error")
            w.member("attempts", attempts)
        }
    }
    static func group(_ id: String, _ members: [String], as field: String = "members", at t: Int) -> String {
        line("groups", t) { w in
            w.member("id", id)
            w.member("source", "s")
            w.member("partition", "groups")
            w.member("name", nil)
            w.member(field, members)
        }
    }

    /// The next STATE.
    mutating func state(final: Bool = false, all: Bool = false) -> String {
        checkpoint += 1
        var w = JSONWriter()
        w.object { w in
            w.member("type", "STATE")
            w.key("value")
            w.object { w in
                w.key("bookmarks")
                w.object { w in
                    for (connection, partitions) in bookmarks.sorted(by: { $0.key < $1.key }) {
                        w.key(connection)
                        w.object { w in
                            w.member("tenant", tenant)
                            w.key("partitions")
                            w.object { w in
                                for (name, complete) in partitions.sorted(by: { $0.key < $1.key }) {
                                    w.key(name)
                                    w.object { $0.member("complete", complete.map(Lines.time)) }
                                }
                            }
                        }
                    }
                }
                w.member("run", run)
                w.member("checkpoint", checkpoint)
                w.key("after")
                if let after { after.write(to: &w) } else { w.null() }
                if all { w.member("partitions_complete", true) }
                w.member("final", final)
                w.member("format", 1)
            }
        }
        after = Position(run: run, checkpoint: checkpoint)
        return w.text
    }

    /// The lines of a new run that follows what these came to.
    mutating func newRun(_ name: String) {
        run = name
        checkpoint = 0
    }
}
