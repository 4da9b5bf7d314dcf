import System

/// Which calls a service counts together.
public struct BucketName: Sendable, Hashable {
    public var source: String
    /// Who calls: an account's id, or a digest of what does not change. Never a token.
    public var account: String
    public var host: String
    /// As the connector names it.
    public var bucket: String

    public init(source: String, account: String, host: String, bucket: String) {
        self.source = source
        self.account = account
        self.host = host
        self.bucket = bucket
    }
}

/// A call that was let go.
public struct Ticket: Sendable, Equatable {
    var sent: Timestamp
    /// What had been let go of the bucket by then, the call included.
    var order: Int64
    var cost: Int64
    var weight: Int64

    /// Of a call that nobody counts.
    public init() { self.init(sent: Timestamp(microseconds: 0), order: 0, cost: 0, weight: 0) }
    init(sent: Timestamp, order: Int64, cost: Int64, weight: Int64) {
        self.sent = sent
        self.order = order
        self.cost = cost
        self.weight = weight
    }
    /// How long ago it went.
    public func age(at now: Timestamp) -> Duration { max(.zero, now - sent) }
}

/// What came of a call, as far as its pace goes.
public struct Outcome: Sendable {
    /// The second of the service's clock in which it answered; nil where it did not answer, or does not tell.
    public var second: Int64?
    public var windows: [RateWindow]
    /// The service would not take the call because there were too many.
    public var isRefusal: Bool
    public var retryAfter: Duration?

    public init(
        second: Int64? = nil, windows: [RateWindow] = [], isRefusal: Bool = false, retryAfter: Duration? = nil
    ) {
        self.second = second
        self.windows = windows
        self.isRefusal = isRefusal
        self.retryAfter = retryAfter
    }
}
