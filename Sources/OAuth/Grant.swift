import HTTP
import System

/// How an access token is had without a person.
public enum Grant: Sendable, Equatable {
    /// RFC 6749, section 6.
    case refreshToken
    /// RFC 6749, section 4.4.
    case clientCredentials
    /// RFC 7523, section 2.1: a service account of Google, a connected app of Salesforce.
    case jwtBearer(JWTBearer)
    /// An installation of a GitHub App. docs.github.com, "Authenticating as a GitHub App installation".
    case gitHubApp(GitHubApp)

    /// Its name in kept credentials.
    public var name: String {
        switch self {
        case .refreshToken: "refresh_token"
        case .clientCredentials: "client_credentials"
        case .jwtBearer: "jwt_bearer"
        case .gitHubApp: "github_app"
        }
    }
}

/// What the assertion of a JWT bearer grant says. Its scope is that of the credentials.
public struct JWTBearer: Sendable, Equatable {
    /// The claim `iss`: the address of a service account, or the consumer key of a connected app.
    public var issuer: String
    /// The claim `sub`: for whom it acts; nil for itself.
    public var subject: String?
    /// The claim `aud`: the token URL (Google), the login host (Salesforce).
    public var audience: String
    /// PEM.
    public var privateKey: Secret
    /// The header `kid`.
    public var keyID: String?

    public init(issuer: String, subject: String? = nil, audience: String, privateKey: Secret, keyID: String? = nil) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.privateKey = privateKey
        self.keyID = keyID
    }
}

/// One installation of a GitHub App.
public struct GitHubApp: Sendable, Equatable {
    /// The app's id, or its client id.
    public var appID: String
    public var installationID: String
    /// PEM.
    public var privateKey: Secret
    /// `https://api.github.com`, or `https://HOST/api/v3`.
    public var apiBase: URL

    public init(appID: String, installationID: String, privateKey: Secret, apiBase: URL) {
        self.appID = appID
        self.installationID = installationID
        self.privateKey = privateKey
        self.apiBase = apiBase
    }
}

/// How the client proves to the token endpoint who it is: in one way, never in two. RFC 6749, section 2.3.
public enum ClientAuthentication: Sendable, Equatable {
    /// A public client: its id alone.
    case none
    /// The id and the secret in the header `Authorization`, each form-encoded first.
    case basic
    /// The id and the secret in the body.
    case body
    /// A signed assertion in place of a secret: `private_key_jwt`. RFC 7523, section 2.2.
    case assertion(ClientAssertion)

    /// Its name in kept credentials.
    public var name: String {
        switch self {
        case .none: "none"
        case .basic: "basic"
        case .body: "body"
        case .assertion: "assertion"
        }
    }
}

/// What a client's assertion is signed with. learn.microsoft.com, "Certificate credentials".
public struct ClientAssertion: Sendable, Equatable {
    /// PEM.
    public var privateKey: Secret
    /// PEM; its thumbprint names the key.
    public var certificate: String
    /// True for what knows only the older header: RS256 with `x5t` (AD FS), in place of PS256 with `x5t#S256`.
    public var usesSHA1: Bool

    public init(privateKey: Secret, certificate: String, usesSHA1: Bool = false) {
        self.privateKey = privateKey
        self.certificate = certificate
        self.usesSHA1 = usesSHA1
    }
}

/// How a body for the token endpoint is written.
public enum BodyEncoding: String, Sendable {
    case form, json
}
