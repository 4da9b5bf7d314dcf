import JSON

/// Reads the blocks of a Notion page ("Reference, Block"): an array, each block with those inside it in `children`; or a page
/// object with `properties` ("Page properties") and the blocks in `children`.
///
/// Of other pages only the titles are written, and of a copy of a synced block what `children` holds.
func readNotion(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let document = try parsedJSON(input.bytes)
    var reader = NotionReader(out: BlockWriter(input))
    if document.isObject {
        reader.properties(document["properties"])
        reader.read(blocks: document["children"] ?? document["results"])
    } else {
        reader.read(blocks: document)
    }
    return reader.out.output
}

struct NotionReader {
    var out: BlockWriter

    mutating func read(blocks: JSON?) {
        var openList: String?
        for block in blocks?.elements ?? [] where out.enter() {
            defer { out.leave() }
            let type = block["type"]?.string ?? ""
            let list = Self.lists.contains(type) ? type : nil
            if list != openList {
                if openList != nil { out.endList() }
                if let list {
                    let first = block[name: list]?["list_start_index"]?.int ?? 1
                    out.beginList(from: list == "numbered_list_item" ? Int(first) : nil)
                }
                openList = list
            }
            read(block, type)
        }
        if openList != nil { out.endList() }
    }
    private static let lists: Set = ["bulleted_list_item", "numbered_list_item", "to_do"]

    private mutating func read(_ block: JSON, _ type: String) {
        let value = block[name: type]
        switch type {
        case "heading_1", "heading_2", "heading_3", "heading_4":
            out.page.beginHeading(Int(type.suffix(1)) ?? 1)
            richText(value?["rich_text"])
            out.page.endHeading()
            children(of: block, value)
        case "bulleted_list_item", "numbered_list_item": item(block, value, isDone: nil)
        case "to_do": item(block, value, isDone: value?["checked"]?.bool ?? false)
        case "quote", "callout":
            out.page.beginQuote()
            if type == "callout", let icon = value?["icon"]?["emoji"]?.string { out.text("\(icon) ") }
            richText(value?["rich_text"])
            children(of: block, value)
            out.page.endQuote()
        case "code":
            let language = value?["language"]?.string
            out.code(plain(value?["rich_text"]), language: language == "plain text" ? nil : language)
            caption(value)
        case "equation": out.line(value?["expression"]?.string, 2)
        case "divider": out.rule()
        case "table": table(block, value)
        case "bookmark", "embed", "link_preview":
            out.page.block(2)
            out.link(plain(value?["caption"]), to: value?["url"]?.string)
            out.page.block(2)
        case "image", "video", "file", "pdf", "audio": file(value, isImage: type == "image")
        case "child_page", "child_database": out.line(value?["title"]?.string, 2)
        case "link_to_page", "breadcrumb", "table_of_contents", "unsupported": break
        default:  // paragraph, toggle, template, columns, synced blocks, and what is not known
            out.page.block(2)
            richText(value?["rich_text"] ?? value?["title"])
            children(of: block, value)
            out.page.block(2)
        }
    }

    /// The blocks inside one: of answers beside its value, of requests in it.
    private mutating func children(of block: JSON, _ value: JSON?) {
        guard let inside = block["children"] ?? value?["children"] else { return }
        out.page.block(2)
        read(blocks: inside)
        out.page.block(2)
    }

    private mutating func item(_ block: JSON, _ value: JSON?, isDone: Bool?) {
        out.beginItem()
        if let isDone { out.beginTask(isDone: isDone) }
        richText(value?["rich_text"])
        if isDone != nil { out.endTask() }
        out.page.block(1)
        read(blocks: block["children"] ?? value?["children"])
        out.endItem()
    }

    private mutating func table(_ block: JSON, _ value: JSON?) {
        let hasHeader = value?["has_column_header"]?.bool ?? false
        out.beginTable()
        for (i, row) in ((block["children"] ?? value?["children"])?.elements ?? []).enumerated() where out.enter() {
            for cell in row["table_row"]?["cells"]?.elements ?? [] {
                out.beginCell()
                richText(cell)
                out.endCell(isHeader: hasHeader && i == 0)
            }
            out.endRow()
            out.leave()
        }
        out.endTable()
    }

    private mutating func caption(_ value: JSON?) {
        out.page.block(1)
        richText(value?["caption"])
        out.page.block(2)
    }

    /// The caption or the name, and the address where it stays: those of Notion's own files hold a key and end in an hour.
    private mutating func file(_ value: JSON?, isImage: Bool) {
        let words = plain(value?["caption"])
        let name = words.isEmpty ? value?["name"]?.string : words
        out.page.block(2)
        if isImage { out.image(name) } else { out.link(name, to: value?["external"]?["url"]?.string) }
        out.page.block(2)
    }

    /// Words with their links, code and formulas ("Rich text").
    mutating func richText(_ items: JSON?) {
        for item in items?.elements ?? [] where out.enter() {
            defer { out.leave() }
            let isCode = item["annotations"]?["code"]?.bool ?? false
            let address = item["href"]?.string ?? item["text"]?["link"]?["url"]?.string
            let target = address.flatMap { linkTarget($0) }
            if target != nil { out.page.open("[") }
            if isCode { out.page.open("`") }
            out.text(plainText(item))
            if isCode { out.page.close("`") }
            if let target { out.page.closeLink(target) }
        }
    }
    func plain(_ items: JSON?) -> String { (items?.elements ?? []).map(plainText).joined() }

    private func plainText(_ item: JSON) -> String {
        item["plain_text"]?.string ?? item["text"]?["content"]?.string ?? item["equation"]?["expression"]?.string
            ?? item["mention"]?["user"]?["name"]?.string ?? ""
    }
}
