import HTTP

/// Finds secrets in running text, which may be source code, HTML, damaged JSON or a person's message: links, `name=value`,
/// `"name":"value"`, `Bearer …`, and tokens that can be told by their looks.
struct TextScan {
    private let bytes: [UInt8]
    private let redactor: Redactor
    private let depth: Int
    private var out: [UInt8] = []
    private var copied = 0

    static func replacing(in bytes: [UInt8], redactor: Redactor, depth: Int) -> [UInt8] {
        var scan = TextScan(bytes: bytes, redactor: redactor, depth: depth)
        scan.run()
        return scan.copied == 0 ? bytes : scan.out + bytes[scan.copied...]
    }

    private init(bytes: [UInt8], redactor: Redactor, depth: Int) {
        self.bytes = bytes
        self.redactor = redactor
        self.depth = depth
    }

    private static let isWord = table { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
    private static let isToken = table { isWord[Int($0)] || "._~+/=%".utf8.contains($0) }
    private static let endsValue = table { $0 <= 0x20 || "\"'&,;<>)}]\\|".utf8.contains($0) }
    private static let endsLink = table { $0 <= 0x20 || $0 >= 0x7F || "\"'<>\\|`{}^".utf8.contains($0) }
    private static let mayStandBeforeValue = table { " \"'\\=:>".utf8.contains($0) }
    /// The token prefixes by their first two bytes.
    private static let prefixes = Dictionary(grouping: SecretNames.tokenPrefixes) { UInt16($0[0]) << 8 | UInt16($0[1]) }
    private static let startsToken = table { byte in SecretNames.tokenPrefixes.contains { $0[0] == byte } }
    private static let webToken = Array("eyJ".utf8)

    private static func table(_ test: (UInt8) -> Bool) -> [Bool] { (0...255).map { test(UInt8($0)) } }

    private func end(_ table: [Bool], from start: Int, while wanted: Bool = true) -> Int {
        var end = start
        while end < bytes.count, table[Int(bytes[end])] == wanted { end += 1 }
        return end
    }
    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func replace(_ range: Range<Int>, with text: String) {
        out += bytes[copied..<range.lowerBound]
        out += text.utf8
        copied = range.upperBound
    }

    private mutating func run() {
        var at = 0
        while at < bytes.count {
            guard TextScan.isWord[Int(bytes[at])] else {
                at = encoded(at) ?? at + 1
                continue
            }
            let end = self.end(TextScan.isWord, from: at)
            at = link(at..<end) ?? value(after: at..<end) ?? token(at, end) ?? end
        }
    }

    /// An encoded form or link that this `%3D` is in: where it ends.
    private mutating func encoded(_ at: Int) -> Int? {
        guard at + 2 < bytes.count, bytes[at] == UInt8(ascii: "%"), bytes[at + 1] == UInt8(ascii: "3"),
            bytes[at + 2] | 0x20 == UInt8(ascii: "d")
        else { return nil }
        var start = at
        while start > copied, !TextScan.endsLink[Int(bytes[start - 1])] { start -= 1 }
        let end = self.end(TextScan.endsLink, from: at, while: false)
        let plain = PercentEncoding.decode(text(start..<end))
        let clean = redactor.text(plain, depth: depth + 1)
        if clean != plain { replace(start..<end, with: Placeholder.encodeAround(clean)) }
        return end
    }

    /// A link that begins with this word: where it ends, whether it held a secret or not.
    private mutating func link(_ word: Range<Int>) -> Int? {
        guard word.count >= 4, bytes[word.upperBound...].starts(with: "://".utf8) else { return nil }
        let scheme = text(word).lowercased()
        guard scheme.hasSuffix("http") || scheme.hasSuffix("https") else { return nil }
        var end = word.upperBound + 3
        end = self.end(TextScan.endsLink, from: end, while: false)
        // The full stop of a sentence is not part of the link that ends it.
        while end > word.upperBound + 3, ".,;:!?)".utf8.contains(bytes[end - 1]) { end -= 1 }
        let link = text(word.lowerBound..<end)
        let clean = redactor.url(link, depth: depth)
        if clean != link { replace(word.lowerBound..<end, with: clean) }
        return end
    }

    /// The value that a secret's name or a scheme stands before: where it ends.
    private mutating func value(after word: Range<Int>) -> Int? {
        var at = word.upperBound
        guard word.count <= 40, at < bytes.count, TextScan.mayStandBeforeValue[Int(bytes[at])] else { return nil }
        if bytes[at] == 0x20, at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: "="),
            bytes[at + 1] != UInt8(ascii: ":")
        {
            guard bytes[word.lowerBound] | 0x20 == UInt8(ascii: "b"), word.count == 5 || word.count == 6,
                ["bearer", "basic"].contains(text(word).lowercased())
            else { return nil }
            let end = self.end(TextScan.isToken, from: at + 1)
            return looksDrawn(at + 1..<end) ? mask(at + 1..<end) : nil
        }
        let quotes = "\"'\\".utf8
        func skip(_ table: some Sequence<UInt8>) { while at < bytes.count, table.contains(bytes[at]) { at += 1 } }
        skip(quotes)
        let isQuoted = at > word.upperBound
        skip(" ".utf8)
        guard at < bytes.count, "=:>".utf8.contains(bytes[at]) else { return nil }
        let named = isQuoted || bytes[at] != UInt8(ascii: ":")
        at += 1
        guard SecretNames.isInText(text(word), named: named) else { return nil }
        skip(" ".utf8)
        skip(quotes)
        // `Authorization: Bearer …`
        let scheme = self.end(TextScan.isWord, from: at)
        if scheme < bytes.count, bytes[scheme] == 0x20, ["bearer", "basic"].contains(text(at..<scheme).lowercased()) {
            at = scheme + 1
        }
        return mask(at..<self.end(TextScan.endsValue, from: at, while: false))
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
        range.count >= 24 || bytes[range].contains { (0x30...0x39).contains($0) }
    }

    /// A token by its looks: where it ends.
    private mutating func token(_ start: Int, _ end: Int) -> Int? {
        guard start + 1 < bytes.count, TextScan.startsToken[Int(bytes[start])],
            let prefix = TextScan.prefixes[UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])]?
                .first(where: { bytes[start...].starts(with: $0) })
        else { return nil }
        if prefix == TextScan.webToken { return webToken(start, end) }
        var stop = self.end(TextScan.isToken, from: start)
        while stop > start, bytes[stop - 1] == UInt8(ascii: ".") { stop -= 1 }
        let drawn = min(start + prefix.count, stop)..<stop
        return drawn.count >= Redactor.shortestFree && looksDrawn(drawn) ? mask(start..<stop) : nil
    }

    /// A JSON Web Token: three words with a full stop between them.
    private mutating func webToken(_ start: Int, _ end: Int) -> Int? {
        func isDot(_ at: Int) -> Bool { at < bytes.count && bytes[at] == UInt8(ascii: ".") }
        guard isDot(end) else { return nil }
        let second = self.end(TextScan.isWord, from: end + 1)
        guard isDot(second) else { return nil }
        return mask(start..<self.end(TextScan.isWord, from: second + 1))
    }
}
