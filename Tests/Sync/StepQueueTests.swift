import Synchronization
import Testing

@testable import Sync

/// A value that tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    func withLock<R: Sendable>(_ body: @Sendable (inout Value) -> R) -> R { state.withLock { body(&$0) } }
}

@Suite struct StepQueueTests {
    @Test func stepsComeInTheirOrderAndTheQueueEnds() async throws {
        let queue = StepQueue<Int>()
        for step in 1...3 { queue.add(step) }
        queue.finish()
        var got: [Int] = []
        try await queue.forEach { got.append($0) }
        #expect(got == [1, 2, 3])
    }

    @Test func whoWaitsGoesOnWhenItsStepWasWritten() async throws {
        let queue = StepQueue<Int>()
        let written = Shared<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for step in 1...50 {
                    try await queue.addAndWait(step)
                    #expect(written.withLock { $0.last } == step)
                }
                queue.finish()
            }
            try await queue.forEach { step in written.withLock { $0.append(step) } }
            try await group.waitForAll()
        }
        #expect(written.withLock { $0 } == Array(1...50))
    }

    struct Full: Error {}

    /// The writer fails in the middle of a batch: the reader must not wait for ever, nor take its step for written.
    @Test func aWriterThatFailsLetsItsReaderGo() async throws {
        let queue = StepQueue<Int>()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    queue.add(1)
                    try await queue.addAndWait(2)
                    try await queue.addAndWait(3)
                    return false
                } catch { return error is CancellationError }
            }
            await #expect(throws: Full.self) {
                try await queue.forEach { if $0 == 2 { throw Full() } }
            }
            for await wasCancelled in group { #expect(wasCancelled) }
        }
    }

    @Test func aCancelledQueueTakesNothingMore() async throws {
        let dropped = Shared<[Int]>([])
        let queue = StepQueue<Int> { step in dropped.withLock { $0.append(step) } }
        queue.add(1)
        queue.cancel()
        queue.add(2)
        await #expect(throws: CancellationError.self) { try await queue.addAndWait(3) }
        queue.finish()
        try await queue.forEach { Issue.record("step \($0) was given out") }
        #expect(dropped.withLock { $0 } == [1, 2, 3])
    }
}

@Suite struct ByteWindowTests {
    /// Items of ten times the window, one under way at a time: each comes in its turn, and what waits is never more than the
    /// limit, the item under way, and the one whose turn it is.
    @Test func aTinyWindowNeverHoldsUpWhoseTurnItIs() async throws {
        let window = ByteWindow(limit: 10, atOnce: 1)
        let held = Shared((now: 0, most: 0))
        let tickets = (0..<200).map { _ in window.ticket() }
        let tasks = tickets.map { ticket in
            Task {
                await window.enter(ticket)
                window.fill(100)
                held.withLock { h in
                    h.now += 100
                    h.most = max(h.most, h.now)
                }
            }
        }
        for (ticket, task) in zip(tickets, tasks) {
            window.hurry(ticket)
            await task.value
            held.withLock { $0.now -= 100 }
            window.leave(ticket, 100)
        }
        #expect(held.withLock { $0.now } == 0)
        #expect(held.withLock { $0.most } <= 10 + 100 + 100)
    }

    @Test func whoIsNextGoesInThoughTheWindowIsFull() async {
        let window = ByteWindow(limit: 1)
        let first = window.ticket()
        let second = window.ticket()
        await window.enter(second)
        window.fill(5)
        window.hurry(first)
        await window.enter(first)
        window.fill(5)
        window.leave(first, 5)
        window.hurry(second)
        window.leave(second, 5)
        let third = window.ticket()
        await window.enter(third)
    }
}
