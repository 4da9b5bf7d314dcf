import Glibc
import Processes
import System
import Testing

/// Two real `fetch` of one account beside each other, each in a state folder of its own, at a service that counts in fixed
/// seconds. Each case prints what it saw.
@Suite(.serialized) struct PaceTests {
    static let cases = [(20, true), (50, true), (20, false), (50, false)]

    @Test(.timeLimit(.minutes(2)), arguments: cases)
    func twoProcessesKeepToOnePace(limit: Int, isTold: Bool) async throws {
        let scratch = try Scratch()
        let door = Door(limit: limit, isTold: isTold, seconds: 15, files: 100 + limit * 25)
        let server = try door.serve()
        let running = try ["1", "2"].map { name in
            try Command(
                "fetch",
                ["google_drive", "--via", "\(server.url)/\(name)", "--state", scratch.file(name), "--log", "json"],
                output: scratch.file("out\(name)"), errors: scratch.file("errors\(name)"),
                environment: ["SLUICE_ACCESS_TOKEN": "token", "XDG_RUNTIME_DIR": scratch.path, "SLUICE_BUDGET": ""]
            ).start()
        }
        await door.finished()
        let seen = door.seen
        try Command(
            "fetch", ["google_drive", "--rate-limits", "--log", "json"], output: scratch.file("limits"),
            environment: ["XDG_RUNTIME_DIR": scratch.path]
        ).run()
        for process in running { process.signal(SIGTERM) }
        let statuses = running.map { $0.wait() }
        server.stop()

        // The service asks for a pause of a second, in which nothing may be asked for; the ramp comes before it.
        let refused = seen.refused.mapValues(\.count)
        let first = try #require(seen.begun.values.max()) + 1
        let last = try #require(seen.taken.keys.max())
        let settled = max(first, (seen.refused.values.joined().min() ?? 0) + 3)
        func utilisation(_ seconds: Range<Int64>) -> Double {
            Double(seconds.reduce(0) { $0 + (seen.taken[$1] ?? 0) }) / Double(limit * max(1, seconds.count))
        }
        let counts = (first..<last).map { String(seen.taken[$0] ?? 0) }.joined(separator: " ")
        print(
            "pace: \(limit) a second, \(isTold ? "told" : "not told"): refused \(refused.sorted { $0.key < $1.key }), "
                + "used \(utilisation(first..<last)) in all, \(utilisation(settled..<last)) settled: \(counts)")
        let limits = String(decoding: try Files.read(scratch.file("limits")), as: UTF8.self)
        let user = limits.split(separator: "\n").first { $0.contains(#""bucket":"user""#) } ?? ""
        let pids = running.map { Int($0.pid) }.sorted().map { String($0) }.joined(separator: ",")
        #expect(user.contains(#""used_by":[\#(pids)]"#), "\(limits)")
        #expect(
            user.contains(isTold ? #""told":[{"limit":\#(limit),"# : #""learned":{"limit":\#(limit),"#), "\(limits)")
        #expect(statuses == [143, 143])
        for name in ["1", "2"] {
            let final = String(decoding: try Files.read(scratch.file("errors\(name)")), as: UTF8.self)
            #expect(final.contains(#""refusals":\#(refused[name] ?? 0),"#), "\(final)")
        }
        #expect(refused.values.allSatisfy { $0 <= 1 })
        #expect(last - settled >= 10)
        #expect(utilisation(settled..<last) >= 0.95)
        if isTold { #expect(utilisation(first..<last) >= 0.95) }
    }
}
