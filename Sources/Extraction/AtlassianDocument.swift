import JSON

/// Reads the Atlassian Document Format ("Atlassian Document Format, Document structure": Nodes, Marks): the `doc` node, or the
/// string that some answers hold it in.
func readAtlassianDocument(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    var document = try parsedJSON(input.bytes)
    if let inside = document.string { document = try parsedJSON(Array(inside.utf8)) }
    var reader = AtlassianReader(out: BlockWriter(input))
    reader.read(document)
    return reader.out.output
}

private struct AtlassianReader {
    var out: BlockWriter

    mutating func read(_ node: JSON) {
        guard node.isObject, out.enter() else { return }
        defer { out.leave() }
        let attributes = node["attrs"]
        let type = node["type"]?.string ?? ""
        if isInline(type, node, attributes) { return }
        switch type {
        case "heading":
            out.page.beginHeading(Int(min(max(attributes?["level"]?.int ?? 1, 1), 6)))
            content(of: node)
            out.page.endHeading()
        case "bulletList", "taskList", "decisionList": list(node, from: nil)
        case "orderedList": list(node, from: Int(attributes?["order"]?.lenientInt ?? 1))
        case "listItem", "decisionItem": item(node)
        case "taskItem", "blockTaskItem": item(node, isDone: attributes?["state"]?.string == "DONE")
        case "blockquote", "panel":
            out.page.beginQuote()
            content(of: node)
            out.page.endQuote()
        case "expand", "nestedExpand":
            out.line(attributes?["title"]?.string, 2)
            blocks(of: node)
        case "codeBlock":
            let code = (node["content"]?.elements ?? []).compactMap { $0["text"]?.string }.joined()
            out.code(code, language: attributes?["language"]?.string)
        case "rule": out.rule()
        case "table": table(node)
        case "media", "mediaSingle", "mediaGroup":
            out.page.block(1)
            out.image(attributes?["alt"]?.string)
            content(of: node)
            out.page.block(1)
        case "blockCard", "embedCard":
            out.page.block(2)
            card(attributes)
            out.page.block(2)
        case "extension", "bodiedExtension":
            out.line(attributes?["text"]?.string, 2)
            blocks(of: node)
        case "placeholder": break  // a hint to the writer, which readers do not see
        default: blocks(of: node)
        }
    }

    /// Nodes that stand in a line: true where this is one, and is written.
    private mutating func isInline(_ type: String, _ node: JSON, _ attributes: JSON?) -> Bool {
        switch type {
        case "text": text(node)
        case "hardBreak": out.page.lineBreak()
        case "mention": out.text(attributes?["text"]?.string ?? attributes?["id"]?.string.map { "@\($0)" })
        case "emoji": out.text(attributes?["text"]?.string ?? attributes?["shortName"]?.string)
        case "status", "inlineExtension": out.text(attributes?["text"]?.string)
        case "date": out.text(date(attributes?["timestamp"]))
        case "inlineCard": card(attributes)
        case "mediaInline": out.image(attributes?["alt"]?.string)
        case "caption": content(of: node)
        default: return false
        }
        return true
    }

    private mutating func content(of node: JSON) {
        for child in node["content"]?.elements ?? [] { read(child) }
    }
    private mutating func blocks(of node: JSON) {
        out.page.block(2)
        content(of: node)
        out.page.block(2)
    }

    private mutating func text(_ node: JSON) {
        var target: String?
        var isCode = false
        for mark in node["marks"]?.elements ?? [] {
            if mark["type"]?.string == "link" { target = mark["attrs"]?["href"]?.string.flatMap { linkTarget($0) } }
            if mark["type"]?.string == "code" { isCode = true }
        }
        if target != nil { out.page.open("[") }
        if isCode { out.page.open("`") }
        out.text(node["text"]?.string)
        if isCode { out.page.close("`") }
        if let target { out.page.closeLink(target) }
    }

    /// A link that shows what it leads to: its address, or what it holds of that itself (JSON-LD).
    private mutating func card(_ attributes: JSON?) {
        let data = attributes?["data"]
        out.link(data?["name"]?.string, to: attributes?["url"]?.string ?? data?["url"]?.string)
    }

    private mutating func list(_ node: JSON, from first: Int?) {
        out.beginList(from: first)
        content(of: node)
        out.endList()
    }
    private mutating func item(_ node: JSON, isDone: Bool? = nil) {
        out.beginItem()
        if let isDone { out.beginTask(isDone: isDone) }
        content(of: node)
        if isDone != nil { out.endTask() }
        out.endItem()
    }

    private mutating func table(_ node: JSON) {
        out.beginTable()
        for row in node["content"]?.elements ?? [] {
            for cell in row["content"]?.elements ?? [] where out.enter() {
                let attributes = cell["attrs"]
                out.beginCell()
                content(of: cell)
                out.endCell(
                    isHeader: cell["type"]?.string == "tableHeader",
                    columns: Int(attributes?["colspan"]?.int ?? 1), rows: Int(attributes?["rowspan"]?.int ?? 1))
                out.leave()
            }
            out.endRow()
        }
        out.endTable()
    }

    /// The day of a moment in milliseconds since 1970, in a string or not.
    private func date(_ milliseconds: JSON?) -> String? {
        guard let milliseconds = milliseconds?.lenientInt else { return milliseconds?.string }
        return day(ofSecond: milliseconds / 1000)
    }
}
