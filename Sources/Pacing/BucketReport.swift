import Glibc
import System

/// What is known of a bucket, for a person.
extension Bucket {
    /// A window that the service tells, or the ceiling that refusals taught.
    public struct Known: Sendable, Equatable {
        public var name: String
        public var limit: Int64
        public var per: Duration
        /// Where it is known.
        public var remaining: Int64?
    }

    /// What the service told of windows that are not over.
    public func told(at now: Timestamp) -> [Known] {
        windows.filter { $0.toldAt.microseconds > 0 && $0.limit > 0 && now < $0.toldAt + .seconds(86_400) }.map {
            Known(
                name: $0.name, limit: $0.limit, per: $0.length,
                remaining: now < $0.ends ? max(0, $0.left(admitted)) : $0.limit)
        }
    }

    /// What refusals taught within the last hour.
    public func learned(at now: Timestamp) -> Known? {
        guard ceiling.isKnown, now - ceiling.at < Bucket.memory else { return nil }
        return Known(name: "", limit: ceiling.calls, per: ceiling.per)
    }

    /// What is left of a declared budget, by what this machine used.
    public func remaining(of budget: Budget, at now: Timestamp) -> Int64? {
        guard budget.isBound, budget.per <= .seconds(3600) else { return nil }
        var count = budget.per <= .seconds(60) ? minuteUnits : hourUnits
        count.advance(to: now)
        return max(0, Int64(budget.units) - count.sum(last: budget.per))
    }

    /// The processes that used it within the last ten minutes and still run, but for one.
    public func processes(except own: Int32, at now: Timestamp) -> [Int32] {
        users.filter { $0.process != Int64(own) && $0.process > 0 && now - $0.at < .seconds(600) }
            .compactMap { Int32(exactly: $0.process) }
            .filter { kill($0, 0) == 0 || errno == EPERM }.sorted()
    }
}
