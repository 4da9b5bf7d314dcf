import CommandLine
import HTTP
import JSON
import OAuth
import System

/// The client that asks, the device flow, and the ways that need no person.
extension Login {
    /// Where the service, or the server that stands in for it, is asked.
    private func endpoints(_ clientID: String?) async throws -> Provider.Endpoints {
        if let issuer = arguments["issuer"] {
            return try await Discovery.endpoints(of: issuer, through: TokenEndpoint(transport: transport))
        }
        return try provider.endpoints(tenant: arguments["tenant"], base: try url("base-url"), clientID: clientID)
    }

    func client(grant: Grant? = nil, _ authentication: ClientAuthentication? = nil) async throws -> AskingClient {
        let id = try clientID()
        let endpoints = try await endpoints(id)
        let secret = authentication == nil ? try clientSecret(of: id) : nil
        var way = authentication
        switch arguments["client-auth"] {
        case nil: break
        case "basic" where secret != nil: way = .basic
        case "body" where secret != nil: way = .body
        default: throw Failure(.usage, "--client-auth is 'basic' or 'body', and needs a secret", "give one of them")
        }
        var credentials = provider.credentials(
            at: endpoints, clientID: id, clientSecret: secret, grant: grant, authentication: way)
        if grant != nil { credentials.scope = scopes.joined(separator: " ") }
        return AskingClient(id: id, endpoints: endpoints, credentials: credentials)
    }

    /// RFC 8628.
    func byDevice() async throws -> Credentials {
        let client = try await client()
        let flow = try await DeviceFlow.begin(
            provider, at: client.endpoints, as: client.credentials, scopes: scopes,
            through: TokenEndpoint(transport: transport))
        let prompt = flow.prompt
        try tell("open this page, on any device, to let '\(source)' be read:", prompt.verificationURL.description)
        try tell("and enter this code there:", prompt.userCode)
        return try await flow.credentials()
    }

    /// RFC 6749, section 4.4; with a certificate, RFC 7523, section 2.2.
    func clientCredentials() async throws -> Credentials {
        var authentication: ClientAuthentication?
        if arguments.isGiven("certificate") {
            authentication = .assertion(
                ClientAssertion(
                    privateKey: try pem("key"), certificate: String(decoding: try file("certificate"), as: UTF8.self)))
        }
        let client = try await client(grant: .clientCredentials, authentication)
        guard client.credentials.authentication != .none else {
            throw Failure(
                .configuration, "the program's own credentials need its secret",
                "give --client-secret-fd N, or SLUICE_CLIENT_SECRET in the environment")
        }
        return client.credentials
    }

    /// Google, "Using OAuth 2.0 for Server to Server Applications".
    func serviceAccount() throws -> Credentials {
        guard let json = try? JSON(parsing: try file("service-account")), json.isObject else {
            throw Failure(
                .configuration, "--service-account: the file is not a JSON object",
                "name the key file as Google gave it")
        }
        var credentials = try Credentials(json)
        guard case .jwtBearer = credentials.grant else {
            throw Failure(
                .configuration, "--service-account: the file is no service account's key",
                "name the key file as Google gave it")
        }
        if let subject = arguments["subject"] { try credentials.act(for: subject) }
        credentials.scope = scopes.joined(separator: " ")
        return credentials
    }

    /// docs.github.com, "Authenticating as a GitHub App installation".
    func gitHubApp() async throws -> Credentials {
        let endpoints = try await endpoints(nil)
        guard let base = endpoints.api else {
            throw Failure(.usage, "--github-app is not for \(provider.title)", "see --help")
        }
        let app = GitHubApp(
            appID: try value("github-app"), installationID: try value("installation"), privateKey: try pem("key"),
            apiBase: base)
        return provider.credentials(at: endpoints, clientID: nil, grant: .gitHubApp(app))
    }

    /// Salesforce, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration".
    func assertion() async throws -> Credentials {
        let id = try clientID()
        let endpoints = try await endpoints(id)
        let jwt = JWTBearer(
            issuer: id, subject: try value("subject"),
            audience: "\(endpoints.token.scheme)://\(endpoints.token.authority)", privateKey: try pem("jwt"))
        return provider.credentials(at: endpoints, clientID: nil, grant: .jwtBearer(jwt))
    }
}
