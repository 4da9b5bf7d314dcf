import DriveEmulator
import Glibc
import HTTPServer
import Processes
import Synchronization
import System

/// The pipeline as real programs, one after the other over files, `fetch` over HTTP. A kill is an output that ends at a random byte, or
/// SIGKILL at a random call to the system.
struct Programs: Pipeline {
    let emulator: DriveEmulator
    let workspace: Workspace
    private let server: HTTPServer
    private let term = Term()
    /// How likely a run is to meet SIGTERM.
    private let termProbability: Double

    init(_ emulator: DriveEmulator, _ workspace: Workspace, termProbability: Double = 0.1) throws {
        self.emulator = emulator
        self.workspace = workspace
        self.termProbability = termProbability
        let term = self.term
        server = try emulator.serve { term.count() }
    }

    func run(_ plan: RunPlan, using random: inout SeededRandom) async throws -> (status: Int32?, story: [String]) {
        Scratch.remove(workspace.file("errors"))
        var story: [String] = []
        let state = ["--state", workspace.state]
        func kill(_ probability: Double, _ calls: String, within count: Int) -> Command.Kill? {
            guard !plan.isClean, Double.random(in: 0..<1, using: &random) < probability else { return nil }
            return Command.Kill(calls, at: Int.random(in: 1...count, using: &random))
        }
        func run(
            _ name: String, _ arguments: [String], _ input: String?, _ output: String, _ kill: Command.Kill? = nil,
            _ environment: [String: String] = [:], allowed: [Int32]
        ) throws -> Int32? {
            let command = Command(
                name, arguments, input: input.map(workspace.file) ?? "/dev/null", output: workspace.file(output),
                errors: workspace.file("errors"), environment: environment, kill: kill)
            let status = try term.run(command)
            if kill != nil, status == 128 + SIGKILL {
                story.append("\(name) is killed at \(kill?.calls ?? "") \(kill?.at ?? 0)")
                return nil
            }
            if allowed.contains(status) { return status }
            throw Failure(.software, "\(name) ended with \(status): \(errors)")
        }
        func cut(_ name: String, _ probability: Double) throws {
            guard !plan.isClean, Double.random(in: 0..<1, using: &random) < probability else { return }
            let bytes = try Files.read(workspace.file(name))
            let end = Int.random(in: 0...bytes.count, using: &random)
            story.append("\(name) is cut at \(end) of \(bytes.count)")
            try Scratch.write(Array(bytes[..<end]), to: workspace.file(name))
        }
        var fetch = ["google_drive", "--via", server.url] + state
        switch plan.mode {
        case .incremental: break
        case .full: fetch.append("--full")
        case .ids: fetch.append("--ids-only")
        case .access: fetch.append("--access-only")
        }
        if plan.neverDue { fetch += ["--ids-age", "0", "--access-age", "0"] }
        let fetchKill = kill(0.05, "write", within: 20)
        if !plan.isClean, fetchKill == nil, Double.random(in: 0..<1, using: &random) < termProbability {
            term.set(after: Int.random(in: 1...25, using: &random))
        }
        let fetched = try run(
            "fetch", fetch, nil, "items", fetchKill, ["SLUICE_ACCESS_TOKEN": "token"], allowed: [0, 65, 128 + SIGTERM])
        let wasTold = term.takeWasTold()
        if fetched == 128 + SIGTERM, !wasTold {
            throw Failure(.software, "fetch ended with 143, and nobody told it to")
        }
        if wasTold { story.append("fetch is told to end, and ends with \(fetched ?? -1)") }
        try cut("items", 0.3)
        _ = try run("extract", [], "items", "access", allowed: [0, 65])
        _ = try run("perms", [], "access", "documents", allowed: [0, 65])
        if plan.usesDedupe {
            try cut("documents", 0.1)
            _ = try run(
                "dedupe", state, "documents", "changed", kill(0.15, Command.Kill.writing, within: 15), allowed: [0])
        } else {
            try Scratch.copy(workspace.file("documents"), to: workspace.file("changed"))
        }
        try cut("changed", 0.1)
        let batch = [1, 3, 100].randomElement(using: &random) ?? 100
        let status = try run(
            "sink", ["sqlite:" + workspace.database, "--max-delete", "100", "--batch", "\(batch)"] + state, "changed",
            "committed", kill(0.3, Command.Kill.writing, within: 60), allowed: [0, 65, 75])
        if fetched == 128 + SIGTERM, status != nil, status != 75 {
            throw Failure(.software, "fetch ended before its time, and sink with \(status ?? 0): \(errors)")
        }
        return (status, story + errors.split(separator: "\n").map(String.init))
    }

    private var errors: String {
        ((try? Files.readIfPresent(workspace.file("errors"))) ?? nil).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Tells a program to end, some requests after its start.
private final class Term: Sendable {
    private struct State {
        var left: Int?
        var pid: pid_t?
        var wasTold = false
    }
    private let state = Mutex(State())

    func set(after requests: Int) { state.withLock { $0.left = requests } }
    func takeWasTold() -> Bool {
        state.withLock { state in
            defer { state = State() }
            return state.wasTold
        }
    }
    func run(_ command: Command) throws -> Int32 {
        let running = try state.withLock { state in
            let running = try command.start()
            state.pid = running.pid
            return running
        }
        let status = running.wait()
        state.withLock { $0.pid = nil }
        return status
    }
    func count() {
        state.withLock { state in
            guard let left = state.left, let pid = state.pid else { return }
            state.left = left > 1 ? left - 1 : nil
            if left > 1 { return }
            state.wasTold = true
            kill(pid, SIGTERM)
        }
    }
}
