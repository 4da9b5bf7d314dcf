import HTTP
import JSON
import System

/// Why a token endpoint gave no token. RFC 6749, section 5.2, and what services say in its place.
struct TokenRefusal: Error, Sendable, Equatable {
    /// What is to be done about it.
    enum Meaning: Sendable, Equatable {
        /// The grant is gone: only a person can give another.
        case signIn
        /// The client's id, secret or settings are wrong, for every account of it.
        case configuration
        /// It may pass by itself; the token is kept.
        case later
    }

    /// Nil where the service told none that may be shown.
    let code: String?
    let status: Int
    let meaning: Meaning
    /// By how much the server's clock is ahead of ours.
    let ahead: Duration

    init(code: String?, status: Int, meaning: Meaning, ahead: Duration = .zero) {
        self.code = code
        self.status = status
        self.meaning = meaning
        self.ahead = ahead
    }

    /// What an answer refuses; nil where it names no error.
    init?(_ response: Response, _ json: JSON?, to request: Request, _ row: Provider?, ahead: Duration) {
        let code = TokenRefusal.code(in: json)
        guard
            code != nil || !response.isSuccess || json?["error"].map({ !$0.isNull }) == true
                || json?["ok"]?.bool == false
        else { return nil }
        status = response.status
        self.ahead = ahead
        meaning =
            code.flatMap { row?.errors[$0] ?? TokenRefusal.meanings[$0] }
            ?? TokenRefusal.meaning(of: response.status, isNamed: code != nil)
        let number = json?["error_codes"]?.elements.first?.int.flatMap { (1...9_999_999).contains($0) ? $0 : nil }
        let shown = code.flatMap { TokenRefusal.mayShow($0, request) ? $0 : nil }
        self.code = shown.map { code in number.map { "\(code), AADSTS\($0)" } ?? code }
    }

    var failure: Failure {
        let told = code ?? "status \(status) and no token"
        switch meaning {
        case .signIn: return Failure(.noPermission, "the service gives no token (\(told))", "sign in again")
        case .configuration:
            return Failure(
                .configuration, "the service refuses the client (\(told))",
                "check client id, secret or key, redirect URI and scopes with the service's settings of the app")
        case .later: return Failure(.unavailable, "the service gives no token now (\(told))", "try again later")
        }
    }

    /// What the codes mean, of whatever service. A row of the table of providers may differ.
    static let meanings: [String: Meaning] = {
        var all: [String: Meaning] = [:]
        // RFC 6749 and 8628; GitHub; Slack; HubSpot; Entra; Salesforce.
        for code in [
            "invalid_grant", "access_denied", "expired_token", "bad_refresh_token", "bad_verification_code",
            "incorrect_device_code", "invalid_refresh_token", "invalid_code", "code_already_used", "token_revoked",
            "token_expired", "account_inactive", "BAD_REFRESH_TOKEN", "BAD_AUTH_CODE", "interaction_required",
            "consent_required", "login_required", "inactive_user", "inactive_org",
        ] { all[code] = .signIn }
        for code in [
            "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "unsupported_grant_type",
            "unsupported_response_type", "incorrect_client_credentials", "redirect_uri_mismatch",
            "device_flow_disabled", "bad_client_secret", "bad_redirect_uri", "invalid_client_id", "pkce_not_allowed",
            "oauth_authorization_url_mismatch", "BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_REDIRECT_URI",
            "invalid_target", "unauthorized_device", "app_not_found",
        ] { all[code] = .configuration }
        for code in [
            "temporarily_unavailable", "server_error", "rate_limit_exceeded", "ratelimited", "internal_error",
            "fatal_error", "service_unavailable", "request_timeout",
        ] { all[code] = .later }
        return all
    }()

    /// Without a code, a refusal may be that of a gateway on the way: no reason to give a token up.
    private static func meaning(of status: Int, isNamed: Bool) -> Meaning {
        switch status {
        case 401, 404, 405, 422: .configuration
        case 200..<500 where isNamed && status != 429 && status != 408: .signIn
        default: .later
        }
    }

    /// Where services write the code: `error` (RFC 6749, Slack, GitHub), `status` (HubSpot, `/oauth/v1`).
    private static func code(in json: JSON?) -> String? {
        let error = json?["error"]
        let named = error?.string ?? error?["status"]?.string
        // Dropbox: "invalid_client: Invalid client_id or client_secret".
        if let named { return named.split(separator: ":").first.map { String($0) } ?? named }
        guard error == nil, let status = json?["status"]?.string, meanings[status] != nil else { return nil }
        return status
    }

    /// A code that nobody documents is shown only where it can't be a part of what was sent.
    private static func mayShow(_ code: String, _ request: Request) -> Bool {
        if meanings[code] != nil { return true }
        guard (3...40).contains(code.utf8.count),
            code.utf8.allSatisfy({ (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "_") })
        else { return false }
        let sent = String(decoding: request.body ?? [], as: UTF8.self) + (request.headers["Authorization"] ?? "")
        return sent.firstRange(of: code) == nil
    }

    /// Every answer that can be read is one; only what passes by itself is tried again.
    static let verdict: Classifier.Refinement = { response in
        let code = code(in: try? JSON(parsing: response.body))
        if response.status == 429 || response.status == 408 || response.status >= 500 { return .retry(after: nil) }
        return code.flatMap { meanings[$0] } == .later ? .retry(after: nil) : .success
    }
}
