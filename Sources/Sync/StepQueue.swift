import Synchronization

/// Hands the steps of one reader to the one writer, in order. The reader can wait until a step was written: a page is
/// asked for when the page before is in STATE, so that a kill costs one page and no more.
final class StepQueue<Step: Sendable>: Sendable {
    private struct State {
        var steps: [(step: Step, written: CheckedContinuation<Void, Never>?)] = []
        var isFinished = false
        var isCancelled = false
        var reader: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())
    private let drop: @Sendable (Step) -> Void

    /// - Parameter drop: called with each step that nobody will write any more.
    init(drop: @escaping @Sendable (Step) -> Void = { _ in }) { self.drop = drop }

    /// Adds a step, and goes on.
    func add(_ step: Step) { append(step, written: nil) }

    /// Adds a step, and waits until it was written.
    func addAndWait(_ step: Step) async throws {
        await withCheckedContinuation { append(step, written: $0) }
        if state.withLock({ $0.isCancelled }) { throw CancellationError() }
    }

    private func append(_ step: Step, written: CheckedContinuation<Void, Never>?) {
        let (waiting, refused) = state.withLock { s -> (CheckedContinuation<Void, Never>?, Bool) in
            if s.isCancelled { return (nil, true) }
            s.steps.append((step, written))
            defer { s.reader = nil }
            return (s.reader, false)
        }
        if refused {
            drop(step)
            written?.resume()
        }
        waiting?.resume()
    }

    /// No more steps follow.
    func finish() {
        let waiting = state.withLock { s in
            s.isFinished = true
            defer { s.reader = nil }
            return s.reader
        }
        waiting?.resume()
    }

    /// Nothing is written any more: whoever waits is let go.
    func cancel() {
        let dropped = state.withLock { s in
            s.isCancelled = true
            defer { s.steps = [] }
            return s.steps
        }
        for (step, written) in dropped {
            drop(step)
            written?.resume()
        }
    }

    /// Calls `body` with each step until the last. When it throws, the queue is cancelled.
    func forEach(_ body: (Step) async throws -> Void) async throws {
        while true {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { s in
                    if !s.steps.isEmpty || s.isFinished { return true }
                    s.reader = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
            let batch = state.withLock { s in
                defer { s.steps = [] }
                return s.steps
            }
            if batch.isEmpty { return }
            for (index, (step, written)) in batch.enumerated() {
                do { try await body(step) } catch {
                    cancel()
                    for rest in batch[index...] {
                        drop(rest.step)
                        rest.written?.resume()
                    }
                    throw error
                }
                written?.resume()
            }
        }
    }
}
