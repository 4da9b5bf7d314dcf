import JSON
import Synchronization
import System

/// An in-memory Google Drive: answers the calls of the Drive API v3 and of the Directory API v1 that a mirror makes, as their
/// documentation tells, over a `World` that may change between any two of them.
///
///     let drive = DriveEmulator(seed: 17)
///     drive.respond(to: .init(host: "www.googleapis.com", path: ["drive", "v3", "about"], query: [:]))
///
/// What happens in a run is drawn from the seed, the run and the request, so that the order of requests that are under way
/// together changes as little as can be.
public final class DriveEmulator: Sendable {
    public struct Request: Sendable {
        public var host: String
        public var path: [String]
        public var query: [String: String]
        public init(host: String, path: [String], query: [String: String]) {
            self.host = host
            self.path = path
            self.query = query
        }
        var text: String {
            host + path.map { "/" + $0 }.joined()
                + query.sorted { $0.key < $1.key }.map { "&\($0.key)=\($0.value)" }.joined()
        }
    }
    public struct Answer: Sendable {
        public var status: Int
        public var mediaType = "application/json; charset=UTF-8"
        public var body: [UInt8]
        /// The `Date` of the answer.
        public var date = Timestamp(microseconds: 0)
    }
    public enum Mode: Sendable, Equatable {
        /// Nothing changes, and nothing fails.
        case quiet
        /// The world may change with each listing, calls about some files fail throughout the run, and page tokens are refused
        /// now and then.
        case wild(run: Int)
    }

    private struct State {
        var world: World
        var mode = Mode.quiet
        var asked: [String: Int] = [:]
        var events: [String] = []
    }
    private let state: Mutex<State>
    private let seed: UInt64
    private let isLoud: Bool

    /// - Parameters:
    ///   - isLoud: the log tells every change of access; else one in two.
    ///   - shared: how many shared drives there are.
    public init(seed: UInt64, isLoud: Bool, shared: Int = 2, files: Int = 5) {
        self.seed = seed
        self.isLoud = isLoud
        var random = SeededRandom(seed: seed)
        let world = World(
            at: Timestamp("2026-01-05T08:00:00Z") ?? Timestamp(seconds: 0), drives: (0..<shared).map { "D\($0)" },
            files: files, tellsUserOfDrives: seed % 3 == 0, using: &random)
        state = Mutex(State(world: world))
    }

    public var world: World { state.withLock { $0.world } }
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// The clock goes on.
    public func advance(by time: Duration) { state.withLock { $0.world.tick(time) } }
    /// One random change.
    public func mutate(using random: inout some RandomNumberGenerator) {
        state.withLock { state in
            if let event = state.world.mutate(isLoud: isLoud, using: &random) { state.events.append(event) }
        }
    }
    /// What happened since this was asked last.
    public func takeEvents() -> [String] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    public func respond(to request: Request) -> Answer {
        state.withLock { state in
            state.world.tick()
            var chance = Chance(seed, [request.text])
            var isWild = false
            if case .wild(let run) = state.mode {
                isWild = true
                let text = "\(run) \(request.text)"
                state.asked[text, default: 0] += 1
                chance = Chance(seed, [text, "\(state.asked[text] ?? 0)"])
                var fate = Chance(seed, ["fails", "\(run)", request.path.dropFirst(3).first ?? ""])
                if fate.happens(0.15) { chance.failing = Failing.allCases.randomElement(using: &fate.random) }
            }
            let lists = ["files", "changes"].contains(request.path.last)
            let mutates = isWild && lists && chance.happens(0.25)
            let comesFirst = chance.happens(0.5)
            func mutate() {
                guard mutates, let event = state.world.mutate(isLoud: isLoud, using: &chance.random) else { return }
                state.events.append("during \(request.path.last ?? ""): \(event)")
            }
            if comesFirst { mutate() }
            var answer = Service(world: state.world, chance: isWild ? chance : nil).answer(to: request)
            answer.date = state.world.now
            if !comesFirst { mutate() }
            return answer
        }
    }
}

/// What is drawn for one request.
struct Chance {
    var random: SeededRandom
    /// The same for all calls about one file in a run.
    var failing: Failing?

    init(_ seed: UInt64, _ words: [String]) {
        // FNV-1a: the same in each process, unlike `Hasher`.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed &* 0x9E37_79B9_7F4A_7C15
        for word in words { for byte in word.utf8 + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        random = SeededRandom(seed: hash)
    }
    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

}

/// How the calls about a file fail.
enum Failing: CaseIterable { case content, permissions, all }
