import System

/// A row of numbers and short texts of a fixed size, read or written by the same code: each field is handed over in its turn.
struct Record {
    private(set) var bytes: [UInt8]
    private var at = 0
    private let isReading: Bool
    /// A field was outside its bounds, or the bytes came to their end.
    var isDamaged = false

    static let size = 8192
    private static let magic = Array("SLUICEP1".utf8)

    /// To be written.
    init() {
        bytes = Array(repeating: 0, count: Record.size)
        bytes.replaceSubrange(0..<8, with: Record.magic)
        at = 16
        isReading = false
    }
    /// - Returns: nil for what is not such a record, or is damaged.
    init?(reading bytes: [UInt8]) {
        guard bytes.count == Record.size, bytes.starts(with: Record.magic) else { return nil }
        self.bytes = bytes
        isReading = true
        at = 8
        var sum: Int64 = 0
        number(&sum)
        guard sum == Record.checksum(bytes) else { return nil }
    }

    /// The bytes with their checksum.
    mutating func sealed() -> [UInt8] {
        var sum = Record.checksum(bytes)
        at = 8
        number(&sum)
        return bytes
    }

    /// FNV-1a of what follows the checksum, by words.
    private static func checksum(_ bytes: [UInt8]) -> Int64 {
        bytes.withUnsafeBytes { all in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for at in stride(from: 16, to: all.count - 7, by: 8) {
                hash = (hash ^ all.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x100_0000_01b3
            }
            return Int64(bitPattern: hash)
        }
    }

    mutating func number(_ value: inout Int64) {
        guard at + 8 <= bytes.count else { return isDamaged = true }
        if isReading {
            var bits: UInt64 = 0
            for i in 0..<8 { bits |= UInt64(bytes[at + i]) << (8 * UInt64(i)) }
            value = Int64(bitPattern: bits)
        } else {
            let bits = UInt64(bitPattern: value)
            for i in 0..<8 { bytes[at + i] = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(i))) }
        }
        at += 8
    }

    mutating func time(_ value: inout Timestamp) {
        var number = value.microseconds
        self.number(&number)
        value = Timestamp(microseconds: number)
    }
    mutating func duration(_ value: inout Duration) {
        var number = value.microseconds
        self.number(&number)
        value = .microseconds(number)
        if number < 0 || number > 1 << 50 { isDamaged = true }
    }
    /// A number that is never below nothing.
    mutating func count(_ value: inout Int64) {
        number(&value)
        if value < 0 || value > 1 << 50 { isDamaged = true }
    }

    /// A text of at most so many bytes; more is cut off.
    mutating func text(_ value: inout String, _ size: Int) {
        var count = Int64(min(size, value.utf8.count))
        number(&count)
        guard count >= 0, count <= size, at + size <= bytes.count else { return isDamaged = true }
        if isReading {
            value = String(decoding: bytes[at..<at + Int(count)], as: UTF8.self)
        } else {
            bytes.replaceSubrange(at..<at + Int(count), with: value.utf8.prefix(Int(count)))
        }
        at += size
    }
}
