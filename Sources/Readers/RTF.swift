import Extraction

/// Rich Text Format 1.9.1.
func readRTF(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    guard input.bytes.starts(with: "{\\rtf".utf8) else { throw Unreadable("damaged") }
    let reader = RTFReader()
    var tokens = RTFTokens(input.bytes)
    var shortened: String?
    var count = 0
    while let token = tokens.next() {
        reader.take(token)
        count += 1
        if count % 4096 == 0 {
            if reader.size > input.limits.output { shortened = "too_large" }
            if ContinuousClock.now >= input.deadline { shortened = "time_limit" }
        }
        if reader.isTooDeep { shortened = "too_large" }
        if reader.isAtEnd || shortened != nil { break }
    }
    if shortened == nil && !reader.isAtEnd { shortened = "damaged" }
    let utf8 = reader.finish()
    if utf8.isEmpty, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: utf8, shortened: shortened)
}

/// What RTF is made of (section "RTF Syntax").
enum RTFToken: Equatable {
    case begin, end
    /// `\b0`: a word of letters, and a number where one follows.
    case word(String, Int?)
    /// `\~`, `\*`.
    case symbol(UInt8)
    /// A character of the text; escaped ones (`\'e9`) too.
    case byte(UInt8)
}

struct RTFTokens {
    private let bytes: [UInt8]
    private var at = 0
    private static let longestWord = 32

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> RTFToken? {
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "{"): return .begin
            case UInt8(ascii: "}"): return .end
            case 0x0D, 0x0A, 0: continue
            case UInt8(ascii: "\\"): return control()
            default: return .byte(byte)
            }
        }
        return nil
    }

    private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private mutating func control() -> RTFToken? {
        guard at < bytes.count else { return nil }
        if !isLetter(bytes[at]) {
            let symbol = bytes[at]
            at += 1
            if symbol == UInt8(ascii: "'") { return escape() }
            if [UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}")].contains(symbol) { return .byte(symbol) }
            if symbol == 0x0A || symbol == 0x0D { return .word("par", nil) }
            return .symbol(symbol)
        }
        let start = at
        while at < bytes.count, isLetter(bytes[at]), at - start < Self.longestWord { at += 1 }
        let word = String(decoding: bytes[start..<at], as: UTF8.self)
        let numberStart = at
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        while at < bytes.count, (0x30...0x39).contains(bytes[at]), at - numberStart < 11 { at += 1 }
        let number = Int(String(decoding: bytes[numberStart..<at], as: UTF8.self))
        if at < bytes.count, bytes[at] == 0x20 { at += 1 }
        if word == "bin", let number, number > 0 { at = min(bytes.count, at + min(number, bytes.count)) }
        return .word(word, number)
    }

    private mutating func escape() -> RTFToken? {
        guard at + 2 <= bytes.count else {
            at = bytes.count
            return nil
        }
        let byte = UInt8(String(decoding: bytes[at..<(at + 2)], as: UTF8.self), radix: 16)
        if byte == nil { return .symbol(UInt8(ascii: "'")) }
        at += 2
        return byte.map { .byte($0) }
    }
}
