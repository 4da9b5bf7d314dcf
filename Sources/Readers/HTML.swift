import CXML2
import Extraction
import Glibc

/// Web pages, whole or in pieces. The parser is libxml2's, which mends what is broken.
func readHTML(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    var reader = HTMLReader()
    let shortened = withUnsafeMutablePointer(to: &reader) { feed(input, to: $0) }
    guard let shortened else { throw Unreadable("too_large") }
    return FormatOutput(utf8: reader.finish(), shortened: shortened)
}

/// Gives the page to the parser, which calls the reader.
/// - Returns: why it is not all of it, if it isn't; or nil for want of memory.
private func feed(_ input: FormatInput, to reader: UnsafeMutablePointer<HTMLReader>) -> String?? {
    let events = xml2_events(start: onStart, end: onEnd, text: onText)
    guard let parser = xml2_html_make(events, reader) else { return nil }
    defer { xml2_html_free(parser) }
    var shortened: String?
    withoutConditions(input.bytes).withUnsafeBytes { raw in
        let bytes = raw.bindMemory(to: CChar.self)
        let step = 32 * 1024
        let whole = lengthBeforeMonstrousTag(raw)
        var at = 0
        while at < whole && shortened == nil {
            var end = min(at + step, whole)
            while end < whole && end > at + 1 && raw[end] & 0xC0 == 0x80 { end -= 1 }
            xml2_html_feed(parser, bytes.baseAddress.map { $0 + at }, end - at, 0)
            at = end
            if reader.pointee.size > input.limits.output || reader.pointee.isTooDeep { shortened = "too_large" }
            if ContinuousClock.now >= input.deadline { shortened = "time_limit" }
        }
        if whole < bytes.count && shortened == nil { shortened = "too_large" }
        xml2_html_feed(parser, nil, 0, 1)  // it may hold text back until it knows what follows
    }
    return .some(shortened)
}

/// Without `<![if !supportLists]>` and `<![endif]>` of word processors, which the parser takes for text. Those of a comment,
/// which end with `-->`, stay.
private func withoutConditions(_ bytes: [UInt8]) -> [UInt8] {
    let longest = 200
    var out: [UInt8] = []
    var copied = 0
    bytes.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { return }
        var i = 0
        while let found = memchr(base + i, Int32(UInt8(ascii: "<")), raw.count - i) {
            i = base.distance(to: found) + 1
            let word = raw[i...].prefix(longest)
            guard word.starts(with: "![".utf8) else { continue }
            guard word.dropFirst(2).starts(with: "if ".utf8) || word.dropFirst(2).starts(with: "endif".utf8),
                let end = word.firstIndex(of: UInt8(ascii: ">")), raw[end - 1] == UInt8(ascii: "]")
            else { continue }
            out.append(contentsOf: raw[copied..<i - 1])
            copied = end + 1
            i = copied
        }
    }
    return copied == 0 ? bytes : out + bytes[copied...]
}

/// The bytes before a tag of some 10,000 attributes, or all: the parser compares each attribute with all before it, and
/// can't be interrupted. Comments, scripts and styles are passed over, since what looks like a tag in them is none.
func lengthBeforeMonstrousTag(_ bytes: UnsafeRawBufferPointer) -> Int {
    let most = 10_000
    var i = 0
    func isAt(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            i + word.count <= bytes.count && (0..<word.count).allSatisfy { bytes[i + $0] | 0x20 == word[$0] | 0x20 }
        }
    }
    func skip(past end: StaticString) { while i < bytes.count && !isAt(end) { i += 1 } }
    while i < bytes.count {
        guard let base = bytes.baseAddress, let found = memchr(base + i, Int32(UInt8(ascii: "<")), bytes.count - i)
        else { break }
        i = base.distance(to: found)
        let start = i
        if isAt("<!--") {
            i += 4
            skip(past: "-->")
            continue
        }
        let (isScript, isStyle) = (isAt("<script"), isAt("<style"))
        i += 1
        guard i < bytes.count, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[i] | 0x20) else { continue }
        var blanks = 0
        var quote: UInt8?
        while i < bytes.count, quote != nil || bytes[i] != UInt8(ascii: ">") {
            let byte = bytes[i]
            if byte == quote {
                quote = nil
                blanks += 1  // the next may follow at once
            } else if quote == nil {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
                if byte <= 0x20 || byte == UInt8(ascii: "/") { blanks += 1 }
            }
            i += 1
        }
        if blanks > 2 * most { return start }
        if isScript { skip(past: "</script") } else if isStyle { skip(past: "</style") }
    }
    return bytes.count
}

// The parser calls these during `xml2_html_feed` alone, while `feed` holds the reader.
private func onStart(
    _ reader: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
    _ attributes: UnsafePointer<UnsafePointer<CChar>?>?
) {
    guard let name else { return }
    reader?.assumingMemoryBound(to: HTMLReader.self).pointee.start(.named(name), HTMLAttributes(list: attributes))
}
private func onEnd(_ reader: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?) {
    guard let name else { return }
    reader?.assumingMemoryBound(to: HTMLReader.self).pointee.end(.named(name))
}
private func onText(_ reader: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int) {
    guard let bytes else { return }
    bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
        reader?.assumingMemoryBound(to: HTMLReader.self).pointee.text(UnsafeBufferPointer(start: $0, count: count))
    }
}
