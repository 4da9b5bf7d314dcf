import Synchronization

/// A bound on how many do something at once. Who waits longest is next; who is cancelled leaves the queue.
///
/// A refusal halves it, once for all that were under way then; it grows back one by one, as many successes for each as it is.
final class Slots: Sendable {
    /// How often the bound had been halved when a slot was taken.
    typealias Round = Int
    enum Outcome { case taken, refused, unknown }

    private struct State {
        var bound: Int
        var used = 0
        var round = 0
        var successes = 0
        var waiting: [Int: CheckedContinuation<Round, any Error>] = [:]
        /// The numbers of those who wait, in order, and of those who left.
        var queue: [Int] = []
        var head = 0
        var drawn = 0
    }
    private let state: Mutex<State>
    private let most: Int

    init(_ count: Int) {
        most = max(1, count)
        state = Mutex(State(bound: most))
    }

    /// How many may do it now.
    var bound: Int { state.withLock { $0.bound } }

    /// Waits for a slot, which must be given back with `release`.
    /// - Throws: `CancellationError`; no slot was taken then.
    func acquire() async throws -> Round {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.drawn += 1
            return state.drawn
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Round, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.used < state.bound {
                        state.used += 1
                        return .success(state.round)
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

    func release(_ round: Round, _ outcome: Outcome) {
        let next: [(CheckedContinuation<Round, any Error>, Round)] = state.withLock { state in
            state.used -= 1
            adapt(&state, round, outcome)
            var next: [(CheckedContinuation<Round, any Error>, Round)] = []
            while state.used < state.bound, state.head < state.queue.count {
                let number = state.queue[state.head]
                state.head += 1
                guard let waiting = state.waiting.removeValue(forKey: number) else { continue }
                state.used += 1
                next.append((waiting, state.round))
            }
            if state.head == state.queue.count {
                state.queue.removeAll(keepingCapacity: true)
                state.head = 0
            }
            return next
        }
        for (waiting, round) in next { waiting.resume(returning: round) }
    }

    private func adapt(_ state: inout State, _ round: Round, _ outcome: Outcome) {
        switch outcome {
        case .refused where round == state.round:
            state.bound = max(1, state.bound / 2)
            state.round += 1
            state.successes = 0
        case .taken where round == state.round && state.bound < most:
            state.successes += 1
            guard state.successes >= state.bound else { break }
            state.bound += 1
            state.successes = 0
        default: break
        }
    }
}
