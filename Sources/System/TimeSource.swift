import Glibc

/// Where a program gets the time from, and how it waits: injected, so that a test of an hour takes a millisecond.
public protocol TimeSource: Sendable {
    /// The wall clock.
    func now() -> Timestamp
    /// Waits, or throws `CancellationError`.
    func sleep(for duration: Duration) async throws
}

/// The clock of the machine.
public struct SystemTime: TimeSource {
    public init() {}
    public func now() -> Timestamp {
        var t = timespec()
        clock_gettime(CLOCK_REALTIME, &t)
        return Timestamp(microseconds: Int64(t.tv_sec) * 1_000_000 + Int64(t.tv_nsec) / 1000)
    }
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
