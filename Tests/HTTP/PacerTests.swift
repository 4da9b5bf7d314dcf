import HTTP
import Pacing
import Scripts
import Synchronization
import System
import Testing

@Suite struct PacerTests {
    let time = ManualTime()

    func answer(_ status: Int = 200, _ headers: Headers = [:]) -> Response {
        Response(status: status, headers: headers, body: .init(""), date: time.now())
    }

    @Test func retryAfterStopsItsBucketAndNoOther() async {
        let pacer = Caller(time: time)
        #expect(pacer.wait(get(bucket: "a")) == .zero)
        pacer.told(answer(429, ["Retry-After": "30"]), get(bucket: "a"))
        #expect(pacer.wait(get(bucket: "a")) == .seconds(30))
        #expect(pacer.wait(get(bucket: "b")) == .zero)
        time.advance(.seconds(30))
        #expect(pacer.wait(get(bucket: "a")) == .zero)
    }

    @Test func aShorterPauseDoesNotShortenALongerOne() async {
        let pacer = Caller(time: time)
        pacer.told(answer(429, ["Retry-After": "30"]), get())
        pacer.told(answer(429, ["Retry-After": "5"]), get())
        #expect(pacer.wait(get()) == .seconds(30))
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
        let pacer = Caller(time: time)
        #expect(pacer.wait(get()) == .zero)
        pacer.told(answer(200, headers), get())
        #expect(pacer.wait(get()) == wait)
    }

    @Test func itSlowsDownBeforeZero() async throws {
        // A service that counts 100 calls a minute, and refuses the next.
        struct Window { var used = 0, refused = 0 }
        let time = self.time
        let pacer = Caller(time: time)
        var window = Window()
        let ends = time.now() + .seconds(60)
        var moments: [Duration] = []
        while true {
            let wait = pacer.wait(get())
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
            pacer.told(answer(200, headers), get())
        }
        #expect(window.refused == 0)
        #expect(window.used >= 95)
        // The first eighty go at once; the rest are spread over the minute.
        #expect(moments.filter { $0 == .zero }.count >= 80)
        #expect(moments.last.map { $0 > .seconds(45) } == true)
    }

    @Test func callsUnderWayAreCounted() async {
        let pacer = Caller(time: time)
        pacer.told(answer(200, ["RateLimit-Remaining": "3", "RateLimit-Reset": "60"]), get())
        var admitted = 0
        for _ in 0..<10 {
            let wait = pacer.wait(get())
            if wait == .zero { admitted += 1 } else { time.advance(min(wait, .seconds(5))) }
        }
        #expect(admitted <= 3)
        #expect(admitted >= 1)
    }

    @Test func aCallThatCostsMoreThanIsLeftWaitsForTheNextWindow() async {
        let pacer = Caller(time: time)
        var dear = get()
        dear.cost = 50
        pacer.told(answer(200, ["RateLimit-Remaining": "30", "RateLimit-Reset": "60"]), get())
        #expect(pacer.wait(dear) == .seconds(60))
        #expect(pacer.wait(get()) == .zero)
    }
}

/// A pacer whose calls are answered in the order in which they were let go.
private final class Caller: Sendable {
    private let pacer: BucketPacer
    private let tickets = Mutex<[Ticket]>([])
    init(time: any TimeSource) { pacer = BucketPacer(time: time) }

    /// How long a call must wait; zero where it was let go.
    func wait(_ request: Request) -> Duration {
        switch pacer.admit(request) {
        case .wait(let wait): return wait
        case .go(let ticket):
            tickets.withLock { $0.append(ticket) }
            return .zero
        }
    }
    func told(_ response: Response, _ request: Request) {
        let ticket = tickets.withLock { $0.isEmpty ? Ticket() : $0.removeFirst() }
        pacer.learn(from: response, isRefusal: response.status == 429, of: request, ticket)
    }
}
