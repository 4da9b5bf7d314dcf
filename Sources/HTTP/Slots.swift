import Synchronization

/// A bound on how many do something at once. Who waits longest is next; who is cancelled leaves the queue.
final class Slots: Sendable {
    private struct State {
        var free: Int
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        /// The numbers of those who wait, in order, and of those who left.
        var queue: [Int] = []
        var head = 0
        var drawn = 0
    }
    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: max(1, count))) }

    /// Waits for a slot, which must be given back with `release`.
    /// - Throws: `CancellationError`; no slot was taken then.
    func acquire() async throws {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.drawn += 1
            return state.drawn
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.free > 0 {
                        state.free -= 1
                        return .success(())
                    }
                    state.waiting[number] = continuation
                    state.queue.append(number)
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(throwing: CancellationError())
        }
    }

    func release() {
        let next: CheckedContinuation<Void, any Error>? = state.withLock { state in
            while state.head < state.queue.count {
                let number = state.queue[state.head]
                state.head += 1
                if let waiting = state.waiting.removeValue(forKey: number) { return waiting }
            }
            state.queue.removeAll(keepingCapacity: true)
            state.head = 0
            state.free += 1
            return nil
        }
        next?.resume()
    }
}
