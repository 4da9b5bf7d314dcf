import HTTP
import JSON

/// Finds secrets in running text, which may be source code, HTML, damaged JSON or a person's message: links, `name=value`,
/// `"name":"value"`, `Bearer …`, and tokens that can be told by their looks.
struct TextScan {
    private let bytes: ByteSlice
    private let redactor: Redactor
    private let depth: Int
    private let rules = Rules.all
    private var out: [UInt8] = []
    private var copied = 0

    /// - Returns: nil where there is no secret in the bytes.
    static func replacing(in bytes: ByteSlice, redactor: Redactor, depth: Int) -> [UInt8]? {
        var scan = TextScan(bytes: bytes, redactor: redactor, depth: depth)
        scan.run()
        return scan.copied == 0 ? nil : scan.out + bytes[scan.copied..<bytes.count].array
    }

    private init(bytes: ByteSlice, redactor: Redactor, depth: Int) {
        self.bytes = bytes
        self.redactor = redactor
        self.depth = depth
    }

    /// Which bytes do what.
    private struct Rules: Sendable {
        let isWord = ByteSet { isWordByte($0) }
        let isToken = ByteSet { isWordByte($0) || "._~+/=%".utf8.contains($0) }
        let endsValue = ByteSet { $0 <= 0x20 || "\"'&,;<>)}]\\|".utf8.contains($0) }
        let endsLink = ByteSet(above: true) { $0 <= 0x20 || $0 == 0x7F || "\"'<>\\|`{}^".utf8.contains($0) }
        let mayStandBeforeValue = ByteSet { " \"'\\=:>".utf8.contains($0) }
        /// A link without these has no fields and no name in it, and nothing encoded.
        let needsParsing = ByteSet { "#@%:;=&+".utf8.contains($0) }
        let endsSentence = ByteSet { ".,;:!?)".utf8.contains($0) }
        let startsToken = ByteSet { byte in SecretNames.tokenPrefixes.contains { $0[0] == byte } }
        /// The token prefixes by their first two bytes.
        let prefixes = Dictionary(grouping: SecretNames.tokenPrefixes) { UInt16($0[0]) << 8 | UInt16($0[1]) }

        static let all = Rules()

        private static func isWordByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
    /// The pairs of bytes of which one must be in a text for a secret to be found in it: what stands between a name and its value,
    /// the ends of `Bearer` and `Basic`, `%3D`, and how tokens begin.
    static let pairs: BytePairs = {
        var pairs = BytePairs(["r ", "R ", "c ", "C ", "%3"])
        for first in "=:>".utf8 { for second in 0...255 as ClosedRange<UInt8> { pairs.insert([first, second]) } }
        for prefix in SecretNames.tokenPrefixes { pairs.insert(prefix) }
        return pairs
    }()
    private static let webToken = Array("eyJ".utf8)

    /// Where a run of bytes ends that are all in a set, or all not. The loop over every byte of a body: so it takes a pointer.
    private func end(_ set: ByteSet, from start: Int, while wanted: Bool = true) -> Int {
        bytes.withUnsafeBytes { bytes in
            var end = start
            while end < bytes.count, set.contains(bytes[end]) == wanted { end += 1 }
            return end
        }
    }
    private func starts(_ at: Int, with other: [UInt8]) -> Bool {
        at + other.count <= bytes.count
            && bytes[at..<at + other.count].withUnsafeBytes { $0.elementsEqual(other) }
    }
    private func text(_ range: Range<Int>) -> String { bytes[range].text }

    private mutating func replace(_ range: Range<Int>, with text: String) {
        out += bytes[copied..<range.lowerBound].array
        out += text.utf8
        copied = range.upperBound
    }

    private mutating func run() {
        var at = 0
        while at < bytes.count {
            guard rules.isWord.contains(bytes[at]) else {
                at = (bytes[at] == UInt8(ascii: "%") ? encoded(at) : nil) ?? at + 1
                continue
            }
            let end = self.end(rules.isWord, from: at)
            at =
                mayStandBeforeSecret(at..<end)
                ? link(at..<end) ?? value(after: at..<end) ?? token(at, end) ?? end : token(at, end) ?? end
        }
    }

    /// False for most words of a text: no link begins with them, and no value comes after them.
    @inline(__always)
    private func mayStandBeforeSecret(_ word: Range<Int>) -> Bool {
        let end = word.upperBound
        guard end + 1 < bytes.count, rules.mayStandBeforeValue.contains(bytes[end]) else { return false }
        if bytes[end] != 0x20 { return true }
        // `name = value`, `Bearer value`, `Basic value`.
        return bytes[end + 1] == UInt8(ascii: "=") || bytes[end + 1] == UInt8(ascii: ":")
            || bytes[end - 1] | 0x20 == UInt8(ascii: "r") || bytes[end - 1] | 0x20 == UInt8(ascii: "c")
    }

    /// An encoded form or link that this `%3D` is in: where it ends.
    private mutating func encoded(_ at: Int) -> Int? {
        guard at + 2 < bytes.count, bytes[at] == UInt8(ascii: "%"), bytes[at + 1] == UInt8(ascii: "3"),
            bytes[at + 2] | 0x20 == UInt8(ascii: "d")
        else { return nil }
        var start = at
        while start > copied, !rules.endsLink.contains(bytes[start - 1]) { start -= 1 }
        let end = self.end(rules.endsLink, from: at, while: false)
        let plain = PercentEncoding.decode(text(start..<end))
        let clean = redactor.text(plain, depth: depth + 1)
        if clean != plain { replace(start..<end, with: Placeholder.encodeAround(clean)) }
        return end
    }

    /// A link that begins with this word: where it ends, whether it held a secret or not.
    private mutating func link(_ word: Range<Int>) -> Int? {
        let slashes = word.upperBound
        guard word.count >= 4, slashes + 2 < bytes.count, bytes[slashes] == UInt8(ascii: ":"),
            bytes[slashes + 1] == UInt8(ascii: "/"), bytes[slashes + 2] == UInt8(ascii: "/")
        else { return nil }
        let scheme = text(word).lowercased()
        guard scheme.hasSuffix("http") || scheme.hasSuffix("https") else { return nil }
        var end = word.upperBound + 3
        end = self.end(rules.endsLink, from: end, while: false)
        // The full stop of a sentence is not part of the link that ends it.
        while end > word.upperBound + 3, rules.endsSentence.contains(bytes[end - 1]) { end -= 1 }
        if isPlain(word.upperBound + 3..<end) { return end }
        let link = text(word.lowerBound..<end)
        let clean = redactor.url(link, depth: depth)
        if clean != link { replace(word.lowerBound..<end, with: clean) }
        return end
    }

    /// True for a link, without its scheme, that can be told to hold no secret without taking it apart: most can.
    private func isPlain(_ rest: Range<Int>) -> Bool {
        let query = bytes.withUnsafeBytes { $0[rest].firstIndex(of: UInt8(ascii: "?")) } ?? rest.upperBound
        if end(rules.needsParsing, from: rest.lowerBound, while: false) < query { return false }
        let slash = bytes.withUnsafeBytes { $0[rest.lowerBound..<query].firstIndex(of: UInt8(ascii: "/")) } ?? query
        let host = bytes[rest.lowerBound..<slash]
        return !SharingLink.isHost(host) && !holdsToken(rest.lowerBound..<query)
            && (query == rest.upperBound || isPlain(query: query + 1..<rest.upperBound))
    }

    private func isPlain(query: Range<Int>) -> Bool {
        if holdsToken(query) { return false }
        var at = query.lowerBound
        while at < query.upperBound {
            let equals = end(rules.isWord, from: at)
            guard equals < query.upperBound, bytes[equals] == UInt8(ascii: "="),
                redactor.kind(text(at..<equals)).isInnocent
            else { return false }
            at = end(rules.needsParsing, from: equals + 1, while: false)
            if at >= query.upperBound { return true }
            guard bytes[at] == UInt8(ascii: "&") else { return false }
            at += 1
        }
        return true
    }

    /// True where a word begins as a token does.
    private func holdsToken(_ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound {
            if prefix(at) != nil { return true }
            at = end(rules.isWord, from: at)
            at = end(rules.isWord, from: at, while: false)
        }
        return false
    }

    /// The value that a secret's name or a scheme stands before: where it ends.
    private mutating func value(after word: Range<Int>) -> Int? {
        var at = word.upperBound
        guard word.count <= 40, at < bytes.count, rules.mayStandBeforeValue.contains(bytes[at]) else { return nil }
        if bytes[at] == 0x20, at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: "="),
            bytes[at + 1] != UInt8(ascii: ":")
        {
            guard redactor.looksForAll, bytes[word.lowerBound] | 0x20 == UInt8(ascii: "b"),
                word.count == 5 || word.count == 6,
                ["bearer", "basic"].contains(text(word).lowercased())
            else { return nil }
            let end = self.end(rules.isToken, from: at + 1)
            return looksDrawn(at + 1..<end) ? mask(at + 1..<end) : nil
        }
        let quotes = "\"'\\".utf8
        func skip(_ table: some Sequence<UInt8>) { while at < bytes.count, table.contains(bytes[at]) { at += 1 } }
        skip(quotes)
        let isQuoted = at > word.upperBound
        skip(" ".utf8)
        guard at < bytes.count, "=:>".utf8.contains(bytes[at]) else { return nil }
        // A quote or an equals sign stands between name and value.
        let named = isQuoted || bytes[at] != UInt8(ascii: ":")
        at += 1
        let kind = kind(text(word))
        guard kind.isCredential || named && kind.isSecretInText else { return nil }
        skip(" ".utf8)
        skip(quotes)
        // `Authorization: Bearer …`
        let scheme = self.end(rules.isWord, from: at)
        if scheme < bytes.count, bytes[scheme] == 0x20, ["bearer", "basic"].contains(text(at..<scheme).lowercased()) {
            at = scheme + 1
        }
        let value = at..<self.end(rules.endsValue, from: at, while: false)
        if kind.isDeclared { redactor.declare(PercentEncoding.decode(text(value))) }
        return mask(value)
    }

    /// What is known of a name, which an escaped ampersand may stand before.
    private func kind(_ word: String) -> SecretNames.Kind {
        redactor.kind(word.hasPrefix("u0026") ? String(word.dropFirst(5)) : word)
    }

    private mutating func mask(_ range: Range<Int>) -> Int? {
        guard range.count >= Redactor.shortestFree, !Placeholder.stands(in: bytes, at: range.lowerBound) else {
            return nil
        }
        replace(range, with: redactor.placeholder(for: PercentEncoding.decode(text(range))))
        return range.upperBound
    }

    /// True for what is hardly a word of a language.
    private func looksDrawn(_ range: Range<Int>) -> Bool {
        range.count >= 24 || bytes[range].withUnsafeBytes { $0.contains { (0x30...0x39).contains($0) } }
    }

    /// How tokens begin, if one may begin here.
    @inline(__always)
    private func prefix(_ at: Int) -> [UInt8]? {
        guard at + 1 < bytes.count, rules.startsToken.contains(bytes[at]) else { return nil }
        return rules.prefixes[UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])]?.first { starts(at, with: $0) }
    }

    /// A token by its looks: where it ends.
    private mutating func token(_ start: Int, _ end: Int) -> Int? {
        guard redactor.looksForAll, let prefix = prefix(start) else { return nil }
        if prefix == TextScan.webToken { return webToken(start, end) }
        var stop = self.end(rules.isToken, from: start)
        while stop > start, bytes[stop - 1] == UInt8(ascii: ".") { stop -= 1 }
        let drawn = min(start + prefix.count, stop)..<stop
        return drawn.count >= Redactor.shortestFree && looksDrawn(drawn) ? mask(start..<stop) : nil
    }

    /// A JSON Web Token: three words with a full stop between them.
    private mutating func webToken(_ start: Int, _ end: Int) -> Int? {
        func isDot(_ at: Int) -> Bool { at < bytes.count && bytes[at] == UInt8(ascii: ".") }
        guard isDot(end) else { return nil }
        let second = self.end(rules.isWord, from: end + 1)
        guard isDot(second) else { return nil }
        return mask(start..<self.end(rules.isWord, from: second + 1))
    }
}

/// A set of bytes, asked about in a few instructions. Those above 127 are all in it, or none.
private struct ByteSet: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private let above: Bool

    init(above: Bool = false, _ test: (UInt8) -> Bool) {
        self.above = above
        for byte in 0..<64 as Range<UInt8> {
            if test(byte) { low |= 1 << byte }
            if test(byte + 64) { high |= 1 << byte }
        }
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> byte & 1 == 1 : byte < 128 ? high >> (byte & 63) & 1 == 1 : above
    }
}
