import Glibc
import System
import Testing

/// `SEEDS=5000` plays that many histories, `FIRST=17` begins with that one; `STORY=1` tells the story of each that fails.
private func setting(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

@Suite struct Histories {
    /// Seeds that found something wrong, and what it was.
    static let regressions: [UInt64] = []
    static let programRegressions: [UInt64] = []

    @Test func inProcess() async throws {
        let count = setting("SEEDS") ?? 60
        let first = setting("FIRST") ?? 0
        let seeds = Histories.regressions + (first..<first + count).map { UInt64($0) }
        try await play(seeds) { InProcess(emulator: $0.emulator, workspace: $0.workspace) }
    }

    @Test func programs() async throws {
        let count = setting("SEEDS") ?? 12
        let first = setting("FIRST") ?? 0
        let seeds = Histories.programRegressions + (first..<first + count).map { UInt64($0) }
        try await play(seeds) { try Programs($0.emulator, $0.workspace) }
    }
}

/// Plays histories, as many at a time as there are processors.
func play<P: Pipeline>(_ seeds: [UInt64], _ pipeline: @escaping @Sendable (History) throws -> P) async throws {
    let workers = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    await withTaskGroup(of: Void.self) { group in
        for worker in 0..<workers {
            let share = seeds.indices.filter { $0 % workers == worker }.map { seeds[$0] }
            group.addTask { for seed in share { await play(seed, pipeline) } }
        }
    }
}

private func play<P: Pipeline>(_ seed: UInt64, _ pipeline: @Sendable (History) throws -> P) async {
    do {
        var history = try History(seed: seed)
        do { try await history.play(try pipeline(history)) } catch { history.fail("\(error)") }
        if history.problems.isEmpty { return }
        let story = setting("STORY") == nil ? [] : history.story
        Issue.record("seed \(seed): \((history.problems + story).joined(separator: "\n    "))")
    } catch { Issue.record("seed \(seed): \(error)") }
}
