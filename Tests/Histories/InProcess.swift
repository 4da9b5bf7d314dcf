import Extraction
import Readers
import Connector
import Connectors
import Deduplication
import Destinations
import DriveEmulator
import Glibc
import HTTP
import JSON
import Processes
import Stages
import State
import Stream
import Sync
import Synchronization
import System

/// The pipeline inside of this process: the engine over the emulator without a network, the stages over files, the loader into SQLite.
/// A kill is an input or an output that ends at a random byte, or a destination that is left at a random call.
struct InProcess: Pipeline {
    let emulator: DriveEmulator
    let workspace: Workspace

    func run(_ plan: RunPlan, using random: inout SeededRandom) async throws -> (status: Int32?, story: [String]) {
        let story = Story()
        let folder = try StateFolder(workspace.state)
        try await fetch(plan, folder, story)
        func cut(_ name: String, _ probability: Double) throws {
            guard !plan.isClean, Double.random(in: 0..<1, using: &random) < probability else { return }
            let bytes = try Files.read(workspace.file(name))
            let end = Int.random(in: 0...bytes.count, using: &random)
            story.add("\(name) is cut at \(end) of \(bytes.count)")
            try Scratch.write(Array(bytes[..<end]), to: workspace.file(name))
        }
        try cut("items", 0.35)
        var extract = ExtractStage(TextExtractor(readers: Readers.all))
        try stage(&extract, "items", "access", story)
        var perms = PermsStage()
        try stage(&perms, "access", "documents", story)
        if plan.usesDedupe {
            try cut("documents", 0.15)
            var dedupe = Dedupe(try Memory(of: folder, log: story.log("dedupe")))
            try stage(&dedupe, "documents", "changed", story)
            try cut("changed", 0.15)
            if !plan.isClean, Bool.random(using: &random) {
                try workspace.cutMemory(by: Int.random(in: 0..<200, using: &random))
            }
        } else {
            try Scratch.copy(workspace.file("documents"), to: workspace.file("changed"))
        }
        try cut("changed", 0.15)
        var left: Int?
        if !plan.isClean, Double.random(in: 0..<1, using: &random) < 0.3 {
            left = Int.random(in: 0..<80, using: &random)
        }
        return (try sink(folder, left, &random, story), story.lines)
    }

    private func fetch(_ plan: RunPlan, _ folder: StateFolder, _ story: Story) async throws {
        var options = SyncOptions(connection: "google_drive", run: "run\(plan.number)")
        options.listing = Depth(rawValue: plan.mode.rawValue)
        options.debts = try folder.debts()
        if plan.neverDue {
            options.idsAge = .zero
            options.accessAge = .zero
        }
        let client = Client(
            transport: EmulatorTransport(emulator: emulator), refine: GoogleDrive.verdict, time: StoppedTime())
        let sync = Sync(
            try GoogleDrive(Settings()), options, api: API { try await client.send($0) }, log: story.log("fetch"))
        let state = try folder.checkpoint()
        let output = try Descriptor(opening: workspace.file("items"), O_WRONLY | O_CREAT | O_TRUNC)
        let summary = try await sync.run(from: state, to: LineWriter(output))
        story.add("fetch: \(summary)")
        if !summary.isBalanced { throw Failure(.software, "the counts of fetch don't add up: \(summary)") }
    }

    private func stage(_ stage: inout some Stage, _ input: String, _ output: String, _ story: Story) throws {
        let status = try StageLoop.run(
            &stage, input: try Descriptor(opening: workspace.file(input), O_RDONLY),
            output: try Descriptor(opening: workspace.file(output), O_WRONLY | O_CREAT | O_TRUNC),
            log: story.log(output))
        // A document whose readers are unknown ends a stage with 65 too.
        let isWhole = status == .done || !story.lines.contains { $0.contains("it was left out") }
        if !isWhole { throw Failure(.software, "the stage that writes '\(output)' could not read a line") }
    }

    private func sink(_ folder: StateFolder, _ left: Int?, _ random: inout SeededRandom, _ story: Story) throws
        -> Int32?
    {
        var options = Loader.Options()
        options.maxDelete = 100
        options.batch = [1, 3, 100].randomElement(using: &random) ?? 100
        do {
            let destination = LeftDestination(try SQLiteDestination(workspace.database), after: left)
            let loader = try Loader(
                into: destination, folder: folder, options: options, time: StoppedTime(), log: story.log("sink"),
                output: try Descriptor(opening: workspace.file("committed"), O_WRONLY | O_CREAT | O_TRUNC))
            return try loader.run(input: try Descriptor(opening: workspace.file("changed"), O_RDONLY)).rawValue
        } catch is LeftDestination.Left {
            story.add("sink is left at call \(left ?? 0)")
            return nil
        }
    }
}

/// What the programs say.
private final class Story: Sendable {
    private let said = Mutex<[String]>([])
    var lines: [String] { said.withLock { $0 } }
    func add(_ line: String) { said.withLock { $0.append(line) } }
    func log(_ program: String) -> Log {
        Log(program: program) { bytes in self.add(String(decoding: bytes.dropLast(), as: UTF8.self)) }
    }
}

private struct EmulatorTransport: Transport {
    let emulator: DriveEmulator

    func send(_ request: Request) async throws -> Response {
        let path = request.url.path.split(separator: "/").map { PercentEncoding.decode($0) }
        let query = Dictionary(request.url.queryFields.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
        let answer = emulator.respond(to: .init(host: request.url.host, path: path, query: query))
        return Response(
            status: answer.status, headers: ["Content-Type": answer.mediaType], body: ByteSlice(answer.body),
            date: answer.date)
    }
}

private struct StoppedTime: TimeSource {
    func now() -> Timestamp { Timestamp(seconds: 1_767_600_000) }
    func sleep(for duration: Duration) async throws {}
}

/// A destination that ends its process after some calls, before or after the last of them is done.
private final class LeftDestination: Destination {
    struct Left: Error {}
    private let inner: any Destination
    private var calls: Int?

    init(_ inner: any Destination, after calls: Int?) {
        self.inner = inner
        self.calls = calls
    }

    private func call<Result>(_ body: () throws -> Result) throws -> Result {
        guard let left = calls else { return try body() }
        calls = left - 1
        if left <= 0 { throw Left() }
        return try body()
    }

    func begin() throws { try call { try inner.begin() } }
    func apply(_ change: Change) throws -> Int { try call { try inner.apply(change) } }
    func mark() throws { try call { try inner.mark() } }
    func rollBackToMark() throws { try call { try inner.rollBackToMark() } }
    func commit() throws {
        try call { try inner.commit() }
        if calls == 0 { throw Left() }
    }
    func row(_ id: String) throws -> StoredRow? { try inner.row(id) }
    func debt(of id: String) throws -> Debt? { try inner.debt(of: id) }
    func debts(of folder: String) throws -> [Debt] { try inner.debts(of: folder) }
    func count(of connection: String) throws -> Int { try inner.count(of: connection) }
    func removals(by sweep: Sweep) throws -> Int { try inner.removals(by: sweep) }
    func tenant(of connection: String) throws -> String? { try inner.tenant(of: connection) }
    func state(of folder: String) throws -> CommittedState? { try inner.state(of: folder) }
}
