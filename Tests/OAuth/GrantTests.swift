import HTTP
import JSON
import OAuth
import Scripts
import System
import Testing

@Suite struct GrantTests {
    private static let token = #"{"access_token":"A","token_type":"Bearer","expires_in":3599}"#

    // developers.google.com/identity/protocols/oauth2/service-account
    @Test func aServiceAccountsKeyFileIsTakenAsItIs() async throws {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "service_account")
            w.member("client_email", "robot@proj.iam.gserviceaccount.com")
            w.member("client_id", "1234")
            w.member("private_key", TestKey.pem.reveal())
            w.member("private_key_id", "k1")
            w.member("token_uri", "https://oauth2.googleapis.com/token")
            w.member("subject", "ana@corp.example")
            w.member("scope", "a b")
        }
        let credentials = try Credentials(JSON(parsing: w.bytes))
        let time = ManualTime()
        let script = Script(time, [.answer(200, [:], GrantTests.token)])
        let new = try await endpoint(script, time).renew(credentials)
        #expect(new.accessToken?.reveal() == "A" && new.refreshToken == nil && new.canRenew && new.scope == "a b")
        let form = fields(of: script.requests[0])
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" && form.count == 2)
        let (header, claims) = try parts(of: form["assertion"] ?? "")
        #expect(header.raw.text == #"{"alg":"RS256","typ":"JWT","kid":"k1"}"#)
        #expect(
            claims.raw.text
                == #"{"iss":"robot@proj.iam.gserviceaccount.com","sub":"ana@corp.example","#
                + #""aud":"https://oauth2.googleapis.com/token","scope":"a b","iat":1800000000,"exp":1800003600}"#)
        // What is kept is read again.
        var kept = JSONWriter()
        new.write(to: &kept)
        #expect(try Credentials(JSON(parsing: kept.bytes)) == new)
    }

    // help.salesforce.com, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"
    @Test func salesforceTakesAnAssertionOfThreeMinutes() async throws {
        let row = try #require(Provider.named("salesforce"))
        let jwt = JWTBearer(
            issuer: "consumer", subject: "ann@example.com", audience: "https://test.salesforce.com",
            privateKey: TestKey.pem)
        let credentials = row.credentials(
            at: try row.endpoints(base: url("https://acme.my.salesforce.com")), clientID: nil, grant: .jwtBearer(jwt))
        let time = ManualTime()
        let answer = #"{"access_token":"A","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}"#
        let script = Script(time, [.answer(200, [:], answer)])
        let new = try await endpoint(script, time).renew(credentials)
        #expect(new.extras["instance_url"] == "https://acme.my.salesforce.com" && new.expiresAt == nil)
        let (_, claims) = try parts(of: fields(of: script.requests[0])["assertion"] ?? "")
        #expect(claims["aud"]?.string == "https://test.salesforce.com" && claims["exp"]?.int == 1_800_000_180)
    }

    // learn.microsoft.com, "Certificate credentials"
    @Test(arguments: [
        (false, "PS256", "x5t#S256", TestKey.thumbprintSHA256), (true, "RS256", "x5t", TestKey.thumbprintSHA1),
    ])
    func entraTakesACertificate(sha1: Bool, algorithm: String, name: String, thumbprint: String) async throws {
        let row = try #require(Provider.named("microsoft"))
        var credentials = row.credentials(
            at: try row.endpoints(tenant: "t1"), clientID: "app", grant: .clientCredentials,
            authentication: .assertion(
                ClientAssertion(privateKey: TestKey.pem, certificate: TestKey.certificate, usesSHA1: sha1)))
        credentials.scope = "https://graph.microsoft.com/.default"
        let time = ManualTime()
        let script = Script(time, [.answer(200, [:], GrantTests.token)])
        let new = try await endpoint(script, time).renew(credentials)
        _ = try await endpoint(script, time).renew(new)
        let form = fields(of: script.requests[0])
        #expect(form["grant_type"] == "client_credentials" && form["scope"] == "https://graph.microsoft.com/.default")
        #expect(form["client_secret"] == nil && script.requests[0].headers["authorization"] == nil)
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        let (header, claims) = try parts(of: form["client_assertion"] ?? "")
        #expect(header["alg"]?.string == algorithm && header[name: name]?.string == thumbprint)
        #expect(claims["aud"]?.string == "https://login.microsoftonline.com/t1/oauth2/v2.0/token")
        #expect(claims["iss"]?.string == "app" && claims["sub"]?.string == "app")
        #expect((claims["exp"]?.int ?? 0) - (claims["nbf"]?.int ?? 0) == 300)
        let again = try parts(of: fields(of: script.requests[1])["client_assertion"] ?? "")
        #expect(again.claims["jti"]?.string != claims["jti"]?.string)
        var kept = JSONWriter()
        new.write(to: &kept)
        #expect(try Credentials(JSON(parsing: kept.bytes)) == new)
    }

    // docs.github.com, "Generating an installation access token for a GitHub App"
    @Test func anInstallationOfAGitHubAppGetsAToken() async throws {
        var credentials = Credentials(
            accessToken: nil,
            grant: .gitHubApp(
                GitHubApp(
                    appID: "77", installationID: "5/../6", privateKey: TestKey.pem,
                    apiBase: url("https://api.github.com"))))
        credentials.provider = "github"
        let time = ManualTime()
        // The service's clock is an hour behind ours.
        let date = (ManualTime.start - .seconds(3600)).httpDate
        let script = Script(
            time,
            [.answer(201, ["Date": date], #"{"token":"ghs_x","expires_at":"\#(ManualTime.start)"}"#)])
        let new = try await endpoint(script, time).renew(credentials)
        #expect(new.accessToken?.reveal() == "ghs_x" && new.expiresAt == ManualTime.start + .seconds(3600))
        let request = script.requests[0]
        #expect(request.url.description == "https://api.github.com/app/installations/5%2F..%2F6/access_tokens")
        let bearer = request.headers["authorization"] ?? ""
        #expect(bearer.hasPrefix("Bearer "))
        let (_, claims) = try parts(of: String(bearer.dropFirst(7)))
        #expect(claims.raw.text == #"{"iat":1799999940,"exp":1800000480,"iss":"77"}"#)
        var kept = JSONWriter()
        new.write(to: &kept)
        #expect(try Credentials(JSON(parsing: kept.bytes)) == new)
    }

    @Test func anAssertionIsSignedAgainByTheServersClock() async throws {
        let time = ManualTime()
        let row = try #require(Provider.named("google"))
        let jwt = JWTBearer(issuer: "robot", audience: "https://oauth2.googleapis.com/token", privateKey: TestKey.pem)
        let credentials = row.credentials(at: try row.endpoints(), clientID: nil, grant: .jwtBearer(jwt))
        let date = (ManualTime.start + .seconds(7200)).httpDate
        let script = Script(
            time,
            [
                .answer(400, ["Date": date], #"{"error":"invalid_grant"}"#),
                .answer(200, ["Date": date], GrantTests.token),
            ])
        let new = try await endpoint(script, time).renew(credentials)
        // Its end is by our clock.
        #expect(new.expiresAt == ManualTime.start + .seconds(3599))
        let (_, claims) = try parts(of: fields(of: script.requests[1])["assertion"] ?? "")
        #expect(claims["iat"]?.int == 1_800_007_200)
    }

    @Test func aKeyThatIsNoneIsAMatterOfConfiguration() async throws {
        let jwt = JWTBearer(issuer: "robot", audience: "a", privateKey: Secret("hunter2"))
        let credentials = Credentials(accessToken: nil, tokenURL: url("https://login.test/t"), grant: .jwtBearer(jwt))
        let time = ManualTime()
        let failure = await failure { try await endpoint(Script(time, [.answer(200)]), time).renew(credentials) }
        #expect(failure?.status == .configuration && failure?.description.contains("hunter2") == false)
    }
}
