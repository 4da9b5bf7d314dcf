/// A call that a service refused, or that could not be made, after every retry: what it means for the run.
public struct CallFailure: Error, Sendable, CustomStringConvertible {
    /// How much of the run it costs.
    public enum Scope: Sendable {
        /// One item: it becomes a debt.
        case item
        /// One partition: it is read again by the next run.
        case partition
        /// The cursor or page token is not taken any more: the listing begins again.
        case cursorExpired
        /// The whole run.
        case run
    }
    /// The status of the answer; 0 where there was none.
    public let status: Int
    /// The service's own word, or one of ours: `not_found`, `server_error`, `rate_limited`, `connection_lost`, `too_large`.
    public let reason: String
    public let scope: Scope
    /// For a person.
    public let message: String

    public init(status: Int, reason: String, scope: Scope, message: String) {
        self.status = status
        self.reason = reason
        self.scope = scope
        self.message = message
    }
    public var description: String { message.isEmpty ? reason : message }
}
