import System

/// How much a service took, as a refusal taught.
struct Ceiling: Sendable, Equatable {
    /// Calls, or weights where it is of more than a second.
    var calls: Int64 = 0
    var per = Duration.seconds(1)
    /// When the refusal came; of nothing while it is not known.
    var at = Timestamp(microseconds: 0)
    /// The second of the service's clock in which it was counted; -1 where it was by ours.
    var second: Int64 = -1
    /// What it is where the service does not count by the seconds of its clock, if that is more; 0 if not.
    var upper: Int64 = 0
    /// How often it was cut since it was raised.
    var cuts: Int64 = 0
    var raisedAt = Timestamp(microseconds: 0)
    var raises: Int64 = 0
    /// Calls had to wait for it since it was raised.
    var isReached: Int64 = 0

    /// The part of it that is used.
    static let approach = 0.97
    private static let calm = Duration.seconds(60)

    var isKnown: Bool { calls > 0 }

    /// After a minute without a refusal in which there was need, a little more is tried, each time twice as much more, and in the end twice as much in all.
    mutating func probe(at now: Timestamp) {
        guard isReached != 0, now - max(at, raisedAt) >= Ceiling.calm else { return }
        if upper > calls {
            calls = upper
        } else {
            calls += raises < 4 ? max(1, (calls / 20) << raises) : calls
            raises += 1
        }
        (upper, cuts) = (0, 0)
        raisedAt = now
        isReached = 0
        second = -1
    }

    mutating func shift(by step: Duration) {
        if at.microseconds > 0 { at = at + step }
        if raisedAt.microseconds > 0 { raisedAt = raisedAt + step }
    }

    mutating func transfer(_ record: inout Record) {
        record.count(&calls)
        record.duration(&per)
        record.time(&at)
        record.number(&second)
        record.count(&upper)
        record.count(&cuts)
        record.time(&raisedAt)
        record.count(&raises)
        record.number(&isReached)
        if per <= .zero { record.isDamaged = true }
    }
}
