import Glibc
import Synchronization
import System
import Testing

/// `SEEDS=5000` plays that many histories, `FIRST=17` begins with that one; `STORY=1` tells the story of each that fails.
private func setting(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

@Suite struct Histories {
    /// Seeds that found something wrong, and what it was.
    static let regressions: [UInt64] = []

    @Test func inProcess() async throws {
        let count = setting("SEEDS") ?? 60
        let first = setting("FIRST") ?? 0
        let seeds = Histories.regressions + (first..<first + count).map { UInt64($0) }
        try await play(seeds) { InProcess(emulator: $0.emulator, workspace: $0.workspace) }
    }
}

/// Plays histories, as many at a time as there are processors.
func play(_ seeds: [UInt64], _ pipeline: @escaping @Sendable (History) throws -> some Pipeline) async throws {
    let next = Mutex(seeds[...])
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
            group.addTask {
                while let seed = next.withLock({ $0.popFirst() }) {
                    do {
                        var history = try History(seed: seed)
                        try await history.play(try pipeline(history))
                        report(history, nil)
                    } catch { Issue.record("seed \(seed): \(error)") }
                }
            }
        }
    }
}

private func report(_ history: History, _ error: (any Error)?) {
    if history.problems.isEmpty { return }
    let story = setting("STORY") == nil ? [] : history.story
    Issue.record("seed \(history.seed): \((history.problems + story).joined(separator: "\n    "))")
}
