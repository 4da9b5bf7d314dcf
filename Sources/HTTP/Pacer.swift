import System

/// Keeps calls from being made faster than a service wants them.
public protocol Pacer: Sendable {
    /// Lets a call go, or says how long to wait before asking again. A pacer does not wait itself: the client does, without
    /// keeping others from going.
    /// - Returns: zero when the call may go now; it is then counted until `learn` is called for it, which happens once.
    func admit(_ request: Request) async throws -> Duration
    /// Takes in what the answer says about the pace.
    /// - Parameter response: nil where none came.
    func learn(from response: Response?, of request: Request) async
}

/// No pace.
public struct Unpaced: Pacer {
    public init() {}
    public func admit(_ request: Request) -> Duration { .zero }
    public func learn(from response: Response?, of request: Request) {}
}

/// Paces each bucket by what the answers say: a `Retry-After` stops it; when few calls are left of a window, the rest are
/// spread over the time that it still lasts, so that zero is not reached. It knows of this process only.
public actor BucketPacer: Pacer {
    private var buckets: [String: Bucket] = [:]
    private let time: any TimeSource

    public init(time: any TimeSource = SystemTime()) { self.time = time }

    public func admit(_ request: Request) -> Duration {
        buckets[request.bucket, default: Bucket()].admit(cost: request.cost, at: time.now())
    }

    public func learn(from response: Response?, of request: Request) {
        buckets[request.bucket, default: Bucket()].learn(from: response, cost: request.cost, at: time.now())
    }
}

private struct Bucket {
    /// No call before this.
    var pausedUntil = Timestamp(microseconds: 0)
    /// No call before this while few are left.
    var spacedUntil = Timestamp(microseconds: 0)
    /// What was told of the window, and when it ends by our clock.
    var window: (remaining: Int, low: Int, ends: Timestamp)?
    /// The cost of the calls that were let go and are not counted in `window`.
    var underWay = 0

    mutating func admit(cost: Int, at now: Timestamp) -> Duration {
        if pausedUntil > now { return pausedUntil - now }
        if let window, window.ends > now {
            let rest = window.ends - now
            if window.remaining < cost { return rest }
            let left = window.remaining - underWay
            if left < window.low {
                if spacedUntil > now { return spacedUntil - now }
                let interval = rest / (max(left, 0) + 1)
                if left < cost { return interval }
                spacedUntil = now + interval * cost
            }
        }
        underWay += cost
        return .zero
    }

    mutating func learn(from response: Response?, cost: Int, at now: Timestamp) {
        underWay = max(0, underWay - cost)
        guard let response else { return }
        if response.status >= 400, let wait = response.retryAfter { pausedUntil = max(pausedUntil, now + wait) }
        guard let told = response.rateWindow else { return }
        let ends = now + told.rest
        var remaining = told.remaining
        // Answers overtake each other: within one window the lowest figure is the latest.
        if let window, window.ends > now, abs((window.ends - ends).microseconds) < 2_000_000 {
            remaining = min(remaining, window.remaining)
        }
        window = (remaining, told.limit.map { max(1, $0 / 5) } ?? 20, ends)
    }
}
