import Glibc

/// Where a program gets the time from, and how it waits: injected, so that a test of an hour takes a millisecond.
public protocol TimeSource: Sendable {
    /// The wall clock.
    func now() -> Timestamp
    /// How long it is since some moment in the past: nobody sets this clock, and it goes on while the machine sleeps.
    func uptime() -> Duration
    /// Waits, or throws `CancellationError`.
    func sleep(for duration: Duration) async throws
}

extension TimeSource {
    /// For a wall clock that nobody sets.
    public func uptime() -> Duration { now() - Timestamp(seconds: 0) }
}

/// The clock of the machine.
public struct SystemTime: TimeSource {
    public init() {}
    public func now() -> Timestamp {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Timestamp(microseconds: Int64(t.tv_sec) * 1_000_000 + Int64(t.tv_nsec) / 1000)
    }
    public func uptime() -> Duration {
        var t = timespec()
        clock_gettime(CLOCK_BOOTTIME, &t)
        return .seconds(Int64(t.tv_sec)) + .nanoseconds(Int64(t.tv_nsec))
    }
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
