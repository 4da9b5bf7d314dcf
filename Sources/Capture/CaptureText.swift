import Glibc
import Gzip
import JSON
import System

/// The text of a capture, left in a file and read where it is asked for. What is compressed, or comes through a pipe, is first
/// written to a temporary file: a capture of any length needs no more memory than its longest entry.
final class CaptureText: Sendable {
    /// What messages call it.
    let name: String
    private let file: Descriptor
    /// Where the text begins and ends: a byte order mark is passed over.
    let range: Range<Int>
    /// Where a gzip member begins that is not whole, and was left out.
    let torn: Int?

    /// The most that is read, in bytes, after decompression: 64 GiB.
    static let limit = 1 << 36

    /// - Throws: `SystemError`, or `Failure` for damage.
    convenience init(reading path: String) throws {
        let file = try Descriptor(opening: path, O_RDONLY)
        try self.init(file.isFile ? file : CaptureText.copy(of: file), name: path)
    }

    /// - Parameter name: what messages call the bytes.
    convenience init(_ bytes: [UInt8], name: String) throws {
        let file = try Files.temporary()
        try file.write(bytes)
        try self.init(file, name: name)
    }

    private init(_ file: consuming Descriptor, name: String) throws {
        var torn: Int?
        self.file = try CaptureText.plain(file, name, &torn)
        self.torn = torn
        self.name = name
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start = try CaptureText.start(of: self.file, mark.count) == mark ? mark.count : 0
        range = start..<max(start, try self.file.size())
    }

    private static func start(of file: borrowing Descriptor, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return Array(bytes[..<got])
    }

    private static func copy(of file: borrowing Descriptor) throws -> Descriptor {
        let copy = try Files.temporary()
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        while true {
            let got = try block.withUnsafeMutableBytes { try file.read(into: $0) }
            if got == 0 { return copy }
            total += got
            if total > limit { throw SystemError("read", file.name, EFBIG) }
            try block.withUnsafeBytes { try copy.write(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
        }
    }

    private static func plain(_ file: consuming Descriptor, _ name: String, _ torn: inout Int?) throws -> Descriptor {
        guard try start(of: file, 2) == [0x1F, 0x8B] else { return file }
        lseek(file.raw, 0, SEEK_SET)
        let plain = try Files.temporary()
        do { torn = try Gzip.decompress(file, to: plain, limit: limit).torn } catch let damage as Gzip.Damage {
            switch damage {
            case .tooLarge: throw Recording.broken("\(name) holds more than \(limit) bytes")
            case .corrupt(let at), .torn(let at):
                throw Recording.broken("\(name) is damaged in the gzip member that begins at byte \(at + 1)")
            }
        }
        return plain
    }

    /// The bytes of a range.
    /// - Throws: `SystemError`, also where the file has become shorter.
    func read(_ range: Range<Int>) throws -> ByteSlice {
        let block = ByteBlock(capacity: range.count)
        var done = 0
        while done < range.count {
            let rest = UnsafeMutableRawBufferPointer(start: block.base + done, count: range.count - done)
            let got = try file.read(into: rest, at: range.lowerBound + done)
            if got == 0 { throw SystemError("read", name, EIO) }
            done += got
        }
        return ByteSlice(block, start: 0, count: range.count)
    }

    /// Calls `body` with what stands from an offset on, block by block, until it returns false.
    func blocks(from start: Int, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var at = start
        while at < range.upperBound {
            let got = try block.withUnsafeMutableBytes { try file.read(into: $0, at: at) }
            if got == 0 { return }
            at += got
            let goesOn = try block.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
            if !goesOn { return }
        }
    }

    /// The lines from an offset on, without their line feeds. The last one may lack its own.
    /// - Parameter body: returns false to end.
    func lines(from start: Int, _ body: (Range<Int>) throws -> Bool) throws {
        var lineStart = start
        var blockStart = start
        var goesOn = true
        try blocks(from: start) { bytes in
            var at = 0
            while goesOn, let feed = bytes[at...].firstIndex(of: 0x0A) {
                goesOn = try body(lineStart..<blockStart + feed)
                at = feed + 1
                lineStart = blockStart + at
            }
            blockStart += bytes.count
            return goesOn
        }
        if goesOn, lineStart < range.upperBound { _ = try body(lineStart..<range.upperBound) }
    }
}
