import Synchronization

/// Hands the steps of one reader to the one writer, in order. The reader can wait until a step was written: a page is
/// asked for when the page before is in STATE, so that a kill costs one page and no more.
final class StepQueue<Step: Sendable>: Sendable {
    private struct State {
        var steps: [(step: Step, written: CheckedContinuation<Void, Never>?)] = []
        var taken = 0
        var isFinished = false
        var isCancelled = false
        var reader: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

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
        if refused { written?.resume() }
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
        let waiting = state.withLock { s in
            s.isCancelled = true
            defer { s.steps = [] }
            return s.steps.compactMap(\.written)
        }
        for w in waiting { w.resume() }
    }

    /// Calls `body` with each step until the last.
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
                    for rest in batch[index...] { rest.written?.resume() }
                    throw error
                }
                written?.resume()
            }
        }
    }
}

/// Bounds the bytes of items that wait for their turn. Whoever is next in turn is never held up.
final class ByteWindow: Sendable {
    private struct State {
        var bytes = 0
        var next = 0
        var hurried: Set<Int> = []
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// A place in the order.
    func ticket() -> Int {
        state.withLock { s in
            s.next += 1
            return s.next
        }
    }

    /// Waits until there is room, or until the ticket's turn has come.
    func enter(_ ticket: Int) async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { s in
                if s.bytes < limit || s.hurried.contains(ticket) { return true }
                s.waiting[ticket] = continuation
                return false
            }
            if ready { continuation.resume() }
        }
    }
    func fill(_ bytes: Int) { state.withLock { $0.bytes += bytes } }

    /// The ticket's turn has come.
    func hurry(_ ticket: Int) {
        let waiting = state.withLock { s in
            s.hurried.insert(ticket)
            return s.waiting.removeValue(forKey: ticket)
        }
        waiting?.resume()
    }
    /// What the ticket brought was written.
    func leave(_ ticket: Int, _ bytes: Int) {
        let ready = state.withLock { s -> [CheckedContinuation<Void, Never>] in
            s.bytes -= bytes
            s.hurried.remove(ticket)
            guard s.bytes < limit else { return [] }
            defer { s.waiting = [:] }
            return Array(s.waiting.values)
        }
        for w in ready { w.resume() }
    }
}
