import HTTP
import JSON
import OAuth
import Scripts
import System
import Testing

/// What is sent to one service, and how its documented answers are read.
struct ProviderCase: Sendable, CustomTestStringConvertible {
    let name: String
    var base: String?
    var tenant: String?
    var redirect = "https://app.test/cb"
    var scopes = ["one", "two"]
    /// The authorize URL, `S` for the state and `C` for the challenge.
    let authorize: String
    /// Token URL, `Authorization` and body of the exchange of the code; `V` is the verifier.
    let token: String
    var basic: String?
    let exchange: String
    let renewal: String
    /// The documented answer to the exchange, and what is read of it: access token, refresh token, life, extras.
    let answer: String
    let access: String
    var refresh: String?
    var life: Int?
    var extras: [String: String] = [:]
    /// What a renewal that says nothing of a refresh token leaves, or what it rotates to.
    var rotated: (answer: String, refresh: String?)
    /// Documented errors: status, body, exit status.
    let errors: [(Int, String, System.ExitStatus)]
    var testDescription: String { name }
}

private let form = "application/x-www-form-urlencoded"
private let plainExchange =
    "grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&code_verifier=V&client_id=id&client_secret=s%2B%3A"
private let plainRenewal = "grant_type=refresh_token&refresh_token=R&client_id=id&client_secret=s%2B%3A"
private let start = "client_id=id&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&state=S&response_type=code"
private let pkce = "&code_challenge=C&code_challenge_method=S256"
private let gone = (400, #"{"error":"invalid_grant","error_description":"hunter2"}"#, System.ExitStatus.noPermission)
private let wrongClient = (401, #"{"error":"invalid_client"}"#, System.ExitStatus.configuration)

/// Each row is read from the page that `Provider.page` names.
let providerCases: [ProviderCase] = [
    ProviderCase(
        name: "google",
        authorize: "https://accounts.google.com/o/oauth2/v2/auth?\(start)&scope=one%20two\(pkce)&access_type=offline"
            + "&prompt=consent&include_granted_scopes=true&login_hint=ann%40example.com",
        token: "https://oauth2.googleapis.com/token", exchange: plainExchange, renewal: plainRenewal,
        answer:
            #"{"access_token":"A","expires_in":3599,"refresh_token":"R","scope":"one two","token_type":"Bearer"}"#,
        access: "A", refresh: "R", life: 3599,
        rotated: (#"{"access_token":"B","expires_in":3599,"token_type":"Bearer"}"#, "R"),
        errors: [gone, wrongClient, (400, #"{"error":"invalid_rapt"}"#, .noPermission), (503, "", .unavailable)]),
    ProviderCase(
        name: "dropbox",
        authorize: "https://www.dropbox.com/oauth2/authorize?\(start)&scope=one%20two\(pkce)&token_access_type=offline",
        token: "https://api.dropboxapi.com/oauth2/token", exchange: plainExchange, renewal: plainRenewal,
        answer:
            #"{"access_token":"A","token_type":"bearer","expires_in":14400,"refresh_token":"R","scope":"one","uid":"1","account_id":"dbid:x"}"#,
        access: "A", refresh: "R", life: 14400, extras: ["uid": "1", "account_id": "dbid:x"],
        rotated: (#"{"access_token":"B","token_type":"bearer","expires_in":14400}"#, "R"),
        errors: [gone, (400, #"{"error":"invalid_client: Invalid client_id or client_secret"}"#, .configuration)]),
    ProviderCase(
        name: "microsoft", tenant: "contoso.example",
        authorize:
            "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/authorize?\(start)&scope=one%20two%20offline_access\(pkce)"
            + "&response_mode=query&login_hint=ann%40example.com",
        token: "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token", exchange: plainExchange,
        renewal: plainRenewal,
        answer: #"{"token_type":"Bearer","scope":"one","expires_in":"3599","access_token":"A","refresh_token":"R"}"#,
        access: "A", refresh: "R", life: 3599,
        rotated: (#"{"token_type":"Bearer","expires_in":3599,"access_token":"B","refresh_token":"Q"}"#, "Q"),
        errors: [
            (400, #"{"error":"invalid_grant","error_codes":[700082]}"#, .noPermission),
            (400, #"{"error":"interaction_required"}"#, .noPermission),
            (401, #"{"error":"invalid_client","error_codes":[7000215]}"#, .configuration),
            (400, #"{"error":"temporarily_unavailable"}"#, .unavailable),
        ]),
    ProviderCase(
        name: "slack",
        authorize:
            "https://slack.com/oauth/v2/authorize?client_id=id&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&state=S&scope=one%2Ctwo",
        token: "https://slack.com/api/oauth.v2.access", basic: "Basic aWQ6cyUyQiUzQQ==",
        exchange: "grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fapp.test%2Fcb",
        renewal: "grant_type=refresh_token&refresh_token=R",
        answer:
            #"{"ok":true,"access_token":"A","token_type":"bot","scope":"one,two","bot_user_id":"U0","app_id":"A0","expires_in":43200,"refresh_token":"R","team":{"id":"T9","name":"Acme"},"enterprise":null,"authed_user":{"id":"U1","access_token":"xoxp","token_type":"user"}}"#,
        access: "A", refresh: "R", life: 43200,
        extras: ["team_id": "T9", "team_name": "Acme", "bot_user_id": "U0", "app_id": "A0", "user_id": "U1"],
        rotated: (#"{"ok":true,"access_token":"B","token_type":"user","expires_in":43200,"refresh_token":"Q"}"#, "Q"),
        errors: [
            (200, #"{"ok":false,"error":"invalid_refresh_token"}"#, .noPermission),
            (200, #"{"ok":false,"error":"invalid_code"}"#, .noPermission),
            (200, #"{"ok":false,"error":"bad_client_secret"}"#, .configuration),
            (200, #"{"ok":false,"error":"internal_error"}"#, .unavailable), (200, #"{"ok":false}"#, .unavailable),
        ]),
    ProviderCase(
        name: "atlassian",
        authorize:
            "https://auth.atlassian.com/authorize?\(start)&scope=one%20two%20offline_access\(pkce)&audience=api.atlassian.com&prompt=consent",
        token: "https://auth.atlassian.com/oauth/token",
        exchange:
            #"{"grant_type":"authorization_code","code":"c/1","redirect_uri":"https://app.test/cb","code_verifier":"V","client_id":"id","client_secret":"s+:"}"#,
        renewal: #"{"grant_type":"refresh_token","refresh_token":"R","client_id":"id","client_secret":"s+:"}"#,
        answer: #"{"access_token":"A","refresh_token":"R","expires_in":3600,"token_type":"Bearer","scope":"one"}"#,
        access: "A", refresh: "R", life: 3600,
        rotated: (#"{"access_token":"B","refresh_token":"Q","expires_in":3600,"token_type":"Bearer"}"#, "Q"),
        errors: [
            (403, #"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#, .noPermission),
            (403, #"{"error":"invalid_grant"}"#, .noPermission),
            (401, #"{"error":"access_denied","error_description":"Unauthorized"}"#, .configuration),
        ]),
    ProviderCase(
        name: "notion", authorize: "https://api.notion.com/v1/oauth/authorize?\(start)&owner=user",
        token: "https://api.notion.com/v1/oauth/token", basic: "Basic aWQ6cyUyQiUzQQ==",
        exchange: #"{"grant_type":"authorization_code","code":"c/1","redirect_uri":"https://app.test/cb"}"#,
        renewal: #"{"grant_type":"refresh_token","refresh_token":"R"}"#,
        answer:
            #"{"access_token":"A","token_type":"bearer","refresh_token":"R","bot_id":"b1","workspace_id":"w1","workspace_name":null}"#,
        access: "A", refresh: "R", extras: ["bot_id": "b1", "workspace_id": "w1"],
        rotated: (#"{"access_token":"B","token_type":"bearer","refresh_token":"Q"}"#, "Q"), errors: [gone, wrongClient]),
    ProviderCase(
        name: "gitbook", authorize: "https://oauth.gitbook.com/authorize?\(start)&scope=one%20two\(pkce)",
        token: "https://oauth.gitbook.com/token", exchange: plainExchange, renewal: plainRenewal,
        answer: #"{"access_token":"A","token_type":"Bearer","expires_in":3600,"refresh_token":"R"}"#, access: "A",
        refresh: "R", life: 3600, rotated: (#"{"access_token":"B","token_type":"Bearer"}"#, "R"),
        errors: [gone, (401, #"{"error":{"code":401,"message":"Invalid token"}}"#, .configuration)]),
    ProviderCase(
        name: "github", base: "https://ghe.example",
        authorize: "https://ghe.example/login/oauth/authorize?\(start)&scope=one%20two\(pkce)&login=ann%40example.com",
        token: "https://ghe.example/login/oauth/access_token", exchange: plainExchange, renewal: plainRenewal,
        answer:
            #"{"access_token":"A","expires_in":28800,"refresh_token":"R","refresh_token_expires_in":15897600,"scope":"one,two","token_type":"bearer"}"#,
        access: "A", refresh: "R", life: 28800,
        rotated: (#"{"access_token":"B","expires_in":28800,"refresh_token":"Q","token_type":"bearer"}"#, "Q"),
        errors: [
            (200, #"{"error":"bad_refresh_token"}"#, .noPermission),
            (200, #"{"error":"bad_verification_code"}"#, .noPermission),
            (200, #"{"error":"incorrect_client_credentials"}"#, .configuration),
            (200, #"{"error":"redirect_uri_mismatch"}"#, .configuration),
        ]),
    ProviderCase(
        name: "gitlab", base: "https://git.example/lab/",
        authorize: "https://git.example/lab/oauth/authorize?\(start)&scope=one%20two\(pkce)",
        token: "https://git.example/lab/oauth/token", exchange: plainExchange,
        renewal:
            "grant_type=refresh_token&refresh_token=R&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&client_id=id&client_secret=s%2B%3A",
        answer:
            #"{"access_token":"A","token_type":"bearer","expires_in":7200,"refresh_token":"R","created_at":1607635748}"#,
        access: "A", refresh: "R", life: 7200,
        rotated: (#"{"access_token":"B","token_type":"bearer","expires_in":7200,"refresh_token":"Q"}"#, "Q"),
        errors: [gone, wrongClient]),
    ProviderCase(
        name: "salesforce", base: "https://acme.my.salesforce.com",
        authorize:
            "https://acme.my.salesforce.com/services/oauth2/authorize?\(start)&scope=one%20two%20refresh_token\(pkce)&login_hint=ann%40example.com",
        token: "https://acme.my.salesforce.com/services/oauth2/token", exchange: plainExchange, renewal: plainRenewal,
        answer:
            #"{"access_token":"A","refresh_token":"R","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/1/2","issued_at":"1751833531221","token_type":"Bearer"}"#,
        access: "A", refresh: "R",
        extras: [
            "instance_url": "https://acme.my.salesforce.com", "identity_url": "https://login.salesforce.com/id/1/2",
        ],
        rotated: (#"{"access_token":"B","issued_at":"1751833531221","token_type":"Bearer"}"#, "R"),
        errors: [
            gone, (400, #"{"error":"invalid_client_id"}"#, .configuration),
            (400, #"{"error":"inactive_user"}"#, .noPermission),
            (400, #"{"error":"rate_limit_exceeded"}"#, .unavailable),
        ]),
    ProviderCase(
        name: "hubspot", authorize: "https://app.hubspot.com/oauth/authorize?\(start)&scope=one%20two\(pkce)",
        token: "https://api.hubapi.com/oauth/2026-03/token", exchange: plainExchange, renewal: plainRenewal,
        answer:
            #"{"access_token":"A","refresh_token":"R","expires_in":1800,"token_type":"bearer","hub_id":62515,"user_id":123,"scopes":["one","two"]}"#,
        access: "A", refresh: "R", life: 1800, extras: ["hub_id": "62515", "hub_user_id": "123"],
        rotated: (#"{"access_token":"B","refresh_token":"R","expires_in":1800,"token_type":"bearer"}"#, "R"),
        errors: [
            gone, (400, #"{"status":"BAD_REFRESH_TOKEN","message":"missing"}"#, .noPermission),
            (400, #"{"status":"BAD_CLIENT_ID"}"#, .configuration),
        ]),
]

@Suite struct ProviderTests {
    private struct Login {
        let url: URL
        let pending: PendingAuthorization
        let state: String
        var credentials: Credentials
    }

    private func login(_ row: ProviderCase) throws -> Login {
        let provider = try #require(Provider.named(row.name))
        let endpoints = try provider.endpoints(tenant: row.tenant, base: row.base.map { url($0) }, clientID: "id")
        let (address, pending) = try PendingAuthorization.begin(
            provider, at: endpoints, clientID: "id", scopes: row.scopes, redirect: row.redirect,
            hint: "ann@example.com", now: ManualTime.start)
        return Login(
            url: address, pending: pending,
            state: address.queryFields.first { $0.name == "state" }?.value ?? "",
            credentials: provider.credentials(at: endpoints, clientID: "id", clientSecret: Secret("s+:")))
    }

    /// With the random parts replaced.
    private func plain(_ text: String, _ parts: [(String, String)]) -> String {
        parts.reduce(text) { text, part in
            part.0.isEmpty
                ? text : text.split(separator: part.0, omittingEmptySubsequences: false).joined(separator: part.1)
        }
    }

    @Test func everyRowIsTested() {
        #expect(Provider.all.map(\.name).sorted() == providerCases.map(\.name).sorted())
        #expect(Provider.all.allSatisfy { !$0.page.isEmpty })
    }

    @Test(arguments: providerCases) func theBrowserIsSentThere(_ row: ProviderCase) throws {
        let login = try login(row)
        let challenge = login.url.queryFields.first { $0.name == "code_challenge" }?.value ?? ""
        #expect(login.state.utf8.count == 43)
        #expect(plain(login.url.description, [(login.state, "S"), (challenge, "C")]) == row.authorize)
    }

    @Test(arguments: providerCases) func theCodeIsExchangedAndTheTokenRenewed(_ row: ProviderCase) async throws {
        let login = try login(row)
        let time = ManualTime()
        let script = Script(time, [.answer(200, [:], row.answer), .answer(201, [:], row.rotated.answer)])
        let endpoint = endpoint(script, time)
        let code = try login.pending.code(from: "\(row.redirect)?state=\(login.state)&code=c/1", at: time.now())
        let first = try await endpoint.exchange(code, of: login.pending, as: login.credentials)
        #expect(first.accessToken?.reveal() == row.access && first.refreshToken?.reveal() == row.refresh)
        #expect(first.expiresAt == row.life.map { time.now() + .seconds($0) } && first.obtainedAt == time.now())
        #expect(first.extras == row.extras)
        let second = try await endpoint.renew(first)
        #expect(second.accessToken?.reveal() == "B" && second.refreshToken?.reveal() == row.rotated.refresh)

        let requests = script.requests
        #expect(requests.allSatisfy { $0.method == "POST" && $0.url.description == row.token })
        #expect(requests.allSatisfy { $0.headers["accept"] == "application/json" })
        #expect(requests.allSatisfy { $0.headers["authorization"] == row.basic })
        let isJSON = row.exchange.hasPrefix("{")
        #expect(requests.allSatisfy { $0.headers["content-type"] == (isJSON ? "application/json" : form) })
        let body = text(of: requests[0])
        let verifier =
            try isJSON
            ? JSON(parsing: body)["code_verifier"]?.string ?? "" : fields(of: requests[0])["code_verifier"] ?? ""
        #expect(plain(body, [(verifier, "V")]) == row.exchange)
        #expect(text(of: requests[1]) == row.renewal)
        if let challenge = login.url.queryFields.first(where: { $0.name == "code_challenge" })?.value {
            #expect(try PKCE.challenge(of: Secret(verifier)) == challenge)
        }
    }

    @Test(arguments: providerCases) func theDocumentedErrorsAreUnderstood(_ row: ProviderCase) async throws {
        for (status, body, expected) in row.errors {
            let time = ManualTime()
            var credentials = try login(row).credentials
            credentials.refreshToken = Secret("s3cret0")
            credentials.grant = .refreshToken
            let endpoint = endpoint(Script(time, [.answer(status, [:], body)]), time)
            let failure = await failure { try await endpoint.renew(credentials) }
            #expect(failure?.status == expected, "\(row.name): \(status) \(body)")
            for secret in ["s3cret0", "s+:", "hunter2"] { #expect(failure?.description.contains(secret) == false) }
        }
    }

    @Test func aKnownServicesSecretsGoToItsHostsAlone() async throws {
        let time = ManualTime()
        let script = Script(time, [.answer(200, [:], #"{"access_token":"A"}"#)])
        var credentials = try login(providerCases[0]).credentials
        credentials.refreshToken = Secret("R")
        credentials.grant = .refreshToken
        credentials.tokenURL = url("https://evil.test/token")
        #expect(await failure { try await endpoint(script, time).renew(credentials) }?.status == .configuration)
        #expect(script.requests.isEmpty)
    }

    @Test(arguments: ["a/b", "..", "a b", "évil"]) func aTenantIsAnIDOrADomain(_ tenant: String) throws {
        let microsoft = try #require(Provider.named("microsoft"))
        #expect(throws: Failure.self) { try microsoft.endpoints(tenant: tenant) }
    }

    @Test func aUserTokenOfSlackIsRead() async throws {
        let time = ManualTime()
        let login = try login(providerCases[3])
        let answer =
            #"{"ok":true,"authed_user":{"id":"U1","access_token":"xoxp","token_type":"user","scope":"search"}}"#
        let got = try await endpoint(Script(time, [.answer(200, [:], answer)]), time).exchange(
            Secret("c"), of: login.pending, as: login.credentials)
        #expect(got.accessToken?.reveal() == "xoxp" && got.scope == "search" && got.expiresAt == nil && !got.canRenew)
    }
}
