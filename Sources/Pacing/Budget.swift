/// What a service's documentation allows of one bucket of calls.
public struct Budget: Sendable, Equatable {
    /// The bucket, as the connector's requests name it.
    public var bucket: String
    /// How many units may be used in any window.
    public var units: Int
    /// The length of the window. One of more than an hour is told, and not held to; with nothing, the bucket has no bound, and
    /// only what the service says of it stops it.
    public var per: Duration
    /// What is counted, for a person: "quota units of a user".
    public var of: String
    /// True where rate headers of the service count in these units; else a header counts calls.
    public var isTold: Bool

    public var isBound: Bool { per > .zero }

    public init(_ bucket: String, _ units: Int, per: Duration, of: String, isTold: Bool = true) {
        self.bucket = bucket
        self.units = max(1, units)
        self.per = per
        self.of = of
        self.isTold = isTold
    }
}

/// What an answer says of one window in which a service counts.
public struct RateWindow: Sendable, Equatable {
    /// The service's name for what it counts (`core`, `default`); empty where it has none.
    public var name: String
    /// How much may be used in a whole window.
    public var limit: Int?
    /// How much is left of it.
    public var remaining: Int?
    /// How long after the answer the window ends.
    public var rest: Duration?
    /// When it ends by the service's clock, where it tells a moment: the same in all answers of one window.
    public var end: Int64?
    /// How long a whole window is.
    public var length: Duration?

    public init(
        name: String = "", limit: Int? = nil, remaining: Int? = nil, rest: Duration? = nil, end: Int64? = nil,
        length: Duration? = nil
    ) {
        self.name = name
        self.limit = limit
        self.remaining = remaining
        self.rest = rest
        self.end = end
        self.length = length
    }
}
