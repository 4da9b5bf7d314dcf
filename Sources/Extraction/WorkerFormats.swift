// Formats whose bytes a worker reads.

extension Format {
    /// Web pages and what is written like them, whole or in pieces.
    static let html = Format(
        "html", mediaTypes: ["text/html", "application/xhtml+xml", "text/x-html"], suffixes: ["html", "htm", "xhtml"],
        input: .characters, signature: { isHTML($0) })

    static let pdf = Format(
        "pdf", mediaTypes: ["application/pdf", "application/x-pdf", "text/pdf"], suffixes: ["pdf"], input: .bytes,
        signature: { isPDF($0) })

    /// Mails as they are sent (RFC 5322, MIME).
    package static let mail = Format(
        "mail", mediaTypes: ["message/rfc822", "message/global"], suffixes: ["eml"], input: .bytes)

    /// Events (RFC 5545). Its lines are folded before they are characters.
    static let calendar = Format(
        "calendar", mediaTypes: ["text/calendar", "application/ics"], suffixes: ["ics", "ifb"], input: .bytes)
}

private func isHTML(_ bytes: [UInt8]) -> Bool {
    let head = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased().drop {
        $0.isWhitespace || $0 == "\u{FEFF}"
    }
    return head.hasPrefix("<!doctype html") || head.hasPrefix("<html") || head.hasPrefix("<head>")
}

/// The mark stands at the start, or after a little rubbish (PDF 1.7, appendix H, note 13).
private func isPDF(_ bytes: [UInt8]) -> Bool {
    let mark = Array("%PDF-".utf8)
    if bytes.starts(with: mark) { return true }
    // Rubbish, and not a text that speaks of the mark.
    guard let at = bytes.prefix(1024).firstIndex(of: mark[0]), bytes[at...].starts(with: mark) else { return false }
    return bytes[..<at].contains { $0 < 0x09 || $0 >= 0x80 } || bytes[..<at].allSatisfy { $0 <= 0x20 }
}
