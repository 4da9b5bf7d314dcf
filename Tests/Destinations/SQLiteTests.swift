import Glibc
import State
import Stream
import System
import Testing

@testable import Destinations

/// What only a SQLite database has: its file, its tables, its limits.
@Suite struct SQLiteTests {
    @Test func fullTextIsFoundAsLongAsItIsThere() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        func found(_ word: String) throws -> [String] {
            try bench.pairs(
                """
                select d.semantic_id, '' from documents_search s join documents d on d."row" = s.rowid
                where documents_search match '\(word)' order by 1
                """
            ).map(\.0)
        }
        try bench.sink([
            Lines.document("s:1", "a plan", at: 1), Lines.document("s:2", "the plan", at: 1), stream.state(final: true),
        ])
        #expect(try found("plan") == ["s:1", "s:2"])
        stream.newRun("r2")
        try bench.sink([Lines.document("s:1", "a budget", at: 2), Lines.gone("s:2", at: 2), stream.state(final: true)])
        #expect(try found("plan").isEmpty)
        #expect(try found("budget") == ["s:1"])
        try Database(bench.file).execute("insert into documents_search(documents_search) values('integrity-check')")
    }

    @Test func theRowStaysWhatADocumentWouldHaveMadeIt() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        try bench.sink([
            Lines.document("s:1", at: 1), Lines.permissions("s:1", in: "q", ["bob@x.io"], at: 2),
            Lines.seen("s:1", in: "z", at: 3),
            stream.state(final: true),
        ])
        let metadata = try bench.pairs("select metadata ->> '$.partition', metadata -> '$.permissions' from documents")
        #expect(metadata.first?.0 == "z")
        #expect(metadata.first?.1 == #"["bob@x.io"]"#)
    }

    @Test func aRowTooBigForTheDatabaseIsADebt() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        let lines = [
            Lines.document("s:1", "small", at: 1), Lines.document("s:1", String(repeating: "x", count: 5000), at: 2),
            Lines.document("s:2", "small", at: 2), stream.state(final: true),
        ]
        try Files.replace(bench.root + "/in", with: Array(lines.map { $0 + "\n" }.joined().utf8))
        let loader = try Loader(
            into: try SQLiteDestination(bench.file, longestValue: 4000), folder: bench.folder, time: bench.time,
            log: Log(program: "sink"), output: Descriptor(opening: "/dev/null", O_WRONLY))
        #expect(try loader.run(input: Descriptor(opening: bench.root + "/in", O_RDONLY)) == .dataError)
        #expect(try bench.held().rows.keys.sorted() == ["s:2"])
        #expect(try bench.folder.debts().map(\.semanticID) == ["s:1"])
    }

    @Test func aNewerDatabaseIsRefused() throws {
        let bench = try Bench(.sqlite)
        _ = try SQLiteDestination(bench.file)
        try Database(bench.file).execute("update sluice set format = 99")
        let error = #expect(throws: Failure.self) { try SQLiteDestination(bench.file) }
        #expect(error?.status == .configuration)
        #expect(error?.what.contains("99") == true)
    }

    @Test func aDatabaseOfAnotherProgramIsRefused() throws {
        let bench = try Bench(.sqlite)
        try Database(bench.file).execute("create table documents(x)")
        #expect(throws: Failure.self) { try SQLiteDestination(bench.file) }
        try Files.replace(bench.root + "/text", with: Array(repeating: 0x41, count: 5000))
        let error = #expect(throws: Failure.self) { try SQLiteDestination(bench.root + "/text") }
        #expect(error?.status == .dataError)
    }

    @Test func aLockedDatabaseMeansTryAgain() throws {
        let bench = try Bench(.sqlite)
        let other = try SQLiteDestination(bench.file)
        var stream = Lines()
        try other.begin()
        let error = #expect(throws: Failure.self) {
            try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)])
        }
        #expect(error?.status == .tryAgain)
        try other.rollBackToMark()
        try other.commit()
        #expect(try bench.sink([Lines.document("s:1", at: 1), stream.copyOfFirst(final: true)]).status == 0)
    }

    @Test func theFileIsTheOwnersAlone() throws {
        let bench = try Bench(.sqlite)
        _ = try SQLiteDestination(bench.file)
        var status = stat()
        #expect(stat(bench.file, &status) == 0)
        #expect(status.st_mode & 0o077 == 0)
    }

    @Test func aFullDiskLeavesNothingHalf() throws {
        let bench = try Bench(.sqlite)
        var stream = Lines()
        try bench.sink([Lines.document("s:1", at: 1), stream.state(final: true)])
        let destination = try SQLiteDestination(bench.file)
        try destination.limitPages(60)
        stream.newRun("r2")
        let lines = (0..<40).map { Lines.document("s:1\($0)", String(repeating: "word\($0) ", count: 3000), at: 2) }
        try Files.replace(
            bench.root + "/in", with: Array((lines + [stream.state(final: true)]).map { $0 + "\n" }.joined().utf8))
        let loader = try Loader(
            into: destination, folder: bench.folder, time: bench.time, log: Log(program: "sink"),
            output: Descriptor(opening: "/dev/null", O_WRONLY))
        let error = #expect(throws: Failure.self) {
            try loader.run(input: Descriptor(opening: bench.root + "/in", O_RDONLY))
        }
        #expect(error?.status == .ioError)
        #expect(try bench.held().rows.keys.sorted() == ["s:1"])
        #expect(try bench.copied() == Position(run: "r", checkpoint: 1))
    }
}

extension Lines {
    /// The first STATE of a run anew.
    func copyOfFirst(final: Bool) -> String {
        var fresh = Lines()
        return fresh.state(final: final)
    }
}
