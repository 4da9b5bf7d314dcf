import Connector
import HTTP
import JSON
import Synchronization
import System
import Testing

/// The end of `fetch`, or of what follows it, at any moment: the same command again ends with the same rows.
@Suite struct KillTests {
    /// `fetch` is killed when it asks for the nth page of all.
    @Test(arguments: Sample.all, [1, 2, 3, 4, 6, 9]) func killedAtAPage(_ sample: Sample, _ nth: Int) async throws {
        let expected = try await Prepared.afterFirst(sample).mirror.held()
        let mirror = try Mirror(sample)
        let pages = Counter()
        let kill = Fault(.kill, when: { $0.role.isPage && pages.next() == nth })
        let (killed, status) = try await mirror.run(sample.first, .init(faults: [kill]))
        #expect(killed.error is CancellationError)
        #expect(status == 75)
        let (again, _) = try await mirror.run(sample.first)
        expectNone(try mirror.held().differences(from: expected), "killed at page \(nth):")
        if sample.about.pageTokensLast { expectOnePageTwice(killed, again) }
    }

    /// What `fetch` wrote is cut after a line, or within one.
    @Test(arguments: Sample.all, Array(0..<12)) func cutAtALine(_ sample: Sample, _ nth: Int) async throws {
        let (prepared, fetched) = try await Prepared.afterFirst(sample)
        let expected = try prepared.held()
        var random = SeededRandom(seed: UInt64(nth))
        let states = fetched.lines.indices.filter { fetched.lines[$0].hasPrefix(#"{"type":"STATE""#) }
        // Every other time just after a STATE.
        let cut =
            nth % 2 == 0
            ? states[nth / 2 * (states.count - 1) / 6] + 1 : Int.random(in: 1..<fetched.lines.count, using: &random)
        let mirror = try Mirror(sample)
        let torn = nth % 3 == 0 ? 0 : Int.random(in: 1..<40, using: &random)
        #expect(try mirror.load(fetched, cut: cut, torn: torn) == 75)
        try await mirror.run(sample.first)
        expectNone(try mirror.held().differences(from: expected), "cut at line \(cut):")
    }

    /// A signal comes in each run: each ends after the page under way, and the next goes on from there.
    @Test(arguments: Sample.all) func interruptedAtEachPage(_ sample: Sample) async throws {
        let expected = try await Prepared.afterFirst(sample).mirror.held()
        let mirror = try Mirror(sample)
        var runs: [Fetched] = []
        while runs.count < 40 {
            let steps = Counter()
            // The first step is that of the debts, and a feed without news has one in each run: each run goes a little further.
            let last = 1 + runs.count / 2
            let (fetched, status) = try await mirror.run(
                sample.first, .init(interruption: { steps.next() > last ? 15 : nil }))
            runs.append(fetched)
            if fetched.summary?.interruptedBy == nil { break }
            #expect(fetched.exitStatus == 143)
            #expect(status == 75)
            #expect(fetched.lines.last?.hasPrefix(#"{"type":"STATE""#) == true)
            if sample.about.pageTokensLast, runs.count > 1 { expectOnePageTwice(runs[runs.count - 2], fetched) }
        }
        #expect(runs.last?.summary?.interruptedBy == nil, "\(runs.count) runs, and no end")
        #expect(runs.count > 3)
        // What was not found by two of these runs is no debt any more: only the rows are alike.
        if try mirror.held().rows != expected.rows { try await mirror.run(sample.first) }
        var held = try mirror.held()
        held.debts = expected.debts
        expectNone(held.differences(from: expected))
    }

    private func expectOnePageTwice(
        _ before: Fetched, _ after: Fetched, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        func pages(_ run: Fetched) -> [Role: Set<URL>] {
            var pages: [Role: Set<URL>] = [:]
            for asked in run.asked {
                if case .list = asked.role { pages[asked.role, default: []].insert(asked.request.url) }
            }
            return pages
        }
        let old = pages(before)
        for (role, new) in pages(after) {
            let twice = new.intersection(old[role] ?? []).count
            #expect(twice <= 1, "\(twice) pages of \(role) were asked for twice", sourceLocation: sourceLocation)
        }
    }
}
