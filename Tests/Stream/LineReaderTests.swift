import Glibc
import JSON
import Stream
import System
import Testing

/// Gives pieces to a reader one at a time: each when the reader is about to wait, so that no thread is needed.
private struct Pipe: ~Copyable {
    private let writing: Int32
    let reading: Int32
    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError("make", "a pipe") }
        (reading, writing) = (ends[0], ends[1])
    }
    func write(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { _ = Glibc.write(writing, $0.baseAddress, $0.count) }
    }
    func end() { close(writing) }
}

@Suite struct LineReaderTests {
    private enum Line: Equatable {
        case line([UInt8], Int)
        case tooLong(Int)
        case end(torn: Bool)
    }

    /// Reads pieces; a piece is written when nothing is left of the one before.
    private func read(_ pieces: [ArraySlice<UInt8>], maxLine: Int, holding: Bool = false) throws -> [Line] {
        let pipe = try Pipe()
        var rest = pieces[...]
        var reader = LineReader(Descriptor(owning: pipe.reading, name: "pipe"), maxLine: maxLine)
        var lines: [Line] = []
        var held: [ByteSlice] = []
        while true {
            let input = try reader.next(whenIdle: {
                if let piece = rest.popFirst() { pipe.write(piece) } else { pipe.end() }
            })
            switch input {
            case .line(let line, let number):
                lines.append(.line(line.array, number))
                if holding { held.append(line) }
            case .tooLong(let number): lines.append(.tooLong(number))
            case .end(let torn):
                lines.append(.end(torn: torn))
                let kept = lines.compactMap { if case .line(let bytes, _) = $0 { bytes } else { nil } }
                if holding { #expect(held.map(\.array) == kept) }
                return lines
            }
        }
    }

    private func split(_ bytes: [UInt8], maxLine: Int) -> [Line] {
        var lines: [Line] = []
        var line: [UInt8] = []
        for byte in bytes {
            if byte != 0x0A {
                line.append(byte)
                continue
            }
            let number = lines.count + 1
            lines.append(line.count > maxLine ? .tooLong(number) : .line(line, number))
            line = []
        }
        return lines + [.end(torn: !line.isEmpty)]
    }

    @Test(arguments: 1...6) func piecesMakeTheSameLinesAsANaiveSplitter(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                Int.random(in: 0..<12, using: &random) == 0 ? 0x0A : UInt8.random(in: 0x20...0x7E, using: &random)
            }
            var pieces: [ArraySlice<UInt8>] = []
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, at + Int.random(in: 1...60, using: &random))
                pieces.append(bytes[at..<end])
                at = end
            }
            for maxLine in [5, 20, 1000] {
                #expect(try read(pieces, maxLine: maxLine) == split(bytes, maxLine: maxLine))
            }
        }
    }

    /// Lines that are held while the block that they stand in is used up: they must not change.
    @Test(arguments: [false, true]) func longLinesCrossBlocks(_ holding: Bool) throws {
        var random = SeededRandom(seed: 9)
        var bytes: [UInt8] = []
        for _ in 0..<40 {
            let length = Int.random(in: 0...300_000, using: &random)
            bytes += [UInt8](repeating: UInt8.random(in: 0x61...0x7A, using: &random), count: length) + [0x0A]
        }
        let pieces = stride(from: 0, to: bytes.count, by: 60_000).map { bytes[$0..<min(bytes.count, $0 + 60_000)] }
        for maxLine in [200_000, 1 << 20] {
            #expect(try read(pieces, maxLine: maxLine, holding: holding) == split(bytes, maxLine: maxLine))
        }
    }

    @Test func aTornLineIsNotGivenOut() throws {
        #expect(try read([Array("ab".utf8)[...]], maxLine: 10) == [.end(torn: true)])
        #expect(try read([Array("ab\n".utf8)[...]], maxLine: 10) == [.line(Array("ab".utf8), 1), .end(torn: false)])
        #expect(try read([], maxLine: 10) == [.end(torn: false)])
        #expect(
            try read([Array("too long to be".utf8)[...], Array(" read".utf8)[...]], maxLine: 5) == [.end(torn: true)])
    }
}
