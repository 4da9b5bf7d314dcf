import System

/// How often, and for how long, a call is tried.
public struct RetryPolicy: Sendable {
    /// How often a call is sent at most.
    public var attempts: Int
    /// How long a call may take with all its pauses. No pause goes beyond it, and no attempt begins after it.
    public var total: Duration
    /// The longest first pause.
    public var base: Duration
    /// The longest pause of all.
    public var cap: Duration

    public init(
        attempts: Int = 8, total: Duration = .seconds(600), base: Duration = .seconds(1), cap: Duration = .seconds(64)
    ) {
        self.attempts = attempts
        self.total = total
        self.base = base
        self.cap = cap
    }

    /// How long to wait after this many attempts: anything up to a bound that doubles each time ("full jitter").
    public func backoff(after attempts: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(cap, base * (1 << max(0, min(attempts - 1, 30))))
        return .microseconds(Int64.random(in: 0...max(0, bound.microseconds), using: &random))
    }
}
