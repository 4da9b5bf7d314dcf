import HTTP
import JSON
import System

/// The calls that give a token, and what their answers mean. RFC 6749, sections 3.2, 5 and 6.
public struct TokenEndpoint: Sendable {
    let client: Client
    let time: any TimeSource

    /// - Parameter transport: what the calls go through. Redirects are not followed.
    public init(
        transport: any Transport, time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        client = Client(
            transport: SecondTry(transport), retry: RetryPolicy(attempts: 4, total: .seconds(60)),
            refine: TokenRefusal.verdict, time: time, random: random)
        self.time = time
    }

    /// Asks for a new access token by the grant of the credentials, which need not have had one before.
    /// - Returns: the credentials with what is new; what the service does not send again stays.
    /// - Throws: `Failure`: 77 where a person has to sign in again, 78 where a setting is wrong, 69 where it may work later.
    public func renew(_ old: Credentials) async throws -> Credentials {
        try old.checkTokenHost()
        do {
            return old.renewed(by: try await ask(old, at: time.now()))
        } catch let refusal as TokenRefusal {
            // A clock that is wrong makes assertions that are over, or not yet good: once more by the server's.
            guard old.isAsserted, abs(refusal.ahead.components.seconds) >= 30,
                let answer = try? await ask(old, at: time.now() + refusal.ahead)
            else { throw refusal.failure }
            return old.renewed(by: answer)
        }
    }

    /// Exchanges a code for the first tokens. RFC 6749, section 4.1.3; RFC 7636, section 4.5.
    /// - Parameters:
    ///   - code: what `PendingAuthorization.code` read.
    ///   - credentials: those of the client, as `Provider.credentials` makes them.
    public func exchange(_ code: Secret, of pending: PendingAuthorization, as credentials: Credentials) async throws
        -> Credentials
    {
        try credentials.checkTokenHost()
        var fields = [
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", pending.redirect),
        ]
        if let verifier = pending.verifier { fields.append(("code_verifier", verifier.reveal())) }
        // A code that is spent twice ends the tokens that were made of it: one try.
        let request = try request(fields, of: credentials, at: time.now(), isIdempotent: false)
        do {
            var new = credentials.begun(by: try await answer(to: request, of: credentials))
            if Provider.named(credentials.provider)?.redirectOnRenewal == true { new.redirectURI = pending.redirect }
            return new
        } catch let refusal as TokenRefusal { throw refusal.failure }
    }

    /// One question by the grant of the credentials.
    private func ask(_ credentials: Credentials, at now: Timestamp) async throws -> TokenAnswer {
        var fields: [(String, String)]
        switch credentials.grant {
        case .refreshToken:
            guard let token = credentials.refreshToken else { throw Credentials.cannotRenew }
            fields = [("grant_type", "refresh_token"), ("refresh_token", token.reveal())]
            if let redirect = credentials.redirectURI { fields.append(("redirect_uri", redirect)) }
        case .clientCredentials:
            fields = [("grant_type", "client_credentials")]
            if let scope = credentials.scope { fields.append(("scope", scope)) }
        case .jwtBearer(let jwt):
            let row = Provider.named(credentials.provider)
            fields = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", try Assertion.bearer(jwt, credentials.scope, row, at: now).reveal()),
            ]
            if let scope = credentials.scope, row?.scopeInAssertion != true { fields.append(("scope", scope)) }
        case .gitHubApp(let app):
            return try await answer(to: try installation(app, at: now), of: credentials)
        case nil: throw Credentials.cannotRenew
        }
        return try await answer(to: try request(fields, of: credentials, at: now), of: credentials)
    }

    /// docs.github.com, "Generating an installation access token for a GitHub App".
    private func installation(_ app: GitHubApp, at now: Timestamp) throws -> Request {
        Request(
            "POST", app.apiBase.appending("app", "installations", app.installationID, "access_tokens"),
            headers: [
                "Accept": "application/vnd.github+json",
                "Authorization": "Bearer " + (try Assertion.gitHubApp(app, at: now).reveal()),
            ], body: [], bucket: "token", limit: 1 << 20, isIdempotent: true, isAuthorised: false)
    }

    /// A request to the token endpoint, with what proves who the client is.
    func request(
        _ fields: [(String, String)], to url: URL? = nil, of credentials: Credentials, at now: Timestamp,
        isIdempotent: Bool = true
    ) throws -> Request {
        guard let url = url ?? credentials.tokenURL else { throw Credentials.cannotRenew }
        // Sent again when the answer was lost: services accept the same refresh token within a grace, and without another
        // try it is lost for certain.
        var request = Request(
            "POST", url, headers: ["Accept": "application/json"], bucket: "token", limit: 1 << 20,
            isIdempotent: isIdempotent, isAuthorised: false)
        var fields = fields
        try credentials.authenticate(&request, &fields, at: now)
        switch credentials.encoding {
        case .form:
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
            request.body = Array(PercentEncoding.form(fields).utf8)
        case .json:
            request.headers["Content-Type"] = "application/json"
            var w = JSONWriter()
            w.object { w in for (name, value) in fields { w.member(name, value) } }
            request.body = w.bytes
        }
        return request
    }

    /// - Throws: `TokenRefusal` for an answer that is no token, `Failure` where there was none.
    func answer(to request: Request, of credentials: Credentials) async throws -> TokenAnswer {
        let response = try await send(request)
        return try TokenAnswer(response, to: request, Provider.named(credentials.provider), at: time.now())
    }

    /// - Throws: `Failure` with status `unavailable` where there is no answer that decides anything.
    func send(_ request: Request) async throws -> Response {
        do {
            return try await client.send(request)
        } catch let failure as CallFailure {
            // Its reason could be what the service echoes.
            let why = failure.status.map { "it answered \($0)" } ?? "\(failure.reason)"
            throw Failure(.unavailable, "\(request.summary) gives no answer: \(why)", "try again later")
        }
    }
}

/// Sends a request that got lost once more at once: the service may have spent the refresh token, and takes it again within
/// a grace. What follows a second loss has time.
private struct SecondTry: Transport {
    private let transport: any Transport
    init(_ transport: any Transport) { self.transport = transport }

    func send(_ request: Request) async throws -> Response {
        var response: Response
        do {
            response = try await transport.send(request)
        } catch let error as TransportError {
            switch error {
            case .lost, .timedOut, .truncated:
                guard request.isIdempotent else { throw error }
                response = try await transport.send(request)
            case .unreachable, .tooLarge, .refused: throw error
            }
        }
        // A secret goes where it was meant to go, and nowhere else.
        response.headers["Location"] = nil
        return response
    }
}

extension Credentials {
    static let cannotRenew = Failure(.noPermission, "the token has ended and can't be renewed", "sign in again")

    /// True where renewing them takes a signature that names the time.
    var isAsserted: Bool {
        if case .assertion = authentication { return true }
        switch grant {
        case .jwtBearer, .gitHubApp: return true
        case .refreshToken, .clientCredentials, nil: return false
        }
    }

    /// The secrets of a provider with hosts of its own go to these alone, whatever a file says.
    func checkTokenHost() throws {
        guard let url = tokenURL, let row = Provider.named(provider) else { return }
        guard url.isSafe, url.isLoopback || row.isTokenHost(url) else {
            throw Failure(
                .configuration, "token_url names \(url.host), which is none of \(row.title)'s hosts",
                "sign in again, or leave out provider")
        }
    }

    /// Adds what proves who the client is, in one way. RFC 6749, section 2.3; RFC 7523, section 2.2.
    fileprivate func authenticate(_ request: inout Request, _ fields: inout [(String, String)], at now: Timestamp)
        throws
    {
        guard let clientID else { return }
        switch authentication {
        case .none: fields.append(("client_id", clientID))
        case .basic:
            let pair = PercentEncoding.encode(clientID) + ":" + PercentEncoding.encode(clientSecret?.reveal() ?? "")
            request.headers["Authorization"] = "Basic " + Base64.encode(pair.utf8)
        case .body:
            fields.append(("client_id", clientID))
            if let clientSecret { fields.append(("client_secret", clientSecret.reveal())) }
        case .assertion(let assertion):
            let audience = tokenURL?.description ?? ""
            fields.append(("client_id", clientID))
            fields.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
            fields.append(
                ("client_assertion", try Assertion.client(assertion, clientID, audience, at: now).reveal()))
        }
    }
}
