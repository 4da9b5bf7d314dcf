import DriveEmulator
import System

/// How a run lists.
enum Mode: String, CaseIterable {
    case incremental, full, ids, access
}

/// What a run of a history does.
struct RunPlan {
    var mode: Mode
    var usesDedupe = true
    /// `--ids-age 0 --access-age 0`: nothing is listed that was not asked for.
    var neverDue = false
    /// Nobody is killed, and the source is quiet.
    var isClean = false
    var number = 0
}

/// Runs `fetch | extract | perms | dedupe | sink` once, over the emulator and the files of a workspace.
protocol Pipeline: Sendable {
    /// - Parameter random: what kills are drawn from.
    /// - Returns: the exit status of `sink`; nil where it was killed. And what was done, for a person.
    func run(_ plan: RunPlan, using random: inout SeededRandom) async throws -> (status: Int32?, story: [String])
}

/// A random history of a source and of its mirror, changes, runs of all kinds, kills, restored backups,
/// lost memory. At its end runs are made to which nothing happens, and then the mirror must be as the source is.
struct History {
    let seed: UInt64
    private let isLoud: Bool
    let emulator: DriveEmulator
    let workspace: Workspace
    private var random: SeededRandom
    private var runs = 0
    /// What happened, for a person.
    private(set) var story: [String] = []
    private(set) var problems: [String] = []

    init(seed: UInt64) throws {
        self.seed = seed
        isLoud = seed % 4 == 0
        emulator = DriveEmulator(seed: seed, isLoud: isLoud, shared: 2 + Int(seed % 2))
        workspace = try Workspace()
        random = SeededRandom(seed: seed &* 0x9E37_79B9 &+ 1)
    }

    private var final: [Mode] {
        isLoud
            ? [.incremental, .incremental, .incremental]
            : [.incremental, .full, .incremental, .full, .incremental, .access, .incremental]
    }

    /// Plays the history, and looks for what is wrong at its end.
    mutating func play(_ pipeline: some Pipeline, steps: Int = 14) async throws {
        var backups = 0
        for _ in 0..<steps {
            for _ in 0..<Int.random(in: 0..<3, using: &random) { emulator.mutate(using: &random) }
            emulator.advance(by: .seconds([1, 60, 600, 4000, 90_000].randomElement(using: &random) ?? 1))
            if chance(0.3) {
                try workspace.backUp(as: backups)
                backups += 1
                tell("backup \(backups - 1)")
            }
            switch Double.random(in: 0..<1, using: &random) {
            case ..<0.1 where backups > 0:
                let number = Int.random(in: 0..<backups, using: &random)
                try workspace.restore(number)
                tell("restore \(number)")
            case ..<0.25:
                let mode = chance(0.5) ? Mode.incremental : .full
                try await run(RunPlan(mode: mode, usesDedupe: false, neverDue: chance(0.5)), pipeline)
            case ..<0.32:
                workspace.loseMemory()
                tell("lose the memory")
            default: break
            }
            let mode = [.incremental, .incremental, .incremental, Mode.full, .ids, .access].randomElement(
                using: &random)
            try await run(RunPlan(mode: mode ?? .full, neverDue: chance(0.5)), pipeline)
        }
        for mode in final {
            emulator.advance(by: .seconds(2 * 86_400))
            var status: Int32?
            for _ in 0..<4 where status != 0 && status != 65 {
                status = try await run(RunPlan(mode: mode, neverDue: isLoud, isClean: true), pipeline)
            }
            if status != 0 && status != 65 { problems.append("the last runs end with \(status ?? -1)") }
        }
        try compare()
    }

    mutating func fail(_ why: String) {
        tell("stopped")
        problems.append(why)
    }

    @discardableResult
    private mutating func run(_ plan: RunPlan, _ pipeline: some Pipeline) async throws -> Int32? {
        var plan = plan
        runs += 1
        plan.number = runs
        emulator.set(plan.isClean ? .quiet : .wild(run: runs))
        tell("run \(runs): \(plan.mode)\(plan.usesDedupe ? "" : ", no dedupe")\(plan.neverDue ? ", nothing due" : "")")
        let ended = try await pipeline.run(plan, using: &random)
        for line in emulator.takeEvents() + ended.story { story.append("    " + line) }
        tell("    sink: \(ended.status.map(String.init) ?? "killed")")
        return ended.status
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }
    private mutating func tell(_ line: String) { story += emulator.takeEvents() + [line] }

    private mutating func compare() throws {
        let world = emulator.world
        var wanted: [String: Workspace.Row] = [:]
        for file in world.files.values where !file.isTrashed && file.drive.map({ world.drives.contains($0) }) ?? true {
            wanted[file.id] = Workspace.Row(
                content: file.content, partition: file.drive.map { "drive:\($0)" } ?? "my_drive",
                principals: file.principals)
        }
        let found = try workspace.rows()
        for id in Set(wanted.keys).union(found.keys).sorted() {
            switch (wanted[id], found[id]) {
            case (let wanted?, nil): problems.append("\(id) is lost: \(wanted)")
            case (nil, let found?): problems.append("\(id) stays: \(found)")
            case (let wanted?, let found?) where wanted.principals != found.principals:
                problems.append("\(id) has wrong readers: \(found.principals) in place of \(wanted.principals)")
            case (let wanted?, let found?) where wanted != found:
                problems.append("\(id) is stale: \(found) in place of \(wanted)")
            default: break
            }
        }
        var groups: [String: Set<String>] = [:]
        for (group, members) in world.groups { groups["group:google_drive:\(group)"] = members }
        let held = try workspace.groups()
        if held != groups { problems.append("the groups are \(held) in place of \(groups)") }
    }
}
