import HTTP
import Scripts
import Synchronization
import System
import Testing

@Suite struct ClientTests {
    @Test func anHourOfPausesTakesNoTime() async throws {
        let time = ManualTime()
        let script = Script(time, [.answer(429, ["Retry-After": "3600"], "slowly, "), .answer(200, [:], "done")])
        let client = Client(
            transport: script, retry: RetryPolicy(total: .seconds(7200)), time: time, random: SeededRandom(seed: 1))
        _ = try await client.send(get())
        #expect(time.elapsed == .seconds(3600))
        let statistics = client.statistics
        #expect(statistics.calls == 2 && statistics.retries == 1 && statistics.waited == .seconds(3600))
        #expect(statistics.bytes == "slowly, done".utf8.count)
    }

    @Test func backoffIsAnythingUpToABoundThatDoubles() {
        let policy = RetryPolicy()
        var random = SeededRandom(seed: 7)
        for attempt in 1...40 {
            let bound = Duration.seconds(min(64, 1 << min(attempt - 1, 10)))
            let drawn = (0..<200).map { _ in policy.backoff(after: attempt, using: &random) }
            #expect(drawn.allSatisfy { $0 >= .zero && $0 <= bound })
            #expect(drawn.contains { $0 < bound / 4 } && drawn.contains { $0 > bound * 3 / 4 })
        }
    }

    @Test func pausesAreTheSameForTheSameSeed() async {
        func pauses(_ seed: UInt64) async -> [Duration] {
            let time = ManualTime()
            let client = Client(
                transport: Script(time, [.answer(500)]), time: time, random: SeededRandom(seed: seed))
            _ = try? await client.send(get())
            return time.sleeps
        }
        let one = await pauses(1)
        #expect(one.count == 7)
        #expect(await pauses(1) == one)
        #expect(await pauses(2) != one)
    }

    @Test func theTimeInAllHasABound() async {
        let time = ManualTime()
        let script = Script(time) { _, _ in
            time.advance(.seconds(250))
            return .fail(.timedOut)
        }
        let client = Client(transport: script, time: time, random: SeededRandom(seed: 1))
        #expect(await end(of: get(), client) == .failed("connection_lost", .item))
        #expect(script.requests.count == 3)
    }

    @Test func noMoreThanTheBoundAreUnderWay() async throws {
        let time = ManualTime()
        let underWay = Mutex((now: 0, most: 0))
        let script = Script(time) { _, _ in
            underWay.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<20 { await Task.yield() }
            underWay.withLock { $0.now -= 1 }
            return .answer(200)
        }
        let client = Client(transport: script, maxInFlight: 3, time: time)
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 { group.addTask { _ = try await client.send(get()) } }
            try await group.waitForAll()
        }
        #expect(underWay.withLock { $0.most } == 3)
        #expect(client.statistics.calls == 200)
    }

    @Test func whoWaitsIsServedInOrderAndWhoIsCancelledLeaves() async throws {
        let time = ManualTime()
        let gate = Gate()
        let script = Script(time) { request, _ in
            if request.url.path == "/0" { await gate.wait() }
            return .answer(200)
        }
        let client = Client(transport: script, pacer: Unpaced(), maxInFlight: 1, time: time)
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<10 {
            tasks.append(Task { _ = try await client.send(get("https://api.test/\(number)")) })
            // Each is in the queue before the next one comes.
            for _ in 0..<50 { await Task.yield() }
            while number == 0 && script.requests.isEmpty { await Task.yield() }
        }
        tasks[4].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[4].value }
        gate.open()
        for (number, task) in tasks.enumerated() where number != 4 { try await task.value }
        #expect(script.requests.map(\.url.path) == [0, 1, 2, 3, 5, 6, 7, 8, 9].map { "/\($0)" })
        // The slot is free again.
        _ = try await client.send(get())
    }

    @Test func cancellationEndsAPause() async {
        struct Eternity: TimeSource {
            let began: Gate
            func now() -> Timestamp { ManualTime.start }
            func sleep(for duration: Duration) async throws {
                began.open()
                while true {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
        let began = Gate()
        let client = Client(transport: Script(ManualTime(), [.answer(503)]), time: Eternity(began: began))
        let task = Task { try await client.send(get()) }
        await began.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(.timeLimit(.minutes(1))) func aPausedBucketKeepsNoOtherFromGoing() async throws {
        /// A clock whose pauses last until the test ends them.
        struct Held: TimeSource {
            let began = Gate()
            let end = Gate()
            let time = ManualTime()
            func now() -> Timestamp { time.now() }
            func sleep(for duration: Duration) async throws {
                began.open()
                await end.wait()
                time.advance(duration)
            }
        }
        let time = Held()
        let pacer = OnePaused(bucket: "slow")
        let script = Script(time.time, [.answer(200)])
        let client = Client(transport: script, pacer: pacer, maxInFlight: 1, time: time)
        let slow = Task { await end(of: get(bucket: "slow"), client) }
        await time.began.wait()
        #expect(await end(of: get(bucket: "fast"), client) == .answer(200))
        time.end.open()
        // It was asked to wait again and again, until its time was over.
        #expect(await slow.value == .failed("rate_limited", .item))
        #expect(script.requests.count == 1)
    }

    @Test func thePacerLearnsOnceOfEachCallThatItLetGo() async throws {
        let time = ManualTime()
        let steps: [Step] = [
            .answer(503), .fail(.lost("reset")), .answer(302, ["Location": "/next"]),
            .answer(302, ["Location": "/next"]),
            .answer(302, ["Location": "http://evil.test/"]), .answer(404), .fail(.refused("no")), .cancel, .answer(200),
        ]
        let pacer = Counting()
        let script = Script(time, steps)
        let credentials = FixedToken(allowed: ["api.test"])
        let client = Client(transport: script, authoriser: credentials, pacer: pacer, time: time)
        for _ in 0..<5 { _ = await end(of: get(), client) }
        _ = await end(of: get("https://evil.test/"), client)
        #expect(script.requests.count == steps.count)
        let counts = pacer.counts.withLock { $0 }
        #expect(counts.admitted == counts.learned)
        #expect(counts.admitted == 8)
    }

    @Test func viaChangesWhereToAndNothingElse() async throws {
        let time = ManualTime()
        let script = Script(time, [.answer(200)])
        let via = try Via(url("http://127.0.0.1:8080/gate/"), script)
        let credentials = FixedToken(allowed: ["api.test"])
        let client = Client(transport: via, authoriser: credentials, time: time)
        _ = try await client.send(get("https://api.test/a%2Fb?c=%20d"))
        _ = try await client.send(get("https://api.test:8443/"))
        #expect(
            script.requests.map(\.url.description) == [
                "http://127.0.0.1:8080/gate/api.test/a%2Fb?c=%20d", "http://127.0.0.1:8080/gate/api.test:8443/",
            ])
        #expect(script.requests.allSatisfy { $0.headers["authorization"] == "Bearer t" })
        #expect(await end(of: get("https://evil.test/"), client) == .failed("host_not_allowed", .item))
        #expect(await end(of: get("https://127.0.0.1/"), client) == .failed("host_not_allowed", .item))
        let climbing = url("https://api.test/").appending("..", "evil.test")
        #expect(await end(of: Request.get(climbing), client) == .failed("refused", .item))
    }

    @Test(arguments: ["http://gateway.test/", "http://10.0.0.1/", "https://gateway.test/?x=1"])
    func viaIsSafe(_ base: String) {
        #expect(throws: Failure.self) { try Via(url(base), Script(ManualTime(), [.answer(200)])) }
    }
}

/// Lets every bucket go but one.
private struct OnePaused: Pacer {
    let bucket: String
    func admit(_ request: Request) -> Duration { request.bucket == bucket ? .seconds(60) : .zero }
    func learn(from response: Response?, of request: Request) {}
}

private final class Counting: Pacer {
    let counts = Mutex((admitted: 0, learned: 0))
    func admit(_ request: Request) -> Duration {
        counts.withLock { $0.admitted += 1 }
        return .zero
    }
    func learn(from response: Response?, of request: Request) { counts.withLock { $0.learned += 1 } }
}

/// The token `t`, for some hosts.
private struct FixedToken: Authoriser {
    let allowed: Set<String>
    func allows(_ url: URL) -> Bool { AllowedHosts(allowed).contains(url) }
    func authorise(_ request: inout Request) throws {
        guard allows(request.url) else { throw CallFailure(reason: "host_not_allowed", message: request.summary) }
        request.headers["Authorization"] = "Bearer t"
    }
    func renew(after response: Response, of request: Request) -> Bool { false }
}
