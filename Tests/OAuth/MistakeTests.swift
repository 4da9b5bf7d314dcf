import HTTP
import JSON
import OAuth
import Scripts
import System
import Testing

/// What the first sketch of this did wrong: none may return. Each name says the symptom.
@Suite struct MistakeTests {
    private let time = ManualTime()
    private var old: Credentials {
        Credentials(
            accessToken: Secret("t"), refreshToken: Secret("r"), obtainedAt: time.now(),
            expiresAt: time.now() + .seconds(100), clientID: "id", tokenURL: url("https://login.test/token"))
    }
    private func renewed(_ answer: String, status: Int = 200) async throws -> Credentials {
        try await endpoint(Script(time, [.answer(status, [:], answer)]), time).renew(old)
    }

    @Test func m01_aLifeInSecondsWasStoredAsAMoment() async throws {
        let new = try await renewed(#"{"access_token":"a","expires_in":3600}"#)
        #expect(new.expiresAt == time.now() + .seconds(3600))
        var w = JSONWriter()
        new.write(to: &w)
        #expect(try JSON(parsing: w.bytes)["expires_at"]?.string == "2027-01-15T09:00:00Z")
        #expect(throws: Failure.self) { try Credentials(JSON(parsing: #"{"access_token":"a","expires_at":3600}"#)) }
    }

    @Test func m02_theFirstTokenNeverEnded() async throws {
        let google = try #require(Provider.named("google"))
        let endpoints = try google.endpoints()
        let (_, pending) = try PendingAuthorization.begin(
            google, at: endpoints, clientID: "id", scopes: [], redirect: "http://127.0.0.1:1/", now: time.now())
        let new = try await endpoint(
            Script(time, [.answer(200, [:], #"{"access_token":"a","expires_in":3599}"#)]), time
        ).exchange(Secret("c"), of: pending, as: google.credentials(at: endpoints, clientID: "id"))
        #expect(new.expiresAt == time.now() + .seconds(3599))
    }

    @Test func m03_aRotatedRefreshTokenWasThrownAway() async throws {
        #expect(try await renewed(#"{"access_token":"a","refresh_token":"r2"}"#).refreshToken?.reveal() == "r2")
        #expect(try await renewed(#"{"access_token":"a"}"#).refreshToken?.reveal() == "r")
        #expect(try await renewed(#"{"access_token":"a","refresh_token":null}"#).refreshToken?.reveal() == "r")
    }

    @Test func m04_eachCallRenewedAgain() async throws {
        let script = Script(time) { request, _ in
            request.url.host == "login.test"
                ? .answer(200, [:], #"{"access_token":"a","expires_in":3600}"#) : .answer(200)
        }
        let store = MemoryStore(old)
        let client = Client(
            transport: script,
            authoriser: BearerCredentials(
                old, store: store, allowedHosts: ["api.test"], transport: script, time: time), time: time)
        time.advance(.seconds(99))
        for _ in 0..<5 { _ = try await client.send(get()) }
        #expect(script.requests.filter { $0.url.host == "login.test" }.count == 1)
    }

    @Test func m05_nobodyCheckedTheState() throws {
        let google = try #require(Provider.named("google"))
        let (url, pending) = try PendingAuthorization.begin(
            google, at: google.endpoints(), clientID: "id", scopes: [], redirect: "http://127.0.0.1:1/", now: time.now()
        )
        let names = url.queryFields.map(\.name)
        #expect(names.contains("state") && names.contains("code_challenge"))
        #expect(throws: Failure.self) { try pending.code(from: "http://127.0.0.1:1/?code=c", at: time.now()) }
    }

    @Test func m06_googlesParametersWentToAll() throws {
        for row in Provider.all where row.name != "google" {
            #expect(!row.parameters.contains { $0.name == "access_type" })
        }
        #expect(Provider.named("dropbox")?.parameters.first?.name == "token_access_type")
        #expect(Provider.named("microsoft")?.offlineScopes == ["offline_access"])
    }

    @Test func m09_aRefusalWithStatus200WasASuccess() async {
        for answer in [
            #"{"ok":false,"error":"invalid_refresh_token"}"#, #"{"error":"bad_refresh_token"}"#, "{}", "<html>",
        ] {
            #expect(await failure { try await self.renewed(answer) } != nil)
        }
        #expect(await failure { try await self.renewed(#"{"access_token":"a"}"#, status: 201) } == nil)
    }

    @Test func m10_anOutageLookedLikeARevokedGrant() async {
        for status in [429, 500, 502, 503] {
            #expect(await failure { try await self.renewed("", status: status) }?.status == .unavailable)
        }
        #expect(
            await failure { try await self.renewed(#"{"error":"invalid_grant"}"#, status: 400) }?.status
                == .noPermission)
    }

    @Test func m11_theAnswerOfTheTokenEndpointWasShown() async {
        let said = await failure {
            try await self.renewed(#"{"error":"invalid_grant","error_description":"token r of ann"}"#, status: 400)
        }
        #expect(said?.description == "the service gives no token (invalid_grant): sign in again")
    }

    @Test func m15_a401WithoutARefreshTokenWasHidden() async {
        let script = Script(time, [.answer(401)])
        let client = Client(
            transport: script,
            authoriser: BearerCredentials(
                Credentials(accessToken: Secret("t")), allowedHosts: ["api.test"], transport: script, time: time),
            time: time)
        #expect(await end(of: get(), client) == .failed("unauthorised", .run))
        #expect(script.requests.count == 1)
    }

    @Test func m17_aMissingClientIDWentOutAsTheTextNone() async throws {
        let script = Script(time, [.answer(200, [:], #"{"access_token":"a"}"#)])
        var credentials = old
        credentials.clientID = nil
        _ = try await endpoint(script, time).renew(credentials)
        #expect(text(of: script.requests[0]) == "grant_type=refresh_token&refresh_token=r")
    }
}
