import System

@testable import Pacing

/// How a service counts.
enum Counting: CaseIterable, Sendable { case fixed, sliding, tokens }

/// A service that takes so many calls a second, and refuses the others.
struct Limiter {
    let counting: Counting
    let limit: Int
    let isTold: Bool
    /// Its clock is not ours.
    let ahead: Duration
    private var taken: [Timestamp] = []
    private var tokens: Double
    private var filledAt = Timestamp(microseconds: 0)
    private(set) var refused = 0
    private(set) var perSecond: [Int64: Int] = [:]
    private(set) var refusals: [Timestamp] = []

    init(_ counting: Counting, _ limit: Int, isTold: Bool, ahead: Duration) {
        self.counting = counting
        self.limit = limit
        self.isTold = isTold
        self.ahead = ahead
        tokens = Double(limit)
    }

    mutating func call(at time: Timestamp) -> Outcome {
        let now = time + ahead
        let isTaken: Bool
        var left = 0
        var rest = Duration.seconds(1)
        var end: Int64?
        switch counting {
        case .fixed:
            let used = perSecond[now.seconds] ?? 0
            isTaken = used < limit
            left = max(0, limit - used - 1)
            // By whole seconds, and by a `Date` of whole seconds.
            end = (now.seconds + 1) * 1_000_000
        case .sliding:
            taken.removeAll { now - $0 >= .seconds(1) }
            isTaken = taken.count < limit
            if isTaken { taken.append(now) }
            left = limit - taken.count
        case .tokens:
            tokens = min(Double(limit), tokens + Double((now - filledAt).microseconds) / 1e6 * Double(limit))
            filledAt = now
            isTaken = tokens >= 1
            if isTaken { tokens -= 1 }
            left = Int(tokens)
        }
        if isTaken {
            perSecond[now.seconds, default: 0] += 1
        } else {
            refused += 1
            refusals.append(time)
        }
        rest = .seconds(1)
        let windows = isTold ? [RateWindow(limit: limit, remaining: left, rest: rest, end: end)] : []
        return Outcome(
            second: now.seconds, windows: windows, isRefusal: !isTaken, retryAfter: isTaken ? nil : .seconds(1))
    }
}

/// Processes that call a service as fast as their pace lets them, over a network, by one simulated clock.
struct Simulation {
    private struct Event {
        enum What { case ask(worker: Int), arrive(worker: Int, Ticket), answer(worker: Int, Ticket, Outcome) }
        let at: Timestamp
        let order: Int
        let what: What
    }
    private var events: [Event] = []
    private var drawn = 0
    private(set) var now = Timestamp(seconds: 1_800_000_000)
    private var random: SeededRandom
    private(set) var limiter: Limiter
    private(set) var bucket = Bucket(BucketName(source: "s", account: "a", host: "h", bucket: "b"))
    private var crews: [Bucket.Crew]
    /// Refusals that each process saw.
    private(set) var seen: [Int]
    private let workersEach: Int
    private let delay: Duration
    private(set) var calls = 0

    init(seed: UInt64, _ limiter: Limiter, processes: Int, workersEach: Int = 6, delay: Duration) {
        random = SeededRandom(seed: seed)
        self.limiter = limiter
        self.workersEach = workersEach
        self.delay = delay
        crews = Array(repeating: Bucket.Crew(), count: processes)
        seen = Array(repeating: 0, count: processes)
        now = now + .microseconds(Int64.random(in: 0..<1_000_000, using: &random))
        for worker in 0..<processes * workersEach { add(after: .zero, .ask(worker: worker)) }
    }

    private mutating func add(after wait: Duration, _ what: Event.What) {
        drawn += 1
        let event = Event(at: now + wait, order: drawn, what: what)
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if (events[middle].at, events[middle].order) > (event.at, event.order) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        events.insert(event, at: low)
    }
    private mutating func jitter(_ most: Duration) -> Duration {
        .microseconds(Int64.random(in: 0...max(1, most.microseconds), using: &random))
    }

    /// Goes on for so long, or for so many calls that were taken.
    mutating func run(for duration: Duration, calls most: Int = .max) {
        let end = now + duration
        while let event = events.last, event.at < end, calls < most {
            events.removeLast()
            now = event.at
            switch event.what {
            case .ask(let worker):
                let process = worker / workersEach
                let (ticket, wait) = bucket.admit(
                    cost: 1, budget: nil, crew: crews[process], isGentle: true, process: Int32(process + 1), at: now)
                if let ticket {
                    crews[process].underWay += 1
                    let away = delay / 2 + jitter(delay / 2)
                    add(after: away, .arrive(worker: worker, ticket))
                } else {
                    let late = jitter(.milliseconds(2))
                    add(after: wait + late, .ask(worker: worker))
                }
            case .arrive(let worker, let ticket):
                let outcome = limiter.call(at: now)
                let back = delay / 2 + jitter(delay / 2)
                add(after: back, .answer(worker: worker, ticket, outcome))
            case .answer(let worker, let ticket, let outcome):
                let process = worker / workersEach
                bucket.learn(outcome, of: ticket, crew: crews[process], using: &random, at: now)
                crews[process].finish(after: ticket.age(at: now))
                if outcome.isRefusal { seen[process] += 1 } else { calls += 1 }
                add(after: .zero, .ask(worker: worker))
            }
        }
        now = max(now, min(end, now))
    }

    /// What part of what was allowed was used, in the whole seconds of the service's clock from `from` on.
    func utilisation(from: Timestamp) -> Double {
        let first = (from + limiter.ahead).seconds + 1
        let last = (now + limiter.ahead).seconds
        guard last > first else { return 0 }
        let used = (first..<last).reduce(0) { $0 + (limiter.perSecond[$1] ?? 0) }
        return Double(used) / Double(limiter.limit * Int(last - first))
    }
}
