import JSON
import System

/// A bearer token that is renewed before it ends, and once when it is refused. RFC 6749, section 6; RFC 6750.
///
/// However many calls need a new token, one asks for it and all wait for that one. What is new is stored before it is used:
/// a refresh token that was replaced and then lost can only be had again from a person.
public actor BearerCredentials: Authoriser {
    public typealias Store = @Sendable (Credentials) async throws -> Void

    private var current: Credentials
    /// New, and not yet stored.
    private var unsaved: Credentials?
    private var renewal: Task<Void, any Error>?
    /// Why there will be no other token in this run.
    private var refusal: Failure?

    private nonisolated let allowed: AllowedHosts
    private let client: Client
    private let time: any TimeSource
    private let store: Store?

    /// - Parameters:
    ///   - allowedHosts: the hosts that may see the token, each a name or `*.suffix`.
    ///   - transport: what the token is renewed through.
    ///   - store: keeps renewed credentials; nil where nothing can, and then a refresh token that the service replaces is an
    ///     error.
    public init(
        _ credentials: Credentials, allowedHosts: Set<String>, transport: any Transport,
        time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), store: Store? = nil
    ) {
        current = credentials
        allowed = AllowedHosts(allowedHosts)
        client = Client(
            transport: transport, retry: RetryPolicy(attempts: 4, total: .seconds(60)), refine: Renewal.verdict,
            time: time, random: random)
        self.time = time
        self.store = store
    }

    public nonisolated func allows(_ url: URL) -> Bool { allowed.contains(url) }

    public func authorise(_ request: inout Request) async throws {
        guard allows(request.url) else {
            throw CallFailure(
                reason: "host_not_allowed",
                message:
                    "\(request.summary) would show the token to \(request.url.host), which is none of the service's hosts"
            )
        }
        if unsaved != nil || (isDue && current.canRenew) {
            do {
                try await renew()
            } catch let failure as Failure where failure.status == .unavailable && unsaved == nil {
                // The old token is good for a while yet.
                guard let end = current.expiresAt, end > time.now(), current.accessToken != nil else { throw failure }
            }
        }
        request.headers["Authorization"] = try header(of: current)
    }

    public func renew(after response: Response, of request: Request) async throws -> Bool {
        // Another call has seen to it in the meantime.
        if request.headers["Authorization"] != (try? header(of: current)) { return true }
        guard current.canRenew else { return false }
        try await renew()
        return true
    }

    private var isDue: Bool {
        guard current.accessToken != nil else { return true }
        return current.renewAt.map { $0 <= time.now() } ?? false
    }

    private func header(of credentials: Credentials) throws -> String {
        guard let token = credentials.accessToken?.reveal(), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Failure(.configuration, "the access token is missing or holds what no token holds", "sign in again")
        }
        return "Bearer " + token
    }

    /// Renews, or waits for the renewal that is under way. It is not cancelled with the call that began it: others wait too,
    /// and the old refresh token may be spent.
    private func renew() async throws {
        if let refusal { throw refusal }
        let task = renewal ?? Task { try await self.exchange() }
        renewal = task
        try await task.value
    }

    private func exchange() async throws {
        defer { renewal = nil }
        do {
            let new = if let unsaved { unsaved } else { try await Renewal.send(current, client, time) }
            unsaved = new
            if let store {
                try await store(new)
            } else if new.refreshToken != current.refreshToken {
                throw Failure(
                    .noPermission, "the service replaced the refresh token, and there is no place to keep the new one",
                    "sign in again, and keep the credentials in the vault or in a file that can be written")
            }
            current = new
            unsaved = nil
        } catch let failure as Failure {
            if failure.status == .noPermission { refusal = failure }
            throw failure
        }
    }
}

/// The call that renews a token.
private enum Renewal {
    /// Every answer that can be read is one; only what passes by itself is tried again.
    static let verdict: Classifier.Refinement = { response in
        switch response.errorReason {
        case "temporarily_unavailable", "server_error": .retry(after: nil)
        default: response.isSuccess || ([400, 401, 403].contains(response.status)) ? .success : nil
        }
    }

    static func send(_ old: Credentials, _ client: Client, _ time: any TimeSource) async throws -> Credentials {
        guard let url = old.tokenURL, let refreshToken = old.refreshToken else {
            throw Failure(.noPermission, "the token has ended and can't be renewed", "sign in again")
        }
        var form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal())]
        if let id = old.clientID { form.append(("client_id", id)) }
        if let secret = old.clientSecret { form.append(("client_secret", secret.reveal())) }
        // Sent again when the answer was lost: services accept the same refresh token within a grace, and without another
        // try it is lost for certain.
        let request = Request(
            "POST", url,
            headers: ["Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"],
            body: Array(PercentEncoding.form(form).utf8), bucket: "token", limit: 1 << 20, isIdempotent: true,
            isAuthorised: false)
        do {
            return try credentials(from: try await client.send(request), old, time.now())
        } catch let failure as CallFailure {
            throw Failure(.unavailable, "the token can't be renewed: \(failure)", "try again later")
        }
    }

    /// Reads the answer, of which nothing but the error's code is ever shown.
    private static func credentials(from response: Response, _ old: Credentials, _ now: Timestamp) throws -> Credentials
    {
        let json = try? JSON(parsing: response.body)
        if let error = json?["error"], !error.isNull {
            throw refused(response.errorReason ?? "an error without a code")
        }
        guard response.isSuccess, let token = json?["access_token"]?.string, !token.isEmpty else {
            throw refused("status \(response.status) and no token")
        }
        var new = old
        new.accessToken = Secret(token)
        if let rotated = json?["refresh_token"]?.string, !rotated.isEmpty { new.refreshToken = Secret(rotated) }
        new.obtainedAt = now
        // Some services send the number as a string.
        let life = (json?["expires_in"]?.lenientInt).flatMap { $0 > 0 && $0 < 1 << 31 ? $0 : nil }
        new.expiresAt = life.map { now + .seconds($0) }
        return new
    }

    private static func refused(_ code: String) -> Failure {
        let remedy =
            switch code {
            case "invalid_client", "unauthorized_client": "check client_id and client_secret"
            default: "sign in again"
            }
        return Failure(.noPermission, "the service does not renew the token (\(code))", remedy)
    }
}
