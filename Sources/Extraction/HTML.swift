import CXML2

extension Format {
    /// Web pages and what is written like them, whole or in pieces. The parser is libxml2's, which mends what is broken.
    static let html = Format(
        "html", mediaTypes: ["text/html", "application/xhtml+xml", "text/x-html"], suffixes: ["html", "htm", "xhtml"],
        input: .characters, signature: { isHTML($0) }
    ) { input throws(Unreadable) in try readHTML(input) }
}

private func isHTML(_ bytes: [UInt8]) -> Bool {
    let head = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased().drop {
        $0.isWhitespace || $0 == "\u{FEFF}"
    }
    return head.hasPrefix("<!doctype html") || head.hasPrefix("<html") || head.hasPrefix("<head>")
}

private func readHTML(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let reader = HTMLReader()
    let events = xml2_events(start: onStart, end: onEnd, text: onText)
    let context = Unmanaged.passUnretained(reader)
    guard let parser = xml2_html_make(events, context.toOpaque()) else { throw Unreadable("too_large") }
    defer { xml2_html_free(parser) }
    var shortened: String?
    input.bytes.withUnsafeBytes { raw in
        let bytes = raw.bindMemory(to: CChar.self)
        let step = 32 * 1024
        var at = 0
        while at < bytes.count && shortened == nil {
            var end = min(at + step, bytes.count)
            while end < bytes.count && end > at + 1 && raw[end] & 0xC0 == 0x80 { end -= 1 }
            xml2_html_feed(parser, bytes.baseAddress.map { $0 + at }, end - at, 0)
            at = end
            if reader.size > input.limits.output { shortened = "too_large" }
            if ContinuousClock.now >= input.deadline { shortened = "time_limit" }
        }
        if shortened == nil { xml2_html_feed(parser, nil, 0, 1) }
    }
    extendLifetime(reader)
    return FormatOutput(utf8: reader.finish(), shortened: shortened)
}

// The parser calls these during `xml2_html_feed` alone, while `readHTML` holds the reader.
private func reader(_ context: UnsafeMutableRawPointer?) -> HTMLReader? {
    context.map { Unmanaged<HTMLReader>.fromOpaque($0).takeUnretainedValue() }
}
private func onStart(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
    _ attributes: UnsafePointer<UnsafePointer<CChar>?>?
) {
    guard let name else { return }
    reader(context)?.start(HTMLElement.named(String(cString: name)), HTMLAttributes(list: attributes))
}
private func onEnd(_ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?) {
    guard let name else { return }
    reader(context)?.end(HTMLElement.named(String(cString: name)))
}
private func onText(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int) {
    guard let bytes else { return }
    bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
        reader(context)?.text(UnsafeBufferPointer(start: $0, count: count))
    }
}
