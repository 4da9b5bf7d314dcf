import Synchronization

/// A clock that stands still but for the waits, which it passes over at once: for replays, and for tests.
public final class SimulatedTime: TimeSource {
    private let moment: Mutex<Timestamp>
    public init(_ start: Timestamp) { moment = Mutex(start) }
    public func now() -> Timestamp { moment.withLock { $0 } }
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        moment.withLock { $0 = $0 + duration }
        await Task.yield()
    }
}
