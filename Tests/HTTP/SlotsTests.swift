import Scripts
import System
import Testing

@testable import HTTP

@Suite struct SlotsTests {
    @Test func aRefusalHalvesThemOnceForAllThatWereUnderWay() async throws {
        let slots = Slots(8)
        var rounds: [Slots.Round] = []
        for _ in 0..<8 { rounds.append(try await slots.acquire()) }
        for round in rounds { slots.release(round, .refused) }
        #expect(slots.bound == 4)
        let later = try await slots.acquire()
        slots.release(later, .refused)
        #expect(slots.bound == 2)
    }

    @Test func theyGrowBackOneByOne() async throws {
        let slots = Slots(4)
        func call(_ outcome: Slots.Outcome) async throws { slots.release(try await slots.acquire(), outcome) }
        try await call(.refused)
        try await call(.refused)
        try await call(.refused)
        #expect(slots.bound == 1)
        try await call(.taken)
        #expect(slots.bound == 2)
        try await call(.unknown)
        try await call(.taken)
        #expect(slots.bound == 2)
        try await call(.taken)
        #expect(slots.bound == 3)
        for _ in 0..<20 { try await call(.taken) }
        #expect(slots.bound == 4)
    }

    @Test func refusalsAndBothKindsOfWaitingAreCountedApart() async throws {
        let time = ManualTime()
        let script = Script(
            time,
            [
                .answer(429, ["Retry-After": "5"]), .answer(503),
                .answer(200, ["RateLimit-Remaining": "0", "RateLimit-Reset": "20"]), .answer(200),
            ])
        let client = Client(
            transport: script, retry: RetryPolicy(base: .milliseconds(1)), time: time, random: SeededRandom(seed: 1))
        _ = try await client.send(get())
        let first = client.statistics
        #expect(first.refusals == 1 && first.retries == 2)
        #expect(first.waitedForRetry >= .seconds(5) && first.waitedForRetry < .seconds(6))
        #expect(first.waitedForPace < .seconds(2))
        _ = try await client.send(get())
        #expect(client.statistics.waitedForPace - first.waitedForPace >= .seconds(19))
        #expect(client.statistics.waitedForRetry == first.waitedForRetry)
    }
}
