import Extraction
import Readers
import Capture
import Connector
import Deduplication
import Glibc
import Gzip
import HTTP
import JSON
import OAuth
import Stages
import State
import Stream
import Synchronization
import Sync
import System
import Testing

@testable import Destinations

/// One run of `fetch`, as it ended.
struct Fetched: Sendable {
    var lines: [String]
    var summary: Sync.Summary?
    var error: (any Error)?
    var asked: [Asked]
    var answers: [Role: [Response]]
    var found: Findings.Found
    var said: String
    /// The STATE it went on from, and the debts it read.
    var state: String?
    var debts: [Debt]
    /// How often it was asked when `run` had ended.
    var calls: Int { asked.count }

    var exitStatus: Int32 {
        if let failure = error as? Failure { return failure.status.rawValue }
        if let failure = error as? CallFailure { return failure.status == 401 || failure.status == 403 ? 77 : 69 }
        if error != nil { return 137 }
        guard let summary else { return 70 }
        if let signal = summary.interruptedBy { return 128 + signal }
        return summary.failed + summary.partitionsFailed == 0 ? 0 : 65
    }
    func pages(_ role: Role) -> Int { Set(asked.filter { $0.role == role }.map { $0.request.url }).count }
}

/// Lines that a program said, for a test to read.
final class Said: Sendable {
    private let lines = Mutex("")
    var text: String { lines.withLock { $0 } }
    func log(_ program: String) -> Log {
        Log(program: program) { bytes in self.lines.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }
}

/// A mirror of one service: a state folder and a database, that runs of the whole pipeline go into.
final class Mirror: Sendable {
    let sample: Sample
    let root: String
    fileprivate let runs: Mutex<Int>

    init(_ sample: Sample, runs: Int = 0) throws {
        self.sample = sample
        self.runs = Mutex(runs)
        var random = SystemRandomNumberGenerator()
        root = "/tmp/sluice-contract-\(random.hexadecimal(bytes: 8))"
        try Files.makeFolder(root)
    }
    deinit { Mirror.remove(root) }

    /// A mirror that holds the same as another.
    convenience init(copying kept: Kept) throws {
        try self.init(kept.sample, runs: kept.runs)
        for (name, bytes) in kept.files {
            if let slash = name.lastIndex(of: "/") { try Files.makeFolder("\(root)/\(name[..<slash])") }
            try Files.replace("\(root)/\(name)", with: bytes)
        }
    }

    private static func remove(_ folder: String) {
        for name in Files.names(in: folder) where unlink("\(folder)/\(name)") != 0 { remove("\(folder)/\(name)") }
        rmdir(folder)
    }
    var folder: StateFolder { get throws { try StateFolder(root + "/state") } }

    /// How a run is made.
    struct Run: Sendable {
        var listing: Depth?
        var faults: [Fault] = []
        var tricks = Tricks()
        var partitions: Set<String>?
        var interruption: @Sendable () -> Int32? = { nil }
        var dated: @Sendable (Timestamp) -> Timestamp = { $0 }
        var window: Int?
        /// Cuts what `fetch` wrote after this many lines, as a kill would have.
        var cut: Int?
        /// Bytes of the line after those that are left.
        var torn = 0
        var attempts = 8
        var maxDelete = 10
        var credentials: Credentials?
    }

    /// Runs the pipeline over a capture.
    @discardableResult
    func run(_ recording: Recording, _ run: Run = Run(), sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> (fetched: Fetched, status: Int32)
    {
        let fetched = try await fetch(recording, run)
        for wrong in Laws.broken(by: fetched, sample) { Issue.record("\(wrong)", sourceLocation: sourceLocation) }
        return (fetched, try load(fetched, cut: run.cut, torn: run.torn, maxDelete: run.maxDelete))
    }

    /// Runs `fetch` alone.
    func fetch(_ recording: Recording, _ run: Run = Run()) async throws -> Fetched {
        let number = runs.withLock { runs in
            runs += 1
            return runs
        }
        let service = Service(recording, run.faults, dated: run.dated)
        let time = SimulatedTime(recording.run?.clock ?? Timestamp(seconds: 0))
        let credentials = BearerCredentials(
            run.credentials ?? sample.credentials, allowedHosts: Set(sample.about.hosts), transport: service,
            time: time, random: SeededRandom(seed: 1))
        let type = sample.type
        var retry = RetryPolicy()
        retry.attempts = run.attempts
        let client = Client(
            transport: service, authoriser: credentials, pacer: BucketPacer(time: time), retry: retry,
            rules: type.rules, refine: { type.verdict(on: $0) },
            hosts: AllowedHosts(Set(sample.about.hosts + sample.about.contentHosts)), time: time,
            random: SeededRandom(seed: 2))
        let findings = Findings()
        let said = Said()
        let state = try folder.checkpoint()
        var options = SyncOptions(connection: sample.source, run: "run\(number)")
        options.debts = try folder.debts()
        options.listing = run.listing
        options.partitions = run.partitions
        options.window = run.window ?? options.window
        let sync = Sync(
            try watched(type, run.tricks, findings), options, api: API { try await client.send($0) },
            log: said.log("fetch"), interruption: run.interruption)
        let file = root + "/stream"
        var summary: Sync.Summary?
        var failure: (any Error)?
        do {
            let output = LineWriter(try Descriptor(opening: file, O_WRONLY | O_CREAT | O_TRUNC))
            summary = try await sync.run(from: state, to: output)
        } catch { failure = error }
        let text = String(decoding: try Files.read(file), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        return Fetched(
            lines: lines, summary: summary, error: failure, asked: service.log, answers: service.answers,
            found: findings.found, said: said.text, state: state.map { $0.raw.text }, debts: options.debts)
    }

    /// Runs what comes after `fetch`, one program after the other.
    func load(_ fetched: Fetched, cut: Int? = nil, torn: Int = 0, maxDelete: Int = 10) throws -> Int32 {
        var text = fetched.lines.prefix(cut ?? .max).map { $0 + "\n" }.joined()
        if let cut, torn > 0, cut < fetched.lines.count { text += fetched.lines[cut].prefix(torn) }
        try Files.replace(root + "/a", with: Array(text.utf8))
        let quiet = Said()
        func input(_ name: String) throws -> Descriptor { try Descriptor(opening: root + "/" + name, O_RDONLY) }
        func output(_ name: String) throws -> Descriptor {
            try Descriptor(opening: root + "/" + name, O_WRONLY | O_CREAT | O_TRUNC)
        }
        var extract = ExtractStage(TextExtractor(readers: Readers.all))
        _ = try StageLoop.run(&extract, input: input("a"), output: output("b"), log: quiet.log("extract"))
        var perms = PermsStage()
        _ = try StageLoop.run(&perms, input: input("b"), output: output("c"), log: quiet.log("perms"))
        var dedupe = Dedupe(try Memory(of: folder, log: quiet.log("dedupe")))
        _ = try StageLoop.run(&dedupe, input: input("c"), output: output("d"), log: quiet.log("dedupe"))
        var options = Loader.Options()
        options.maxDelete = maxDelete
        let loader = try Loader(
            into: SQLiteDestination(root + "/docs.db"), folder: folder, options: options,
            time: SimulatedTime(Timestamp(seconds: 0)), log: quiet.log("sink"),
            output: Descriptor(opening: "/dev/null", O_WRONLY))
        return try loader.run(input: input("d")).rawValue
    }

    /// What the database holds, by its own views.
    func held() throws -> Held {
        let database = try Database(root + "/docs.db")
        var held = Held()
        for (id, row) in try database.rows(
            """
            select semantic_id, title, created_at, updated_at, author, url, partition, content,
                metadata ->> '$.extraction.reason' from documents
            """,
            read: { c in
                (
                    c.text(0) ?? "",
                    Held.Row(
                        title: c.text(1), createdAt: c.text(2), updatedAt: c.text(3), author: c.text(4), url: c.text(5),
                        partition: c.text(6), content: c.text(7), extraction: c.text(8))
                )
            })
        { held.rows[id] = row }
        func pairs(_ sql: String) throws -> [(String, String)] {
            try database.rows(sql) { ($0.text(0) ?? "", $0.text(1) ?? "") }
        }
        for (id, one) in try pairs("select semantic_id, principal from document_principals order by 1, 2") {
            held.rows[id]?.permissions.append(one)
        }
        for (id, one) in try pairs("select semantic_id, principal from document_permissions order by 1, 2") {
            held.rows[id]?.readers.append(one)
        }
        for (id, name) in try database.rows("select id, name from groups", read: { ($0.text(0) ?? "", $0.text(1)) }) {
            held.groups[id] = Held.Group(name: name)
        }
        for (id, member) in try pairs("select id, member from group_members order by 1, 2") {
            held.groups[id]?.members.append(member)
        }
        for (id, reason) in try pairs("select semantic_id, reason from failures") { held.debts[id] = reason }
        return held
    }

    /// The bookmark of a partition in the copy of STATE.
    func mark(_ partition: String) throws -> JSON? {
        try folder.checkpoint()?["bookmarks"]?[name: sample.source]?["partitions"]?[name: partition]
    }
}

/// What a mirror held at one moment: its files.
struct Kept: Sendable {
    let sample: Sample
    fileprivate var files: [String: [UInt8]] = [:]
    fileprivate let runs: Int

    init(_ mirror: Mirror) throws {
        sample = mirror.sample
        runs = mirror.runs.withLock { $0 }
        try add("", of: mirror.root)
    }
    private mutating func add(_ prefix: String, of root: String) throws {
        for name in Files.names(in: root + "/" + prefix) {
            let path = prefix.isEmpty ? name : prefix + "/" + name
            if let bytes = try? Files.read("\(root)/\(path)") { files[path] = bytes } else { try add(path, of: root) }
        }
    }
}
