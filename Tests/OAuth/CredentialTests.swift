import HTTP
import OAuth
import Scripts
import Synchronization
import System
import Testing

/// A service whose access tokens are `t0`, `t1`, …: each renewal makes the one before worthless.
private final class Provider: Sendable {
    struct State {
        var generation = 0
        var renewals = 0
        var renewalAnswers: [Step] = []
        var rotates = true
    }
    let state = Mutex(State())
    let time = ManualTime()
    let store = MemoryStore()
    var stored: [Credentials] { store.saved }

    var credentials: Credentials {
        Credentials(
            accessToken: Secret("t0"), refreshToken: Secret("r0"), obtainedAt: time.now(),
            expiresAt: time.now() + .seconds(3600), clientID: "id", clientSecret: Secret("s&="),
            tokenURL: url("https://login.test/token"))
    }

    func script() -> Script {
        Script(time) { request, _ in
            // Others get to run while the answer is on its way.
            for _ in 0..<10 { await Task.yield() }
            return self.state.withLock { state in
                if request.url.host == "login.test" {
                    state.renewals += 1
                    if !state.renewalAnswers.isEmpty { return state.renewalAnswers.removeFirst() }
                    state.generation += 1
                    let rotated = state.rotates ? #","refresh_token":"r\#(state.generation)""# : ""
                    return .answer(
                        200, [:], #"{"access_token":"t\#(state.generation)","expires_in":"3600"\#(rotated)}"#)
                }
                return request.headers["Authorization"] == "Bearer t\(state.generation)" ? .answer(200) : .answer(401)
            }
        }
    }

    func bearer(_ script: Script, _ credentials: Credentials? = nil) -> BearerCredentials {
        let credentials = credentials ?? self.credentials
        store.put(credentials)
        return BearerCredentials(
            credentials, store: store, allowedHosts: ["api.test", "*.cdn.test"], transport: script, time: time,
            random: SeededRandom(seed: 1))
    }
}

@Suite struct CredentialTests {
    @Test func theTokenIsSent() async throws {
        let provider = Provider()
        let script = provider.script()
        let client = Client(transport: script, authoriser: provider.bearer(script), time: provider.time)
        #expect(try await client.send(get()).status == 200)
        #expect(script.requests.count == 1)
    }

    @Test(arguments: [
        (3600, 3000, 0), (3600, 3239, 0), (3600, 3240, 1), (300, 239, 0), (300, 240, 1), (60, 29, 0), (60, 30, 1),
    ])
    func itIsRenewedBeforeItEnds(life: Int, age: Int, renewals: Int) async throws {
        let provider = Provider()
        let script = provider.script()
        var credentials = provider.credentials
        credentials.expiresAt = provider.time.now() + .seconds(life)
        let client = Client(transport: script, authoriser: provider.bearer(script, credentials), time: provider.time)
        provider.time.advance(.seconds(age))
        #expect(try await client.send(get()).status == 200)
        #expect(provider.state.withLock { $0.renewals } == renewals)
        // The end of the new one is known: it is not renewed again.
        #expect(try await client.send(get()).status == 200)
        #expect(provider.state.withLock { $0.renewals } == renewals)
    }

    @Test func manyRefusedCallsRenewItOnce() async throws {
        let provider = Provider()
        let script = provider.script()
        let client = Client(transport: script, authoriser: provider.bearer(script), time: provider.time)
        provider.state.withLock { $0.generation = 7 }
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await client.send(get()).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(provider.state.withLock { $0.renewals } == 1)
        let form = try #require(script.requests.first { $0.url.host == "login.test" })
        #expect(form.method == "POST" && form.headers["authorization"] == nil)
        #expect(
            String(decoding: form.body ?? [], as: UTF8.self)
                == "grant_type=refresh_token&refresh_token=r0&client_id=id&client_secret=s%26%3D")
    }

    @Test func theRotatedRefreshTokenIsStoredBeforeTheNewTokenIsUsed() async throws {
        let provider = Provider()
        let used = Mutex<[String]>([])
        let script = provider.script()
        let watched = Script(provider.time) { request, _ in
            let response = try await script.send(request)
            used.withLock {
                $0.append("\(request.headers["authorization"] ?? "form") \(provider.stored.count)")
            }
            return .answer(response.status, response.headers, response.body.text)
        }
        let client = Client(transport: watched, authoriser: provider.bearer(watched), time: provider.time)
        for generation in 1...2 {
            provider.state.withLock { $0.generation = generation * 10 }
            _ = try await client.send(get())
        }
        #expect(
            used.withLock { $0 } == ["Bearer t0 0", "form 0", "Bearer t11 1", "Bearer t11 1", "form 1", "Bearer t21 2"])
        #expect(provider.stored.map { $0.refreshToken?.reveal() } == ["r11", "r21"])
        let forms = script.requests.filter { $0.url.host == "login.test" }.map {
            String(decoding: $0.body ?? [], as: UTF8.self)
        }
        #expect(forms[1].contains("refresh_token=r11"))
    }

    @Test func aStoreThatFailsKeepsTheNewTokenFromUse() async throws {
        let provider = Provider()
        let script = provider.script()
        let bearer = provider.bearer(script)
        provider.store.isFull = true
        let client = Client(transport: script, authoriser: bearer, time: provider.time)
        provider.time.advance(.seconds(3599))
        #expect(await end(of: get(), client) == .stopped(.ioError))
        #expect(await end(of: get(), client) == .stopped(.ioError))
        provider.store.isFull = false
        #expect(await end(of: get(), client) == .answer(200))
        // The new one was asked for once, and not lost.
        #expect(provider.state.withLock { $0.renewals } == 1)
        #expect(provider.stored.count == 1)
    }

    @Test func aRotatedTokenWithNoPlaceToKeepItIsRefused() async throws {
        for (rotates, expected) in [(true, End.stopped(.noPermission)), (false, .answer(200))] {
            let provider = Provider()
            provider.state.withLock { $0.rotates = rotates }
            let script = provider.script()
            let bearer = BearerCredentials(
                provider.credentials, allowedHosts: ["api.test"], transport: script, time: provider.time)
            provider.time.advance(.seconds(3599))
            #expect(
                await end(of: get(), Client(transport: script, authoriser: bearer, time: provider.time)) == expected)
        }
    }

    static let refusals: [(Step, End, Int)] = [
        (.answer(400, [:], #"{"error":"invalid_grant"}"#), .stopped(.noPermission), 1),
        (.answer(200, [:], #"{"error":"bad_refresh_token"}"#), .stopped(.noPermission), 1),
        (.answer(200, [:], #"{"ok":false,"error":"invalid_refresh_token"}"#), .stopped(.noPermission), 1),
        (.answer(401, [:], #"{"error":"invalid_client"}"#), .stopped(.configuration), 1),
        (.answer(400, [:], #"{"error":"unauthorized_client"}"#), .stopped(.configuration), 1),
        (.answer(200, [:], "{}"), .stopped(.unavailable), 1),
        (.answer(200, [:], "<html>"), .stopped(.unavailable), 1),
        (.answer(403, [:], "<html>"), .stopped(.unavailable), 1),
        (.answer(404), .stopped(.configuration), 1),
        (.answer(429), .stopped(.unavailable), 4),
        (.answer(503), .stopped(.unavailable), 4),
        (.answer(400, [:], #"{"error":"temporarily_unavailable"}"#), .stopped(.unavailable), 4),
        (.fail(.unreachable("no route")), .stopped(.unavailable), 4),
        // Each is sent once more at once.
        (.fail(.lost("reset")), .stopped(.unavailable), 8),
        (.fail(.refused("certificate")), .stopped(.unavailable), 1),
    ]

    @Test(arguments: refusals) func aRenewalThatFails(answer: Step, expected: End, asked: Int) async {
        let provider = Provider()
        let script = provider.script()
        provider.state.withLock {
            $0.generation = 9
            $0.renewalAnswers = Array(repeating: answer, count: 20)
        }
        let client = Client(transport: script, authoriser: provider.bearer(script), time: provider.time)
        #expect(await end(of: get(), client) == expected)
        #expect(provider.state.withLock { $0.renewals } == asked)
        guard expected != .stopped(.unavailable) else { return }
        // It stays refused: nobody asks again.
        #expect(await end(of: get(), client) == expected)
        #expect(provider.state.withLock { $0.renewals } == asked)
    }

    @Test func aProviderThatIsDownDoesNoHarmWhileTheOldTokenLasts() async {
        let provider = Provider()
        let script = provider.script()
        provider.state.withLock { $0.renewalAnswers = Array(repeating: .answer(503), count: 4) }
        let client = Client(transport: script, authoriser: provider.bearer(script), time: provider.time)
        provider.time.advance(.seconds(3300))
        #expect(await end(of: get(), client) == .answer(200))
        #expect(await end(of: get(), client) == .answer(200))
        #expect(script.requests.last?.headers["authorization"] == "Bearer t1")
    }

    @Test func aTokenThatIsRefusedTwiceEndsTheRun() async {
        let time = ManualTime()
        let script = Script(time) { request, _ in
            request.url.host == "login.test" ? .answer(200, [:], #"{"access_token":"new"}"#) : .answer(401)
        }
        let provider = Provider()
        let bearer = BearerCredentials(provider.credentials, allowedHosts: ["api.test"], transport: script, time: time)
        #expect(
            await end(of: get(), Client(transport: script, authoriser: bearer, time: time))
                == .failed("unauthorised", .run))
        #expect(script.requests.map(\.url.host) == ["api.test", "login.test", "api.test"])
    }

    @Test func aTokenThatCannotBeRenewedEndsTheRun() async {
        let time = ManualTime()
        let script = Script(time, [.answer(401)])
        let bearer = BearerCredentials(
            Credentials(accessToken: Secret("t"), expiresAt: time.now() - .seconds(1)), allowedHosts: ["api.test"],
            transport: script, time: time)
        #expect(
            await end(of: get(), Client(transport: script, authoriser: bearer, time: time))
                == .failed("unauthorised", .run))
        #expect(script.requests.count == 1)
    }

    static let hosts: [(String, Bool)] = [
        ("https://api.test/", true), ("https://API.test:8443/", true), ("https://api.test.evil.test/", false),
        ("https://evilapi.test/", false), ("https://sub.api.test/", false), ("https://a.cdn.test/", true),
        ("https://a.b.cdn.test/", true), ("https://cdn.test/", false), ("https://evilcdn.test/", false),
        ("http://api.test/", false), ("https://api.test@evil.test/", false), ("https://127.0.0.1/", false),
    ]

    @Test(arguments: hosts) func theTokenGoesOnlyToAllowedHosts(address: String, allowed: Bool) async {
        let provider = Provider()
        let script = provider.script()
        let client = Client(transport: script, authoriser: provider.bearer(script), time: provider.time)
        guard let target = URL(address) else {
            #expect(!allowed)
            return
        }
        let result = await end(of: .get(target), client)
        #expect((result == .answer(200)) == allowed)
        #expect(script.requests.isEmpty != allowed)
    }

    static let redirects: [(String, String?)] = [
        ("https://api.test/next", "Bearer t"), ("https://x.cdn.test/next", "Bearer t"), ("https://evil.test/next", nil),
        ("//evil.test/next", nil), ("https://api.test.evil.test/", nil),
    ]

    @Test(arguments: redirects) func aRedirectCarriesTheTokenOnlyToAllowedHosts(location: String, token: String?)
        async throws
    {
        let time = ManualTime()
        let script = Script(time, [.answer(302, ["Location": location]), .answer(200)])
        let bearer = BearerCredentials(
            Credentials(accessToken: Secret("t")), allowedHosts: ["api.test", "*.cdn.test"], transport: script,
            time: time)
        _ = try await Client(transport: script, authoriser: bearer, time: time).send(get())
        #expect(script.requests.count == 2)
        #expect(script.requests[1].headers["authorization"] == token)

        // Behind the redirect too, a token that is refused is renewed.
        let refusing = Script(time) { request, index in
            switch (request.url.host, index) {
            case ("login.test", _): .answer(200, [:], #"{"access_token":"new"}"#)
            case ("api.test", 0), ("api.test", 3): .answer(302, ["Location": location])
            default: request.headers["authorization"] == "Bearer new" ? .answer(200) : .answer(401)
            }
        }
        let renewing = BearerCredentials(
            Credentials(accessToken: Secret("t"), refreshToken: Secret("r"), tokenURL: url("https://login.test/token")),
            allowedHosts: ["api.test", "*.cdn.test"], transport: refusing, time: time)
        let result = await end(of: get(), Client(transport: refusing, authoriser: renewing, time: time))
        #expect(result == (token == nil ? .failed("unauthorised", .item) : .answer(200)))

        // The same for what a connector put there itself.
        let other = Script(time, [.answer(302, ["Location": location]), .answer(200)])
        var request = get()
        request.headers = ["Authorization": "Basic x", "X-Api-Key": "x", "Accept": "text/plain"]
        _ = try await Client(transport: other, time: time).send(request)
        let kept = location == "https://api.test/next" ? ["Authorization", "X-Api-Key", "Accept"] : ["Accept"]
        #expect(other.requests[1].headers.fields.map(\.name) == kept)
    }

    @Test func aTokenWithALineBreakIsNotSent() async {
        let time = ManualTime()
        let script = Script(time, [.answer(200)])
        let bearer = BearerCredentials(
            Credentials(accessToken: Secret("t\r\nHost: evil")), allowedHosts: ["api.test"], transport: script,
            time: time)
        #expect(
            await end(of: get(), Client(transport: script, authoriser: bearer, time: time)) == .stopped(.configuration))
        #expect(script.requests.isEmpty)
    }
}
