import Glibc
import Gzip
import State
import System
import Testing

/// A folder that ends with its test.
final class Scratch {
    let path: String
    init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/tmp/sluice-journal-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(path)
    }
    deinit {
        for name in Files.names(in: path) { unlink(path + "/" + name) }
        rmdir(path)
    }
    var journal: String { path + "/journal.gz" }

    /// Opens the journal, and gives its batches as text.
    func open(kind: String = "test") throws -> (journal: Journal, batches: [String]) {
        var batches: [String] = []
        let journal = try Journal(self.journal, kind: kind) { lines, _ in
            batches.append(String(decoding: lines, as: UTF8.self))
            return nil
        }
        return (journal, batches)
    }
    func write(_ bytes: [UInt8]) throws { try Files.replace(journal, with: bytes) }
}

@Suite struct JournalTests {
    private let batches = ["a\nb\n", "c\n", "d\ne\nf\n"]

    private func made(_ scratch: Scratch) throws -> [Int] {
        let journal = try scratch.open().journal
        var ends = [journal.end]
        for batch in batches {
            try journal.append(Array(batch.utf8))
            ends.append(journal.end)
        }
        return ends
    }

    @Test func readsBackWhatWasAppendedAndIsPlainGzip() throws {
        let scratch = try Scratch()
        _ = try made(scratch)
        #expect(try scratch.open().batches == batches)
        let text = String(decoding: try Gzip.decompress(try Files.read(scratch.journal)), as: UTF8.self)
        #expect(text == "{\"kind\":\"test\",\"format\":1}\n" + batches.joined())
    }

    @Test func cutsATornTailAtEveryByteAndGoesOnFromThere() throws {
        let scratch = try Scratch()
        let ends = try made(scratch)
        let bytes = try Files.read(scratch.journal)
        for size in 0..<bytes.count {
            let lost = bytes.count - size
            for tail in lost < 8 ? [[]] : [[], [UInt8](repeating: 0, count: lost)] {
                // Zeros in the place of zeros are no loss.
                let whole = ends.filter { $0 <= size || !tail.isEmpty && bytes[size..<$0].allSatisfy { $0 == 0 } }
                let kept = max(0, whole.count - 1)
                try scratch.write(Array(bytes[..<size]) + tail)
                let (journal, read) = try scratch.open()
                #expect(read == Array(batches[..<kept]), "cut at \(size)")
                try journal.append(Array("z\n".utf8))
                #expect(try scratch.open().batches == batches[..<kept] + ["z\n"], "appended after a cut at \(size)")
            }
        }
    }

    @Test func refusesDamageThatNoKillLeaves() throws {
        let scratch = try Scratch()
        let ends = try made(scratch)
        let whole = try Files.read(scratch.journal)
        for at in [ends[0] + 2, ends[1] - 6, ends[1], ends[2] - 1] {
            var bytes = whole
            bytes[at] ^= 0x55
            try scratch.write(bytes)
            let failure = #expect(throws: Failure.self) { try scratch.open() }
            #expect(failure?.status == .ioError)
            #expect(failure?.what.contains(scratch.journal) == true)
            #expect(failure?.remedy.contains("remove the folder \(scratch.path)") == true)
            #expect(try Files.read(scratch.journal) == bytes, "a refused file must stay as it was")
        }
    }

    @Test(arguments: [
        ("{\"kind\":\"test\",\"format\":2}\n", System.ExitStatus.configuration),
        ("{\"kind\":\"other\",\"format\":1}\n", .ioError), ("nonsense\n", .ioError),
    ])
    func refusesAnotherHeader(header: String, status: System.ExitStatus) throws {
        let scratch = try Scratch()
        try scratch.write(Gzip.compress(Array(header.utf8)))
        #expect(throws: Failure.self) { try scratch.open() }
        do { _ = try scratch.open() } catch let failure as Failure { #expect(failure.status == status) }
    }

    @Test func cutsBackToABatchAndReplacesAll() throws {
        let scratch = try Scratch()
        let ends = try made(scratch)
        let journal = try scratch.open().journal
        try journal.cut(to: ends[1])
        #expect(try scratch.open().batches == ["a\nb\n"])
        try journal.replace { append in
            append(Array("x\n".utf8))
            append(Array("y\n".utf8))
        }
        try journal.append(Array("z\n".utf8))
        #expect(try scratch.open().batches == ["x\n", "y\n", "z\n"])
        try journal.cut(to: journal.start)
        #expect(try scratch.open().batches.isEmpty)
    }
}
