import JSON

extension SlackReader {
    /// Blocks ("Block Kit, Blocks").
    mutating func blocks(_ blocks: JSON?) {
        for block in blocks?.elements ?? [] where out.enter() {
            self.block(block)
            out.leave()
        }
    }

    private mutating func block(_ block: JSON) {
        switch block["type"]?.string {
        case "rich_text": for element in block["elements"]?.elements ?? [] { richText(element) }
        case "header":
            out.page.beginHeading(2)
            textObject(block["text"])
            out.page.endHeading()
        case "section", "markdown":
            paragraph(block["text"])
            for field in block["fields"]?.elements ?? [] { line(field) }
            image(block["accessory"])
            out.page.block(2)
        case "context":
            out.page.block(2)
            for element in block["elements"]?.elements ?? [] { line(element) }
            out.page.block(2)
        case "divider": out.rule()
        case "image":
            paragraph(block["title"])
            image(block)
            out.page.block(2)
        case "video":
            out.page.block(2)
            out.link(block["title"]?["text"]?.string, to: block["title_url"]?.string)
            paragraph(block["description"])
        case "table": table(block)
        default: paragraph(block["text"])  // actions and inputs say nothing but what their buttons do
        }
    }

    /// A text object ("Block Kit, Composition objects: text"); a plain string is taken as Markdown.
    private mutating func textObject(_ object: JSON?) {
        guard let object else { return }
        if object["type"]?.string == "mrkdwn" {
            mrkdwn(object["text"]?.string ?? "")
        } else {
            out.text(object["text"]?.string ?? object.string)
        }
    }
    private mutating func paragraph(_ object: JSON?) {
        out.page.block(2)
        textObject(object)
        out.page.block(2)
    }
    private mutating func line(_ element: JSON) {
        out.page.block(1)
        image(element)
        textObject(element)
        out.page.block(1)
    }
    private mutating func image(_ element: JSON?) {
        guard element?["type"]?.string == "image" else { return }
        out.page.block(1)
        out.image(element?["alt_text"]?.string)
        out.page.block(1)
    }

    /// Sections, lists, quotes and code of a `rich_text` block ("Block Kit, Rich text block").
    private mutating func richText(_ element: JSON) {
        guard element.isObject, out.enter() else { return }
        defer { out.leave() }
        let inside = element["elements"]?.elements ?? []
        switch element["type"]?.string {
        case "rich_text_list": list(element, inside)
        case "rich_text_quote":
            out.page.beginQuote()
            for piece in inside { self.piece(piece) }
            out.page.endQuote()
        case "rich_text_preformatted":
            out.code(inside.map { words(of: $0) }.joined(), language: element["language"]?.string)
        default:
            out.page.block(1)
            for piece in inside { self.piece(piece) }
            out.page.block(1)
        }
    }

    /// A list inside another is a list of its own here, with its depth in `indent`.
    private mutating func list(_ list: JSON, _ items: [JSON]) {
        let indent = Int(min(max(list["indent"]?.int ?? 0, 0), 8))
        let offset = Int(min(max(list["offset"]?.int ?? 0, 0), 1_000_000))
        let isOrdered = list["style"]?.string == "ordered"
        out.page.block(indent > 0 ? 1 : 2)
        for (i, item) in items.enumerated() where out.enter() {
            let marker = isOrdered ? "\(offset + i + 1). " : "- "
            out.page.beginItem(String(repeating: "  ", count: indent) + marker, isTight: i > 0 || indent > 0)
            for piece in item["elements"]?.elements ?? [] { self.piece(piece) }
            out.page.endItem()
            out.leave()
        }
        out.page.block(indent > 0 ? 1 : 2)
    }

    private mutating func piece(_ piece: JSON) {
        let isCode = piece["style"]?["code"]?.bool ?? false
        if isCode { out.page.open("`") }
        if piece["type"]?.string == "link" {
            out.link(piece["text"]?.string, to: piece["url"]?.string)
        } else {
            out.text(words(of: piece))
        }
        if isCode { out.page.close("`") }
    }

    private func words(of piece: JSON) -> String {
        switch piece["type"]?.string {
        case "user": return names.user(piece["user_id"]?.string ?? "")
        case "channel": return names.channel(piece["channel_id"]?.string ?? "")
        case "usergroup": return names.group(piece["usergroup_id"]?.string ?? "")
        case "team": return piece["team_id"]?.string ?? ""
        case "broadcast": return "@" + (piece["range"]?.string ?? "")
        case "link": return piece["text"]?.string ?? piece["url"]?.string ?? ""
        case "emoji":
            let codes = (piece["unicode"]?.string ?? "").split(separator: "-").map { UInt32($0, radix: 16) }
            let scalars = codes.compactMap { $0.flatMap(Unicode.Scalar.init) }
            if !scalars.isEmpty && scalars.count == codes.count { return String(String.UnicodeScalarView(scalars)) }
            return piece["name"]?.string.map { ":\($0):" } ?? ""
        case "date":
            return piece["fallback"]?.string ?? piece["timestamp"]?.int.flatMap { day(ofSecond: $0) } ?? ""
        case "color": return piece["value"]?.string ?? ""
        default: return piece["text"]?.string ?? ""
        }
    }

    /// Rows of cells ("Block Kit, Table block"); the first is shown as the header.
    private mutating func table(_ block: JSON) {
        out.beginTable()
        for (i, row) in (block["rows"]?.elements ?? []).enumerated() where out.enter() {
            for cell in row.elements {
                out.beginCell()
                if cell["type"]?.string == "rich_text" {
                    for element in cell["elements"]?.elements ?? [] { richText(element) }
                } else {
                    out.text(cell["text"]?.string)
                }
                out.endCell(isHeader: i == 0)
            }
            out.endRow()
            out.leave()
        }
        out.endTable()
    }
}
