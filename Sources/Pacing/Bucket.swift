import System

/// All that is known of the pace of one bucket, by all processes of the machine. A value: the time is handed in.
///
/// Four things hold a call back; each is a window of so much in so long:
/// - what is declared and what the service tells, which is used at full speed up to four fifths and spread from there on;
/// - what a refusal taught, which is approached evenly, since nothing is known of how the service counts;
/// - of a bucket that was never used before, twice what went through in the second before.
///
/// What was let go counts from then until a window's length after its answer, so that however long it was under way, no window
/// of the service's holds more. Nothing must be given back: what a process that died had under way is forgotten like the rest.
public struct Bucket: Sendable, Equatable {
    public internal(set) var name: BucketName
    /// The latest moment that was seen. A clock that is set back takes all moments with it.
    var seen = Timestamp(microseconds: 0)
    public internal(set) var pausedUntil = Timestamp(microseconds: 0)
    /// The latest refusal of a call that was let go after the one before, and how many came without a success between them.
    var refusedAt = Timestamp(microseconds: 0)
    var refusalsInRow: Int64 = 0
    public internal(set) var refusals: Int64 = 0
    /// What was let go, in all.
    var admitted: Int64 = 0
    /// No call before this, where calls are spaced.
    var next = Timestamp(microseconds: 0)
    /// Calls of the last second; weights of the last minute; units of the last minute and of the last hour.
    var second = RollingCount(span: .seconds(1), slots: 250)
    var minute = RollingCount(span: .seconds(60), slots: 60)
    var minuteUnits = RollingCount(span: .seconds(60), slots: 60)
    var hourUnits = RollingCount(span: .seconds(3600), slots: 60)
    /// What was answered in the latest seconds of the service's clock: the second, and how many calls.
    var answered = [DatedCount](repeating: DatedCount(), count: 4)
    var windows = [ToldWindow](repeating: ToldWindow(), count: 4)
    var ceiling = Ceiling()
    /// The most calls that went through in a second, and when.
    var best: Int64 = 0
    var bestAt = Timestamp(microseconds: 0)
    var users = [User](repeating: User(), count: 8)

    struct DatedCount: Sendable, Equatable {
        var second: Int64 = 0
        var calls: Int64 = 0
    }
    struct User: Sendable, Equatable {
        var process: Int64 = 0
        var at = Timestamp(microseconds: 0)
    }

    public init(_ name: BucketName) { self.name = name }

    /// A process's own part: what it has under way in the bucket, and the shortest time that an answer took.
    public struct Crew: Sendable {
        public var underWay = 0
        public private(set) var roundTrip: Duration?
        public init() {}
        /// A call came back; nil where it was not answered.
        public mutating func finish(after took: Duration?) {
            underWay = max(0, underWay - 1)
            if let took { roundTrip = min(roundTrip ?? took, took) }
        }
    }

    // MARK: Letting go

    /// Lets a call go, or says how long to wait before asking again.
    /// - Parameter isGentle: a bucket that was never used begins slowly.
    public mutating func admit(
        cost: Int, budget: Budget?, crew: Crew, isGentle: Bool, process: Int32 = 0, at now: Timestamp
    ) -> (Ticket?, wait: Duration) {
        advance(to: now)
        touch(process, now)
        let cost = Int64(max(1, min(cost, 1 << 40)))
        let weight = budget?.isTold == false ? 1 : cost
        if pausedUntil > now { return (nil, pausedUntil - now) }
        var hold = Hold()
        for i in windows.indices where windows[i].limit > 0 && windows[i].toldAt.microseconds > 0 {
            // What is still on its way may be counted in the window that follows.
            let underWay = second.sum(last: (crew.roundTrip ?? .zero) * 2)
            windows[i].roll(to: now, admitted: admitted - underWay)
            holdTo(windows[i], weight, at: now, &hold)
        }
        if let budget { holdTo(budget, cost, at: now, &hold) }
        if budget?.isBound == false {
            // What refusals may teach is known better.
        } else if ceiling.isKnown {
            ceiling.probe(at: now)
            holdToCeiling(weight, at: now, &hold)
        } else if isGentle, !windows.contains(where: { $0.toldAt.microseconds > 0 }) {
            holdToProven(crew, at: now, &hold)
        }
        if hold.interval > .zero, next > now { hold.wait = max(hold.wait, next - now) }
        if hold.wait > .zero { return (nil, max(hold.wait, .milliseconds(1))) }
        if hold.interval > .zero { next = max(next, now - hold.tolerance) + hold.interval }
        admitted += weight
        count(1, weight, cost, at: now)
        return (Ticket(sent: now, order: admitted, cost: cost, weight: weight), .zero)
    }

    /// How long to wait, and how far apart calls are to be.
    private struct Hold {
        var wait = Duration.zero
        var interval = Duration.zero
        /// How much of a delay may be made good.
        var tolerance = Duration.zero
        mutating func space(by interval: Duration, tolerance: Duration) {
            guard interval > self.interval else { return }
            (self.interval, self.tolerance) = (interval, tolerance)
        }
    }

    /// Full speed up to four fifths of what may be used, then evenly.
    private func hold(
        to cap: Int64, per: Duration, _ count: RollingCount, _ used: Int64, _ amount: Int64, at now: Timestamp,
        _ hold: inout Hold
    ) {
        let amount = min(amount, cap)
        if used + amount > cap {
            hold.wait = max(hold.wait, count.wait(until: cap - amount, last: per, at: now))
        }
        if used * 5 > cap * 4 { hold.space(by: per * Double(amount) / Double(cap), tolerance: per / 8) }
    }

    private func holdTo(_ budget: Budget, _ cost: Int64, at now: Timestamp, _ hold: inout Hold) {
        guard budget.isBound, budget.per <= .seconds(3600) else { return }
        let count = budget.per <= .seconds(60) ? minuteUnits : hourUnits
        let cap = max(1, Int64(Double(budget.units) * Bucket.share))
        self.hold(to: cap, per: budget.per, count, count.sum(last: budget.per), cost, at: now, &hold)
    }

    private func holdTo(_ window: ToldWindow, _ weight: Int64, at now: Timestamp, _ hold: inout Hold) {
        let left = window.left(admitted)
        let amount = window.isLimitTold != 0 || window.isGuess != 0 ? min(weight, window.cap) : weight
        if window.isCounted {
            let count = window.length <= .seconds(1) ? second : minute
            let own = count.sum(last: window.length)
            self.hold(to: window.cap, per: window.length, count, own, amount, at: now, &hold)
            // What is missing is our own: it comes back as our calls grow old.
            if window.others <= max(1, window.limit / 10) { return }
        }
        let rest = window.ends - now
        let usable = left - (window.limit - window.cap)
        if usable < amount { return hold.wait = max(hold.wait, rest) }
        guard usable * 5 < window.limit else { return }
        hold.space(by: rest * Double(amount) / Double(usable + 1), tolerance: .zero)
    }

    private mutating func holdToCeiling(_ weight: Int64, at now: Timestamp, _ hold: inout Hold) {
        let isSecond = ceiling.per <= .seconds(1)
        let count = isSecond ? second : minute
        let amount = isSecond ? 1 : min(weight, ceiling.calls)
        let wait = count.wait(until: ceiling.calls - amount, last: ceiling.per, at: now)
        hold.wait = max(hold.wait, wait)
        let interval = ceiling.per * Double(amount) / (Double(ceiling.calls) * Ceiling.approach)
        hold.space(by: interval, tolerance: ceiling.per / 8)
        if wait > .zero || next > now { ceiling.isReached = 1 }
    }

    private func holdToProven(_ crew: Crew, at now: Timestamp, _ hold: inout Hold) {
        let rate = max(Bucket.start, Double(best) * Bucket.growth)
        guard rate < Bucket.unbounded else { return }
        hold.space(by: .seconds(1) / rate, tolerance: .milliseconds(20))
        // As many as that rate needs, so that one refusal is not followed by all that were on their way.
        let needed = crew.roundTrip.map { Int((Double($0.microseconds) / 1e6 * rate).rounded(.up)) } ?? 1
        let processes = max(1, users.count { $0.process > 0 && now - $0.at < .seconds(10) })
        if crew.underWay >= max(1, needed / processes) {
            hold.wait = max(hold.wait, min(crew.roundTrip ?? .milliseconds(5), .milliseconds(50)))
        }
    }

    /// How many calls of a window longer than a second teach anything.
    static let leastTaught = 10
    /// Of a budget, two in a hundred are left for others.
    static let share = 0.98
    /// Calls a second that a bucket begins with, the growth that doubles them each second, and where they need no bound any more.
    static let start = 64.0
    static let growth = 1.386
    static let unbounded = 2000.0

    // MARK: Time

    /// How long what was proven or taught is believed.
    static let memory = Duration.seconds(3600)

    mutating func advance(to now: Timestamp) {
        if now < seen { shift(by: now - seen) }
        seen = now
        second.advance(to: now)
        minute.advance(to: now)
        minuteUnits.advance(to: now)
        hourUnits.advance(to: now)
        if ceiling.isKnown, now - ceiling.at > Bucket.memory { ceiling = Ceiling() }
        for i in windows.indices where now - windows[i].toldAt > .seconds(86_400) { windows[i] = ToldWindow() }
        if now - bestAt > Bucket.memory { best = 0 }
    }

    mutating func count(_ calls: Int64, _ weight: Int64, _ units: Int64, at time: Timestamp) {
        second.add(calls, at: time)
        minute.add(weight, at: time)
        minuteUnits.add(units, at: time)
        hourUnits.add(units, at: time)
    }

    private mutating func shift(by step: Duration) {
        func move(_ time: inout Timestamp) { if time.microseconds > 0 { time = time + step } }
        move(&pausedUntil)
        move(&refusedAt)
        move(&next)
        move(&bestAt)
        ceiling.shift(by: step)
        for i in windows.indices {
            move(&windows[i].ends)
            move(&windows[i].toldAt)
        }
        for i in users.indices { move(&users[i].at) }
        second.shift(by: step)
        minute.shift(by: step)
        minuteUnits.shift(by: step)
        hourUnits.shift(by: step)
    }

    private mutating func touch(_ process: Int32, _ now: Timestamp) {
        guard process > 0 else { return }
        let index =
            users.firstIndex { $0.process == Int64(process) } ?? users.indices.min { users[$0].at < users[$1].at } ?? 0
        users[index] = User(process: Int64(process), at: now)
    }
}
