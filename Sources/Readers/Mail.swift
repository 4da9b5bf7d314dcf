import Extraction
import Mail

/// A mail as a person reads it: subject, who, when, the text, and the names of what is attached.
func readMail(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let mail = Entity(input.bytes)
    var writer = MailWriter(input)
    writer.mail(mail, level: 1)
    writer.list(mail.attachments)
    if writer.isBlank { throw Unreadable(input.bytes.contains { $0 > 0x20 } ? "no_text" : "empty") }
    return FormatOutput(utf8: writer.utf8, shortened: writer.shortened ?? (mail.isCut ? "too_large" : nil))
}

private struct MailWriter {
    private(set) var utf8: [UInt8] = []
    private(set) var shortened: String?
    private let input: FormatInput

    init(_ input: FormatInput) { self.input = input }

    var isBlank: Bool { !utf8.contains { $0 > 0x20 } }

    /// Mails inside mails deeper than this are not set off any further.
    private static let deepestQuote = 6
    private static let mostListed = 1000

    mutating func mail(_ mail: Entity, level: Int) {
        if let subject = mail.header.text("subject") {
            utf8 += [UInt8](repeating: UInt8(ascii: "#"), count: min(level, 6))
            block(" \(subject)")
        }
        var lines: [String] = []
        for name in ["From", "To", "Cc", "Date"] {
            if let value = mail.header.text(name.lowercased()) { lines.append("\(name): \(value)") }
        }
        block(lines.joined(separator: "\n"))
        if mail.isAttachment, mail.isBodyAsRoot { block(text(of: mail)) } else { body(mail, level: level) }
    }

    private mutating func block(_ text: String) { block(Array(text.utf8)) }
    private mutating func block(_ text: [UInt8]) {
        if text.isEmpty { return }
        utf8 += text
        utf8 += [0x0A, 0x0A]
    }

    private mutating func isOver() -> Bool {
        if utf8.count > input.limits.output { shortened = "too_large" }
        if ContinuousClock.now >= input.deadline { shortened = "time_limit" }
        return shortened == "too_large" || shortened == "time_limit"
    }

    private mutating func body(_ entity: Entity, level: Int) {
        if isOver() { return }
        if entity.isEncrypted {
            shortened = "encrypted"
            return
        }
        switch entity.content {
        case .multipart(let parts):
            switch entity.mediaType {
            case "multipart/alternative": alternative(parts, level: level)
            default: for part in parts { body(part, level: level) }
            }
        case .message(let inner): message(inner, level: level)
        case .leaf: if !entity.isAttachment { block(text(of: entity)) }
        }
    }

    /// Another mail, set off as a quote.
    private mutating func message(_ inner: Entity, level: Int) {
        var part = MailWriter(input)
        part.mail(inner, level: level + 1)
        shortened = shortened ?? part.shortened
        let text = cleaned(part.utf8).utf8
        block(level > MailWriter.deepestQuote ? text : quoted(text))
    }

    /// The best of several versions of one text: the plain one, unless the page says much more.
    private mutating func alternative(_ parts: [Entity], level: Int) {
        var plain: [UInt8] = []
        var others: [Entity] = []
        for part in parts {
            if part.mediaType == "text/plain", plain.isEmpty, !part.isAttachment {
                plain = text(of: part)
            } else if part.mediaType == "text/calendar" {
                block(text(of: part))
            } else {
                others.append(part)
            }
        }
        let isStub = plain.count < 400
        guard isStub, !others.isEmpty else { return block(plain) }
        // The last is the richest (RFC 2046, section 5.1.4).
        var rich: [UInt8] = []
        for other in others.reversed() where rich.isEmpty {
            var part = MailWriter(input)
            part.body(other, level: level)
            if part.shortened == "time_limit" { shortened = "time_limit" }
            rich = cleaned(part.utf8).utf8
        }
        block(rich.count > 3 * plain.count + 100 || plain.isEmpty ? rich : plain)
    }

    /// The text of a leaf, cleaned.
    private mutating func text(of leaf: Entity) -> [UInt8] {
        var part = FormatInput(bytes: leaf.bytes, charset: leaf.charset, limits: input.limits)
        part.deadline = input.deadline
        let isHTML = leaf.mediaType == "text/html" || leaf.mediaType == "application/xhtml+xml"
        if isHTML {
            guard let html = Format.named("html"),
                let read = try? html.extract(part, with: { input throws(Unreadable) in try readHTML(input) })
            else { return [] }
            shortened = shortened ?? read.shortened
            return read.utf8
        }
        if leaf.mediaType == "text/calendar" {
            return cleaned(calendarText(part.bytes, charset: part.charset)).utf8
        }
        // `cleaned` takes blanks off the ends of lines, which say what flows.
        var text = decodeText(part.bytes, charset: part.charset)
        if leaf.parameter("format")?.lowercased() == "flowed" {
            text = unflowed(text, deletesBlank: leaf.parameter("delsp")?.lowercased() == "yes")
        }
        return withoutSoftHyphens(cleaned(withoutUuencoded(text)).utf8)
    }

    mutating func list(_ attachments: [Attachment]) {
        if attachments.isEmpty { return }
        var text = "Attachments:"
        for attachment in attachments.prefix(MailWriter.mostListed) {
            let name = attachment.name ?? "unnamed"
            text += "\n- \(name) (\(attachment.mediaType), \(size(attachment.bytes.count)))"
        }
        let rest = attachments.count - MailWriter.mostListed
        if rest > 0 { text += "\n- and \(rest) more" }
        block(text)
    }
}

private func size(_ bytes: Int) -> String {
    switch bytes {
    case ..<1024: "\(bytes) bytes"
    case ..<(1 << 20): "\((bytes + 512) >> 10) KiB"
    default: "\((bytes + (1 << 19)) >> 20) MiB"
    }
}

/// Each line behind a `>`.
private func quoted(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count + text.count / 16)
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
        out += line.isEmpty ? Array(">".utf8) : Array("> ".utf8)
        out += line
        out.append(0x0A)
    }
    out.removeLast()
    return out
}

/// Without U+00AD, where a word may be broken.
private func withoutSoftHyphens(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(0xC2) else { return text }
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    for byte in text {
        if byte == 0xAD, out.last == 0xC2 { out.removeLast() } else { out.append(byte) }
    }
    return out
}
