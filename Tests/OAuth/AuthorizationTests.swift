import HTTP
import OAuth
import Scripts
import System
import Testing

@Suite struct AuthorizationTests {
    private static let redirect = "http://127.0.0.1:4321/callback"

    private func begin(issuer: String? = nil, promises: Bool = false) throws -> (PendingAuthorization, String) {
        let google = try #require(Provider.named("google"))
        var endpoints = try google.endpoints()
        endpoints.issuer = issuer
        endpoints.promisesIssuer = promises
        let (url, pending) = try PendingAuthorization.begin(
            google, at: endpoints, clientID: "id", scopes: ["a"], redirect: AuthorizationTests.redirect,
            now: ManualTime.start)
        return (pending, try #require(url.queryFields.first { $0.name == "state" }?.value))
    }

    // RFC 7636, appendix B; docs.gitlab.com/api/oauth2.
    @Test(arguments: [
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("ks02i3jdikdo2k0dkfodf3m39rjfjsdk0wk349rj3jrhf", "2i0WFA-0AerkjQm4X4oDEhqA17QIAKNjXpagHBXmO_U"),
    ]) func theChallengeIsThatOfTheVectors(verifier: String, challenge: String) throws {
        #expect(try PKCE.challenge(of: Secret(verifier)) == challenge)
    }

    @Test func verifiersAreLongAndNeverTheSame() throws {
        let all = try (0..<50).map { _ in try PKCE.verifier().reveal() }
        #expect(Set(all).count == 50 && all.allSatisfy { $0.utf8.count == 43 })
    }

    @Test func theAuthorizeURLKeepsItsOwnQuery() throws {
        var endpoints = try #require(Provider.named("google")).endpoints()
        endpoints.authorize = url("https://login.test/auth?tenant=1")
        let (url, _) = try PendingAuthorization.begin(
            try #require(Provider.named("google")), at: endpoints, clientID: "a b", scopes: [],
            redirect: AuthorizationTests.redirect, now: ManualTime.start)
        #expect(
            url.description.hasPrefix("https://login.test/auth?tenant=1&client_id=a%20b&redirect_uri=http%3A%2F%2F127"))
    }

    @Test func theCodeIsRead() throws {
        let (pending, state) = try begin(issuer: "https://accounts.google.com")
        let back = "\(AuthorizationTests.redirect)?state=\(state)&code=4%2F0Ab&scope=a"
        #expect(try pending.code(from: back, at: ManualTime.start).reveal() == "4/0Ab")
        #expect(
            try pending.code(from: back + "&iss=https%3A%2F%2Faccounts.google.com", at: ManualTime.start).reveal()
                == "4/0Ab")
    }

    /// What comes back, and how it ends.
    static let callbacks: [(String, System.ExitStatus)] = [
        ("?code=c", .noPermission), ("?state=&code=c", .noPermission), ("?state=other&code=c", .noPermission),
        ("?state=STATE", .noPermission), ("?state=STATE&code=", .noPermission),
        ("?state=STATE&code=c&code=d", .noPermission), ("?state=STATE&state=STATE&code=c", .noPermission),
        ("?state=STATE&code=c&iss=https://evil.test", .noPermission),
        ("?state=STATE&code=c&iss=https://accounts.google.com/", .noPermission),
        ("#state=STATE&code=c", .noPermission), ("/more?state=STATE&code=c", .noPermission),
        ("?state=STATE&error=access_denied&error_description=hunter2", .noPermission),
        ("?state=STATE&error=hunter2", .noPermission), ("?error=access_denied", .noPermission),
        ("?state=STATE&error=invalid_scope", .configuration), ("?state=STATE&error=invalid_request", .configuration),
        ("?state=STATE&error=unauthorized_client", .configuration),
        ("?state=STATE&error=temporarily_unavailable", .unavailable), ("?state=STATE&error=server_error", .unavailable),
        ("?state=STATE&code=c%0Ad", .noPermission),
    ]

    @Test(arguments: callbacks) func aCallbackThatIsNoneIsRefused(query: String, status: System.ExitStatus) throws {
        let (pending, state) = try begin(issuer: "https://accounts.google.com")
        let callback =
            AuthorizationTests.redirect
            + query.split(separator: "STATE", omittingEmptySubsequences: false)
            .joined(separator: state)
        let failure = #expect(throws: Failure.self) { try pending.code(from: callback, at: ManualTime.start) }
        #expect(failure?.status == status)
        #expect(failure?.description.contains("hunter2") == false && failure?.description.contains(state) == false)
    }

    @Test func onlyTheAddressThatWasSentCounts() throws {
        let (pending, state) = try begin()
        for place in ["http://127.0.0.1:4322/callback", "https://127.0.0.1:4321/callback", "http://evil.test/callback"]
        {
            #expect(throws: Failure.self) {
                try pending.code(from: place + "?state=\(state)&code=c", at: ManualTime.start)
            }
        }
    }

    @Test func anIssuerThatIsPromisedMustCome() throws {
        let (pending, state) = try begin(issuer: "https://accounts.google.com", promises: true)
        #expect(throws: Failure.self) {
            try pending.code(from: "\(AuthorizationTests.redirect)?state=\(state)&code=c", at: ManualTime.start)
        }
    }

    @Test func anIssuerThatNobodyKnowsMustBeOfTheHostThatWasAsked() throws {
        let (pending, state) = try begin()
        let back = "\(AuthorizationTests.redirect)?state=\(state)&code=c&iss="
        #expect(throws: Failure.self) { try pending.code(from: back + "https://evil.test", at: ManualTime.start) }
        #expect(try pending.code(from: back + "https://accounts.google.com/x", at: ManualTime.start).reveal() == "c")
    }

    @Test func aLoginEndsAfterTenMinutes() throws {
        let (pending, state) = try begin()
        let back = "\(AuthorizationTests.redirect)?state=\(state)&code=c"
        #expect(try pending.code(from: back, at: ManualTime.start + .seconds(600)).reveal() == "c")
        #expect(throws: Failure.self) { try pending.code(from: back, at: ManualTime.start + .seconds(601)) }
    }

    @Test func aLoginIsAnsweredOnce() throws {
        var all = PendingAuthorizations()
        let logins = try (0..<3).map { _ in try begin() }
        for (pending, _) in logins { all.add(pending) }
        let back = "\(AuthorizationTests.redirect)?state=\(logins[1].1)&code=c"
        #expect(all.take("\(AuthorizationTests.redirect)?state=x&code=c", at: ManualTime.start) == nil)
        #expect(all.take(back, at: ManualTime.start) == logins[1].0)
        #expect(all.take(back, at: ManualTime.start) == nil)
        #expect(
            all.take("\(AuthorizationTests.redirect)?state=\(logins[0].1)", at: ManualTime.start + .seconds(601)) == nil
        )
    }

    @Test func slackComesBackByHTTPSAlone() throws {
        let slack = try #require(Provider.named("slack"))
        #expect(throws: Failure.self) {
            try PendingAuthorization.begin(
                slack, at: slack.endpoints(), clientID: "i", scopes: [], redirect: AuthorizationTests.redirect,
                now: ManualTime.start)
        }
    }

    /// Whatever comes back, it is read or refused; it never traps, and what is refused is not shown.
    @Test func anyCallbackIsReadOrRefused() throws {
        let (pending, state) = try begin()
        var random = SeededRandom(seed: 7)
        let pieces = [
            "state=", state, "&", "code=", "s3cret0", "error=", "iss=", "%", "%2", "?", "#", "=", "\u{0}", "é",
            "access_denied",
            AuthorizationTests.redirect, "http://", "//", "[::1]", ":", "4321", "/callback", "&&", "+", "\n", "@",
        ]
        var read = 0
        for _ in 0..<5000 {
            var callback = Bool.random(using: &random) ? AuthorizationTests.redirect + "?state=\(state)&" : ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                callback += pieces.randomElement(using: &random) ?? ""
            }
            do {
                _ = try pending.code(from: callback, at: ManualTime.start)
                read += 1
            } catch let failure as Failure {
                #expect(!failure.description.contains("s3cret0") && !failure.description.contains(state))
            }
        }
        #expect(read > 10)
    }
}
