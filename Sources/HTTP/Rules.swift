/// One row of the table that says what an answer, or its absence, means for a call.
///
///     Rule(403, reason: "rateLimitExceeded", .retry)     one status and one code of the service's
///     Rule(400...599, reason: "backendError", .retry)    a code, whatever the status of the error
///     Rule(410, .cursorExpired)                          a status, whatever the code
///
/// A service's own rows come before those of `Rule.standard`; the first that fits decides.
public struct Rule: Sendable {
    public enum Meaning: Sendable, Equatable {
        case success
        /// It may pass by itself: the call is sent again where sending it twice does no harm.
        case retry
        /// Nothing reached the service: any call is sent again.
        case resend
        /// The token is not accepted: any call is sent again with another one.
        case unauthorised
        /// The call failed, and with it what `CallFailure.Scope` of the same name says.
        case item, partition, cursorExpired, run
    }

    /// What happened to a call.
    public enum Event: Sendable {
        /// An answer of one of these statuses; with a reason, only where `Response.errorReason` is the same.
        case answer(ClosedRange<Int>, reason: String?)
        /// No answer.
        case error(TransportError.Kind)
    }

    public let event: Event
    public let meaning: Meaning
    /// Our name of the failure, where the service tells none, or where its name is that of a pause.
    public let name: String?

    public init(_ statuses: ClosedRange<Int>, reason: String? = nil, _ meaning: Meaning, name: String? = nil) {
        event = .answer(statuses, reason: reason)
        self.meaning = meaning
        self.name = name
    }
    public init(_ status: Int, reason: String? = nil, _ meaning: Meaning, name: String? = nil) {
        self.init(status...status, reason: reason, meaning, name: name)
    }
    public init(_ error: TransportError.Kind, _ meaning: Meaning, name: String) {
        event = .error(error)
        self.meaning = meaning
        self.name = name
    }

    /// What holds for every service. RFC 9110, section 15.
    public static let standard: [Rule] = [
        Rule(200...299, .success),
        Rule(304, .success),
        Rule(300...399, .item, name: "redirect"),
        Rule(400, .item, name: "bad_request"),
        Rule(401, .unauthorised, name: "unauthorised"),
        Rule(403, .item, name: "forbidden"),
        Rule(404, .item, name: "not_found"),
        Rule(408, .retry, name: "server_error"),
        Rule(410, .item, name: "gone"),
        Rule(425, .retry, name: "server_error"),
        Rule(429, .retry, name: "rate_limited"),
        Rule(500, .retry, name: "server_error"),
        Rule(502...504, .retry, name: "server_error"),
        Rule(500...599, .item, name: "server_error"),

        Rule(.unreachable, .resend, name: "connection_lost"),
        Rule(.lost, .retry, name: "connection_lost"),
        Rule(.timedOut, .retry, name: "connection_lost"),
        Rule(.truncated, .retry, name: "connection_lost"),
        Rule(.tooLarge, .item, name: "too_large"),
        Rule(.refused, .item, name: "refused"),
    ]

    /// - Parameter reason: asked for only where a row of this status wants it, for it costs reading the body.
    func fits(_ response: Response, _ reason: () -> String?) -> Bool {
        guard case .answer(let statuses, let wanted) = event, statuses.contains(response.status) else { return false }
        return wanted == nil || wanted == reason()
    }

    func fits(_ error: TransportError) -> Bool {
        if case .error(let kind) = event { return kind == error.kind }
        return false
    }
}
