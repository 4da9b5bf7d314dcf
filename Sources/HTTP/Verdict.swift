import JSON
import System

/// What an answer means for the call.
public enum Verdict: Sendable, Equatable {
    case success
    /// Try again, after this long where the service says so.
    case retry(after: Duration?)
    /// The token is not accepted.
    case unauthorised
    case failed(CallFailure)
}

/// A call that failed for good: its retries, if any, are used up.
public struct CallFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is lost with the call.
    public enum Scope: Sendable, Equatable {
        /// One item: a debt.
        case item
        /// The place that was being listed.
        case partition
        /// The cursor: the partition must be listed anew.
        case cursorExpired
        /// Everything: no other call would fare better.
        case run
    }

    /// The status of the last answer; nil where none came.
    public let status: Int?
    /// The service's own code where it tells one (`insufficientFilePermissions`), else ours: `not_found`, `server_error`,
    /// `rate_limited`, `connection_lost`, `too_large`, …
    public let reason: String
    public let scope: Scope
    /// For a person. No query of a URL and no secret is in it.
    public let message: String

    public init(status: Int? = nil, reason: String, scope: Scope = .item, message: String) {
        self.status = status
        self.reason = reason
        self.scope = scope
        self.message = message
    }
    public var description: String { message }
}

/// The one place that says what an answer, or its absence, means.
public struct Classifier: Sendable {
    /// What a service means by an answer where it differs from the rules; nil where it does not.
    ///
    ///     { $0.status == 403 && $0.errorReason == "rateLimitExceeded" ? .retry(after: nil) : nil }
    public typealias Refinement = @Sendable (Response) -> Verdict?

    private let refine: Refinement?

    public init(refine: Refinement? = nil) { self.refine = refine }

    /// 2xx and 304 are success; 408, 429, 500, 502, 503 and 504 are worth another try; 401 is about the token; all else fails
    /// the item. A request that must not be sent twice is not.
    public func verdict(of response: Response, to request: Request) -> Verdict {
        switch refine?(response) ?? standard(response, request) {
        case .retry(let after):
            guard request.isIdempotent else { return .failed(exhausted(response, request)) }
            return .retry(after: after ?? response.retryAfter)
        case .unauthorised where !request.isAuthorised: return .failed(failure(response, request))
        case let verdict: return verdict
        }
    }

    private func standard(_ response: Response, _ request: Request) -> Verdict {
        switch response.status {
        case 200..<300, 304: .success
        case 408, 429, 500, 502, 503, 504: .retry(after: nil)
        case 401: .unauthorised
        default: .failed(failure(response, request))
        }
    }

    public func verdict(of error: TransportError, to request: Request) -> Verdict {
        switch error {
        case .unreachable: .retry(after: nil)
        case .lost, .timedOut, .truncated:
            request.isIdempotent ? .retry(after: nil) : .failed(exhausted(error, request))
        case .tooLarge: .failed(failure("too_large", error, request))
        case .refused: .failed(failure("refused", error, request))
        }
    }

    /// What a call ends with whose last answer was worth another try, but there is none left.
    public func exhausted(_ response: Response, _ request: Request) -> CallFailure {
        let reason = response.status >= 500 || response.status == 408 ? "server_error" : "rate_limited"
        return failure(response, request, reason: reason)
    }
    public func exhausted(_ error: TransportError, _ request: Request) -> CallFailure {
        failure("connection_lost", error, request)
    }

    /// The token is refused, and there is no other.
    public func refused(_ response: Response, _ request: Request) -> CallFailure {
        failure(response, request, scope: .run)
    }

    private func failure(
        _ response: Response, _ request: Request, reason: String? = nil, scope: CallFailure.Scope = .item
    ) -> CallFailure {
        let told = response.errorReason
        let reason = reason ?? told ?? Classifier.name(of: response.status)
        let detail = told ?? reason
        return CallFailure(
            status: response.status, reason: reason, scope: scope,
            message: "\(request.summary) answered \(response.status) (\(detail))")
    }

    private func failure(_ reason: String, _ error: TransportError, _ request: Request) -> CallFailure {
        CallFailure(reason: reason, message: "\(request.summary): \(error)")
    }

    private static func name(of status: Int) -> String {
        switch status {
        case 300..<400: "redirect"
        case 400: "bad_request"
        case 401: "unauthorised"
        case 403: "forbidden"
        case 404: "not_found"
        case 410: "gone"
        case 500...: "server_error"
        default: "status_\(status)"
        }
    }
}

extension Request {
    /// Method and URL for a message, without the query, which may hold what must not be shown.
    public var summary: String { "\(method) \(url.scheme)://\(url.authority)\(url.path)" }
}

extension Response {
    /// The code by which a service names its error, where it stands in one of the usual places of a JSON body: Google
    /// (`error.errors[0].reason`), Graph (`error.code`), OAuth and Slack (`error`), Notion and Atlassian (`code`). Nil where
    /// there is none, or where it does not look like a code.
    public var errorReason: String? {
        guard !body.isEmpty, body.count <= 1 << 20, let json = try? JSON(parsing: body) else { return nil }
        let error = json["error"]
        let candidates = [
            error?["errors"]?.elements.first?["reason"], error?["code"], error?["status"], error, json["code"],
            json.elements.first?["errorCode"],
        ]
        return candidates.lazy.compactMap { $0?.string }.first { code in
            !code.isEmpty && code.utf8.count <= 64
                && code.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        }
    }
}
