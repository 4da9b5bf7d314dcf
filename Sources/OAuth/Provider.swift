import HTTP
import System

/// One service that gives tokens: a row of `Provider.all`. Nothing else in the code knows one service from another.
public struct Provider: Sendable {
    /// What stands in `About.provider` and in kept credentials.
    public let name: String
    public let title: String
    /// The page of the service's documentation that the row is read from.
    public let page: String
    /// What `{base}` stands for unless another is given; nil where the service is at one place alone.
    public var base: String?
    /// What `{tenant}` stands for unless another is given.
    public var tenant: String?
    /// Templates of URLs: `{base}`, `{tenant}`, `{client_id}`, `{api}`.
    public let authorize: String
    public let token: String
    public var device: String?
    /// The base of the API, where it is needed; `apiBelow` is its path below a base that is not the default.
    public var api: String?
    public var apiBelow = ""
    public var revocation = Revocation.none
    /// As it stands in the parameter `iss` of a callback. RFC 9207.
    public var issuer: String?
    /// The service says that it always sends `iss`.
    public var promisesIssuer = false
    /// How a client with a secret proves who it is.
    public var authentication = ClientAuthentication.body
    public var encoding = BodyEncoding.form
    /// The parameter of the authorize URL that names the scopes; nil where there is none.
    public var scopeParameter: String? = "scope"
    /// A second one, for scopes that begin with `user:` here.
    public var userScopeParameter: String?
    public var scopeJoiner = " "
    /// Scopes without which no refresh token comes.
    public var offlineScopes: [String] = []
    /// More parameters of the authorize URL.
    public var parameters: [(name: String, value: String)] = []
    /// The parameter that fills in who signs in.
    public var hintParameter: String?
    public var sendsResponseType = true
    public var sendsPKCE = true
    public var redirect = Redirect.anyPort
    /// The redirect URI goes along with each renewal.
    public var redirectOnRenewal = false
    /// The member of the answer that holds the token where the answer itself holds none.
    public var nestedToken: String?
    /// What is kept of the answer besides: a name, and the members that lead to it.
    public var extras: [(name: String, path: [String])] = []
    /// The scope of a JWT bearer grant stands in the assertion.
    public var scopeInAssertion = false
    /// How long such an assertion is good, in seconds.
    public var assertionLife: Int64 = 180
    /// Codes that mean something else here than in `TokenRefusal.meanings`.
    var errors: [String: TokenRefusal.Meaning] = [:]

    /// What a redirect URI may be.
    public enum Redirect: Sendable, Equatable {
        /// `http://127.0.0.1` on any port. RFC 8252, section 7.3.
        case anyPort
        /// `http://localhost` on any port; not the address.
        case localhost
        /// One that is registered, to the letter: also its port.
        case registered
        /// The same, and https alone: a person pastes the address, or a proxy of ours is registered.
        case https
    }

    /// How a token is ended.
    public enum Revocation: Sendable, Equatable {
        /// RFC 7009, in the encoding and with the authentication of the token endpoint.
        case form(String)
        /// By a POST that carries the access token itself.
        case bearer(String)
        /// By DELETE with Basic and `{"access_token":…}`.
        case delete(String)
        /// In the service's settings alone.
        case none
    }

    /// The row of a name.
    public static func named(_ name: String?) -> Provider? { all.first { $0.name == name } }

    /// The URLs of the service for one customer of it.
    public struct Endpoints: Sendable, Equatable {
        public var authorize: URL
        public var token: URL
        public var device: URL?
        public var revoke: URL?
        /// The base of the API where the grant needs it (a GitHub App).
        public var api: URL?
        public var issuer: String?
        public var promisesIssuer: Bool
    }

    /// - Parameters:
    ///   - tenant: of Entra: an id, a domain, `organizations`.
    ///   - base: of a service that customers run or name themselves, e.g. `https://gitlab.example.com`.
    /// - Throws: `Failure` with status `configuration` for what does not fit.
    public func endpoints(tenant: String? = nil, base: URL? = nil, clientID: String? = nil) throws -> Endpoints {
        func wrong(_ what: String, _ remedy: String) -> Failure { Failure(.configuration, "\(title): \(what)", remedy) }
        if base != nil && self.base == nil { throw wrong("it is at one place alone", "leave out the base URL") }
        if tenant != nil && self.tenant == nil { throw wrong("it has no tenants", "leave out the tenant") }
        if let base, base.query != nil || !base.isSafe {
            throw wrong("'\(base)' is no base URL", "give https://HOST")
        }
        let tenant = tenant ?? self.tenant ?? ""
        guard tenant.utf8.allSatisfy(Provider.isOfDomain), !tenant.contains("..") else {
            throw wrong("a tenant is an id or a domain", "give the one that the portal shows")
        }
        func trimmed(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
        let root = trimmed(base?.description ?? self.base ?? "")
        let api = root == self.base || self.base == nil ? self.api ?? root : root + apiBelow
        func url(_ template: String) throws -> URL {
            var text = template
            for (name, value) in [
                ("{base}", root), ("{tenant}", tenant), ("{api}", api),
                ("{client_id}", PercentEncoding.encode(clientID ?? "")),
            ] {
                text = text.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
            }
            guard let url = URL(text), url.isSafe else { throw wrong("'\(text)' is no https URL", "give https://HOST") }
            return url
        }
        let revoke: URL? =
            switch revocation {
            case .form(let text), .bearer(let text), .delete(let text): try url(text)
            case .none: nil
            }
        return Endpoints(
            authorize: try url(authorize), token: try url(token), device: try device.map(url), revoke: revoke,
            api: self.api == nil ? nil : try url("{api}"), issuer: issuer, promisesIssuer: promisesIssuer)
    }

    private static func isOfDomain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// True for where the token may be asked for: any host, where customers have their own.
    func isTokenHost(_ url: URL) -> Bool { base != nil || URL(token)?.host == url.host }

    /// What a login begins with: the client, and no token yet.
    /// - Parameters:
    ///   - authentication: nil is the service's way with a secret, and none without one.
    ///   - accountID: 16 random hexadecimal digits.
    public func credentials(
        at endpoints: Endpoints, clientID: String?, clientSecret: Secret? = nil, grant: Grant? = nil,
        authentication: ClientAuthentication? = nil, source: String? = nil, accountID: String? = nil
    ) -> Credentials {
        var new = Credentials(
            accessToken: nil, clientID: clientID, clientSecret: clientSecret, tokenURL: endpoints.token, grant: grant,
            authentication: authentication ?? (clientSecret == nil ? ClientAuthentication.none : self.authentication))
        new.revokeURL = endpoints.revoke
        new.encoding = encoding
        new.provider = name
        new.source = source
        new.accountID = accountID
        return new
    }
}
