/// Secrets that were seen, found again in one pass over a text.
struct Needles: Sendable {
    /// By their first two bytes.
    private var byStart: [UInt16: [[UInt8]]] = [:]
    private var all: Set<[UInt8]> = []
    private static let most = 4096

    /// Shorter ones than `Redactor.shortestFree` would be found in innocent words, and are not taken.
    mutating func insert(_ secret: [UInt8]) {
        guard secret.count >= Redactor.shortestFree, all.count < Needles.most, all.insert(secret).inserted else {
            return
        }
        // The longest first, so that a secret is not taken for another one that it begins with.
        byStart[Needles.start(secret, 0), default: []].append(secret)
        byStart[Needles.start(secret, 0)]?.sort { $0.count > $1.count }
    }

    private static func start(_ bytes: [UInt8], _ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }

    func replacing(in bytes: [UInt8], with placeholder: ([UInt8]) -> [UInt8]) -> [UInt8] {
        if all.isEmpty { return bytes }
        var isStart = [Bool](repeating: false, count: 1 << 16)
        for start in byStart.keys { isStart[Int(start)] = true }
        var out: [UInt8] = []
        var copied = 0
        var at = 0
        while at + 1 < bytes.count {
            let start = Needles.start(bytes, at)
            if isStart[Int(start)], let found = byStart[start]?.first(where: { bytes[at...].starts(with: $0) }) {
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
