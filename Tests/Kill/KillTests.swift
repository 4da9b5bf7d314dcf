import Glibc
import Processes
import System
import Testing

/// `KILLS=30` kills each program at that many points.
private let kills = getenv("KILLS").flatMap { Int(String(cString: $0)) } ?? 1

@Suite(.serialized, .enabled(if: Command.strace != nil, "strace is needed")) struct KillTests {
    /// A program, and calls to the system among which it is killed: the last of them may never come.
    static let points: [(program: String, calls: String, last: Int)] = [
        ("fetch", "write", 14), ("fetch", "sendto", 1100), ("extract", "write", 12), ("perms", "write", 12),
        ("dedupe", Command.Kill.writing, 24), ("sink", Command.Kill.writing, 120), ("sink", "rename,fsync", 40),
        ("sink", "pwrite64", 5000),
    ]

    /// What two runs that nobody disturbs leave: the second pays what can be paid.
    static let undisturbed = Result<[String], any Error> {
        let sample = try Sample()
        _ = try sample.runToTheEnd()
        _ = try sample.runToTheEnd()
        return try sample.dump()
    }

    @Test(arguments: points.indices)
    func theSameCommandAgainEndsWithTheSameRows(point: Int) throws {
        let (program, calls, last) = KillTests.points[point]
        let wanted = try KillTests.undisturbed.get()
        #expect(wanted.count > 100)
        for n in 0..<kills {
            let at = 1 + (2 * n + 1) * last / (2 * kills)
            let sample = try Sample()
            let wrap =
                "\(Command.strace ?? "") -f -qq -o /dev/null -e trace=\(calls) -e inject=\(calls):signal=KILL:when=\(at)"
            let first = try sample.run([program: wrap])
            let wasKilled = first.contains(137)
            let second = try sample.runToTheEnd()
            if program == "fetch" && wasKilled { try expectFewPagesTwice(sample, "\(program) at \(calls) \(at)") }
            _ = try sample.runToTheEnd()
            let found = try sample.dump()
            let difference = Set(found).symmetricDifference(wanted).sorted().prefix(4).joined(separator: "\n")
            #expect(difference == "", "\(program) at \(calls) \(at): \(first), then \(second): \(sample.errors)")
        }
    }

    private func expectFewPagesTwice(_ sample: Sample, _ name: String) throws {
        var counts: [String: Int] = [:]
        var repeated: [String: Set<String>] = [:]
        for page in try sample.pages() {
            counts[page.request, default: 0] += 1
            if counts[page.request] == 2 { repeated[page.place, default: []].insert(page.request) }
        }
        #expect(counts.values.max() ?? 0 <= 2, "\(name): a page was asked for more than twice")
        #expect(repeated.values.allSatisfy { $0.count == 1 }, "\(name): more than a page of a partition: \(repeated)")
    }

    @Test func aFullDiskIsSaidAndLosesNothing() throws {
        let wanted = try KillTests.undisturbed.get()
        let sample = try Sample()
        // No file may grow over 256 KiB, and the signal that would end the program is ignored.
        let first = try sample.run(["sink": "bash -c 'trap \"\" XFSZ; ulimit -f 256; exec \"$@\"' sink"])
        #expect(first.last == 74, "\(first): \(sample.errors)")
        #expect(sample.errors.contains("sink: "))
        _ = try sample.runToTheEnd()
        _ = try sample.runToTheEnd()
        let found = try sample.dump()
        #expect(Set(found).symmetricDifference(wanted).sorted().prefix(4) == [])
    }

    @Test(arguments: ["fetch", "extract", "perms", "dedupe"])
    func anOutputThatCantBeWrittenIsSaidAndAClosedPipeIsNot(program: String) throws {
        let sample = try Sample()
        let folder = Command.folder
        let stages = [
            "fetch google_drive --via \(sample.url) --attempts 2 --credentials \(sample.scratch.file("credentials.json"))",
            "extract", "perms", "dedupe",
        ]
        let index = try #require(stages.firstIndex { $0.hasPrefix(program) })
        let before = stages[..<index].map { "\(folder)/\($0) 2>/dev/null | " }.joined()
        let command = "\(folder)/\(stages[index])"
        func shell(_ text: String) throws -> Int32 {
            try Command("/bin/bash", ["-c", text], errors: sample.scratch.file("errors")).run()
        }
        #expect(try shell("\(before)\(command) > /dev/full") == 74)
        #expect(sample.errors.contains("\(program): "))
        Scratch.remove(sample.scratch.file("errors"))
        #expect(try shell("\(before)\(command) | head -c 1 >/dev/null; exit ${PIPESTATUS[\(index)]}") == 141)
        #expect(!sample.errors.contains("\(program): write"), "\(sample.errors)")
    }
}
