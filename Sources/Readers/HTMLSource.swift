/// Writes the source of a page, which `readHTML` then reads.
struct HTMLSource {
    private(set) var utf8: [UInt8] = []

    /// Source as it stands.
    mutating func raw(_ source: some Sequence<UInt8>) { utf8.append(contentsOf: source) }
    mutating func raw(_ source: String) { raw(source.utf8) }

    /// Characters, which mean nothing but themselves.
    mutating func text(_ text: some Sequence<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): raw("&amp;")
            case UInt8(ascii: "<"): raw("&lt;")
            case UInt8(ascii: ">"): raw("&gt;")
            case UInt8(ascii: "\""): raw("&quot;")
            default: utf8.append(byte)
            }
        }
    }
    mutating func text(_ text: String) { self.text(text.utf8) }

    /// An element with characters in it; nothing where there are none.
    mutating func element(_ name: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        raw("<\(name)>")
        self.text(text)
        raw("</\(name)>")
    }
    /// Characters whose lines stay lines.
    mutating func lines(_ text: String?) {
        guard let text, !text.isEmpty else { return }
        raw("<p>")
        for (i, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if i > 0 { raw("<br>") }
            self.text(line)
        }
        raw("</p>")
    }
    mutating func link(_ text: String?, to address: String?) {
        guard let shown = text ?? address, !shown.isEmpty else { return }
        raw("<a href=\"")
        self.text(address ?? "")
        raw("\">")
        self.text(shown)
        raw("</a>")
    }
    mutating func image(alt: String?) {
        guard let alt, !alt.isEmpty else { return }
        raw("<img alt=\"")
        text(alt)
        raw("\">")
    }
    /// Ended by `</pre>`.
    mutating func beginCode(language: String?) {
        raw("<pre class=\"language-")
        text((language ?? "").filter { !$0.isWhitespace })
        raw("\">")
    }
}
