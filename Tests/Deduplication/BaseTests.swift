import Glibc
import Gzip
import State
import Stream
import System
import Testing

@testable import Deduplication

@Suite struct BaseTests {
    /// A memory of so many documents that it is compacted, committed and opened once more.
    private func compacted(_ count: Int = 1200) throws -> Scratch {
        let scratch = try Scratch()
        _ = try scratch.run((0..<count).map { document("\($0)", $0 % 3, $0 % 2) } + [state("r", 1)])
        try scratch.commit(("r", 1))
        _ = try scratch.run([])
        return scratch
    }

    @Test func knowsWhatWasCompacted() throws {
        let scratch = try compacted()
        let lines = (0..<1200).map { document("\($0)", $0 % 3, $0 % 2) }
        #expect(summary(try scratch.run(lines), of: lines) == (0..<1200).map { "seen \($0)" })
        let other = [document("7", 2, 1), document("8", 2, 1), document("new"), deleted("9"), document("9", 0, 1)]
        #expect(summary(try scratch.run(other), of: other) == ["=doc 7", "access 8", "=doc new", "=gone 9", "=doc 9"])
    }

    @Test func aChangeIsInTheNextCompaction() throws {
        let scratch = try compacted()
        var lines = [deleted("3"), document("4", 9, 9)]
        lines += (0..<1400).map { document("b\($0)") } + [state("s", 1, after: "[\"r\",1]")]
        _ = try scratch.run(lines)
        let first = try #require(scratch.base)
        try scratch.commit(("s", 1))
        let again = [document("3"), document("4", 9, 9), document("5", 2, 1), document("b7")]
        #expect(summary(try scratch.run(again), of: again) == ["=doc 3", "seen 4", "seen 5", "seen b7"])
        let second = try #require(scratch.base)
        #expect(first != second && !Files.exists(first), "the old file is taken away")
        try scratch.verify()
    }

    @Test func belongsToTheStateOfItsMarker() throws {
        let scratch = try compacted()
        try scratch.commit(("other", 1))
        let lines = [document("1", 1, 1)]
        #expect(summary(try scratch.run(lines), of: lines) == ["=doc 1"])
        #expect(scratch.base == nil && !Files.exists(scratch.index))
    }

    /// A kill between the new base and the emptied journal, and one before the index.
    @Test func aKillWhileCompactingLosesNothing() throws {
        let scratch = try Scratch()
        _ = try scratch.run((0..<1200).map { document("\($0)") } + [state("r", 1)])
        try scratch.commit(("r", 1))
        let journal = try Files.read(scratch.journal)
        _ = try scratch.run([])
        let base = try #require(scratch.base)
        try Files.replace(scratch.journal, with: journal)
        try Files.replace(scratch.state + "/dedupe/base-9.gz", with: [1, 2, 3])
        let lines = (0..<1200).map { document("\($0)") }
        #expect(summary(try scratch.run(lines), of: lines).allSatisfy { $0.hasPrefix("seen") })
        try Files.remove(scratch.index)
        try Files.replace(scratch.journal, with: journal)
        #expect(summary(try scratch.run(lines), of: lines).allSatisfy { $0.hasPrefix("seen") })
        #expect(scratch.base.map { $0 != base || Files.exists(base) } == true)
    }

    @Test func whatIsDamagedIsRefused() throws {
        let scratch = try compacted()
        let base = try #require(scratch.base)
        let whole = try Files.read(base)
        func expectRefused(_ what: String, _ bytes: [UInt8]) throws {
            try Files.replace(base, with: bytes)
            let failure = #expect(throws: Failure.self, "\(what)") { try scratch.verify() }
            #expect(failure?.status == .ioError && failure?.description.contains("is damaged") == true)
        }
        try expectRefused("shorter", whole.dropLast())
        for at in stride(from: 0, to: whole.count, by: 997) {
            var bytes = whole
            bytes[at] ^= 0x10
            // The header of a member has bytes that mean nothing: its time, and the system that wrote it.
            try Files.replace(base, with: bytes)
            do { try scratch.verify() } catch let failure as Failure { #expect(failure.status == .ioError) }
        }
        try Files.remove(base)
        #expect(throws: Failure.self) { try scratch.verify() }
        try Files.replace(base, with: whole)
        try scratch.verify()
        try Files.replace(scratch.index, with: Gzip.compress(Array("{\"kind\":\"dedupe-index\",\"format\":2}\n".utf8)))
        let newer = #expect(throws: Failure.self) { try scratch.run([]) }
        #expect(newer?.status == .configuration)
        try Files.replace(scratch.index, with: Array(try Files.read(scratch.index).dropLast(3)))
        #expect(throws: Failure.self) { try scratch.run([]) }
    }

    /// Random keys, changes and divisions into shards, against a dictionary.
    @Test(arguments: 0..<12 as Range<UInt64>) func holdsWhatADictionaryHolds(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        let prefix = try scratch.folder().path + "/"
        var model: [Key: Digests] = [:]
        let marker = Position(run: "r", checkpoint: 1)
        for round in 0..<4 {
            var changes: [Key: Digests?] = [:]
            for _ in 0..<[10, 60_000, 300, 5][(round + Int(seed)) % 4] {
                let known = Bool.random(using: &random) ? model.keys.first : nil
                let key = known ?? Key("\(random.next())")
                changes[key] =
                    Int.random(in: 0..<4, using: &random) == 0
                    ? .some(nil) : Digests(content: random.next(), access: random.next())
            }
            let sorted = changes.map { (key: $0.key, digests: $0.value) }.sorted { $0.key < $1.key }
            try Base.write(prefix, after: Base.open(prefix), marker: marker, about: sorted.count) { highest in
                sorted.filter { Int($0.key.high >> 56) == highest }
            }
            for (key, digests) in sorted { model[key] = digests }
            let base = try #require(try Base.open(prefix))
            try base.verify()
            #expect(base.count == model.count)
            for (key, digests) in model.prefix(3000) { #expect(try base.digests(of: key) == digests) }
            for _ in 0..<50 { #expect(try base.digests(of: Key("no \(random.next())")) == nil) }
            for (key, digests) in sorted where digests == nil { #expect(try base.digests(of: key) == nil) }
        }
        for name in Files.names(in: scratch.state) { unlink(prefix + name) }
    }
}
