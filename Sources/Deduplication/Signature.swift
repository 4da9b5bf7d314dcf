import CMinHash
import CXXHash
import System

/// What a text is near by: MinHash of its shingles, 128 permutations, of each the lowest 8 bits (b-bit minwise hashing, Li and König
/// 2010). 16 numbers of 8 permutations each, which are its bands at once.
///
/// A shingle is 5 words in a row; of a text of fewer words it is all of them. A word is a run of letters, marks and digits as Unicode
/// has them; an ideograph and a kana is a word of its own. ASCII letters count as small ones.
struct Signature: Equatable, Sendable {
    static let bands = 16
    /// The numbers as they stand in the journal.
    var numbers: [UInt64]

    static let permutations = Int(minhash_permutations)

    /// - Parameter utf8: a text, of which at least the first byte is there.
    init(_ utf8: [UInt8]) {
        let shingles = Signature.shingles(utf8)
        var least = [UInt32](repeating: .max, count: Signature.permutations)
        minhash_add(shingles, shingles.count, Signature.multipliers, Signature.addends, &least)
        numbers = (0..<Signature.bands).map { band in
            least[band * 8..<band * 8 + 8].reduce(UInt64(0)) { number, least in number << 8 | UInt64(least & 0xFF) }
        }
    }
    /// - Returns: nil unless there are as many as there are bands.
    init?(numbers: [UInt64]) {
        guard numbers.count == Signature.bands else { return nil }
        self.numbers = numbers
    }

    /// How many of 128 permutations have the same in both.
    func matches(_ other: Signature) -> Int {
        var different = 0
        for band in 0..<Signature.bands {
            // The highest bit of each byte that differs.
            let x = numbers[band] ^ other.numbers[band]
            let low = (x & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F
            different += ((low | x) & 0x8080_8080_8080_8080).nonzeroBitCount
        }
        return Signature.permutations - different
    }

    /// The estimated Jaccard similarity of two sets of shingles; one of 256 permutations matches by chance.
    static func similarity(matches: Int) -> Double {
        max(0, (Double(matches) / Double(permutations) - 1 / 256) / (1 - 1 / 256))
    }

    /// The fewest matches whose similarity is so great.
    static func matches(hundredths: Int) -> Int {
        (0...permutations).first { similarity(matches: $0) * 100 >= Double(hundredths) } ?? permutations
    }

    /// Fixed, so that a journal means the same to every version.
    private static let multipliers: [UInt32] = numbers(seed: 0x51_0C_E0_01).map { $0 | 1 }
    private static let addends: [UInt32] = numbers(seed: 0x51_0C_E0_02)
    private static func numbers(seed: UInt64) -> [UInt32] {
        var random = SeededRandom(seed: seed)
        return (0..<permutations).map { _ in UInt32(truncatingIfNeeded: random.next() >> 32) }
    }

    static func shingles(_ utf8: [UInt8]) -> [UInt32] {
        let words = wordDigests(utf8)
        let length = min(5, words.count)
        if length == 0 { return [0] }
        return (0...words.count - length).map { first in
            var digest: UInt64 = 0
            for word in words[first..<first + length] {
                digest = (digest ^ word) &* 0x9E37_79B9_7F4A_7C15
                digest ^= digest >> 32
            }
            return UInt32(truncatingIfNeeded: digest >> 32 ^ digest)
        }
    }

    private static func wordDigests(_ utf8: [UInt8]) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(utf8.count / 5)
        // FNV-1a, 64 bits: words are short.
        let none: UInt64 = 0xCBF2_9CE4_8422_2325
        var word = none
        func add(_ byte: UInt8, to word: inout UInt64) { word = (word ^ UInt64(byte)) &* 0x100_0000_01B3 }
        func end() {
            if word != none { words.append(word) }
            word = none
        }
        var i = 0
        while i < utf8.count {
            let byte = utf8[i]
            if byte < 0x80 {
                switch byte {
                case 0x30...0x39, 0x61...0x7A: add(byte, to: &word)
                case 0x41...0x5A: add(byte | 0x20, to: &word)
                default: end()
                }
                i += 1
                continue
            }
            var next = i + 1
            while next < utf8.count, utf8[next] & 0xC0 == 0x80 { next += 1 }
            let kind = kind(of: utf8[i..<next])
            if kind != .part { end() }
            if kind != .between { for byte in utf8[i..<next] { add(byte, to: &word) } }
            if kind == .whole { end() }
            i = next
        }
        end()
        return words
    }

    private enum CharacterKind { case part, whole, between }

    private static func kind(of utf8: ArraySlice<UInt8>) -> CharacterKind {
        var value: UInt32 = 0
        for byte in utf8 { value = value << 6 | UInt32(byte & 0x3F) }
        // The first byte of two, three or four leaves its own mark above.
        let bits: [UInt32] = [0, 0x7F, 0x7FF, 0xFFFF, 0x1F_FFFF]
        value &= utf8.count < bits.count ? bits[utf8.count] : 0
        switch value {
        case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x2_0000...0x3_FFFF: return .whole
        case 0x2000...0x206F, 0x3000...0x303F: return .between
        default: break
        }
        guard let properties = Unicode.Scalar(value)?.properties else { return .between }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            return .part
        default: return .between
        }
    }
}
