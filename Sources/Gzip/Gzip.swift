import CZlib
import Glibc
import System

/// gzip, as a whole or member by member. The library is zlib; level 1, since checkpoints are written often.
public enum Gzip {
    /// What can be wrong with compressed bytes.
    public enum Damage: Error, Sendable, Equatable, CustomStringConvertible {
        /// The bytes end inside a member, as a kill leaves them. Everything up to `valid` is whole members.
        case torn(valid: Int)
        /// These bytes are not gzip, or a checksum is wrong, at this offset.
        case corrupt(at: Int)
        /// More than the limit came out.
        case tooLarge

        public var description: String {
            switch self {
            case .torn(let valid): "it ends in the middle of what begins at byte \(valid)"
            case .corrupt(let at): "what begins at byte \(at) is not gzip, or its checksum is wrong"
            case .tooLarge: "it holds more than is taken"
            }
        }
    }

    /// One member.
    public static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8] {
        var stream = z_stream()
        guard zlib_start_gzip(&stream, level) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 32)
        let count = output.withUnsafeMutableBufferPointer { out in
            bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = out.baseAddress
                stream.avail_out = UInt32(out.count)
                deflate(&stream, Z_FINISH)
                return out.count - Int(stream.avail_out)
            }
        }
        output.removeLast(output.count - count)
        return output
    }

    /// All members of a file.
    /// - Parameter limit: the most bytes that may come out.
    public static func decompress(_ bytes: [UInt8], limit: Int = 1 << 32) throws(Damage) -> [UInt8] {
        var output: [UInt8] = []
        try members(of: bytes, limit: limit) { output += $0 }
        return output
    }

    /// Calls `body` with what each member holds, in order, as soon as its checksum was verified.
    public static func members(of bytes: [UInt8], limit: Int = 1 << 32, _ body: ([UInt8], Range<Int>) -> Void)
        throws(Damage)
    {
        var stream = z_stream()
        guard zlib_start_gunzip(&stream) == Z_OK else { return }
        defer { inflateEnd(&stream) }
        var start = 0
        var total = 0
        while start < bytes.count {
            var member: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 * 1024)
            var at = start
            var result = Z_OK
            while result == Z_OK {
                let (used, made) = bytes.withUnsafeBufferPointer { input in
                    chunk.withUnsafeMutableBufferPointer { out in
                        let offered = UInt32(min(input.count - at, 1 << 30))
                        stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + at) }
                        stream.avail_in = offered
                        stream.next_out = out.baseAddress
                        stream.avail_out = UInt32(out.count)
                        result = inflate(&stream, Z_NO_FLUSH)
                        return (Int(offered - stream.avail_in), out.count - Int(stream.avail_out))
                    }
                }
                at += used
                member += chunk[..<made]
                total += made
                if total > limit { throw .tooLarge }
                if result == Z_OK && at == bytes.count && made < chunk.count { throw .torn(valid: start) }
                if result == Z_BUF_ERROR && at == bytes.count { throw .torn(valid: start) }
            }
            guard result == Z_STREAM_END else { throw .corrupt(at: start) }
            body(member, start..<at)
            start = at
            inflateReset(&stream)
        }
    }

    /// Calls `body` with what each member of a file holds, in order, as soon as its checksum was verified. One member at a time is in
    /// memory.
    /// - Parameter limit: the most bytes that one member may hold.
    /// - Throws: `Damage`, `SystemError`, and what `body` throws.
    public static func members(
        of file: borrowing Descriptor, limit: Int = 1 << 30, _ body: ([UInt8], Range<Int>) throws -> Void
    ) throws {
        var stream = z_stream()
        guard zlib_start_gunzip(&stream) == Z_OK else { throw SystemError("decompress", file.name, ENOMEM) }
        defer { inflateEnd(&stream) }
        var input = [UInt8](repeating: 0, count: 256 << 10)
        var made = [UInt8](repeating: 0, count: 256 << 10)
        var member: [UInt8] = []
        var (start, at) = (0, 0)
        while true {
            let got = try input.withUnsafeMutableBytes { try file.read(into: $0) }
            if got == 0 { break }
            var used = 0
            var hasMore = false
            while used < got || hasMore {
                let (result, ate, gave) = step(&stream, input[used..<got], &made)
                used += ate
                at += ate
                member += made[..<gave]
                if member.count > limit { throw Damage.tooLarge }
                hasMore = gave == made.count
                switch result {
                case Z_STREAM_END:
                    hasMore = false
                    try body(member, start..<at)
                    member.removeAll(keepingCapacity: member.capacity <= 4 << 20)
                    start = at
                    inflateReset(&stream)
                case Z_OK, Z_BUF_ERROR: break
                default: throw Damage.corrupt(at: start)
                }
            }
        }
        if at > start { throw Damage.torn(valid: start) }
    }

    /// Decompresses a file of any length into another one, whose end then holds whole members only.
    /// - Parameter limit: the most bytes that may come out.
    /// - Returns: how many bytes came out, and where a member begins that is not whole, as a kill leaves it.
    /// - Throws: `Damage`, or `SystemError`.
    public static func decompress(_ file: borrowing Descriptor, to output: borrowing Descriptor, limit: Int) throws
        -> (count: Int, torn: Int?)
    {
        var stream = z_stream()
        guard zlib_start_gunzip(&stream) == Z_OK else { throw SystemError("decompress", file.name, ENOMEM) }
        defer { inflateEnd(&stream) }
        var input = [UInt8](repeating: 0, count: 256 << 10)
        var made = [UInt8](repeating: 0, count: 256 << 10)
        // Where the member under way begins, before and after decompression.
        var start = (packed: 0, plain: 0)
        var at = (packed: 0, plain: 0)
        var isInside = false
        while true {
            let got = try input.withUnsafeMutableBytes { try file.read(into: $0) }
            if got == 0 { break }
            var used = 0
            var hasMore = false
            while used < got || hasMore {
                if !isInside {
                    start = at
                    isInside = true
                }
                let (result, ate, gave) = step(&stream, input[used..<got], &made)
                used += ate
                at = (at.packed + ate, at.plain + gave)
                if at.plain > limit { throw Damage.tooLarge }
                try made.withUnsafeBytes { try output.write(UnsafeRawBufferPointer(rebasing: $0[..<gave])) }
                hasMore = gave == made.count
                switch result {
                case Z_STREAM_END:
                    isInside = false
                    hasMore = false
                    inflateReset(&stream)
                case Z_OK, Z_BUF_ERROR: break
                default: throw Damage.corrupt(at: start.packed)
                }
            }
        }
        if !isInside { return (at.plain, nil) }
        try output.truncate(to: start.plain)
        return (start.plain, start.packed)
    }

    /// One call of `inflate`: its result, how much it took, and how much it gave.
    private static func step(_ stream: inout z_stream, _ input: ArraySlice<UInt8>, _ made: inout [UInt8])
        -> (result: Int32, ate: Int, gave: Int)
    {
        input.withUnsafeBufferPointer { input in
            made.withUnsafeMutableBufferPointer { out in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = out.baseAddress
                stream.avail_out = UInt32(out.count)
                let result = inflate(&stream, Z_NO_FLUSH)
                return (result, input.count - Int(stream.avail_in), out.count - Int(stream.avail_out))
            }
        }
    }

    private static func members(of bytes: [UInt8], limit: Int, _ body: ([UInt8]) -> Void) throws(Damage) {
        try members(of: bytes, limit: limit) { member, _ in body(member) }
    }
}
