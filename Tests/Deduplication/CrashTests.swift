import Deduplication
import Glibc
import Gzip
import State
import Stream
import System
import Testing

@Suite struct CrashTests {
    /// What a memory knows of each id, asked by its behaviour: content and access, or nil.
    private func known(_ scratch: Scratch, _ ids: [String]) throws -> [String: [Int]] {
        let lines = ids.flatMap { [access($0, 0), access($0, 0), document($0, 0, 0)] }
        let out = summary(try scratch.run(lines), of: lines)
        var known: [String: [Int]] = [:]
        for (i, id) in ids.enumerated() {
            let answer = out[3 * i..<3 * i + 3].map { $0.hasPrefix("seen") }
            if answer[1] { known[id] = [answer[2] ? 0 : 1, answer[0] ? 0 : 1] }
        }
        return known
    }

    @Test func knowsInTheNextRunWhatTheSinkCommitted() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1), document("2"), state("r", 2), document("3")])
        try scratch.commit(("r", 2))
        #expect(try known(scratch, ["1", "2", "3"]) == ["1": [0, 0], "2": [0, 0]])
        try scratch.commit(("r", 1))
        #expect(try known(scratch, ["1", "2", "3"]) == ["1": [0, 0]])
        try scratch.commit(("r", 2))
        #expect(try known(scratch, ["1", "2", "3"]) == [:], "what was cut off does not come back")
    }

    @Test(arguments: [nil, ("other", 1), ("r", 2)] as [(String, Int)?])
    func startsEmptyWithoutItsMarker(_ committed: (String, Int)?) throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1)])
        try scratch.commit(committed.map { (run: $0.0, checkpoint: $0.1) })
        #expect(try known(scratch, ["1"]) == [:])
    }

    @Test func startsEmptyWhenItsFolderWasLost() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1)])
        try scratch.commit(("r", 1))
        unlink(scratch.journal)
        rmdir(scratch.state + "/dedupe")
        #expect(try known(scratch, ["1"]) == [:])
        let lines = [document("1"), state("s", 1, after: "[\"r\",1]")]
        _ = try scratch.run(lines)
        try scratch.commit(("s", 1))
        #expect(try known(scratch, ["1"]) == ["1": [0, 0]])
    }

    @Test func aForeignStateKeepsNothingAcrossRuns() throws {
        let scratch = try Scratch()
        let lines = [document("1"), #"{"type":"STATE","value":{"cursor":1}}"#, document("1")]
        #expect(summary(try scratch.run(lines), of: lines) == ["=doc 1", "=state", "seen 1"])
        try scratch.folder().writeCheckpoint(.init("{\"cursor\":1}"))
        #expect(try known(scratch, ["1"]) == [:])
    }

    /// A captured stream sent again: `sink` refuses it, and keeps the rows of the first time. What the second made of the
    /// lines, by another mapping perhaps, must not be taken for them.
    @Test func aStreamThatDoesNotFollowKeepsNothing() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1", 0, 0), state("r", 1)])
        try scratch.commit(("r", 1))
        _ = try scratch.run([document("1", 0, 1), state("r", 1)])
        #expect(try known(scratch, ["1"]) == [:])
    }

    @Test func forgetsWhatIsADebt() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), document("2"), state("r", 1)])
        try scratch.commit(("r", 1))
        let debt = Debt(semanticID: "g:1", partition: "p", stage: "sink", reason: "x")
        try scratch.folder().writeDebts([debt])
        let lines = [document("1"), document("2"), state("s", 1, after: "[\"r\",1]", final: true), document("1")]
        #expect(summary(try scratch.run(lines), of: lines) == ["=doc 1", "seen 2", "=state", "=doc 1"])
        try scratch.folder().writeDebts([])
        try scratch.commit(("s", 1))
        #expect(try known(scratch, ["1", "2"]) == ["1": [0, 0], "2": [0, 0]])
    }

    @Test func aForgottenDebtIsJournalled() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1)])
        try scratch.commit(("r", 1))
        try scratch.folder().writeDebts([Debt(semanticID: "g:1", partition: "p", stage: "sink", reason: "x")])
        _ = try scratch.run([state("s", 1, after: "[\"r\",1]")])
        try scratch.folder().writeDebts([])
        try scratch.commit(("s", 1))
        #expect(try known(scratch, ["1"]) == [:])
    }

    @Test func cutsATornTailAtEveryByte() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1)])
        let first = try Files.read(scratch.journal).count
        try scratch.commit(("r", 1))
        _ = try scratch.run([document("1", 1), document("2"), state("s", 1, after: "[\"r\",1]")])
        let whole = try Files.read(scratch.journal)
        for size in first...whole.count {
            try Files.replace(scratch.journal, with: Array(whole[..<size]))
            try scratch.commit(("s", 1))
            let expected: [String: [Int]] = size == whole.count ? ["1": [1, 0], "2": [0, 0]] : [:]
            #expect(try known(scratch, ["1", "2"]) == expected, "cut at \(size)")
            try Files.replace(scratch.journal, with: Array(whole[..<size]))
            try scratch.commit(("r", 1))
            #expect(try known(scratch, ["1", "2"]) == ["1": [0, 0]], "cut at \(size)")
        }
    }

    @Test func refusesADamagedMiddle() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), state("r", 1), document("2"), state("r", 2)])
        try scratch.commit(("r", 2))
        var bytes = try Files.read(scratch.journal)
        bytes[bytes.count / 2] ^= 0xFF
        try Files.replace(scratch.journal, with: bytes)
        let failure = #expect(throws: Failure.self) { try scratch.run([]) }
        #expect(failure?.description.contains("\(scratch.journal) is damaged") == true)
        #expect(failure?.description.contains("remove the folder \(scratch.state)/dedupe") == true)
    }

    @Test func compactsAtTheStartAndKnowsTheSame() throws {
        let scratch = try Scratch()
        var lines = [document("2")]
        for n in 0..<1500 { lines += [document("1", n % 2, n % 3)] }
        _ = try scratch.run(lines + [state("r", 1)])
        try scratch.commit(("r", 1))
        let before = try Files.read(scratch.journal).count
        _ = try scratch.run([])
        let text = String(decoding: try Gzip.decompress(try Files.read(scratch.journal)), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 2, "its header and its marker")
        #expect(try Files.read(scratch.journal).count < before)
        let again = [document("2"), document("1", 1, 2), document("1", 1, 0)]
        #expect(summary(try scratch.run(again), of: again) == ["seen 2", "seen 1", "access 1"])
    }

    /// Tombstones need the place of what a run before has sent.
    @Test func placesLastAcrossRuns() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1"), document("2"), document("3"), state("r", 1)], tombstones: true)
        try scratch.commit(("r", 1))
        try scratch.folder().writeDebts([Debt(semanticID: "g:1", partition: "p", stage: "x", reason: "x")])
        let lines = [document("2", at: 5), deleted("3"), state("s", 1, after: "[\"r\",1]", complete: ["p": 5])]
        #expect(summary(try scratch.run(lines, tombstones: true), of: lines) == ["=gone 3", "gone 1", "=state"])
    }

    /// Random streams, kills, lost tails and restored backups, against a dictionary: what is known at the start is exactly what
    /// was known at the STATE that the destination has, or nothing.
    @Test(arguments: 0..<20 as Range<UInt64>) func isNeverWrong(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        let ids = (0..<6).map { "\($0)" }
        var model: [String: [Int]] = [:]
        var snapshots: [(run: String, n: Int, memory: [String: [Int]])] = []
        for step in 0..<12 {
            var lines: [String] = []
            var n = 0
            let run = "run\(step)"
            var after = snapshots.last.map { "[\"\($0.run)\",\($0.n)]" } ?? "null"
            var made: [(n: Int, memory: [String: [Int]])] = []
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let id = ids.randomElement(using: &random) ?? "0"
                let (c, a) = (Int.random(in: 0...1, using: &random), Int.random(in: 0...1, using: &random))
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    lines.append(deleted(id))
                    model[id] = nil
                case 1:
                    lines.append(access(id, a))
                    if let old = model[id] { model[id] = [old[0], a] }
                case 2, 3:
                    n += 1
                    lines.append(state(run, n, after: after))
                    after = "[\"\(run)\",\(n)]"
                    made.append((n, model))
                default:
                    lines.append(document(id, c, a))
                    model[id] = [c, a]
                }
            }
            _ = try scratch.run(lines)
            let size = try Files.read(scratch.journal).count
            snapshots += made.map { (run, $0.n, $0.memory) }

            // The destination is at any STATE that it had, or at none; the tail of the journal may be lost.
            let lost = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...size, using: &random) : 0
            truncate(scratch.journal, off_t(size - lost))
            let back = min(Int.random(in: 0..<4, using: &random), snapshots.count)
            snapshots.removeLast(Bool.random(using: &random) ? back : 0)
            let last = snapshots.last
            try scratch.commit(last.map { (run: $0.run, checkpoint: $0.n) })

            let saved = try Files.read(scratch.journal)
            let found = try known(scratch, ids)
            if lost == 0 {
                #expect(found == last?.memory ?? [:], "step \(step)")
            } else {
                #expect(found == last?.memory ?? [:] || found.isEmpty, "step \(step)")
            }
            try Files.replace(scratch.journal, with: saved)
            model = found
            if found.isEmpty { snapshots = last.map { [($0.run, $0.n, [:])] } ?? [] }
        }
    }
}
