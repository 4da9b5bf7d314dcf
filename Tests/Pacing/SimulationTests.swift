import System
import Testing

@testable import Pacing

/// Services of each kind, called by one to four processes as fast as they are let. What is asserted is below what is
/// seen.
@Suite struct SimulationTests {
    struct Case: Sendable, CustomStringConvertible {
        let counting: Counting
        let isTold: Bool
        let limit: Int
        let processes: Int
        let delay: Duration
        /// The most refusals that a process may see, and the least part of what is allowed that is used.
        let refusals: Int
        let utilisation: Double
        var description: String { "\(counting), \(isTold ? "told" : "not told"), \(limit), \(processes) × \(delay)" }

        init(
            _ counting: Counting, _ isTold: Bool, _ limit: Int, _ processes: Int, _ delay: Int, _ refusals: Int,
            _ u: Double
        ) {
            self.counting = counting
            self.isTold = isTold
            self.limit = limit
            self.processes = processes
            self.delay = .milliseconds(delay)
            self.refusals = refusals
            utilisation = u
        }
    }

    static let cases = [
        Case(.fixed, true, 20, 1, 2, 0, 0.97), Case(.fixed, true, 50, 2, 2, 0, 0.97),
        Case(.fixed, true, 50, 4, 40, 1, 0.95),
        Case(.fixed, false, 20, 2, 2, 1, 0.95), Case(.fixed, false, 50, 1, 2, 1, 0.95),
        Case(.fixed, false, 50, 4, 40, 1, 0.94),
        Case(.sliding, true, 20, 2, 2, 0, 0.97), Case(.sliding, true, 50, 4, 40, 0, 0.9),
        // Whether such a service counts by the seconds of its clock can't be told from one refusal: the least is believed.
        Case(.sliding, false, 20, 2, 2, 1, 0.45),
        Case(.tokens, true, 20, 2, 2, 0, 0.97),
        // What was saved up hides the rate until it is used up, which takes some refusals.
        Case(.tokens, false, 20, 2, 2, 5, 0.85),
    ]

    @Test(arguments: cases) func thePaceIsKept(_ c: Case) {
        for seed in 0..<2 {
            let limiter = Limiter(c.counting, c.limit, isTold: c.isTold, ahead: .milliseconds(137 * seed))
            var s = Simulation(
                seed: UInt64(seed), limiter, processes: c.processes, workersEach: c.processes > 2 ? 3 : 5,
                delay: c.delay)
            s.run(for: .seconds(6))
            let settled = s.now
            s.run(for: .seconds(12))
            #expect(s.seen.allSatisfy { $0 <= c.refusals }, "seed \(seed): \(s.seen)")
            #expect(s.utilisation(from: settled) >= c.utilisation, "seed \(seed): \(s.utilisation(from: settled))")
        }
    }

    /// A service that refuses nothing: the first sync of a machine loses little, the next nothing.
    @Test func onlyTheFirstRunBeginsSlowly() {
        let limiter = Limiter(.fixed, 1_000_000, isTold: false, ahead: .zero)
        var s = Simulation(seed: 1, limiter, processes: 1, delay: .milliseconds(1))
        let begin = s.now
        s.run(for: .seconds(60), calls: 600)
        #expect(s.now - begin < .seconds(4))
        #expect(s.now - begin > .seconds(1))
        s.run(for: .seconds(60), calls: 3000)
        let proven = s.now
        s.run(for: .seconds(60), calls: 3600)
        #expect(s.now - proven < .milliseconds(900))
    }

    /// A window that slides is used in full once a minute has been calm.
    @Test func moreIsTriedAfterACalmMinute() {
        var s = Simulation(
            seed: 3, Limiter(.sliding, 20, isTold: false, ahead: .milliseconds(411)), processes: 1, workersEach: 2,
            delay: .milliseconds(2))
        s.run(for: .seconds(70))
        let later = s.now
        s.run(for: .seconds(20))
        #expect(s.utilisation(from: later) >= 0.95)
        #expect(s.seen[0] <= 2)
    }
}
