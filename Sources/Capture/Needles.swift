/// Secrets that were seen, found again in one pass over a text.
struct Needles: Sendable {
    /// By their first two bytes.
    private var byStart: [UInt16: [[UInt8]]] = [:]
    private var all: Set<[UInt8]> = []
    /// A bit for each of the keys above: most places of a text are passed over with one look at it.
    private var bits = [UInt64](repeating: 0, count: 1024)
    private static let most = 4096

    /// Shorter ones than `Redactor.shortestFree` would be found in innocent words, and are not taken.
    mutating func insert(_ secret: [UInt8]) {
        guard secret.count >= Redactor.shortestFree, all.count < Needles.most, all.insert(secret).inserted else {
            return
        }
        let start = Needles.start(secret, 0)
        bits[Int(start >> 6)] |= 1 << (start & 63)
        // The longest first, so that a secret is not taken for another one that it begins with.
        byStart[start, default: []].append(secret)
        byStart[start]?.sort { $0.count > $1.count }
    }

    private static func start(_ bytes: [UInt8], _ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }

    func replacing(in bytes: [UInt8], with placeholder: ([UInt8]) -> [UInt8]) -> [UInt8] {
        if all.isEmpty { return bytes }
        var out: [UInt8] = []
        var copied = 0
        var at = 0
        while at + 1 < bytes.count {
            if bytes[at] == UInt8(ascii: "["), Placeholder.stands(in: bytes, at: at) {
                at += Placeholder.length
                continue
            }
            let start = Needles.start(bytes, at)
            if bits[Int(start >> 6)] >> (start & 63) & 1 == 1,
                let found = byStart[start]?.first(where: { bytes[at...].starts(with: $0) })
            {
                out += bytes[copied..<at]
                out += placeholder(found)
                at += found.count
                copied = at
            } else {
                at += 1
            }
        }
        return copied == 0 ? bytes : out + bytes[copied...]
    }
}
