import JSON

/// Reads a message of Slack, or a thread of them, with the names of who and what it mentions beside:
///
///     {"users":{"U1":"Ann"}, "channels":{"C1":"general"}, "usergroups":{"S1":"ops"},
///      "text":"hi <@U1>", "blocks":[…], "attachments":[…], "messages":[…]}
///
/// `text`, `blocks` and `attachments` are the message's own ("Messaging, Formatting text", "Block Kit, Blocks", "Secondary
/// attachments"); `messages` are more of the same, for a thread, oldest first. All may be absent. `text` is what Slack shows
/// where blocks can't be, so `blocks` are read only where it is empty. A name that the tables lack is the one in the mention, or
/// the id.
func readSlack(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let message = try parsedJSON(input.bytes)
    var reader = SlackReader(out: BlockWriter(input), names: SlackNames(message))
    reader.message(message)
    for reply in message["messages"]?.elements ?? [] where reader.out.enter() {
        reader.message(reply)
        reader.out.leave()
    }
    return reader.out.output
}

/// Who and what the ids of mentions name.
struct SlackNames {
    private let users, channels, groups: [String: JSON]

    init(_ message: JSON) {
        users = Dictionary(named: message["users"])
        channels = Dictionary(named: message["channels"])
        groups = Dictionary(named: message["usergroups"])
    }
    func user(_ id: String, else label: String? = nil) -> String { "@" + name(users, id, label) }
    func channel(_ id: String, else label: String? = nil) -> String { "#" + name(channels, id, label) }
    func group(_ id: String, else label: String? = nil) -> String {
        "@" + name(groups, id, label.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 })
    }
    /// Slack's own names have 80 characters at the most.
    private func name(_ table: [String: JSON], _ id: String, _ label: String?) -> Substring {
        (table[id]?.string ?? label ?? id).prefix(100)
    }
}

struct SlackReader {
    var out: BlockWriter
    let names: SlackNames

    fileprivate mutating func message(_ message: JSON) {
        guard message.isObject else { return }
        out.page.block(2)
        let text = message["text"]?.string ?? ""
        if text.isEmpty { blocks(message["blocks"]) } else { mrkdwn(text) }
        for attachment in message["attachments"]?.elements ?? [] { self.attachment(attachment) }
        out.page.block(2)
    }

    /// A quote below the message: what a link leads to, or what a program says.
    private mutating func attachment(_ attachment: JSON) {
        guard attachment.isObject, out.enter() else { return }
        defer { out.leave() }
        out.page.beginQuote()
        line(attachment["pretext"]?.string)
        line(attachment["author_name"]?.string)
        if let title = attachment["title"]?.string {
            out.page.block(1)
            out.link(unescaped(title), to: attachment["title_link"]?.string)
            out.page.block(1)
        }
        let start = out.page.utf8.count
        if let text = attachment["text"]?.string, !text.isEmpty {
            line(text)
        } else {
            blocks(attachment["blocks"])
            for block in attachment["message_blocks"]?.elements ?? [] { blocks(block["message"]?["blocks"]) }
        }
        for field in attachment["fields"]?.elements ?? [] {
            let title = field["title"]?.string ?? ""
            line((title.isEmpty ? "" : title + ": ") + (field["value"]?.string ?? ""))
        }
        if out.page.utf8.count == start && attachment["title"] == nil { line(attachment["fallback"]?.string) }
        line(attachment["footer"]?.string)
        out.page.endQuote()
    }
    private mutating func line(_ mrkdwn: String?) {
        guard let mrkdwn, !mrkdwn.isEmpty else { return }
        out.page.block(1)
        self.mrkdwn(mrkdwn)
        out.page.block(1)
    }

    /// Text as Slack marks it up: lines, quotes after `>`, code between ``` and ```; the rest is in a line. Marks of bold,
    /// italic and struck text stand as they were written.
    mutating func mrkdwn(_ text: String) {
        var isCode = false
        for part in text.split(separator: "```", omittingEmptySubsequences: false) {
            defer { isCode.toggle() }
            if isCode {
                out.code(plain(String(part)), language: nil)
                continue
            }
            var isQuoted = false
            for (i, line) in part.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let quote = ["&gt; ", "&gt;", "> ", ">"].first { line.hasPrefix($0) }
                if (quote != nil) != isQuoted {
                    if isQuoted { out.page.endQuote() } else { out.page.beginQuote() }
                    isQuoted.toggle()
                } else if i > 0 {
                    out.page.lineBreak()
                }
                inline(line.dropFirst(quote?.count ?? 0))
            }
            if isQuoted { out.page.endQuote() }
        }
    }

    /// Mentions, dates and links, which stand between `<` and `>`.
    private mutating func inline(_ line: Substring) {
        var rest = line
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            out.text(unescaped(rest[..<start]))
            reference(rest[rest.index(after: start)..<end])
            rest = rest[rest.index(after: end)...]
        }
        out.text(unescaped(rest))
    }

    private mutating func reference(_ inside: Substring) {
        let parts = inside.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let label = parts.count > 1 ? unescaped(parts[1]) : nil
        let target = parts.first ?? ""
        switch target.first {
        case "@", "#", "!": out.text(named(target, label))
        default: out.link(label ?? unescaped(target), to: unescaped(target))
        }
    }
    private func named(_ target: Substring, _ label: String?) -> String {
        let label = label.flatMap { $0.isEmpty ? nil : $0 }
        let id = String(target.dropFirst())
        switch target.first {
        case "@": return names.user(id, else: label)
        case "#": return names.channel(id, else: label)
        default:
            let words = id.split(separator: "^", omittingEmptySubsequences: false)
            switch words.first {
            case "subteam": return names.group(words.count > 1 ? String(words[1]) : id, else: label)
            case "date":
                let second = words.count > 1 ? Int64(words[1]) : nil
                return label ?? second.flatMap { day(ofSecond: $0) } ?? ""
            default: return label ?? "@\(id)"
            }
        }
    }

    /// The words alone, for code.
    private func plain(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            out += unescaped(rest[..<start])
            let parts = rest[rest.index(after: start)..<end].split(
                separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            let target = parts.first ?? ""
            let label = parts.count > 1 ? unescaped(parts[1]) : nil
            out += "@#!".contains(target.first ?? " ") ? named(target, label) : label ?? unescaped(target)
            rest = rest[rest.index(after: end)...]
        }
        return out + unescaped(rest)
    }

    /// The three characters that Slack escapes.
    private func unescaped(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
        return String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
