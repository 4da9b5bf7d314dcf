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

/// Applies the table of `Rule` to what happened to a call.
public struct Classifier: Sendable {
    /// What a service means by an answer where no row can say it, since it takes more of the body than a code; nil elsewhere.
    public typealias Refinement = @Sendable (Response) -> Verdict?

    private let rules: [Rule]
    private let refine: Refinement?

    /// - Parameter rules: the service's own rows, which come before those of `Rule.standard`.
    public init(_ rules: [Rule] = [], refine: Refinement? = nil) {
        self.rules = rules + Rule.standard
        self.refine = refine
    }

    public func verdict(of response: Response, to request: Request) -> Verdict {
        switch refine?(response) {
        case .retry(let after): return retry(after, response, request)
        case .unauthorised where !request.isAuthorised: return .failed(failure(response, request))
        case let verdict?: return verdict
        case nil: break
        }
        let (meaning, name) = row(for: response)
        switch meaning {
        case .success: return .success
        case .retry, .resend: return retry(nil, response, request)
        case .unauthorised where request.isAuthorised: return .unauthorised
        case .unauthorised: return .failed(failure(response, request, name: name))
        case .item, .partition, .cursorExpired, .run:
            return .failed(failure(response, request, name: name, scope: meaning.scope))
        }
    }

    public func verdict(of error: TransportError, to request: Request) -> Verdict {
        let rule = row(for: error)
        return switch rule?.meaning {
        case .resend: .retry(after: nil)
        case .retry where request.isIdempotent: .retry(after: nil)
        default: .failed(exhausted(error, request))
        }
    }

    /// What a call ends with whose last answer was worth another try, but there is none left.
    public func exhausted(_ response: Response, _ request: Request) -> CallFailure {
        // A service's own code for a pause is no name of what failed.
        let standard = Rule.standard.first { $0.meaning == .retry && $0.fits(response) { nil } }
        let row = row(for: response)
        let name = (row.meaning == .retry ? row.name : nil) ?? standard?.name ?? "rate_limited"
        return failure(response, request, reason: name)
    }
    public func exhausted(_ error: TransportError, _ request: Request) -> CallFailure {
        let rule = row(for: error)
        return CallFailure(
            reason: rule?.name ?? "refused", scope: rule?.meaning.scope ?? .item,
            message: "\(request.summary): \(error)")
    }

    /// The token is refused, and there is no other.
    public func refused(_ response: Response, _ request: Request) -> CallFailure {
        failure(response, request, name: "unauthorised", scope: .run)
    }

    private func row(for response: Response) -> (meaning: Rule.Meaning, name: String?) {
        var told: String??
        func reason() -> String? {
            if let told { return told }
            let found = response.errorReason
            told = .some(found)
            return found
        }
        guard let rule = rules.first(where: { $0.fits(response, reason) }) else {
            return (.item, "status_\(response.status)")
        }
        return (rule.meaning, rule.name)
    }
    private func row(for error: TransportError) -> Rule? { rules.first { $0.fits(error) } }

    /// A request that must not be sent twice is not.
    private func retry(_ after: Duration?, _ response: Response, _ request: Request) -> Verdict {
        guard request.isIdempotent else { return .failed(exhausted(response, request)) }
        return .retry(after: after ?? response.retryAfter)
    }

    /// - Parameters:
    ///   - reason: what failed; nil takes the service's code, and `name` where it tells none.
    private func failure(
        _ response: Response, _ request: Request, reason: String? = nil, name: String? = nil,
        scope: CallFailure.Scope = .item
    ) -> CallFailure {
        let told = response.errorReason
        let reason = reason ?? told ?? name ?? "status_\(response.status)"
        var message = "\(request.summary) answered \(response.status) (\(told ?? reason))"
        // What ends a run is for a person to mend, and the service often says how.
        if scope == .run, let words = response.errorMessage { message += ": " + words }
        return CallFailure(status: response.status, reason: reason, scope: scope, message: message)
    }
}

extension Rule.Meaning {
    fileprivate var scope: CallFailure.Scope {
        switch self {
        case .run: .run
        case .partition: .partition
        case .cursorExpired: .cursorExpired
        default: .item
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

    /// What a service says to a person about its error, where it stands in one of the usual places: `error.message` or
    /// `message`. Its first 300 characters, on one line.
    var errorMessage: String? {
        guard !body.isEmpty, body.count <= 1 << 20, let json = try? JSON(parsing: body) else { return nil }
        let text = (json["error"]?["message"] ?? json["message"])?.string ?? ""
        let line = String(
            text.prefix(300).map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
        return line.isEmpty ? nil : line
    }
}
