/// A macro of wiki markup: `{code:title=a.swift|swift}`.
struct JiraMacro {
    var name: String
    var parameters: [Substring]

    /// What stands between the braces.
    init(_ inside: Substring) {
        let parts = inside.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        name = (parts.first ?? "").lowercased()
        parameters = parts.count > 1 ? parts[1].split(separator: "|") : []
    }
    var title: String? { parameters.first { $0.hasPrefix("title=") }.map { String($0.dropFirst(6)) } }
    var language: String? { parameters.first { !$0.contains("=") }.map { String($0) } }
}

/// The first macro of a line that makes a block, and what is before and after it.
func firstBlockMacro(in line: Substring) -> (before: Substring, macro: JiraMacro, after: Substring)? {
    var rest = line
    while let open = rest.firstIndex(of: "{") {
        let start = rest.index(after: open)
        guard let close = rest[start...].firstIndex(where: { $0 == "}" || $0 == "{" }) else { return nil }
        if rest[close] == "{" {
            rest = rest[close...]
            continue
        }
        let macro = JiraMacro(rest[start..<close])
        let isEscaped = open > line.startIndex && line[line.index(before: open)] == "\\"
        if !isEscaped && ["code", "noformat", "quote", "panel"].contains(macro.name) {
            return (line[..<open], macro, line[line.index(after: close)...])
        }
        rest = rest[start...]
    }
    return nil
}

extension BlockWriter {
    /// Writes what stands in a line of wiki markup: links, mentions, images, `{{code}}`, line breaks and escapes.
    mutating func jiraLine(_ line: Substring) {
        var rest = line
        var plain = rest.startIndex
        var at = plain
        while at < rest.endIndex {
            guard "\\{[!".contains(rest[at]) else {
                at = rest.index(after: at)
                continue
            }
            guard enter() else { return }
            leave()
            guard let (end, write) = jiraMark(rest[at...]) else {
                at = rest.index(after: at)
                continue
            }
            text(String(rest[plain..<at]))
            write(&self)
            rest = rest[end...]
            plain = end
            at = end
        }
        text(String(rest[plain...]))
    }

    /// A mark at the start of a text: where it ends, and what writes it.
    private func jiraMark(_ text: Substring) -> (end: Substring.Index, write: (inout BlockWriter) -> Void)? {
        /// What follows `count` characters, up to `close`; nil where `open` comes first, so that no text is gone through twice.
        func inside(_ count: Int, _ open: Character, _ close: Character) -> (Substring, end: Substring.Index)? {
            let rest = text.dropFirst(count)
            guard let end = rest.firstIndex(where: { $0 == close || $0 == open }), rest[end] == close,
                end > rest.startIndex
            else { return nil }
            return (rest[..<end], rest.index(after: end))
        }
        switch text.first {
        case "\\":
            let rest = text.dropFirst()
            guard let next = rest.first else { return nil }
            if next == "\\" { return (rest.index(after: rest.startIndex), { $0.page.lineBreak() }) }
            guard next.isPunctuation || next.isSymbol else { return nil }
            return (rest.index(after: rest.startIndex), { $0.text(String(next)) })
        case "{":
            if text.hasPrefix("{{") {
                guard let (code, end) = inside(2, "{", "}"), end < text.endIndex, text[end] == "}" else { return nil }
                return (
                    text.index(after: end),
                    {
                        $0.page.open("`")
                        $0.text(String(code))
                        $0.page.close("`")
                    }
                )
            }
            guard let (macro, end) = inside(1, "{", "}") else { return nil }
            // Colours and anchors are for the eye; braces of anything else are words.
            return ["color", "anchor"].contains(JiraMacro(macro).name) ? (end, { _ in }) : nil
        case "[":
            guard let (link, end) = inside(1, "[", "]") else { return nil }
            return (end, { $0.jiraLink(link) })
        case "!":
            guard let (image, end) = inside(1, "!", "!"), let name = image.split(separator: "|").first,
                !name.contains(where: \.isWhitespace), name.contains(".")
            else { return nil }
            let parameters = image.split { $0 == "|" || $0 == "," }.map { $0.drop { $0 == " " } }
            let alt = parameters.first { $0.hasPrefix("alt=") }
            let words = alt.map { String($0.dropFirst(4)) } ?? (linkTarget(String(name)) == nil ? String(name) : nil)
            return (end, { $0.image(words) })
        default: return nil
        }
    }

    /// `[words|address|tip]`, `[address]`, `[^attachment]`, `[~user]`, `[#anchor]`.
    private mutating func jiraLink(_ inside: Substring) {
        switch inside.first {
        case "~":
            let id = inside.dropFirst()
            return text("@" + (id.hasPrefix("accountid:") ? id.dropFirst("accountid:".count) : id))
        case "^": return text(String(inside.dropFirst()))
        case "#": return text(String(inside.dropFirst()))
        default: break
        }
        let parts = inside.split(separator: "|", omittingEmptySubsequences: false)
        if parts.count > 1 { return link(String(parts[0]), to: String(parts[1])) }
        if linkTarget(String(inside)) != nil { return link(nil, to: String(inside)) }
        text("[\(inside)]")  // not a link but words in brackets
    }
}
