import HTTP
import OAuth
import Scripts
import Synchronization
import System
import Testing

/// A clock that somebody sets while the program runs.
private final class SetTime: TimeSource {
    private let state: Mutex<(wall: Timestamp, uptime: Duration)>
    init(_ wall: Timestamp) { state = Mutex((wall, .seconds(5))) }
    func now() -> Timestamp { state.withLock { $0.wall } }
    func uptime() -> Duration { state.withLock { $0.uptime } }
    func pass(_ duration: Duration) {
        state.withLock { $0 = ($0.wall + duration, $0.uptime + duration) }
    }
    func set(_ duration: Duration) { state.withLock { $0.wall = $0.wall + duration } }
    func sleep(for duration: Duration) async throws {
        pass(duration)
        await Task.yield()
    }
}

/// A strict provider: each refresh token is good once, and a second use ends the whole family.
private final class StrictProvider: Sendable {
    private struct State {
        var generation = 0
        var isRevoked = false
        var renewals = 0
    }
    private let state = Mutex(State())
    let ahead: Duration
    let life: Int
    let time: any TimeSource

    init(_ time: any TimeSource, ahead: Duration = .zero, life: Int = 3600) {
        self.time = time
        self.ahead = ahead
        self.life = life
    }

    var renewals: Int { state.withLock { $0.renewals } }
    var isRevoked: Bool { state.withLock { $0.isRevoked } }

    var credentials: Credentials {
        Credentials(
            accessToken: Secret("t0"), refreshToken: Secret("r0"), obtainedAt: time.now(),
            expiresAt: time.now() + .seconds(life), clientID: "id", tokenURL: url("https://login.test/token"))
    }

    func script() -> Script {
        Script(ManualTime()) { request, _ in
            for _ in 0..<5 { await Task.yield() }
            let date: Headers = ["Date": (self.time.now() + self.ahead).httpDate]
            return self.state.withLock { state in
                guard request.url.host == "login.test" else {
                    let good = !state.isRevoked && request.headers["Authorization"] == "Bearer t\(state.generation)"
                    return .answer(good ? 200 : 401, date)
                }
                state.renewals += 1
                guard fields(of: request)["refresh_token"] == "r\(state.generation)", !state.isRevoked else {
                    state.isRevoked = true
                    return .answer(400, date, #"{"error":"invalid_grant"}"#)
                }
                state.generation += 1
                return .answer(
                    200, date,
                    #"{"access_token":"t\#(state.generation)","refresh_token":"r\#(state.generation)","#
                        + #""token_type":"BEARER","expires_in":\#(self.life)}"#)
            }
        }
    }

    /// The calls of one process.
    func process(_ script: Script, _ store: MemoryStore) -> Client {
        Client(
            transport: script,
            authoriser: BearerCredentials(
                store.load(), store: store, allowedHosts: ["api.test"], transport: script, time: time,
                random: SeededRandom(seed: 1)), time: time)
    }
}

@Suite struct RenewalTests {
    @Test(arguments: [2, 5]) func manyProcessesRenewOnce(count: Int) async throws {
        let time = SetTime(ManualTime.start)
        let provider = StrictProvider(time)
        let script = provider.script()
        let store = MemoryStore(provider.credentials)
        let processes = (0..<count).map { _ in provider.process(script, store) }
        for round in 1...3 {
            time.pass(.seconds(3300))
            try await withThrowingTaskGroup { group in
                for process in processes {
                    for _ in 0..<10 { group.addTask { try await process.send(get()).status } }
                }
                for try await status in group { #expect(status == 200) }
            }
            #expect(provider.renewals == round && !provider.isRevoked)
        }
        #expect(store.saved.map { $0.refreshToken?.reveal() } == ["r1", "r2", "r3"])
    }

    @Test func aTokenThatIsRefusedInTwoProcessesIsRenewedOnce() async throws {
        let time = SetTime(ManualTime.start)
        let provider = StrictProvider(time)
        let script = provider.script()
        let store = MemoryStore(provider.credentials)
        let (one, two) = (provider.process(script, store), provider.process(script, store))
        // A third one renewed and stored it, and neither knows.
        _ = try await provider.process(
            script, store
        ).send(get())
        time.pass(.seconds(3300))
        _ = try await provider.process(script, store).send(get())
        time.set(.seconds(-3300))
        #expect(try await one.send(get()).status == 200)
        #expect(try await two.send(get()).status == 200)
        #expect(provider.renewals == 1 && !provider.isRevoked)
    }

    /// Our clock is wrong, or is put right in mid-run; the token is renewed when it is due, and a dead one is not used.
    @Test(arguments: [-86_400, -3600, 0, 3600, 86_400], [-7200, 0, 7200]) func aWrongClockDoesNoHarm(
        off: Int, step: Int
    )
        async throws
    {
        let time = SetTime(ManualTime.start + .seconds(off))
        let provider = StrictProvider(time, ahead: .seconds(-off))
        let script = provider.script()
        let store = MemoryStore(provider.credentials)
        let client = provider.process(script, store)
        time.pass(.seconds(3300))
        #expect(try await client.send(get()).status == 200)
        time.set(.seconds(step))
        for _ in 0..<10 { _ = try await client.send(get()) }
        #expect(provider.renewals == 1)
        time.pass(.seconds(3200))
        _ = try await client.send(get())
        #expect(provider.renewals == 1)
        time.pass(.seconds(50))
        _ = try await client.send(get())
        #expect(provider.renewals == 2)
        // None was refused: each call was one request.
        #expect(script.requests.filter { $0.url.host == "api.test" }.count == 13)
    }

    @Test func aLostAnswerIsAskedForOnceMoreAtOnce() async throws {
        let time = ManualTime()
        let script = Script(time, [.fail(.lost("reset")), .answer(200, [:], #"{"access_token":"A"}"#)])
        let old = Credentials(
            accessToken: nil, refreshToken: Secret("r"), tokenURL: url("https://login.test/token"))
        #expect(try await endpoint(script, time).renew(old).accessToken?.reveal() == "A")
        #expect(script.requests.count == 2 && time.sleeps.isEmpty)
        #expect(text(of: script.requests[0]) == text(of: script.requests[1]))
    }

    @Test func aSpentRefreshTokenAfterALostAnswerIsAMatterForAPerson() async throws {
        let time = ManualTime()
        let script = Script(time, [.fail(.timedOut), .answer(400, [:], #"{"error":"invalid_grant"}"#)])
        let old = Credentials(
            accessToken: nil, refreshToken: Secret("r"), tokenURL: url("https://login.test/token"))
        #expect(await failure { try await endpoint(script, time).renew(old) }?.status == .noPermission)
    }

    @Test func aNewLoginIsTakenOverWhatCouldNotBeStored() async throws {
        let time = SetTime(ManualTime.start)
        let provider = StrictProvider(time)
        let script = provider.script()
        let store = MemoryStore(provider.credentials)
        let client = provider.process(script, store)
        time.pass(.seconds(3300))
        store.isFull = true
        #expect(await end(of: get(), client) == .stopped(.ioError))
        // Somebody signs in again meanwhile.
        time.pass(.seconds(10))
        var new = provider.credentials
        new.accessToken = Secret("t1")
        new.refreshToken = Secret("other")
        store.put(new)
        store.isFull = false
        #expect(await end(of: get(), client) == .answer(200))
        #expect(store.load().refreshToken?.reveal() == "other" && store.saved.isEmpty)
    }

    /// What was kept in the environment is older than what was renewed in memory.
    @Test func whereNothingIsKeptTheOldTokenDoesNotComeBack() async throws {
        let time = ManualTime()
        let generation = Mutex(3)
        let script = Script(time) { request, _ in
            generation.withLock { generation in
                guard request.url.host == "login.test" else {
                    return .answer(request.headers["Authorization"] == "Bearer t\(generation)" ? 200 : 401)
                }
                generation += 1
                return .answer(200, [:], #"{"access_token":"t\#(generation)"}"#)
            }
        }
        let old = Credentials(
            accessToken: Secret("t0"), refreshToken: Secret("r"), tokenURL: url("https://login.test/token"))
        let bearer = BearerCredentials(old, allowedHosts: ["api.test"], transport: script, time: time)
        let client = Client(transport: script, authoriser: bearer, time: time)
        #expect(try await client.send(get()).status == 200)
        generation.withLock { $0 += 1 }
        #expect(try await client.send(get()).status == 200)
        #expect(script.requests.filter { $0.url.host == "login.test" }.count == 2)
    }

    @Test func aBasicPasswordIsSentAndNeverRenewed() async throws {
        let time = ManualTime()
        let script = Script(time, [.answer(401)])
        var credentials = Credentials(accessToken: Secret("pass:wörd"))
        credentials.scheme = .basic(username: "ann@example.com")
        let bearer = BearerCredentials(credentials, allowedHosts: ["api.test"], transport: script, time: time)
        let client = Client(transport: script, authoriser: bearer, time: time)
        #expect(await end(of: get(), client) == .failed("unauthorised", .run))
        #expect(script.requests.count == 1)
        #expect(script.requests[0].headers["authorization"] == "Basic YW5uQGV4YW1wbGUuY29tOnBhc3M6d8O2cmQ=")
    }

    /// What a service may send as a token's answer, and worse.
    @Test func anyAnswerIsReadOrRefusedAndNothingOfItIsShown() async {
        var random = SeededRandom(seed: 11)
        let secret = "hunter-two-secret"
        let values = [
            #""\#(secret)""#, "null", "3600", #""3600""#, "-1", "1e400", "99999999999999999999", "[]", "{}", "true",
            #""Bearer""#, #""mac""#, #""invalid_grant""#, #"{"code":"\#(secret)"}"#, #"{"status":"\#(secret)"}"#,
            #""""#,
            #"[{"a":1}]"#, #""\ud800""#, #""a\nb""#, "0.5",
        ]
        let names = [
            "access_token", "refresh_token", "expires_in", "token_type", "error", "error_description", "ok", "scope",
            "scopes",
            "created_at", "expires_at", "authed_user", "status", "error_codes", "team", "refresh_token_expires_in",
            "token",
        ]
        let statuses = [200, 201, 204, 302, 400, 401, 403, 404]
        let dates = ["Sun, 06 Nov 1994 08:49:37 GMT", "x", "Sun, 06 Nov 9999 08:49:37 GMT"]
        var read = 0
        for round in 0..<2000 {
            let members =
                (round % 4 < 2 ? [#""access_token":"A""#] : [])
                + (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    #""\#(names.randomElement(using: &random) ?? "")":\#(values.randomElement(using: &random) ?? "")"#
                }
            var body = "{" + members.joined(separator: ",") + "}"
            if Int.random(in: 0..<20, using: &random) == 0 { body = String(body.dropLast(2)) }
            let time = ManualTime()
            let script = Script(
                time,
                [
                    .answer(
                        statuses.randomElement(using: &random) ?? 200,
                        ["Date": dates.randomElement(using: &random) ?? "", "Location": "https://evil.test/"], body)
                ])
            var old = Credentials(
                accessToken: nil, refreshToken: Secret(secret), clientID: "id",
                tokenURL: url("https://slack.com/api/oauth.v2.access"))
            old.provider = round % 2 == 0 ? "slack" : nil
            do {
                let new = try await endpoint(script, time).renew(old)
                #expect(new.accessToken?.reveal().isEmpty == false)
                read += 1
            } catch {
                #expect(error is Failure)
                #expect(!"\(error)".contains(secret), "\(body)")
            }
            #expect(script.requests.allSatisfy { $0.url.host == "slack.com" })
        }
        #expect((200..<1500).contains(read))
    }
}
