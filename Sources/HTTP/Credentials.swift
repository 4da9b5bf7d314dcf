import JSON
import System

/// A bearer token, and what is needed to renew it.
///
///     {"access_token":"…","refresh_token":"…","expires_at":"2026-01-02T03:04:05Z",
///      "client_id":"…","client_secret":"…","token_url":"https://…"}
public struct Credentials: Sendable, Equatable {
    /// Nil where only a refresh token is known: it is used at once.
    public var accessToken: Secret?
    public var refreshToken: Secret?
    /// When the access token came, if known.
    public var obtainedAt: Timestamp?
    /// When the access token ends; nil where nobody tells: it is used until it is refused.
    public var expiresAt: Timestamp?
    public var clientID: String?
    public var clientSecret: Secret?
    /// Where the token is renewed.
    public var tokenURL: URL?

    public init(
        accessToken: Secret?, refreshToken: Secret? = nil, obtainedAt: Timestamp? = nil, expiresAt: Timestamp? = nil,
        clientID: String? = nil, clientSecret: Secret? = nil, tokenURL: URL? = nil
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.obtainedAt = obtainedAt
        self.expiresAt = expiresAt
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tokenURL = tokenURL
    }

    /// Reads a JSON object; members that it does not know are of no consequence.
    /// - Throws: `Failure` with status `configuration`; no value of the object is in it.
    public init(_ json: JSON) throws {
        func wrong(_ what: String, _ remedy: String) -> Failure {
            Failure(.configuration, "credentials: " + what, remedy)
        }
        func secret(_ name: String) -> Secret? {
            json[name: name]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        }
        func moment(_ name: String) throws -> Timestamp? {
            guard let value = json[name: name], !value.isNull else { return nil }
            if let time = value.string.flatMap({ Timestamp($0) }) { return time }
            // A small number is a life in seconds that somebody stored as a moment.
            guard let seconds = value.lenientInt ?? value.double.flatMap({ Int64(exactly: $0.rounded()) }),
                seconds > 1_000_000_000, seconds < 100_000_000_000
            else { throw wrong("\(name) is no moment", "give it in RFC 3339, or in seconds since 1970") }
            return Timestamp(seconds: seconds)
        }
        var url: URL?
        if let text = json["token_url"]?.string {
            url = URL(text)
            guard let url, url.isSafe else { throw wrong("token_url is no https URL", "give the provider's token URL") }
        }
        self.init(
            accessToken: secret("access_token"), refreshToken: secret("refresh_token"),
            obtainedAt: try moment("obtained_at"), expiresAt: try moment("expires_at"),
            clientID: json["client_id"]?.string, clientSecret: secret("client_secret"), tokenURL: url)
        guard accessToken != nil || canRenew else {
            throw wrong("there is no access_token", "give one, or refresh_token, client_id and token_url")
        }
    }

    /// True where a new access token can be asked for.
    public var canRenew: Bool { refreshToken != nil && tokenURL != nil }

    /// Writes the members, secrets and all, for the place where they are kept.
    public func write(to w: inout JSONWriter) {
        w.object { w in
            if let accessToken { w.member("access_token", accessToken.reveal()) }
            if let refreshToken { w.member("refresh_token", refreshToken.reveal()) }
            if let obtainedAt { w.member("obtained_at", obtainedAt.description) }
            if let expiresAt { w.member("expires_at", expiresAt.description) }
            if let clientID { w.member("client_id", clientID) }
            if let clientSecret { w.member("client_secret", clientSecret.reveal()) }
            if let tokenURL { w.member("token_url", tokenURL.description) }
        }
    }

    /// When the token should be renewed, so that none ends while it is used: 60 s or a tenth of its life before its end,
    /// whichever is more, but not before half of its life.
    var renewAt: Timestamp? {
        guard let expiresAt else { return nil }
        guard let obtainedAt, expiresAt > obtainedAt else { return expiresAt - .seconds(60) }
        let life = expiresAt - obtainedAt
        return expiresAt - min(max(.seconds(60), life / 10), life / 2)
    }
}
