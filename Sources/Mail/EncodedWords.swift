import Extraction

/// The text of a header's value, in which `=?utf-8?Q?caf=C3=A9?=` stands for what is not ASCII (RFC 2047).
///
/// Read leniently: a word may hold blanks and stand inside another, characters and base64 may be split between two words, and
/// bytes that are not ASCII are taken for UTF-8 or windows-1252. Runs of blanks become one.
func decodeEncodedWords(_ value: [UInt8]) -> String {
    var out = ""
    var plain: [UInt8] = []
    var waiting: EncodedWord?
    func flushWord() {
        if let word = waiting { out += word.text }
        waiting = nil
    }
    func flushPlain() {
        if !plain.isEmpty { out += String(decoding: decodeText(plain, charset: nil), as: UTF8.self) }
        plain.removeAll()
    }
    var i = 0
    while i < value.count {
        guard value[i] == UInt8(ascii: "="), let (word, end) = EncodedWord.parse(value, at: i) else {
            plain.append(value[i])
            i += 1
            continue
        }
        // Blanks between two words separate nothing.
        if waiting != nil, plain.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            plain.removeAll()
        } else {
            flushWord()
            flushPlain()
        }
        if waiting?.join(word) != true {
            flushWord()
            waiting = word
        }
        i = end
    }
    flushWord()
    flushPlain()
    return out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}

private struct EncodedWord {
    var charset: String
    var isBase64: Bool
    /// What padding ended.
    var decoded: [UInt8] = []
    /// What is not decoded yet, since the next word may go on with it.
    var coded: [UInt8]

    static func parse(_ value: [UInt8], at start: Int) -> (word: EncodedWord, end: Int)? {
        let mark = UInt8(ascii: "?")
        let longestCharset = 60
        guard start + 1 < value.count, value[start + 1] == mark else { return nil }
        var i = start + 2
        let charsetStart = i
        while i < value.count, value[i] != mark, i - charsetStart < longestCharset, value[i] > 0x20 { i += 1 }
        guard i > charsetStart, i + 2 < value.count, value[i] == mark, value[i + 2] == mark else { return nil }
        let kind = lowered(value[i + 1])
        guard kind == UInt8(ascii: "q") || kind == UInt8(ascii: "b") else { return nil }
        let textStart = i + 3
        guard let textEnd = end(of: value, from: textStart) else { return nil }
        // A language may follow the charset (RFC 2231, section 5).
        let charset = value[charsetStart..<i].prefix { $0 != UInt8(ascii: "*") }
        return (
            EncodedWord(
                charset: String(decoding: charset, as: UTF8.self).lowercased(), isBase64: kind == UInt8(ascii: "b"),
                coded: Array(value[textStart..<textEnd])), textEnd + 2
        )
    }

    private static func end(of value: [UInt8], from start: Int) -> Int? {
        var i = start
        while i + 1 < value.count {
            if value[i] == UInt8(ascii: "?") { return value[i + 1] == UInt8(ascii: "=") ? i : nil }
            i += 1
        }
        return nil
    }

    /// Takes in the word that follows, where both are of one kind.
    mutating func join(_ next: EncodedWord) -> Bool {
        guard charset == next.charset, isBase64 == next.isBase64 else { return false }
        if isBase64 && coded.last == UInt8(ascii: "=") {
            decoded += decodeBase64(coded[...])
            coded.removeAll()
        }
        coded += next.coded
        return true
    }

    var text: String {
        let bytes = decoded + (isBase64 ? decodeBase64(coded[...]) : decodedQ)
        return String(decoding: decodeText(bytes, charset: charset), as: UTF8.self)
    }

    private var decodedQ: [UInt8] {
        var out: [UInt8] = []
        var i = 0
        while i < coded.count {
            if coded[i] == UInt8(ascii: "="), i + 2 < coded.count, let high = hexDigit(coded[i + 1]),
                let low = hexDigit(coded[i + 2])
            {
                out.append(high << 4 | low)
                i += 3
            } else {
                out.append(coded[i] == UInt8(ascii: "_") ? 0x20 : coded[i])
                i += 1
            }
        }
        return out
    }
}
