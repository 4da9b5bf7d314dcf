import Extraction

/// Makes text of a part of a Word file: the body, notes, comments, headers (ECMA-376, part 1, section 17). Inserted text is
/// kept, deleted text and the instructions of fields are left out.
final class WordReader: XMLReader {
    private let styles: WordStyles
    private let numbering: WordNumbering
    private let links: Relationships

    /// The part, and one more for each note or text box that is open.
    private var texts: [(text: OfficeText, lists: ListOutline)] = [(OfficeText(), ListOutline())]
    private var paragraphs: [Paragraph] = []
    private var tables: [Table] = []
    /// Lists outside the cells that are open.
    private var outerLists: [ListOutline] = []
    private var fields: [Field] = []
    private var dropped = 0
    private var isText = false
    private var isInstruction = false
    private var isInProperties = false
    private var noteID = ""
    private var noteAuthor = ""
    /// Text boxes, which follow their paragraph.
    private var boxes: [[UInt8]] = []
    private var doneSize = 0

    /// Notes and comments by their ids, and who wrote them.
    private(set) var notes: [String: (author: String, text: [UInt8])] = [:]
    /// The ids of notes and comments in the order of their references: `footnote 2`.
    private(set) var references: [String] = []
    private var known: Set<String> = []
    private var numbers: [String: Int] = [:]

    private struct Paragraph {
        var style: String?
        var list: String?
        var level: Int?
        var outlineLevel: Int?
        var isBegun = false
        var isHeading = false
    }
    private struct Table {
        var columns = 0
        var rows = 0
        /// A cell whose properties are still to come.
        var waitingSpan: Int?
        /// In a cell beside others: its cells are lines of that cell.
        var isFlat = false
    }
    private struct Field {
        var instruction = ""
        var isInstruction = true
        var isLink = false
    }

    init(_ styles: WordStyles, _ numbering: WordNumbering, _ links: Relationships) {
        (self.styles, self.numbering, self.links) = (styles, numbering, links)
    }

    var size: Int { texts.reduce(doneSize) { $0 + $1.text.size } }

    /// The text of the part itself.
    func finish() -> [UInt8] {
        while texts.count > 1 { endText() }
        texts[0].lists.end(in: texts[0].text)
        return texts[0].text.finish()
    }

    private var text: OfficeText { texts[texts.count - 1].text }

    func start(_ name: String, _ attributes: XMLAttributes) {
        if dropped > 0 {
            dropped += 1
            return
        }
        switch name {
        case "w:del", "w:moveFrom", "w:rt", "w:pPrChange", "w:rPrChange", "w:tblPrChange", "w:tcPrChange",
            "w:trPrChange",
            "w:sectPrChange", "w:tblGridChange", "w:numberingChange":
            dropped = 1
        case "w:p": startParagraph()
        case "w:pPr": isInProperties = true
        case "w:pStyle": setParagraph { $0.style = attributes["w:val"] }
        case "w:numId": setParagraph { $0.list = attributes["w:val"] }
        case "w:ilvl": setParagraph { $0.level = attributes["w:val"].flatMap { Int($0) } }
        case "w:outlineLvl": setParagraph { $0.outlineLevel = attributes["w:val"].flatMap { Int($0) } }
        case "w:t", "m:t": isText = true
        case "w:tab": if !isInProperties { text.text(" ") }
        case "w:br", "w:cr": if isShown { text.start(.lineBreak, .none) }
        case "w:noBreakHyphen": write("-")
        case "w:hyperlink":
            beginContent()
            text.startLink(links[attributes["r:id"]].flatMap { $0.isExternal ? linkTarget($0.target) : nil })
        case "w:fldSimple":
            beginContent()
            text.startLink(hyperlink(in: attributes["w:instr"] ?? ""))
        case "w:fldChar": fieldCharacter(attributes["w:fldCharType"])
        case "w:instrText": isInstruction = true
        case "wp:docPr": if let alt = attributes["descr"], isShown, !alt.isEmpty { image(alt) }
        case "w:footnoteReference", "w:endnoteReference", "w:commentReference": reference(name, attributes["w:id"])
        case "w:footnote", "w:endnote", "w:comment":
            noteID = attributes["w:id"] ?? ""
            noteAuthor = attributes["w:author"] ?? ""
            texts.append((OfficeText(), ListOutline()))
        case "w:txbxContent": texts.append((OfficeText(), ListOutline()))
        default: startOfTable(name, attributes)
        }
    }

    func end(_ name: String) {
        if dropped > 0 {
            dropped -= 1
            return
        }
        switch name {
        case "w:p": endParagraph()
        case "w:pPr": isInProperties = false
        case "w:t", "m:t": isText = false
        case "w:instrText": isInstruction = false
        case "w:hyperlink", "w:fldSimple": text.end(.link)
        case "w:footnote", "w:endnote", "w:comment": notes[noteID] = (noteAuthor, endText())
        case "w:txbxContent":
            let box = endText()
            if !box.isEmpty { boxes.append(box) }
        default: endOfTable(name)
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if dropped > 0 { return }
        if isInstruction {
            guard let last = fields.indices.last, fields[last].instruction.utf8.count < 4096 else { return }
            fields[last].instruction += String(decoding: bytes, as: UTF8.self)
        } else if isText && isShown {
            beginContent()
            text.text(bytes)
        }
    }

    /// Not in the instruction of a field.
    private var isShown: Bool { fields.allSatisfy { !$0.isInstruction } }

    private func write(_ string: String) {
        if !isShown { return }
        beginContent()
        text.text(string)
    }

    private func image(_ alt: String) {
        beginContent()
        text.image(alt)
    }

    @discardableResult
    private func endText() -> [UInt8] {
        guard texts.count > 1, var last = texts.popLast() else { return [] }
        last.lists.end(in: last.text)
        let bytes = last.text.finish()
        doneSize += bytes.count
        return bytes
    }

    // MARK: Paragraphs

    private func startParagraph() {
        beginCell()
        paragraphs.append(Paragraph())
    }

    private func setParagraph(_ set: (inout Paragraph) -> Void) {
        guard isInProperties, let last = paragraphs.indices.last else { return }
        set(&paragraphs[last])
    }

    /// Before the first character of a paragraph: its properties are known.
    private func beginContent() {
        guard let last = paragraphs.indices.last, !paragraphs[last].isBegun else { return }
        paragraphs[last].isBegun = true
        let paragraph = paragraphs[last]
        let current = texts.count - 1
        let marker = marker(paragraph)
        if let level = headingLevel(paragraph) {
            texts[current].lists.end(in: text)
            paragraphs[last].isHeading = true
            text.start(.heading(min(max(level, 1), 6)), .none)
            if let marker, marker.text != "- " { text.text(marker.text) }
        } else if let marker {
            if marker.text.isEmpty {
                text.start(.block(1), .none)
            } else {
                texts[current].lists.item(level: marker.level, marker: marker.text, in: text)
            }
        } else {
            texts[current].lists.end(in: text)
            text.start(.block(2), .none)
        }
    }

    private func headingLevel(_ paragraph: Paragraph) -> Int? {
        if !tables.isEmpty { return nil }
        if let level = paragraph.outlineLevel { return level < 9 ? level + 1 : nil }
        return styles.headingLevel(paragraph.style)
    }

    private func marker(_ paragraph: Paragraph) -> (level: Int, text: String)? {
        let styled = styles.list(paragraph.style)
        guard let list = paragraph.list ?? styled?.list, list != "0" else { return nil }
        let level =
            paragraph.level ?? numbering.level(of: list, style: paragraph.style) ?? styled?.level ?? 0
        return numbering.next(list: list, level: level).map { (level, $0) }
    }

    private func endParagraph() {
        guard let paragraph = paragraphs.popLast() else { return }
        isInProperties = false
        if !paragraph.isBegun {
            _ = marker(paragraph)
        } else if paragraph.isHeading {
            text.end(.heading(1))
        } else {
            text.end(.block(texts[texts.count - 1].lists.isOpen ? 1 : 2))
        }
        guard paragraphs.isEmpty else { return }
        for box in boxes { text.lines(box) }
        boxes = []
    }

    // MARK: Fields and references

    private func fieldCharacter(_ kind: String?) {
        switch kind {
        case "begin":
            if fields.count < 100 { fields.append(Field()) }
        case "separate":
            guard let last = fields.indices.last else { return }
            fields[last].isInstruction = false
            guard isShown, let target = hyperlink(in: fields[last].instruction) else { return }
            beginContent()
            fields[last].isLink = true
            text.startLink(target)
        case "end": if fields.popLast()?.isLink == true { text.end(.link) }
        default: break
        }
    }

    /// The target in ` HYPERLINK "https://…" \o "…"`.
    private func hyperlink(in instruction: String) -> String? {
        let words = instruction.split(separator: "\"", omittingEmptySubsequences: false)
        guard words.count > 1, words[0].split(separator: " ").first == "HYPERLINK", !words[0].contains("\\") else {
            return nil
        }
        return linkTarget(String(words[1]))
    }

    private func reference(_ name: String, _ id: String?) {
        guard let id else { return }
        let kind = String(name.dropFirst(2).dropLast("Reference".count))
        let key = "\(kind) \(id)"
        guard known.insert(key).inserted else { return }
        references.append(key)
        numbers[kind, default: 0] += 1
        switch kind {
        case "footnote": write("[^\(numbers[kind] ?? 0)]")
        case "endnote": write("[^e\(numbers[kind] ?? 0)]")
        default: break
        }
    }

    // MARK: Tables

    private func startOfTable(_ name: String, _ attributes: XMLAttributes) {
        let last = tables.count - 1
        switch name {
        case "w:tbl":
            beginCell()
            texts[texts.count - 1].lists.end(in: text)
            let isFlat = last >= 0 && (tables[last].isFlat || tables[last].columns > 1)
            if !isFlat { text.start(.table, .none) }
            tables.append(Table(isFlat: isFlat))
        case "w:gridCol": if last >= 0 { tables[last].columns += 1 }
        case "w:tr": if last >= 0, !tables[last].isFlat { text.start(.row, .none) }
        case "w:tc":
            if last >= 0, !tables[last].isFlat { tables[last].waitingSpan = 1 }
            outerLists.append(texts[texts.count - 1].lists)
            texts[texts.count - 1].lists = ListOutline()
        case "w:gridSpan":
            if last >= 0, tables[last].waitingSpan != nil {
                tables[last].waitingSpan = attributes["w:val"].flatMap { Int($0) } ?? 1
            }
        default: break
        }
    }

    private func endOfTable(_ name: String) {
        switch name {
        case "w:tbl":
            if tables.popLast()?.isFlat == false { text.end(.table) }
        case "w:tr":
            guard let last = tables.indices.last, !tables[last].isFlat else { return }
            text.end(.row)
            tables[last].rows += 1
        case "w:tc":
            beginCell()
            texts[texts.count - 1].lists.end(in: text)
            texts[texts.count - 1].lists = outerLists.popLast() ?? ListOutline()
            if tables.last?.isFlat == false { text.end(.cell(isHeader: false)) }
        default: break
        }
    }

    private func beginCell() {
        guard let last = tables.indices.last, let span = tables[last].waitingSpan else { return }
        tables[last].waitingSpan = nil
        text.startCell(isHeader: tables[last].rows == 0 && tables[last].columns != 1, span: span)
    }
}
