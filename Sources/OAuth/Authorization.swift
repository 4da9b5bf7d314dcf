import Crypto
import HTTP
import System

/// The verifier of a code and its challenge. RFC 7636, section 4.
public enum PKCE {
    /// 43 characters of 256 random bits.
    public static func verifier() throws -> Secret { try random() }

    /// The challenge of the method S256.
    public static func challenge(of verifier: Secret) throws -> String {
        Base64.encodeURL(try SHA256.digest(Array(verifier.reveal().utf8)))
    }

    static func random() throws -> Secret { Secret(Base64.encodeURL(try SecureRandom.bytes(32))) }
}

/// A login that waits for a browser to come back. RFC 6749, section 4.1; RFC 9700, sections 2.1 and 4.4.
public struct PendingAuthorization: Sendable, Equatable {
    /// How long a person may take.
    public static let life = Duration.seconds(600)

    public let provider: String
    /// What `iss` must be; nil where nobody knows: then only its host is compared.
    public let issuer: String?
    public let promisesIssuer: Bool
    let authorizeHost: String
    /// To the letter as it was sent.
    public let redirect: String
    let state: Secret
    let verifier: Secret?
    public let created: Timestamp

    /// Begins a login.
    /// - Parameters:
    ///   - scopes: what is asked for; one that begins with `user:` goes into the provider's parameter for scopes of the user.
    ///   - redirect: where the browser comes back to.
    ///   - hint: the address of who signs in.
    /// - Returns: the URL for the browser, and what its answer is held against.
    public static func begin(
        _ provider: Provider, at endpoints: Provider.Endpoints, clientID: String, scopes: [String], redirect: String,
        hint: String? = nil, now: Timestamp
    ) throws -> (url: URL, pending: PendingAuthorization) {
        guard let address = URL(redirect), !redirect.contains("#"), address.isSafe else {
            throw Failure(
                .configuration, "'\(redirect)' is no redirect URI", "give https://…, or http://127.0.0.1:PORT/…")
        }
        if provider.redirect == .https && address.scheme != "https" {
            throw Failure(
                .configuration, "\(provider.title) sends codes to https alone",
                "register an https redirect URI, and give it with --manual")
        }
        let state = try PKCE.random()
        let verifier = provider.sendsPKCE ? try PKCE.verifier() : nil
        var fields = [("client_id", clientID), ("redirect_uri", redirect), ("state", state.reveal())]
        if provider.sendsResponseType { fields.append(("response_type", "code")) }
        fields += provider.scopeFields(scopes)
        if let verifier {
            fields.append(("code_challenge", try PKCE.challenge(of: verifier)))
            fields.append(("code_challenge_method", "S256"))
        }
        fields += provider.parameters.map { ($0.name, $0.value) }
        if let hint, let name = provider.hintParameter { fields.append((name, hint)) }
        return (
            endpoints.authorize.query(fields),
            PendingAuthorization(
                provider: provider.name, issuer: endpoints.issuer, promisesIssuer: endpoints.promisesIssuer,
                authorizeHost: endpoints.authorize.host, redirect: redirect, state: state, verifier: verifier,
                created: now)
        )
    }

    /// The code that a browser brought back. The same for a loopback server and for an address that a person pasted.
    /// - Parameter callback: the whole address.
    /// - Throws: `Failure`, in which nothing of the address is: 77 where it is not the answer to this login, or the person
    ///   refused; 78 where the service refuses the client; 69 where it may work later.
    public func code(from callback: String, at now: Timestamp) throws -> Secret {
        func foreign(_ what: String) -> Failure { Failure(.noPermission, what, "begin the login anew") }
        guard callback.utf8.count <= 1 << 16, let url = URL(callback), let expected = URL(redirect),
            url.scheme == expected.scheme, url.authority == expected.authority, url.path == expected.path
        else { throw foreign("this is not the address that the service was told to come back to") }
        var fields: [String: String] = [:]
        let own = Set(expected.queryFields.map(\.name))
        for (name, value) in url.queryFields where !own.contains(name) {
            guard fields.updateValue(value, forKey: name) == nil else {
                throw foreign("the answer holds a parameter twice")
            }
        }
        guard let state = fields["state"], ConstantTime.equal(state, self.state.reveal()) else {
            throw foreign("the answer is not to this login: its state is another")
        }
        guard now - created <= PendingAuthorization.life, now >= created - PendingAuthorization.life else {
            throw foreign("the login took longer than ten minutes")
        }
        try checkIssuer(fields["iss"])
        if let error = fields["error"] { throw CallbackError.failure(error) }
        guard let code = fields["code"], !code.isEmpty, code.utf8.count <= 8192,
            code.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { throw foreign("the answer holds no code") }
        return Secret(code)
    }

    /// True for a callback of this login, in a time that says nothing of the state.
    func isAnswered(by callback: String) -> Bool {
        guard callback.utf8.count <= 1 << 16, let url = URL(callback) else { return false }
        let states = url.queryFields.filter { $0.name == "state" }
        return states.count == 1 && ConstantTime.equal(states[0].value, state.reveal())
    }

    /// RFC 9207, section 2.4: an answer of another service must not bring a code here.
    private func checkIssuer(_ given: String?) throws {
        let mixedUp = Failure(
            .noPermission, "the answer comes from another service than the one that was asked", "begin the login anew")
        guard let given else {
            if promisesIssuer { throw mixedUp }
            return
        }
        if let issuer {
            if given != issuer { throw mixedUp }
        } else if URL(given)?.host != authorizeHost {
            throw mixedUp
        }
    }
}

/// The logins that wait, each for one answer.
public struct PendingAuthorizations: Sendable {
    private var waiting: [PendingAuthorization] = []

    public init() {}

    public mutating func add(_ pending: PendingAuthorization) { waiting.append(pending) }

    /// Takes out the login that a callback answers, before anything is done with it: a second answer finds none.
    public mutating func take(_ callback: String, at now: Timestamp) -> PendingAuthorization? {
        waiting.removeAll { now - $0.created > PendingAuthorization.life }
        // All are compared, so that the time says nothing of which.
        let found = waiting.map { $0.isAnswered(by: callback) }
        return found.firstIndex(of: true).map { waiting.remove(at: $0) }
    }
}

/// What the errors of a callback mean. RFC 6749, section 4.1.2.1.
private enum CallbackError {
    static func failure(_ code: String) -> Failure {
        switch code {
        case "access_denied": Failure(.noPermission, "access was denied", "sign in again, and allow it")
        case "server_error", "temporarily_unavailable":
            Failure(.unavailable, "the service can't sign anybody in now (\(code))", "try again later")
        case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope":
            Failure(
                .configuration, "the service refuses the login (\(code))",
                "check client id, redirect URI and scopes with the service's settings of the app")
        case "login_required", "consent_required", "interaction_required":
            Failure(.noPermission, "the service wants a person to sign in (\(code))", "sign in again")
        default: Failure(.noPermission, "the service refuses the login", "sign in again")
        }
    }
}

extension Provider {
    /// The scopes as the authorize URL names them.
    func scopeFields(_ scopes: [String]) -> [(String, String)] {
        guard let scopeParameter else { return [] }
        var (own, users): ([String], [String]) = (scopes, [])
        if userScopeParameter != nil {
            own = scopes.filter { !$0.hasPrefix("user:") }
            users = scopes.filter { $0.hasPrefix("user:") }.map { String($0.dropFirst("user:".count)) }
        }
        own += offlineScopes.filter { !own.contains($0) }
        var fields: [(String, String)] = []
        if !own.isEmpty { fields.append((scopeParameter, own.joined(separator: scopeJoiner))) }
        if let name = userScopeParameter, !users.isEmpty { fields.append((name, users.joined(separator: scopeJoiner))) }
        return fields
    }
}
