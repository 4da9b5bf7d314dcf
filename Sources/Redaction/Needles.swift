import JSON

/// Secrets that were seen, found again in one pass over a text.
struct Needles: Sendable {
    /// By their first two bytes.
    private var byStart: [UInt16: [[UInt8]]] = [:]
    private var all: Set<[UInt8]> = []
    /// A bit for each of the keys above, and for `[s`: most places of a text are passed over with one look.
    private var starts = BytePairs(["[s"])
    /// The same, and the pairs of bytes without one of which `TextScan` finds nothing: so most texts are passed over.
    private var suspects = TextScan.pairs
    private static let most = 4096

    /// Shorter ones than `Redactor.shortestFree` would be found in innocent words, and are not taken.
    mutating func insert(_ secret: [UInt8]) {
        guard secret.count >= Redactor.shortestFree, all.count < Needles.most, all.insert(secret).inserted else {
            return
        }
        let start = Needles.start(secret, 0)
        starts.insert(start)
        suspects.insert(start)
        // The longest first, so that a secret is not taken for another one that it begins with.
        byStart[start, default: []].append(secret)
        byStart[start]?.sort { $0.count > $1.count }
    }

    /// False for a text in which there can be no secret.
    func mayFindSecret(in bytes: ByteSlice) -> Bool { suspects.first(in: bytes, from: 0) != nil }

    private static func start(_ bytes: [UInt8], _ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }

    /// - Returns: nil where none of them is in the bytes.
    func replacing(in bytes: ByteSlice, with placeholder: ([UInt8]) -> [UInt8]) -> [UInt8]? {
        if all.isEmpty { return nil }
        var out: [UInt8] = []
        var copied = 0
        var at = 0
        while let found = starts.first(in: bytes, from: at) {
            if bytes[found] == UInt8(ascii: "["), Placeholder.stands(in: bytes, at: found) {
                at = found + Placeholder.length
            } else if let needle = needle(in: bytes, at: found) {
                out += bytes[copied..<found].array
                out += placeholder(needle)
                at = found + needle.count
                copied = at
            } else {
                at = found + 1
            }
        }
        return copied == 0 ? nil : out + bytes[copied..<bytes.count].array
    }

    private func needle(in bytes: ByteSlice, at start: Int) -> [UInt8]? {
        let rest = bytes[start..<bytes.count]
        return byStart[UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])]?.first { needle in
            rest.withUnsafeBytes { $0.starts(with: needle) }
        }
    }
}

/// A set of pairs of bytes.
struct BytePairs: Sendable {
    private var bits = [UInt64](repeating: 0, count: 1024)

    init(_ pairs: [String] = []) { for pair in pairs { insert(Array(pair.utf8)) } }

    mutating func insert(_ pair: UInt16) { bits[Int(pair >> 6)] |= 1 << (pair & 63) }
    /// Inserts the first two of some bytes.
    mutating func insert(_ bytes: [UInt8]) { if bytes.count >= 2 { insert(UInt16(bytes[0]) << 8 | UInt16(bytes[1])) } }

    /// Where the first of them stands, from an offset on. The loop over every byte of a body: so it takes a pointer.
    func first(in bytes: ByteSlice, from start: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            bits.withUnsafeBufferPointer { bits in
                var at = start
                while at + 1 < bytes.count {
                    let pair = UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
                    if bits[Int(pair >> 6)] >> (pair & 63) & 1 == 1 { return at }
                    at += 1
                }
                return nil
            }
        }
    }
}
