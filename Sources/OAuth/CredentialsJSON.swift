import HTTP
import JSON
import System

/// The form in which credentials are kept: a JSON object, flat but for `extras`.
extension Credentials {
    /// Reads a JSON object; members that it does not know are of no consequence. The key file of a Google service account is
    /// taken as it is. cloud.google.com, "Create and delete service account keys".
    /// - Throws: `Failure` with status `configuration`; no value of the object is in it.
    public init(_ json: JSON) throws {
        let members = Members(json)
        if json["type"]?.equals("service_account") == true {
            self = try members.serviceAccount()
            return
        }
        self.init(
            accessToken: members.secret("access_token"), refreshToken: members.secret("refresh_token"),
            obtainedAt: try members.moment("obtained_at"), expiresAt: try members.moment("expires_at"),
            clientID: members.text("client_id"), clientSecret: members.secret("client_secret"),
            tokenURL: try members.url("token_url"), grant: try members.grant(),
            authentication: try members.authentication())
        refreshExpiresAt = try members.moment("refresh_expires_at")
        revokeURL = try members.url("revoke_url")
        scheme = try members.scheme()
        encoding = try members.encoding()
        scope = members.text("scope")
        redirectURI = members.text("redirect_uri")
        provider = members.text("provider")
        source = members.text("source")
        accountID = members.text("account_id")
        for (name, value) in json["extras"]?.members ?? [] {
            if let name = name.string, let value = value.string { extras[name] = value }
        }
        guard accessToken != nil || canRenew else {
            throw Members.wrong("there is no access_token", "give one, or refresh_token, client_id and token_url")
        }
    }

    /// Writes the members, secrets and all, for the place where they are kept.
    public func write(to w: inout JSONWriter) {
        w.object { w in
            func member(_ name: String, _ value: String?) { if let value { w.member(name, value) } }
            member("access_token", accessToken?.reveal())
            member("refresh_token", refreshToken?.reveal())
            member("obtained_at", obtainedAt?.description)
            member("expires_at", expiresAt?.description)
            member("refresh_expires_at", refreshExpiresAt?.description)
            member("client_id", clientID)
            member("client_secret", clientSecret?.reveal())
            if authentication != (clientSecret == nil ? .none : .body) { member("client_auth", authentication.name) }
            member("token_url", tokenURL?.description)
            member("revoke_url", revokeURL?.description)
            if case .basic(let username) = scheme {
                member("scheme", "basic")
                member("username", username)
            }
            if encoding != .form { member("encoding", encoding.rawValue) }
            member("scope", scope)
            member("redirect_uri", redirectURI)
            member("provider", provider)
            member("source", source)
            member("account_id", accountID)
            if let grant, grant != .refreshToken { member("grant", grant.name) }
            var key: Secret?
            if case .assertion(let assertion) = authentication {
                key = assertion.privateKey
                member("certificate", assertion.certificate)
                if assertion.usesSHA1 { member("thumbprint", "sha1") }
            }
            switch grant {
            case .jwtBearer(let jwt):
                member("issuer", jwt.issuer)
                member("subject", jwt.subject)
                member("audience", jwt.audience)
                member("key_id", jwt.keyID)
                key = jwt.privateKey
            case .gitHubApp(let app):
                member("app_id", app.appID)
                member("installation_id", app.installationID)
                member("api_base", app.apiBase.description)
                key = app.privateKey
            case .refreshToken, .clientCredentials, nil: break
            }
            member("private_key", key?.reveal())
            if !extras.isEmpty {
                w.key("extras")
                w.object { w in for (name, value) in extras.sorted(by: { $0.key < $1.key }) { w.member(name, value) } }
            }
        }
    }
}

/// The members of kept credentials, each read with what can be wrong with it.
private struct Members {
    private let json: JSON
    init(_ json: JSON) { self.json = json }

    static func wrong(_ what: String, _ remedy: String) -> Failure {
        Failure(.configuration, "credentials: " + what, remedy)
    }

    /// A number is taken too: ids of apps are written as one.
    func text(_ name: String) -> String? {
        let value = json[name: name]
        return (value?.string ?? value?.int.map { String($0) }).flatMap { $0.isEmpty ? nil : $0 }
    }
    func secret(_ name: String) -> Secret? { text(name).map { Secret($0) } }
    private func needed(_ name: String, for what: String) throws -> String {
        guard let value = text(name) else { throw Members.wrong("\(what) has no \(name)", "give \(name)") }
        return value
    }

    func moment(_ name: String) throws -> Timestamp? {
        guard let value = json[name: name], !value.isNull else { return nil }
        if let time = value.string.flatMap({ Timestamp($0) }) { return time }
        // A small number is a life in seconds that somebody stored as a moment.
        guard let seconds = value.lenientInt ?? value.double.flatMap({ Int64(exactly: $0.rounded()) }),
            seconds > 1_000_000_000, seconds < 100_000_000_000
        else { throw Members.wrong("\(name) is no moment", "give it in RFC 3339, or in seconds since 1970") }
        return Timestamp(seconds: seconds)
    }

    func url(_ name: String) throws -> URL? {
        guard let text = text(name) else { return nil }
        guard let url = URL(text), url.isSafe else {
            throw Members.wrong("\(name) is no https URL", "give one with https://")
        }
        return url
    }

    func scheme() throws -> Credentials.Scheme {
        switch text("scheme") {
        case nil, "bearer": return .bearer
        case "basic": return .basic(username: try needed("username", for: "scheme basic"))
        default: throw Members.wrong("scheme is neither bearer nor basic", "give one of them")
        }
    }

    func grant() throws -> Grant? {
        switch text("grant") {
        case nil: return nil
        case "refresh_token": return .refreshToken
        case "client_credentials": return .clientCredentials
        case "jwt_bearer":
            return .jwtBearer(
                JWTBearer(
                    issuer: try needed("issuer", for: "grant jwt_bearer"), subject: text("subject"),
                    audience: try needed("audience", for: "grant jwt_bearer"),
                    privateKey: Secret(try needed("private_key", for: "grant jwt_bearer")), keyID: text("key_id")))
        case "github_app":
            guard let base = try url("api_base") ?? URL("https://api.github.com") else { return nil }
            return .gitHubApp(
                GitHubApp(
                    appID: try needed("app_id", for: "grant github_app"),
                    installationID: try needed("installation_id", for: "grant github_app"),
                    privateKey: Secret(try needed("private_key", for: "grant github_app")), apiBase: base))
        default:
            throw Members.wrong(
                "grant is not known", "give refresh_token, client_credentials, jwt_bearer or github_app")
        }
    }

    func authentication() throws -> ClientAuthentication? {
        switch text("client_auth") {
        case nil: return nil
        case "none": return ClientAuthentication.none
        case "basic", "basic_json": return .basic
        case "body": return .body
        case "assertion":
            return .assertion(
                ClientAssertion(
                    privateKey: Secret(try needed("private_key", for: "client_auth assertion")),
                    certificate: try needed("certificate", for: "client_auth assertion"),
                    usesSHA1: text("thumbprint") == "sha1"))
        default: throw Members.wrong("client_auth is not known", "give none, basic, body or assertion")
        }
    }

    func encoding() throws -> BodyEncoding {
        guard let text = text("encoding") else { return text("client_auth") == "basic_json" ? .json : .form }
        guard let encoding = BodyEncoding(rawValue: text) else {
            throw Members.wrong("encoding is neither form nor json", "give one of them")
        }
        return encoding
    }

    func serviceAccount() throws -> Credentials {
        let what = "the service account's key file"
        guard let token = try url("token_uri") ?? URL("https://oauth2.googleapis.com/token") else {
            throw Members.wrong("\(what) has no token_uri", "download it again")
        }
        let jwt = JWTBearer(
            issuer: try needed("client_email", for: what), subject: text("subject"), audience: token.description,
            privateKey: Secret(try needed("private_key", for: what)), keyID: text("private_key_id"))
        var credentials = Credentials(accessToken: nil, tokenURL: token, grant: .jwtBearer(jwt))
        credentials.scope = text("scope")
        credentials.provider = "google"
        return credentials
    }
}
