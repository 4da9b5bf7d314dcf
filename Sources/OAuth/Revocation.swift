import HTTP
import JSON
import System

extension TokenEndpoint {
    /// Ends the tokens at the service. RFC 7009, section 2, or the provider's own way.
    /// - Returns: false where the service has no such call.
    /// - Throws: `Failure` where the tokens must be taken to live on; forget them here all the same.
    public func revoke(_ credentials: Credentials) async throws -> Bool {
        let row = Provider.named(credentials.provider)
        let way = row?.revocation ?? .form("")
        guard let url = credentials.revokeURL, way != .none else { return false }
        // The refresh token ends what was made of it; where there is none, the access token is all.
        guard let token = credentials.refreshToken ?? credentials.accessToken else { return false }
        var request: Request
        switch way {
        case .form:
            let kind = credentials.refreshToken == nil ? "access_token" : "refresh_token"
            request = try self.request(
                [("token", token.reveal()), ("token_type_hint", kind)], to: url, of: credentials, at: time.now())
        case .bearer:
            request = Request("POST", url, bucket: "token", limit: 1 << 20, isIdempotent: true, isAuthorised: false)
            request.headers["Authorization"] = try credentials.header()
        case .delete:
            var w = JSONWriter()
            w.object { w in w.member("access_token", credentials.accessToken?.reveal()) }
            var client = credentials
            client.authentication = .basic
            request = try self.request([], to: url, of: client, at: time.now())
            request.method = "DELETE"
            request.headers["Content-Type"] = "application/json"
            request.body = w.bytes
        case .none: return false
        }
        let response = try await send(request)
        let json = try? JSON(parsing: response.body)
        guard response.isSuccess, json?["ok"]?.bool != false else {
            throw Failure(
                .unavailable, "the service does not end the tokens (status \(response.status))",
                "end them in the service's own settings")
        }
        return true
    }
}
