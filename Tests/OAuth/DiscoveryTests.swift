import HTTP
import JSON
import OAuth
import Scripts
import System
import Testing

@Suite struct DiscoveryTests {
    private static let metadata =
        #"{"issuer":"ISSUER","authorization_endpoint":"https://as.test/a","token_endpoint":"https://as.test/t","#
        + #""revocation_endpoint":"https://as.test/r","authorization_response_iss_parameter_supported":true}"#

    private func metadata(_ issuer: String) -> String {
        DiscoveryTests.metadata.split(separator: "ISSUER").joined(separator: issuer)
    }

    // RFC 8414, section 3.1; OpenID Connect Discovery 1.0, section 4.1.
    @Test(arguments: [
        ("https://as.test", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
        (
            "https://as.test/one",
            ["/.well-known/oauth-authorization-server/one", "/one/.well-known/openid-configuration"]
        ),
    ]) func bothPlacesAreAsked(issuer: String, paths: [String]) async throws {
        let time = ManualTime()
        let script = Script(time, [.answer(404), .answer(200, [:], metadata(issuer))])
        let found = try await Discovery.endpoints(of: issuer, through: endpoint(script, time))
        #expect(script.requests.map(\.url.path) == paths)
        #expect(found.token == url("https://as.test/t") && found.promisesIssuer && found.issuer == issuer)
    }

    @Test(arguments: [
        ("https://as.test", "https://evil.test"), ("https://as.test", "https://as.test/"),
        ("https://as.test?x", "https://as.test?x"), ("http://as.test", "http://as.test"),
    ]) func anotherIssuerIsRefused(asked: String, told: String) async {
        let time = ManualTime()
        let script = Script(time, [.answer(200, [:], metadata(told))])
        #expect(
            await failure { try await Discovery.endpoints(of: asked, through: endpoint(script, time)) }?.status
                == .configuration)
    }

    /// The service, what it is sent, and the page: RFC 7009, section 2.1; "Revoke token" of each service.
    static let ways: [(String, String, String, String, String)] = [
        (
            "google", "POST", "https://oauth2.googleapis.com/revoke", "none",
            "token=R&token_type_hint=refresh_token&client_id=id&client_secret=s"
        ),
        ("dropbox", "POST", "https://api.dropboxapi.com/2/auth/token/revoke", "Bearer A", ""),
        ("slack", "POST", "https://slack.com/api/auth.revoke", "Bearer A", ""),
        (
            "notion", "POST", "https://api.notion.com/v1/oauth/revoke", "Basic aWQ6cw==",
            #"{"token":"R","token_type_hint":"refresh_token"}"#
        ),
        (
            "github", "DELETE", "https://api.github.com/applications/id/token", "Basic aWQ6cw==",
            #"{"access_token":"A"}"#
        ),
        (
            "gitlab", "POST", "https://gitlab.com/oauth/revoke", "none",
            "token=R&token_type_hint=refresh_token&client_id=id&client_secret=s"
        ),
        (
            "salesforce", "POST", "https://login.salesforce.com/services/oauth2/revoke", "none",
            "token=R&token_type_hint=refresh_token&client_id=id&client_secret=s"
        ),
        (
            "hubspot", "POST", "https://api.hubapi.com/oauth/2026-03/token/revoke", "none",
            "token=R&token_type_hint=refresh_token&client_id=id&client_secret=s"
        ),
    ]

    private func credentials(_ name: String) throws -> Credentials {
        let row = try #require(Provider.named(name))
        var credentials = row.credentials(
            at: try row.endpoints(clientID: "id"), clientID: "id", clientSecret: Secret("s"))
        credentials.accessToken = Secret("A")
        credentials.refreshToken = Secret("R")
        return credentials
    }

    @Test(arguments: ways) func tokensAreEnded(name: String, method: String, place: String, shown: String, body: String)
        async throws
    {
        let time = ManualTime()
        let script = Script(time, [.answer(name == "github" ? 204 : 200)])
        #expect(try await endpoint(script, time).revoke(credentials(name)))
        let request = try #require(script.requests.first)
        #expect(request.method == method && request.url.description == place && text(of: request) == body)
        #expect(request.headers["authorization"] ?? "none" == shown)
    }

    @Test(arguments: ["atlassian", "microsoft", "gitbook"]) func whereThereIsNoCallNoneIsMade(name: String) async throws
    {
        let time = ManualTime()
        let script = Script(time, [.answer(200)])
        #expect(try await !endpoint(script, time).revoke(credentials(name)))
        #expect(script.requests.isEmpty)
    }

    @Test(arguments: [Step.answer(503), .answer(400, [:], #"{"error":"unsupported_token_type"}"#), .fail(.lost("x"))])
    func aTokenThatLivesOnIsTold(_ step: Step) async throws {
        let time = ManualTime()
        let credentials = try credentials("gitlab")
        #expect(
            await failure { try await endpoint(Script(time, [step]), time).revoke(credentials) }?.status == .unavailable
        )
    }

    @Test func slacksNoIsANo() async throws {
        let time = ManualTime()
        let credentials = try credentials("slack")
        let script = Script(time, [.answer(200, [:], #"{"ok":false,"error":"invalid_auth"}"#)])
        #expect(await failure { try await endpoint(script, time).revoke(credentials) } != nil)
    }
}
