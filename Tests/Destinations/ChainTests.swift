import Glibc
import JSON
import State
import Stream
import System
import Testing

@testable import Destinations

/// STATE: what is committed when, and what may follow what.
@Suite struct ChainTests {
    @Test(arguments: Kind.allCases) func whatComesAfterTheLastStateIsRolledBack(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        let state = stream.state()
        let end = try bench.sink(
            [Lines.document("s:1", at: 1), state, Lines.document("s:2", at: 2), Lines.failure("s:3", at: 2)],
            torn: stream.state(final: true))
        #expect(end.status == 75)
        #expect(try bench.held().rows.keys.sorted() == ["s:1"])
        #expect(try bench.held().debts.isEmpty)
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
        #expect(end.printed == [try JSON(parsing: state)["value"]?.raw.text])
    }

    @Test(arguments: Kind.allCases) func anEmptyInputIsNotTheEndOfARun(_ kind: Kind) throws {
        let bench = try Bench(kind)
        #expect(try bench.sink([]).status == 75)
        bench.usesFolder = false
        #expect(try bench.sink([]).status == 75)
        #expect(try bench.sink([Lines.document("s:1", at: 1)]).status == 75)
        #expect(try bench.held().rows.isEmpty)
    }

    @Test(arguments: Kind.allCases) func stateWaitsForABatchOrTheTimeOrTheEnd(_ kind: Kind) throws {
        let bench = try Bench(kind)
        bench.options.batch = 3
        var stream = Lines()
        var lines: [String] = []
        for i in 1...7 { lines += [Lines.document("s:\(i)", at: i), stream.state()] }
        lines.append(stream.state(final: true))
        let printed = try bench.sink(lines).printed
        #expect(try printed.map { try JSON(parsing: $0)["checkpoint"]?.int } == [3, 6, 8])
        bench.options.batchTime = .zero
        stream.newRun("r2")
        #expect(
            try bench.sink([Lines.document("s:1", at: 9), stream.state(), stream.state(final: true)]).printed.count == 2
        )
    }

    @Test(arguments: Kind.allCases) func theFirstStateMustFollowTheDestination(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        #expect(
            try bench.sink([Lines.document("s:1", "one", at: 1), stream.state(), stream.state(final: true)]).status == 0
        )
        let held = try bench.held()
        let at = try #require(stream.after)
        // A stream from elsewhere: a copied folder, or a restored backup of the database.
        for after in [Position(run: "other", checkpoint: 9), Position(run: "r", checkpoint: 7)] {
            var other = Lines(run: "x", after: after)
            try bench.folder.removeCheckpoint()
            try bench.folder.writeDebts([Debt(semanticID: "s:9", partition: "p", stage: "fetch", reason: "")])
            let end = try bench.sink([Lines.document("s:1", "two", at: 5), other.state(final: true)])
            #expect(end.status == 75)
            #expect(end.printed.isEmpty)
            #expect(try bench.held() == held)
            #expect(try bench.copied() == at)
            #expect(try bench.folder.debts().isEmpty)
        }
        // A kill between the commit and the copy leaves the one before in the folder: `dedupe` went on from that too.
        var behind = Lines(run: "y", after: nil)
        #expect(try bench.sink([Lines.document("s:1", "two", at: 5), behind.state(final: true)]).status == 75)
        #expect(try bench.held() == held)
        var again = Lines(run: "z", after: at)
        #expect(try bench.sink([Lines.document("s:1", "two", at: 5), again.state(final: true)]).status == 0)
    }

    @Test(arguments: Kind.allCases) func aDestinationWithoutStateTakesNoStreamThatGoesOn(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines(run: "r", after: Position(run: "q", checkpoint: 3))
        let value = try #require(try JSON(parsing: Lines(run: "q").copyOfState())["value"])
        try bench.folder.writeCheckpoint(value.raw)
        #expect(try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)]).status == 75)
        #expect(try bench.folder.checkpoint() == nil)
        #expect(try bench.held().rows.isEmpty)
        var fresh = Lines(run: "s")
        #expect(try bench.sink([Lines.document("s:1", at: 1), fresh.state(final: true)]).status == 0)
    }

    @Test(arguments: Kind.allCases) func aGapInsideTheStreamEndsAtTheStateBefore(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        var lines = [Lines.document("s:1", at: 1), stream.state(), Lines.document("s:2", at: 2)]
        _ = stream.state()
        lines += [Lines.document("s:3", at: 3), stream.state(final: true)]
        #expect(try bench.sink(lines).status == 75)
        #expect(try bench.held().rows.keys.sorted() == ["s:1"])
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
    }

    @Test(arguments: Kind.allCases) func aCopyThatAKillLeftBehindIsWrittenAnew(_ kind: Kind) throws {
        // Three STATEs in one commit, and a kill before the copy: the folder has what it had before all three.
        let bench = try Bench(kind)
        var stream = Lines()
        try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)])
        let old = try #require(try bench.folder.checkpoint())
        let position = try #require(stream.after)
        stream.newRun("r2")
        try bench.sink([Lines.document("s:2", at: 2), stream.state(), stream.state(), stream.state(final: true)])
        try bench.folder.writeCheckpoint(old.raw)
        var behind = Lines(run: "r3", after: position)
        #expect(try bench.sink([Lines.document("s:2", at: 3), behind.state(final: true)]).status == 75)
        var again = Lines(run: "r4", after: try bench.copied())
        #expect(try bench.sink([Lines.document("s:2", at: 3), again.state(final: true)]).status == 0)
    }

    @Test(arguments: Kind.allCases) func withoutAFolderTheChainIsNotChecked(_ kind: Kind) throws {
        let bench = try Bench(kind)
        bench.usesFolder = false
        var stream = Lines(run: "r", after: Position(run: "q", checkpoint: 3))
        #expect(try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)]).status == 0)
        #expect(try bench.held().rows.count == 1)
    }

    @Test(arguments: Kind.allCases, ["not json", "{\"type\":\"RECORD\"}", "{\"a\":\"\u{FF}", "RECORD WITHOUT KEY"])
    func aBadLineEndsWhatIsCommitted(_ kind: Kind, _ bad: String) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        let line = bad.hasPrefix("RECORD W") ? Lines.line("documents", 1) { $0.member("id", "1") } : bad
        let end = try bench.sink([
            Lines.document("s:1", at: 1), stream.state(), Lines.document("s:2", at: 2), line,
            Lines.document("s:3", at: 3),
            stream.state(final: true),
        ])
        #expect(end.status == 65)
        #expect(end.printed.count == 1)
        #expect(try bench.held().rows.keys.sorted() == ["s:1"])
    }

    @Test(arguments: Kind.allCases) func anotherTenantIsRefused(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines(tenant: "T1")
        #expect(try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)]).status == 0)
        let held = try bench.held()
        stream.tenant = "T2"
        stream.newRun("r2")
        let error = #expect(throws: Failure.self) {
            try bench.sink([Lines.document("s:1", "theirs", at: 1), stream.state(final: true)])
        }
        #expect(error?.status == .configuration)
        if kind != .memory { #expect(try bench.held() == held) }
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
    }

    @Test func twoFoldersShareADestination() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        try bench.sink([Lines.document("s:1", at: 1), Lines.failure("s:7", at: 1), stream.state(final: true)])
        let other = try StateFolder(bench.root + "/state2")
        let database = try SQLiteDestination(bench.file)
        try Files.replace(
            bench.root + "/in2", with: Array("\(Lines.failure("s:8", at: 1))\n\(stream.state(final: true))\n".utf8))
        let loader = try Loader(
            into: database, folder: other, time: bench.time, log: Log(program: "sink"),
            output: Descriptor(opening: "/dev/null", O_WRONLY))
        // It follows a STATE of the first folder, which is nothing to the second.
        #expect(try loader.run(input: Descriptor(opening: bench.root + "/in2", O_RDONLY)) == .tryAgain)
        #expect(try database.debts(of: bench.folder.identity()).map(\.semanticID) == ["s:7"])
        #expect(try database.state(of: other.identity()) == nil)
    }

    @Test func stateIsCommittedWhileTheInputWaits() async throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        let lines = Lines.document("s:1", at: 1) + "\n" + stream.state() + "\n"
        var into: [Int32] = [0, 0]
        var out: [Int32] = [0, 0]
        #expect(pipe(&into) == 0 && pipe(&out) == 0)
        let (read, write) = (into[0], out[1])
        let root = bench.root
        let task = Task.detached {
            let loader = try Loader(
                into: try SQLiteDestination(root + "/rows"), folder: nil, time: StillTime(), log: Log(program: "sink"),
                output: Descriptor(owning: write, name: "output"))
            return try loader.run(input: Descriptor(owning: read, name: "input"))
        }
        let feeder = Descriptor(owning: into[1], name: "feeder")
        try feeder.write(Array(lines.utf8))
        // The line comes back while our end of the input is still open.
        var buffer = [UInt8](repeating: 0, count: 4096)
        let result = Descriptor(owning: out[0], name: "result")
        let count = try buffer.withUnsafeMutableBytes { try result.read(into: $0) }
        #expect(count > 0 && buffer[count - 1] == 0x0A)
        #expect(try bench.held().rows.count == 1)
        end(feeder)
        #expect(try await task.value == .tryAgain)
    }

    private func end(_ descriptor: consuming Descriptor) {}

    @Test func theCopyOfAnotherTargetsStates() throws {
        let bench = try Bench(.memory)
        var stream = Lines()
        let values = try (0..<3).map { try #require(try JSON(parsing: stream.state(final: $0 == 2))["value"]).raw.text }
        func run(_ lines: [String]) throws -> System.ExitStatus {
            try Files.replace(bench.root + "/in", with: Array(lines.map { $0 + "\n" }.joined().utf8))
            return try StateCopy.run(
                input: Descriptor(opening: bench.root + "/in", O_RDONLY), folder: bench.folder,
                log: Log(program: "sink"))
        }
        #expect(try run([]) == .tryAgain)
        #expect(try run(Array(values[..<2])) == .tryAgain)
        #expect(try bench.copied() == Position(run: "r", checkpoint: 2))
        #expect(try run(values) == .done)
        #expect(try bench.copied() == Position(run: "r", checkpoint: 3))
        #expect(try run([#"{"bookmarks":{"x":1}}"#]) == .done)
        #expect(throws: Failure.self) { try run([values[0], "target: done"]) }
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
    }
}

extension Lines {
    func copyOfState() -> String {
        var copy = self
        return copy.state()
    }
}
