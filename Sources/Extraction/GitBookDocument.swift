import JSON

/// Reads a document of GitBook ("GitBook API, Document: structure of the content"), as `format=document` gives it: the node of
/// the document, or the page that has it in `document`. What a reusable block shows stands elsewhere, and is not written.
func readGitBook(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let page = try parsedJSON(input.bytes)
    var reader = GitBookReader(out: BlockWriter(input))
    reader.read(page["document"] ?? page)
    return reader.out.output
}

private struct GitBookReader {
    var out: BlockWriter

    mutating func read(_ node: JSON) {
        guard node.isObject, out.enter() else { return }
        defer { out.leave() }
        switch node["object"]?.string {
        case "text": for leaf in node["leaves"]?.elements ?? [] { read(leaf: leaf) }
        case "inline": inline(node)
        default: block(node)
        }
    }
    private mutating func nodes(of node: JSON) { for child in node["nodes"]?.elements ?? [] { read(child) } }
    private mutating func blocks(of node: JSON) {
        out.page.block(2)
        nodes(of: node)
        out.page.block(2)
    }

    private mutating func read(leaf: JSON) {
        let isCode = (leaf["marks"]?.elements ?? []).contains { $0["type"]?.string == "code" }
        if isCode { out.page.open("`") }
        out.text(leaf["text"]?.string)
        if isCode { out.page.close("`") }
    }

    private mutating func inline(_ node: JSON) {
        let data = node["data"]
        switch node["type"]?.string {
        case "link":
            let target = (data?["ref"]?["url"]?.string ?? data?["href"]?.string).flatMap { linkTarget($0) }
            if target != nil { out.page.open("[") }
            nodes(of: node)
            if let target { out.page.closeLink(target) }
        case "inline-image": out.image(data?["caption"]?.string ?? data?["alt"]?.string)
        case "inline-math": out.text(data?["formula"]?.string)
        case "emoji": out.text(emoji(data?["code"]?.string))
        case "mention": out.text(data?["name"]?.string ?? data?["ref"]?["title"]?.string)
        default: break
        }
        if node["type"]?.string != "link" {
            nodes(of: node)
            fragments(of: node)
        }
    }
    /// A character, from its number in base 16: `1f600`, or more than one with `-` between.
    private func emoji(_ code: String?) -> String? {
        guard let code else { return nil }
        let scalars = code.split(separator: "-").map { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
        if scalars.contains(where: { $0 == nil }) { return ":\(code):" }
        return String(String.UnicodeScalarView(scalars.compactMap(\.self)))
    }

    private mutating func block(_ node: JSON) {
        let data = node["data"]
        let type = node["type"]?.string ?? ""
        switch type {
        case "heading-1", "heading-2", "heading-3", "heading-4", "heading-5", "heading-6":
            out.page.beginHeading(Int(type.suffix(1)) ?? 1)
            nodes(of: node)
            out.page.endHeading()
        case "list-ordered": list(node, from: Int(data?["start"]?.int ?? 1))
        case "list-unordered", "list-tasks": list(node, from: nil)
        case "list-item":
            out.beginItem()
            let isDone = data?["checked"]?.bool
            if let isDone { out.beginTask(isDone: isDone) }
            nodes(of: node)
            if isDone != nil { out.endTask() }
            out.endItem()
        case "blockquote", "hint":
            out.page.beginQuote()
            nodes(of: node)
            out.page.endQuote()
        case "code":
            out.line(data?["title"]?.string, 2)
            let lines = (node["nodes"]?.elements ?? []).map { plain($0) }
            out.code(lines.joined(separator: "\n"), language: data?["syntax"]?.string)
        case "math": out.line(data?["formula"]?.string ?? plain(node), 2)
        case "divider": out.rule()
        case "image":
            out.page.block(1)
            out.image(data?["alt"]?.string)
            fragments(of: node)
            out.page.block(1)
        case "embed", "content-ref", "file":
            out.page.block(2)
            let ref = data?["ref"]
            out.link(
                data?["title"]?.string ?? ref?["title"]?.string, to: data?["url"]?.string ?? ref?["url"]?.string)
            nodes(of: node)
            fragments(of: node)
            out.page.block(2)
        case "tabs-item", "stepper-step", "expandable", "swagger-description":
            out.line(data?["title"]?.string, 2)
            fragments(of: node)
            blocks(of: node)
        case "table": table(node)
        case "reusable-content": break
        default:
            blocks(of: node)
            fragments(of: node)
        }
    }

    private mutating func list(_ node: JSON, from first: Int?) {
        out.beginList(from: first)
        nodes(of: node)
        out.endList()
    }

    /// Pieces of a node that stand beside its own nodes: the cells of a table, the title of what opens, a caption.
    private mutating func fragments(of node: JSON) {
        for fragment in node["fragments"]?.elements ?? [] { blocks(of: fragment) }
    }

    /// `data.definition` has the columns, `data.view` their order, `data.records` the rows; a cell of text is the name of a
    /// fragment, each of which is written once.
    private mutating func table(_ node: JSON) {
        let data = node["data"]
        let definition = data?["definition"]
        let definitions = Dictionary(named: definition)
        let ordered = (data?["view"]?["columns"]?.elements ?? []).compactMap { $0.string }
        let columns = ordered.isEmpty ? (definition?.members ?? []).compactMap { $0.name.string } : ordered
        var fragments: [String: JSON] = [:]
        for fragment in node["fragments"]?.elements ?? [] {
            if let name = fragment["fragment"]?.string ?? fragment["key"]?.string { fragments[name] = fragment }
        }
        let rows = (data?["records"]?.members ?? []).map(\.value)
        let first = rows.enumerated().sorted { a, b in
            let (x, y) = (a.element["orderIndex"]?.string ?? "", b.element["orderIndex"]?.string ?? "")
            return (x, a.offset) < (y, b.offset)
        }
        out.beginTable()
        if data?["view"]?["hideHeader"]?.bool != true {
            for column in columns {
                out.beginCell()
                out.text(definitions[column]?["title"]?.string)
                out.endCell(isHeader: true)
            }
            out.endRow()
        }
        for row in first.map(\.element) {
            guard out.enter() else { break }
            let values = Dictionary(named: row["values"])
            for column in columns {
                guard out.enter() else { break }
                out.beginCell()
                cell(values[column], definitions[column], &fragments)
                out.endCell(isHeader: false)
                out.leave()
            }
            out.endRow()
            out.leave()
        }
        out.endTable()
    }

    private mutating func cell(_ value: JSON?, _ column: JSON?, _ fragments: inout [String: JSON]) {
        guard let value else { return }
        switch value.kind {
        case .string:
            let text = value.string ?? ""
            if let fragment = fragments.removeValue(forKey: text) { blocks(of: fragment) } else { out.text(text) }
        case .number: out.text(value.raw.text)
        case .bool: out.text(value.bool == true ? "yes" : "no")
        case .array:
            // The choices of a select are named by the column.
            for element in value.elements {
                let option = (column?["options"]?.elements ?? []).first { $0["value"]?.string == element.string }
                out.line(option?["label"]?.string ?? element.string)
            }
        case .object: out.link(value["title"]?.string, to: value["url"]?.string)
        case .null: break
        }
    }

    /// The characters of a line of code. What is nested deeper than lines are is left out.
    private func plain(_ node: JSON, depth: Int = 0) -> String {
        if depth > 8 { return "" }
        if let leaves = node["leaves"] { return leaves.elements.map { $0["text"]?.string ?? "" }.joined() }
        return (node["nodes"]?.elements ?? []).map { plain($0, depth: depth + 1) }.joined()
    }
}

extension [String: JSON] {
    /// The members of an object; the last where a name is repeated.
    init(named object: JSON?) {
        let members = (object?.members ?? []).compactMap { member in member.name.string.map { ($0, member.value) } }
        self.init(members, uniquingKeysWith: { $1 })
    }
}
