import Synchronization

/// Bounds the bytes of items that wait for their turn, and how many items are being fetched at once. Whoever is next in turn is
/// never held up, so that what waits is never more than the limit and the items under way.
final class ByteWindow: Sendable {
    private struct State {
        var bytes = 0
        var working = 0
        var next = 0
        /// Those whose turn has come, and who have not been written yet.
        var hurried: Set<Int> = []
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        /// The tickets of those who wait, in the order in which they came, and of those who were let in.
        var queue: [Int] = []
        var head = 0
    }
    private let limit: Int
    private let atOnce: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: bytes that may wait.
    ///   - atOnce: how many items are under way at once, whose bytes nobody knows yet.
    init(limit: Int, atOnce: Int = 16) {
        self.limit = limit
        self.atOnce = atOnce
    }

    /// A place in the order.
    func ticket() -> Int {
        state.withLock { s in
            s.next += 1
            return s.next
        }
    }

    /// Waits until there is room, or until the ticket's turn has come. `fill` must follow.
    func enter(_ ticket: Int) async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { s in
                if hasRoom(s) || s.hurried.contains(ticket) {
                    s.working += 1
                    return true
                }
                s.waiting[ticket] = continuation
                s.queue.append(ticket)
                return false
            }
            if ready { continuation.resume() }
        }
    }

    /// The item is there, with this many bytes; or it never will be, with none.
    func fill(_ bytes: Int) {
        change { s in
            s.working -= 1
            s.bytes += bytes
        }
    }

    /// The ticket's turn has come.
    func hurry(_ ticket: Int) {
        let waiting = state.withLock { s in
            s.hurried.insert(ticket)
            let waiting = s.waiting.removeValue(forKey: ticket)
            if waiting != nil { s.working += 1 }
            return waiting
        }
        waiting?.resume()
    }

    /// What the ticket brought was written.
    func leave(_ ticket: Int, _ bytes: Int) {
        change { s in
            s.bytes -= bytes
            s.hurried.remove(ticket)
        }
    }

    private func hasRoom(_ s: State) -> Bool { s.bytes < limit && s.working < atOnce }

    /// Makes a change, and lets in who waits longest, as many as there is room for.
    private func change(_ body: (inout State) -> Void) {
        let ready = state.withLock { s in
            body(&s)
            var ready: [CheckedContinuation<Void, Never>] = []
            while s.head < s.queue.count, hasRoom(s) {
                let ticket = s.queue[s.head]
                s.head += 1
                guard let waiting = s.waiting.removeValue(forKey: ticket) else { continue }
                s.working += 1
                ready.append(waiting)
            }
            if s.head == s.queue.count {
                s.queue.removeAll(keepingCapacity: true)
                s.head = 0
            }
            return ready
        }
        for one in ready { one.resume() }
    }
}
