import Extraction
import JSON

/// Reads a message of Teams ("Microsoft Graph, chatMessage resource type"): its subject, its body, what is attached to it, and
/// then `replies`, oldest first, each a message as well.
func readTeams(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let message = try parsedJSON(input.bytes)
    var writer = TeamsWriter()
    writer.message(message)
    for reply in message["replies"]?.elements ?? [] { writer.message(reply) }
    var page = input
    page.bytes = writer.html.utf8
    if page.bytes.isEmpty { throw Unreadable("no_text") }
    return try readHTML(page)
}

private struct TeamsWriter {
    var html = HTMLSource()

    mutating func message(_ message: JSON) {
        guard message.isObject else { return }
        html.raw("<div><p>")
        html.element("h3", message["subject"]?.string)
        var attachments = message["attachments"]?.elements ?? []
        let content = message["body"]?["content"]?.string ?? ""
        if message["body"]?["contentType"]?.string == "text" {
            html.lines(content)
        } else {
            body(content, &attachments)
        }
        for attachment in attachments { self.attachment(attachment) }
        html.raw("</p></div>")
    }

    /// HTML, with three elements of Teams' own: `<at id="0">Ann</at>`, `<emoji alt="😀">`, and `<attachment id="…">`, where an
    /// attachment stands. Those that were written are taken from the list.
    private mutating func body(_ source: String, _ attachments: inout [JSON]) {
        let bytes = Array(source.utf8)
        var copied = 0
        var i = 0
        while let open = bytes[i...].firstIndex(of: UInt8(ascii: "<")) {
            i = open + 1
            guard let name = ["at", "emoji", "attachment"].first(where: { isTag($0, bytes[i...]) }) else { continue }
            guard let close = bytes[i...].firstIndex(of: UInt8(ascii: ">")) else { break }
            html.raw(bytes[copied..<open])
            copied = close + 1
            let tag = bytes[open...close]
            i = copied
            switch name {
            case "at": html.raw("@")
            case "emoji": html.raw(attribute("alt", in: tag) ?? [])
            default:
                let id = attribute("id", in: tag).map { String(decoding: $0, as: UTF8.self) }
                if let at = attachments.firstIndex(where: { $0["id"]?.string == id && id != nil }) {
                    attachment(attachments.remove(at: at))
                }
            }
        }
        html.raw(bytes[copied...])
    }
    private func isTag(_ name: String, _ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.starts(with: name.utf8), let next = bytes.dropFirst(name.utf8.count).first else { return false }
        return next <= 0x20 || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")
    }
    /// The value of an attribute between quotes, as it stands.
    private func attribute(_ name: String, in tag: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let start = tag.firstRange(of: Array(" \(name)=\"".utf8))?.upperBound,
            let end = tag[start...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        return tag[start..<end]
    }

    private mutating func attachment(_ attachment: JSON) {
        let type = attachment["contentType"]?.string ?? ""
        let content = attachment["content"]?.string.flatMap { try? JSON(parsing: $0) } ?? attachment["content"]
        switch type {
        case "reference":
            html.raw("<div>")
            html.link(attachment["name"]?.string, to: attachment["contentUrl"]?.string)
            html.raw("</div>")
        case "messageReference":
            html.raw("<blockquote>")
            html.element("div", content?["messageSender"]?["user"]?["displayName"]?.string)
            html.lines(content?["messagePreview"]?.string)
            html.raw("</blockquote>")
        case "forwardedMessageReference":
            html.raw("<blockquote>")
            html.raw(content?["originalMessageContent"]?.string ?? "")
            html.raw("</blockquote>")
        default:
            html.raw("<div>")
            let length = html.utf8.count
            AdaptiveCard.write(content, to: &html)
            if html.utf8.count == length { html.element("p", attachment["name"]?.string) }
            html.raw("</div>")
        }
    }
}
