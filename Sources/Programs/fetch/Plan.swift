import Capture
import CommandLine
import Connector
import JSON
import Pacing
import State
import Stream
import Sync
import System

/// What a run is asked to do, from the command line, or from the capture that it repeats.
struct Plan {
    var options: SyncOptions
    var settings: Settings
    /// The capture that is repeated.
    let recording: Recording?
    /// The STATE that the captured run went on from.
    let state: JSON?
    /// What the run's randomness is drawn from.
    let seed: UInt64
    /// What the service allows, as its connector declares or the user knows better.
    let budgets: [Budget]
    private let lists: [String: [String]]

    var replays: Bool { recording != nil }

    init(_ arguments: Arguments, _ about: About) throws {
        budgets = try Plan.budgets(arguments, about)
        recording = try arguments["replay"].map { try Recording(reading: $0) }
        if let recording {
            if arguments["state"] != nil {
                throw Failure(.usage, "--replay goes on from the capture's own STATE", "leave --state out")
            }
            let run = recording.run
            seed = run.flatMap { UInt64($0.seed, radix: 16) } ?? 0
            state = try run?.state.flatMap { try JSON(parsing: $0) }
            let captured = try run.map { try JSON(parsing: $0.options) }
            if let source = run?.source, !source.isEmpty, source != about.source {
                throw Failure(.usage, "the capture is of \(source)", "run: fetch \(source) --replay FILE")
            }
            lists = Plan.lists(about) { name in captured?["settings"]?[name: name]?.elements.compactMap(\.string) ?? []
            }
            options = SyncOptions(connection: about.source, run: "")
            settings = Settings(lists, maxContent: captured?["max_content"]?.int.map { Int($0) } ?? Plan.maxContent)
            try read(captured, arguments)
        } else {
            var random = SystemRandomNumberGenerator()
            seed = random.next()
            state = nil
            lists = Plan.lists(about) { arguments.all($0) }
            options = SyncOptions(connection: about.source, run: "")
            settings = Settings(lists, maxContent: try arguments.bytes("max-content") ?? Plan.maxContent)
            try read(arguments)
        }
        var random = SeededRandom(seed: seed)
        options.run = random.hexadecimal(bytes: 8)
        try check(options.connection)
    }

    private static func budgets(_ arguments: Arguments, _ about: About) throws -> [Budget] {
        var budgets = about.budgets
        for text in arguments.all("budget") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let amount = parts.last?.split(separator: "/", maxSplits: 1).map(String.init) ?? []
            guard parts.count == 2, let units = amount.first.flatMap({ Int($0) }), units >= 0, units <= 1 << 40,
                let per = units == 0 ? .zero : amount.count == 2 ? Duration(amount[1]) : nil, units == 0 || per > .zero
            else {
                throw Failure(.usage, "--budget: '\(text)' is no budget", "give one such as user=600000/1m, or user=0")
            }
            let declared = budgets.first { $0.bucket == parts[0] }
            budgets.removeAll { $0.bucket == parts[0] }
            budgets.append(
                Budget(
                    parts[0], units, per: per, of: declared?.of ?? "units", isTold: declared?.isTold ?? true))
        }
        return budgets
    }

    private static let maxContent = 25 << 20

    private static func lists(_ about: About, _ values: (String) -> [String]) -> [String: [String]] {
        Dictionary(about.settings.map { ($0.name, values($0.name)) }, uniquingKeysWith: { a, _ in a })
    }

    private mutating func read(_ arguments: Arguments) throws {
        if let name = arguments["name"] { options.connection = name }
        let asked = [("full", Depth.full), ("ids-only", .ids), ("access-only", .access)].filter { arguments.has($0.0) }
        if asked.count > 1 {
            throw Failure(.usage, "--\(asked[0].0) and --\(asked[1].0) can't both be", "give one of them")
        }
        options.listing = asked.first?.1
        options.idsAge = try arguments.duration("ids-age") ?? options.idsAge
        options.accessAge = try arguments.duration("access-age") ?? options.accessAge
        options.groupsAge = try arguments.duration("groups-age") ?? options.groupsAge
        let partitions = arguments.all("partition")
        options.partitions = partitions.isEmpty ? nil : Set(partitions)
        options.window = try arguments.bytes("window") ?? options.window
        options.maxLine = try arguments.bytes("max-line") ?? options.maxLine
    }

    /// Takes up what `write` wrote. Only the window is the command line's.
    private mutating func read(_ captured: JSON?, _ arguments: Arguments) throws {
        options.window = try arguments.bytes("window") ?? options.window
        guard let captured else { return }
        options.connection = captured["name"]?.string ?? options.connection
        options.listing = captured["listing"]?.string.flatMap(Depth.init)
        if let age = captured["ids_age"]?.int { options.idsAge = .seconds(age) }
        if let age = captured["access_age"]?.int { options.accessAge = .seconds(age) }
        if let age = captured["groups_age"]?.int { options.groupsAge = .seconds(age) }
        if let partitions = captured["partitions"]?.elements {
            options.partitions = Set(partitions.compactMap(\.string))
        }
        if let maxLine = captured["max_line"]?.int { options.maxLine = Int(maxLine) }
        options.debts = captured["debts"]?.elements.compactMap { Debt($0) } ?? []
    }

    /// What a replay needs to ask the same URLs.
    func write(_ options: SyncOptions) -> ByteSlice {
        var w = JSONWriter()
        w.object { w in
            w.member("name", options.connection)
            if let listing = options.listing { w.member("listing", listing.rawValue) }
            w.member("ids_age", options.idsAge.components.seconds)
            w.member("access_age", options.accessAge.components.seconds)
            w.member("groups_age", options.groupsAge.components.seconds)
            if let partitions = options.partitions { w.member("partitions", partitions.sorted()) }
            w.member("max_line", options.maxLine)
            w.member("max_content", settings.maxContent)
            w.key("settings")
            w.object { w in for (name, values) in lists.sorted(by: { $0.key < $1.key }) { w.member(name, values) } }
            w.key("debts")
            w.array { w in for debt in options.debts { debt.write(to: &w) } }
        }
        return w.slice
    }

    private func check(_ name: String) throws {
        guard !name.isEmpty, name.utf8.count <= 64,
            name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
            )
        else {
            throw Failure(.usage, "--name '\(name)' can't be a connection's name", "use small letters, digits and _")
        }
    }
}
