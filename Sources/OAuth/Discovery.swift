import HTTP
import JSON
import System

/// What a server says of itself. RFC 8414, section 3; OpenID Connect Discovery 1.0, section 4.
public enum Discovery {
    /// The endpoints of an issuer.
    /// - Parameter issuer: an https URL without a query.
    /// - Throws: `Failure`: 78 where the answer is that of another issuer, or names no endpoints; 69 where there is none.
    public static func endpoints(of issuer: String, through endpoint: TokenEndpoint) async throws -> Provider.Endpoints
    {
        guard let url = URL(issuer), url.isSafe, url.query == nil, !issuer.contains("#"), !issuer.contains("?") else {
            throw Failure(.configuration, "'\(issuer)' is no issuer", "give an https URL without a query")
        }
        let path = url.path == "/" ? "" : url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        let origin = "\(url.scheme)://\(url.authority)"
        let places = [
            origin + "/.well-known/oauth-authorization-server" + path,
            origin + path + "/.well-known/openid-configuration",
        ]
        for place in places.compactMap({ URL($0) }) {
            let request = Request(
                "GET", place, headers: ["Accept": "application/json"], bucket: "token", limit: 1 << 20,
                isAuthorised: false)
            let response = try await endpoint.send(request)
            guard response.isSuccess, let json = try? JSON(parsing: response.body), json.isObject else { continue }
            return try read(json, issuer)
        }
        throw Failure(.configuration, "\(issuer) does not say what its endpoints are", "check the issuer")
    }

    private static func read(_ json: JSON, _ issuer: String) throws -> Provider.Endpoints {
        guard json["issuer"]?.string == issuer else {
            throw Failure(
                .configuration, "\(issuer) answers in the name of another issuer", "give the issuer to the letter")
        }
        func url(_ name: StaticString) throws -> URL? {
            guard let text = json[name]?.string else { return nil }
            guard let url = URL(text), url.isSafe else {
                throw Failure(.configuration, "\(issuer): its \(name) is no https URL", "check the issuer")
            }
            return url
        }
        guard let authorize = try url("authorization_endpoint"), let token = try url("token_endpoint") else {
            throw Failure(.configuration, "\(issuer) names no endpoints for a login", "check the issuer")
        }
        return Provider.Endpoints(
            authorize: authorize, token: token, device: try url("device_authorization_endpoint"),
            revoke: try url("revocation_endpoint"), issuer: issuer,
            promisesIssuer: json["authorization_response_iss_parameter_supported"]?.bool == true)
    }
}
