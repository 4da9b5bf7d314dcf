import Processes
import Synchronization
import System
import Testing

@testable import Pacing

private let start = Timestamp(seconds: 1_800_000_000)
private let name = BucketName(source: "s", account: "a", host: "api.test", bucket: "user")

/// A bucket with a clock that goes when it is told to.
private struct Bench {
    var bucket = Bucket(name)
    var now = start
    var random = SeededRandom(seed: 1)
    var budget: Budget?
    var isGentle = false

    mutating func admit(cost: Int = 1, process: Int32 = 0) -> (ticket: Ticket?, wait: Duration) {
        bucket.admit(
            cost: cost, budget: budget, crew: Bucket.Crew(), isGentle: isGentle, process: process, at: now)
    }
    /// A call that is answered at once; how long it must wait where it is not let go.
    mutating func call(_ outcome: Outcome = Outcome(), cost: Int = 1) -> Duration {
        let (ticket, wait) = admit(cost: cost)
        if let ticket { bucket.learn(outcome, of: ticket, using: &random, at: now) }
        return wait
    }
    /// How many calls go in a while, as fast as they are let.
    mutating func count(for duration: Duration, _ outcome: Outcome = Outcome(), cost: Int = 1) -> Int {
        let end = now + duration
        var count = 0
        while now < end {
            let wait = call(outcome, cost: cost)
            if wait == .zero { count += 1 } else { now = now + wait }
            if count > 100_000 { break }
        }
        now = end
        return count
    }
    mutating func refusal(after pause: Duration? = nil, second: Int64? = nil) -> Outcome {
        Outcome(second: second, isRefusal: true, retryAfter: pause)
    }
}

@Suite struct BucketTests {
    @Test func nothingIsKnownAndNothingIsPaced() {
        var bench = Bench()
        for _ in 0..<1000 { #expect(bench.call() == .zero) }
    }

    @Test func aBudgetIsNeverPassedInAnyWindow() {
        var bench = Bench()
        bench.budget = Budget("user", 6000, per: .seconds(60), of: "units")
        // The first four fifths go at once.
        var first = 0
        while bench.call(cost: 100) == .zero { first += 1 }
        #expect((46...58).contains(first))
        var moments: [Timestamp] = []
        while bench.now - start < .seconds(300) {
            let wait = bench.call(cost: 100)
            if wait == .zero { moments.append(bench.now) } else { bench.now = bench.now + wait }
        }
        for (i, moment) in moments.enumerated() {
            #expect(moments[i...].prefix { $0 - moment < .seconds(60) }.count <= 60)
        }
        #expect(moments.count > 200)
    }

    @Test func aBucketWithoutABoundIsStoppedByWhatTheServiceSaysAlone() {
        var bench = Bench()
        bench.isGentle = true
        bench.budget = Budget("user", 0, per: .zero, of: "calls")
        for _ in 0..<100 { #expect(bench.call() == .zero) }
        _ = bench.call(bench.refusal(after: .seconds(1)))
        #expect(bench.call() == .seconds(1))
        bench.now = bench.now + .seconds(1)
        for _ in 0..<500 { #expect(bench.call() == .zero) }
    }

    @Test func aCallThatCostsMoreThanTheBudgetGoesWhenNothingElseDid() {
        var bench = Bench()
        bench.budget = Budget("user", 50, per: .seconds(60), of: "units")
        #expect(bench.call(cost: 100) == .zero)
        #expect(bench.call(cost: 100) > .seconds(50))
    }

    @Test func aRefusalStopsTheBucketAndTeachesACeiling() {
        var bench = Bench()
        for i in 0..<25 {
            _ = bench.call(Outcome(second: 1_800_000_000))
            if i % 5 == 4 { bench.now = bench.now + .milliseconds(40) }
        }
        _ = bench.call(bench.refusal(after: .seconds(2), second: 1_800_000_000))
        #expect(bench.call() == .seconds(2))
        #expect(bench.bucket.learned(at: bench.now)?.limit == 25)
        bench.now = bench.now + .seconds(2)
        let count = bench.count(for: .seconds(20))
        #expect((470...500).contains(count))
    }

    @Test func refusalsOfOneBurstAreOneRefusal() {
        var bench = Bench()
        for _ in 0..<20 { _ = bench.call(Outcome(second: 1_800_000_000)) }
        let tickets = (0..<8).compactMap { _ in bench.admit().ticket }
        for ticket in tickets {
            bench.now = bench.now + .milliseconds(3)
            let refusal = bench.refusal(after: .seconds(1), second: 1_800_000_000)
            bench.bucket.learn(refusal, of: ticket, using: &bench.random, at: bench.now)
        }
        #expect(bench.bucket.refusals == 8)
        #expect(bench.bucket.learned(at: bench.now)?.limit == 20)
    }

    @Test func anAnswerThatTheRefusalOvertookCountsToo() {
        var bench = Bench()
        for _ in 0..<10 { _ = bench.call(Outcome(second: 1_800_000_000)) }
        let late = bench.admit().ticket ?? Ticket()
        bench.now = bench.now + .milliseconds(1)
        _ = bench.call(bench.refusal(after: .seconds(1), second: 1_800_000_000))
        bench.bucket.learn(Outcome(second: 1_800_000_000), of: late, using: &bench.random, at: bench.now)
        #expect(bench.bucket.learned(at: bench.now)?.limit == 11)
    }

    @Test func withoutATimeThePauseIsDrawnAndDoubles() {
        var bench = Bench()
        var pauses: [Duration] = []
        for _ in 0..<8 {
            _ = bench.call(bench.refusal())
            let wait = bench.bucket.pausedUntil - bench.now
            pauses.append(wait)
            bench.now = bench.bucket.pausedUntil + .seconds(2)
        }
        for (i, pause) in pauses.enumerated() {
            let bound = Duration.seconds(1 << min(i, 6))
            #expect(pause <= bound && pause >= bound / 2)
        }
        // A success ends the row.
        bench.now = bench.now + .seconds(100)
        _ = bench.call(Outcome(second: bench.now.seconds))
        bench.now = bench.now + .seconds(100)
        _ = bench.call(bench.refusal())
        #expect(bench.bucket.pausedUntil - bench.now <= .seconds(1))
    }

    /// Whatever a process that died had under way is forgotten after a window's length.
    @Test func whatNeverCameBackIsForgotten() {
        var bench = Bench()
        let told = Outcome(
            second: 1_800_000_000,
            windows: [RateWindow(limit: 10, remaining: 9, rest: .seconds(1), length: .seconds(1))])
        _ = bench.call(told)
        var lost = 0
        while bench.admit().ticket != nil { lost += 1 }
        #expect((6...10).contains(lost))
        bench.now = bench.now + .milliseconds(1100)
        #expect(bench.admit().ticket != nil)
    }

    @Test func answersThatOvertakeEachOtherAreTakenInOrder() {
        var bench = Bench()
        let tickets = (0..<4).compactMap { _ in bench.admit().ticket }
        func told(_ left: Int) -> Outcome {
            Outcome(windows: [RateWindow(limit: 1000, remaining: left, rest: .seconds(3000), end: 4_000_000_000_000)])
        }
        for (i, left) in [(3, 2), (0, 5), (2, 3), (1, 4)] {
            bench.bucket.learn(told(left), of: tickets[i], using: &bench.random, at: bench.now)
        }
        #expect(bench.bucket.told(at: bench.now).first?.remaining == 2)
        // A later call knows better, also that there is more: a new window.
        bench.now = bench.now + .seconds(3001)
        let ticket = bench.admit().ticket ?? Ticket()
        bench.bucket.learn(
            Outcome(windows: [RateWindow(limit: 1000, remaining: 999, rest: .seconds(3000), end: 8_000_000_000_000)]),
            of: ticket, using: &bench.random, at: bench.now)
        #expect(bench.bucket.told(at: bench.now).first?.remaining == 999)
    }

    @Test func aLongWindowIsSpreadBeforeItIsUsedUp() {
        var bench = Bench()
        var left = 5000
        var used = 0
        while bench.now - start < .seconds(3600) {
            let (ticket, wait) = bench.admit()
            guard let ticket else {
                bench.now = bench.now + wait
                continue
            }
            left -= 1
            used += 1
            let rest = .seconds(3600) - (bench.now - start)
            bench.bucket.learn(
                Outcome(windows: [RateWindow(limit: 5000, remaining: left, rest: rest, end: 1_800_003_600_000_000)]),
                of: ticket, using: &bench.random, at: bench.now)
            if rest <= .seconds(1) { break }
        }
        // Two in a hundred are left for others.
        #expect((4800...4901).contains(used))
    }

    @Test func aClockThatIsSetBackTakesEverythingWithIt() {
        var bench = Bench()
        for _ in 0..<5 { _ = bench.call(Outcome(second: 1_800_000_000)) }
        _ = bench.call(bench.refusal(after: .seconds(30)))
        bench.now = bench.now - .seconds(86_400)
        #expect(bench.call() == .seconds(30))
        bench.now = bench.now + .seconds(31)
        #expect(bench.call() == .zero)
    }

    @Test func itIsTheSameAfterItWasWrittenAndRead() throws {
        var bench = Bench()
        bench.isGentle = true
        for i in 0..<50 {
            let told = [
                RateWindow(name: "core", limit: 100, remaining: 100 - i, rest: .seconds(50), length: .seconds(60))
            ]
            _ = bench.call(Outcome(second: bench.now.seconds, windows: told))
            bench.now = bench.now + .milliseconds(17)
        }
        _ = bench.call(bench.refusal(after: .seconds(1), second: bench.now.seconds))
        let bytes = bench.bucket.bytes
        #expect(Bucket(reading: bytes) == bench.bucket)
        // Any damage makes it unknown.
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            var damaged = bytes
            damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            #expect(Bucket(reading: damaged) == nil)
        }
        #expect(Bucket(reading: Array(bytes.dropLast())) == nil)
        #expect(Bucket(reading: []) == nil)
    }
}

@Suite struct BucketStoreTests {
    private func pause(_ bucket: inout Bucket) {
        var random = SeededRandom(seed: 1)
        bucket.learn(
            Outcome(isRefusal: true, retryAfter: .seconds(30)), of: Ticket(), using: &random, at: start)
    }
    private func wait(_ store: BucketStore, _ name: BucketName = name) -> Duration {
        store.update(name) { $0.admit(cost: 1, budget: nil, crew: .init(), isGentle: false, at: start).wait }
    }

    @Test func processesShareWhatTheyLearned() throws {
        let scratch = try Scratch()
        let folder = scratch.file("sluice/pace")
        let (one, other) = (BucketStore(folder: folder) { _ in }, BucketStore(folder: folder) { _ in })
        #expect(wait(one) == .zero && wait(other) == .zero)
        one.update(name) { pause(&$0) }
        #expect(wait(other) == .seconds(30))
        let elsewhere = BucketName(source: "s", account: "b", host: "api.test", bucket: "user")
        #expect(wait(other, elsewhere) == .zero)
        #expect(other.known(of: "s").map(\.name.account) == ["a", "b"])
        #expect(Files.isPrivateFolder(folder))
    }

    @Test func aDamagedOrAForeignFileIsUnknownAndARemovedOneIsMadeAgain() throws {
        let scratch = try Scratch()
        let store = BucketStore(folder: scratch.file("p")) { _ in }
        store.update(name) { pause(&$0) }
        #expect(wait(store) == .seconds(30))
        try Scratch.write(Array("nonsense".utf8), to: scratch.file("p/" + name.fileName))
        #expect(wait(store) == .zero)
        store.update(name) { pause(&$0) }
        Scratch.remove(scratch.file("p/" + name.fileName))
        #expect(wait(store) == .zero)
        store.update(name) { pause(&$0) }
        #expect(wait(BucketStore(folder: scratch.file("p")) { _ in }) == .seconds(30))
    }

    @Test func aFolderThatCantBeUsedIsSaidOnceAndThePaceIsOnesOwn() throws {
        let scratch = try Scratch()
        try Files.makeFolder(scratch.file("open"), mode: 0o755)
        try Scratch.write([], to: scratch.file("file"))
        for folder in ["open", "file"] {
            let said = Mutex<[String]>([])
            let store = BucketStore(folder: scratch.file(folder)) { failure in
                said.withLock { $0.append(failure.description) }
            }
            #expect(store.folder == nil)
            store.update(name) { pause(&$0) }
            #expect(wait(store) == .seconds(30))
            #expect(said.withLock { $0.count } == 1)
        }
    }

    /// Two stores that change one file from many tasks: nothing gets lost.
    @Test func changesFollowEachOther() async throws {
        let scratch = try Scratch()
        let stores = (0..<2).map { _ in BucketStore(folder: scratch.file("p")) { _ in } }
        await withTaskGroup(of: Void.self) { group in
            for store in stores {
                for _ in 0..<4 { group.addTask { for _ in 0..<50 { _ = wait(store) } } }
            }
        }
        #expect(stores[0].update(name) { $0.admitted } == 400)
    }
}
