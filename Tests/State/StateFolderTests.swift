import Glibc
import Gzip
import JSON
import System
import Testing

@testable import State

@Suite final class StateFolderTests {
    private let path: String
    private let folder: StateFolder
    init() throws {
        var template = Array("/tmp/sluice-state-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make", "a temporary folder") }
        path = String(cString: made)
        folder = try StateFolder(path + "/")
    }
    deinit {
        for name in Files.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }
    private func put(_ name: String, _ text: String) throws {
        try Files.replace("\(path)/\(name)", with: Gzip.compress(Array(text.utf8)))
    }

    @Test func anEmptyFolderHasNothing() throws {
        #expect(try folder.checkpoint() == nil)
        #expect(try folder.debts().isEmpty)
    }

    @Test func theCheckpointComesBackAsItWas() throws {
        let value = ByteSlice(#"{"bookmarks":{},"run":"r","checkpoint":3, "odd" : "\u0041"}"#)
        try folder.writeCheckpoint(value)
        #expect(try folder.checkpoint()?.raw.text == value.text)
        let end = try Child.run(
            ["zcat", path + "/checkpoint.json.gz"], input: [], limits: .init(time: .seconds(30), output: 1000))
        #expect(end.output == value.array + [0x0A])
        try folder.removeCheckpoint()
        #expect(try folder.checkpoint() == nil)
    }

    @Test func debtsComeBackAsTheyWere() throws {
        let debts = [
            Debt(
                semanticID: "s:1", partition: "p", stage: "fetch", reason: "server_error", attempts: 3,
                at: Timestamp(seconds: 77)),
            Debt(semanticID: "s:\u{0}\"é\n", partition: nil, stage: "", reason: "x"),
        ]
        try folder.writeDebts(debts)
        #expect(try folder.debts() == debts)
        try folder.writeDebts([Debt]())
        #expect(try folder.debts().isEmpty)
    }

    @Test(arguments: [
        ("checkpoint.json.gz", "{\"a\":"), ("checkpoint.json.gz", ""), ("failures.ndjson.gz", "{}\n"),
        ("failures.ndjson.gz", "x\n"),
    ])
    func damageIsToldWithTheFileAndWhatToDo(_ name: String, _ text: String) throws {
        try put(name, text)
        let failure = try #require(throws: Failure.self) {
            _ = try folder.checkpoint()
            _ = try folder.debts()
        }
        #expect(failure.status == .ioError)
        #expect(failure.what.hasPrefix("\(path)/\(name) is damaged"))
        #expect(failure.remedy.hasPrefix("remove it"))
    }

    @Test func aTornFileIsDamage() throws {
        let whole = Gzip.compress(Array(#"{"run":"r","checkpoint":1}"#.utf8))
        for end in 1..<whole.count {
            try Files.replace(path + "/checkpoint.json.gz", with: Array(whole[..<end]))
            #expect(throws: Failure.self, "cut at \(end)") { try folder.checkpoint() }
        }
    }

    @Test func aNewerFormatIsRefused() throws {
        try put("checkpoint.json.gz", #"{"format":\#(StateValue.format + 1)}"#)
        let failure = try #require(throws: Failure.self) { try folder.checkpoint() }
        #expect(failure.status == .configuration)
        #expect(failure.remedy == "use the version that wrote it, or a newer one")
    }

    @Test func theIdentityIsDrawnOnce() throws {
        let drawn = try folder.identity()
        #expect(drawn.utf8.count == 32)
        #expect(try StateFolder(path).identity() == drawn)
        try Files.replace(path + "/identity", with: [0x0A])
        #expect(throws: Failure.self) { try folder.identity() }
    }

    @Test func eachProgramHasItsLock() throws {
        let sink = try folder.lock("sink")
        let dedupe = try folder.lock("dedupe")
        #expect(throws: Failure.self) { _ = try folder.lock("sink") }
        withExtendedLifetime((sink)) {}
        withExtendedLifetime((dedupe)) {}
    }

    /// At once after the first attempt, then with pauses that double, to a day at most.
    @Test(arguments: [
        (1, nil), (2, 5), (3, 10), (4, 20), (9, 640), (10, 1280), (11, 1440), (100, 1440), (Int.max, 1440),
    ])
    func pausesGrow(_ attempts: Int, _ minutes: Int?) {
        let at = Timestamp(seconds: 1000)
        let debt = Debt(semanticID: "s:1", partition: nil, stage: "fetch", reason: "x", attempts: attempts, at: at)
        #expect(debt.due == minutes.map { at + .seconds($0 * 60) })
        #expect(Debt(semanticID: "s:1", partition: nil, stage: "", reason: "", attempts: attempts).due == nil)
    }
}

@Suite struct StateValueTests {
    @Test func theKnownPartIsRead() throws {
        let value = try StateValue(
            JSON(
                parsing:
                    #"{"bookmarks":{"c":{"tenant":"t","partitions":{"p":{"complete":"2026-01-02T03:04:05Z","page":"x"},"q":{}}}},"run":"r","after":["q",41],"checkpoint":42,"partitions_complete":true,"final":true,"format":1}"#
            ))
        #expect(value.position == Position(run: "r", checkpoint: 42))
        #expect(value.after == Position(run: "q", checkpoint: 41))
        #expect(value.isFinal && value.partitionsComplete)
        #expect(value.bookmarks.map(\.connection) == ["c"])
        #expect(value.bookmarks.first?.tenant == "t")
        let expected: [String: Timestamp?] = ["p": Timestamp("2026-01-02T03:04:05Z"), "q": nil]
        #expect(value.bookmarks.first?.partitions == expected)
    }

    /// The STATE of a foreign tap is anything at all.
    @Test(arguments: [
        "{}", "null", "[1]", "7", #"{"bookmarks":{"s":{"partitions":[]}}}"#,
        #"{"run":1,"checkpoint":"x","after":[1,2,3],"format":"y"}"#,
    ])
    func aForeignStateHasNoChain(_ text: String) throws {
        let value = try StateValue(JSON(parsing: text))
        #expect(value.position == nil)
        #expect(value.bookmarks.isEmpty)
        #expect(!value.isFinal)
        #expect(value.raw.text == text)
    }
}
