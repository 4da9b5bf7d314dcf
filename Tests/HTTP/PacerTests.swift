import HTTP
import Scripts
import System
import Testing

@Suite struct PacerTests {
    let time = ManualTime()

    func answer(_ status: Int = 200, _ headers: Headers = [:]) -> Response {
        Response(status: status, headers: headers, body: .init(""), date: time.now())
    }

    @Test func retryAfterStopsItsBucketAndNoOther() async {
        let pacer = BucketPacer(time: time)
        #expect(await pacer.admit(get(bucket: "a")) == .zero)
        await pacer.learn(from: answer(429, ["Retry-After": "30"]), of: get(bucket: "a"))
        #expect(await pacer.admit(get(bucket: "a")) == .seconds(30))
        #expect(await pacer.admit(get(bucket: "b")) == .zero)
        time.advance(.seconds(30))
        #expect(await pacer.admit(get(bucket: "a")) == .zero)
    }

    @Test func aShorterPauseDoesNotShortenALongerOne() async {
        let pacer = BucketPacer(time: time)
        await pacer.learn(from: answer(429, ["Retry-After": "30"]), of: get())
        await pacer.learn(from: answer(429, ["Retry-After": "5"]), of: get())
        #expect(await pacer.admit(get()) == .seconds(30))
    }

    /// What is told, and how long the second of two calls must wait. The answer's date is 1,800,000,000.
    static let windows: [(Headers, Duration)] = [
        (["RateLimit-Remaining": "0", "RateLimit-Reset": "20"], .seconds(20)),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"], .seconds(20)),
        (["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000045"], .seconds(45)),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000045000"], .seconds(45)),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2027-01-15T08:00:10Z"], .seconds(10)),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1799999999"], .zero),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"], .zero),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-5"], .zero),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999999999"], .zero),
        (["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800999999"], .zero),
        (["X-RateLimit-Remaining": "0"], .zero),
        (["X-RateLimit-Reset": "20"], .zero),
        (["RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "20"], .zero),
    ]

    @Test(arguments: windows) func aWindowThatIsUsedUpStopsItsBucket(headers: Headers, wait: Duration) async {
        let pacer = BucketPacer(time: time)
        #expect(await pacer.admit(get()) == .zero)
        await pacer.learn(from: answer(200, headers), of: get())
        #expect(await pacer.admit(get()) == wait)
    }

    @Test func itSlowsDownBeforeZero() async throws {
        // A service that counts 100 calls a minute, and refuses the next.
        struct Window { var used = 0, refused = 0 }
        let time = self.time
        let pacer = BucketPacer(time: time)
        var window = Window()
        let ends = time.now() + .seconds(60)
        var moments: [Duration] = []
        while true {
            let wait = await pacer.admit(get())
            if wait > .zero { try await time.sleep(for: wait) }
            if time.now() >= ends { break }
            if wait > .zero { continue }
            window.used += 1
            if window.used > 100 { window.refused += 1 }
            moments.append(time.elapsed)
            let headers: Headers = [
                "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "\(max(0, 100 - window.used))",
                "X-RateLimit-Reset": "\((ends).seconds)",
            ]
            await pacer.learn(from: answer(200, headers), of: get())
        }
        #expect(window.refused == 0)
        #expect(window.used >= 95)
        // The first eighty go at once; the rest are spread over the minute.
        #expect(moments.filter { $0 == .zero }.count >= 80)
        #expect(moments.last.map { $0 > .seconds(45) } == true)
    }

    @Test func callsUnderWayAreCounted() async {
        let pacer = BucketPacer(time: time)
        await pacer.learn(from: answer(200, ["RateLimit-Remaining": "3", "RateLimit-Reset": "60"]), of: get())
        var admitted = 0
        for _ in 0..<10 {
            let wait = await pacer.admit(get())
            if wait == .zero { admitted += 1 } else { time.advance(min(wait, .seconds(5))) }
        }
        #expect(admitted <= 3)
        #expect(admitted >= 1)
    }

    @Test func aCallThatCostsMoreThanIsLeftWaitsForTheNextWindow() async {
        let pacer = BucketPacer(time: time)
        var dear = get()
        dear.cost = 50
        await pacer.learn(from: answer(200, ["RateLimit-Remaining": "30", "RateLimit-Reset": "60"]), of: get())
        #expect(await pacer.admit(dear) == .seconds(60))
        #expect(await pacer.admit(get()) == .zero)
    }
}
