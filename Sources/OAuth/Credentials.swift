import HTTP
import JSON
import System

/// What proves to a service who calls, and what is needed to renew it.
///
///     {"access_token":"…","refresh_token":"…","expires_at":"2026-01-02T03:04:05Z",
///      "client_id":"…","client_secret":"…","token_url":"https://…"}
public struct Credentials: Sendable, Equatable {
    /// How the access token is shown to the service.
    public enum Scheme: Sendable, Equatable {
        /// RFC 6750.
        case bearer
        /// RFC 7617: the access token is the password.
        case basic(username: String)
    }

    /// Nil until there is one: it is asked for at once.
    public var accessToken: Secret?
    public var refreshToken: Secret?
    /// When the access token came, if known, by our clock.
    public var obtainedAt: Timestamp?
    /// When the access token ends, by our clock; nil where nobody tells: it is used until it is refused.
    public var expiresAt: Timestamp?
    /// When the refresh token ends; nil where nobody tells.
    public var refreshExpiresAt: Timestamp?
    public var clientID: String?
    public var clientSecret: Secret?
    /// Where the token is renewed.
    public var tokenURL: URL?
    public var revokeURL: URL?
    public var scheme = Scheme.bearer
    /// Nil for a token that is never renewed.
    public var grant: Grant?
    public var authentication: ClientAuthentication
    public var encoding = BodyEncoding.form
    /// What was granted, as the service writes it; for a grant without a person, what is asked for.
    public var scope: String?
    /// The redirect URI that the code came to: GitLab wants it at each renewal.
    public var redirectURI: String?
    /// The row of the table of providers.
    public var provider: String?
    public var source: String?
    /// What else the service said that calls need: `instance_url`, `team_id`, `hub_id`, …
    public var extras: [String: String] = [:]
    /// Drawn at login: what the pace is counted against, since tokens change. 16 hexadecimal digits.
    public var accountID: String?

    /// - Parameters:
    ///   - grant: nil is `.refreshToken` where there is a refresh token, else none.
    ///   - authentication: nil is `.body` where there is a secret, else `.none`.
    public init(
        accessToken: Secret?, refreshToken: Secret? = nil, obtainedAt: Timestamp? = nil, expiresAt: Timestamp? = nil,
        clientID: String? = nil, clientSecret: Secret? = nil, tokenURL: URL? = nil, grant: Grant? = nil,
        authentication: ClientAuthentication? = nil
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.obtainedAt = obtainedAt
        self.expiresAt = expiresAt
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tokenURL = tokenURL
        self.grant = grant ?? (refreshToken == nil ? nil : .refreshToken)
        self.authentication = authentication ?? (clientSecret == nil ? .none : .body)
    }

    /// True where a new access token can be asked for.
    public var canRenew: Bool {
        switch grant {
        case nil: false
        case .refreshToken: refreshToken != nil && tokenURL != nil
        case .clientCredentials: clientID != nil && tokenURL != nil
        case .jwtBearer: tokenURL != nil
        case .gitHubApp: true
        }
    }

    /// When the token should be renewed, so that none ends while it is used: 60 s or a tenth of its life before its end,
    /// whichever is more, but not before half of its life.
    public var renewAt: Timestamp? {
        guard let expiresAt else { return nil }
        guard let obtainedAt, expiresAt > obtainedAt else { return expiresAt - .seconds(60) }
        let life = expiresAt - obtainedAt
        return expiresAt - min(max(.seconds(60), life / 10), life / 2)
    }

    /// All that must not be shown, for what redacts.
    public var secrets: [Secret] {
        var all = [accessToken, refreshToken, clientSecret]
        if case .assertion(let assertion) = authentication { all.append(assertion.privateKey) }
        switch grant {
        case .jwtBearer(let jwt): all.append(jwt.privateKey)
        case .gitHubApp(let app): all.append(app.privateKey)
        case .refreshToken, .clientCredentials, nil: break
        }
        return all.compactMap { $0 }
    }

    /// The value of the header `Authorization`.
    /// - Throws: `Failure` where there is no token, or one that would break the header.
    func header() throws -> String {
        guard let token = accessToken?.reveal(), !token.isEmpty else {
            throw Failure(.configuration, "there is no access token", "sign in again")
        }
        switch scheme {
        case .bearer:
            guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw Failure(.configuration, "the access token holds what no token holds", "sign in again")
            }
            return "Bearer " + token
        case .basic(let username):
            return "Basic " + Base64.encode((username + ":" + token).utf8)
        }
    }
}
