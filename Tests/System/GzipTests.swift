import Gzip
import System
import Testing

@Suite struct GzipTests {
    private static func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...(count % 2 == 0 ? 255 : 7), using: &random) }
    }

    @Test(arguments: [0, 1, 2, 100, 65_535, 65_536, 65_537, 300_000]) func whatIsCompressedComesBack(_ count: Int)
        throws
    {
        var random = SeededRandom(seed: 4)
        let bytes = GzipTests.bytes(count, &random)
        #expect(try Gzip.decompress(Gzip.compress(bytes)) == bytes)
        #expect(try Gzip.decompress(Gzip.compress(bytes, level: 9)) == bytes)
    }

    @Test func membersFollowEachOther() throws {
        let members = ["one\n", "", "three\n"].map { Array($0.utf8) }
        let file = members.flatMap { Gzip.compress($0) }
        var found: [[UInt8]] = []
        var ends: [Int] = []
        try Gzip.members(of: file) { member, range in
            found.append(member)
            ends.append(range.upperBound)
        }
        #expect(found == members)
        #expect(ends.last == file.count)
        #expect(try Gzip.decompress(file) == Array("one\nthree\n".utf8))
    }

    @Test func otherProgramsReadIt() throws {
        let end = try Child.run(
            ["gzip", "-dc"], input: Gzip.compress(Array("one".utf8)) + Gzip.compress(Array("two".utf8)),
            limits: .init(time: .seconds(30), output: 100))
        #expect(end.output == Array("onetwo".utf8))
        #expect(end.ending == .exited(0))
    }

    @Test func tornAtEveryByte() throws {
        let first = Gzip.compress(Array("the first member\n".utf8))
        let file = first + Gzip.compress(Array("the second member\n".utf8))
        for end in 1..<file.count where end != first.count {
            var whole: [UInt8] = []
            #expect(throws: Gzip.Damage.torn(valid: end < first.count ? 0 : first.count)) {
                try Gzip.members(of: Array(file[..<end])) { member, _ in whole += member }
            }
            #expect(whole == (end < first.count ? [] : Array("the first member\n".utf8)), "cut at \(end)")
        }
    }

    /// Bits that gzip does not check (time, system, extra flags) may change; whatever comes out is then the same.
    @Test func everyFlippedBitIsFoundOrHarmless() {
        let bytes = Array("some text, some text, some other text\n".utf8)
        let file = Gzip.compress(bytes)
        for bit in 0..<file.count * 8 {
            var damaged = file
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let out = try? Gzip.decompress(damaged) { #expect(out == bytes, "bit \(bit)") }
        }
    }

    @Test func aBombIsStopped() {
        let file = Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
        #expect(throws: Gzip.Damage.tooLarge) { try Gzip.decompress(file, limit: 1_000_000) }
    }
}
