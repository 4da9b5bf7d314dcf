import Glibc
import JSON
import System

/// Reads a stream line by line, in big blocks, without copying a line.
public struct LineReader: ~Copyable {
    /// What came in.
    public enum Input: Sendable {
        /// A line without its line feed, and its number from 1.
        case line(ByteSlice, number: Int)
        /// A line over the limit, passed over.
        case tooLong(number: Int)
        /// The end. `torn` when bytes without a line feed came last: what a kill leaves.
        case end(torn: Bool)
    }

    /// The longest line that is read, in bytes: 48 MiB unless told.
    public static let defaultMaxLine = 48 << 20
    private static let step = 1 << 20

    private let input: Descriptor
    private let maxLine: Int
    private var block: ByteBlock
    private var start = 0  // the first byte not yet given out
    private var scanned = 0  // no line feed before this
    private var end = 0
    private var skipping = false
    private var number = 0

    public init(_ input: consuming Descriptor, maxLine: Int = defaultMaxLine) {
        self.input = input
        self.maxLine = maxLine
        block = ByteBlock(capacity: LineReader.step)
    }

    /// The next line.
    /// - Parameter idle: called before a read that would wait, so that what was written can be flushed.
    public mutating func next(whenIdle idle: () throws -> Void = {}) throws -> Input {
        while true {
            if let feed = memchr(block.base + scanned, 0x0A, end - scanned) {
                let at = UnsafeMutableRawPointer(block.base).distance(to: feed)
                let line = ByteSlice(block, start: start, count: at - start)
                start = at + 1
                scanned = start
                number += 1
                if skipping || line.count > maxLine {
                    skipping = false
                    return .tooLong(number: number)
                }
                return .line(line, number: number)
            }
            scanned = end
            if end - start > maxLine {
                skipping = true
                start = end
            }
            if skipping { start = end }
            makeRoom()
            if !input.hasInputWaiting() { try idle() }
            let got = try input.read(
                into: UnsafeMutableRawBufferPointer(start: block.base + end, count: block.capacity - end))
            if got == 0 { return .end(torn: start < end || skipping) }
            end += got
        }
    }

    /// Moves what is left to the front of a block with room for more: the same block where no slice of it is held.
    private mutating func makeRoom() {
        if block.capacity - end >= LineReader.step / 4 { return }
        let rest = end - start
        let wanted = max(LineReader.step, rest * 2)
        if isKnownUniquelyReferenced(&block) && block.capacity >= wanted {
            memmove(block.base, block.base + start, rest)
        } else {
            let larger = ByteBlock(capacity: wanted)
            memcpy(larger.base, block.base + start, rest)
            block = larger
        }
        scanned -= start
        start = 0
        end = rest
    }
}
