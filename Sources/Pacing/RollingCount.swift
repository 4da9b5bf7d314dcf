import System

/// How much there was in each of the last moments, so that any last while can be summed up: a ring of equal slots of time.
struct RollingCount: Sendable, Equatable {
    private(set) var slot: Duration
    private(set) var counts: [Int64]
    /// The slot of the latest moment, counted from 1970.
    private(set) var latest: Int64 = 0
    private var total: Int64 = 0

    /// - Parameter span: what can be summed up, in whole slots. One slot more is kept, so that a sum never leaves out a part.
    init(span: Duration, slots: Int) {
        slot = span / slots
        counts = Array(repeating: 0, count: slots + 1)
    }

    private func number(of time: Timestamp) -> Int64 { time.microseconds / max(1, slot.microseconds) }
    private func index(_ number: Int64) -> Int { Int(number % Int64(counts.count)) }

    mutating func advance(to now: Timestamp) {
        let number = max(0, number(of: now))
        if number > latest + Int64(counts.count) || latest > number + Int64(counts.count) {
            for i in counts.indices { counts[i] = 0 }
            (latest, total) = (number, 0)
        }
        while latest < number {
            latest += 1
            total -= counts[index(latest)]
            counts[index(latest)] = 0
        }
    }

    /// Counts at a moment, which may be past; one that is no longer kept is of no consequence. Less than nothing never stays.
    mutating func add(_ count: Int64, at time: Timestamp) {
        let number = number(of: time)
        guard number > latest - Int64(counts.count), number <= latest, number >= 0 else { return }
        let new = max(0, counts[index(number)] + count)
        total += new - counts[index(number)]
        counts[index(number)] = new
    }

    /// What there was in the last while, the slot in which it began included.
    func sum(last while: Duration) -> Int64 {
        let span = min(Int64(counts.count), `while`.microseconds / max(1, slot.microseconds) + 1)
        if span == counts.count { return total }
        var sum: Int64 = 0
        for back in 0..<span where latest - back >= 0 { sum += counts[index(latest - back)] }
        return sum
    }

    /// How long until no more than `most` is in the last while.
    func wait(until most: Int64, last while: Duration, at now: Timestamp) -> Duration {
        let span = min(Int64(counts.count), `while`.microseconds / max(1, slot.microseconds) + 1)
        var left = sum(last: `while`)
        for back in stride(from: span - 1, through: 0, by: -1) where left > most && latest - back >= 0 {
            left -= counts[index(latest - back)]
            if left > most { continue }
            // That slot is the oldest until `span - back` slots from now.
            return Timestamp(microseconds: (latest + span - back) * slot.microseconds) - now
        }
        return .zero
    }

    /// The same, were all clocks set back or forward by so much.
    mutating func shift(by step: Duration) {
        let moved = step.microseconds / max(1, slot.microseconds)
        guard latest + moved >= 0 else {
            return self = RollingCount(span: slot * (counts.count - 1), slots: counts.count - 1)
        }
        var old: [(Int64, Int64)] = []
        for back in 0..<Int64(counts.count) where latest - back >= 0 {
            old.append((latest - back, counts[index(latest - back)]))
        }
        latest += moved
        for i in counts.indices { counts[i] = 0 }
        for (number, count) in old where number + moved >= 0 { counts[index(number + moved)] = count }
        total = counts.reduce(0, +)
    }

    /// Each number in its turn, to be read or written.
    mutating func transfer(_ record: inout Record) {
        record.count(&latest)
        for i in counts.indices { record.count(&counts[i]) }
        if !record.isDamaged { total = counts.reduce(0, +) }
    }
}
