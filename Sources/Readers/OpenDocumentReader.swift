import Extraction

/// Makes text of the parts of a file of OpenDocument.
final class OpenDocumentReader: XMLReader {
    private let styles: OpenDocumentStyles
    /// Elements whose text is wanted; others are read for their styles alone.
    private let wanted: Set<String>
    private var wantedDepth = 0
    private var out = MarkdownWriter()

    /// The document, and one more for each note, comment or text box that is open.
    private var texts: [OfficeText] = [OfficeText()]
    private var lists: [String] = []
    private var dropped = 0
    private var paragraphs = 0
    private var isAlternative = false
    private var alternative = ""
    private var isCreator = false
    private var creator = ""
    private var boxes: [[UInt8]] = []
    private var rows: [Int] = []

    private var isSpreadsheet = false
    private var sheet: OpenDocumentSheet?
    private var sheetName = ""
    private var isSheetHidden = false
    private var cell: (text: OfficeText, repeats: Int)?
    private var rowRepeats = 1

    private var slide = 0
    private var slideIsHidden = false
    private var isTitle = false
    private var title = ""
    private var isInNotes = false
    private var slideNotes: [UInt8] = []

    private var pieces: [[UInt8]] = []
    private var notes: [[UInt8]] = []
    private var comments: [(author: String, text: [UInt8])] = []
    private var done = 0
    private static let limit = 64 << 20

    init(_ styles: OpenDocumentStyles, wants wanted: Set<String>) { (self.styles, self.wanted) = (styles, wanted) }

    var size: Int {
        texts.reduce(done + out.utf8.count + (sheet?.size ?? 0) + (cell?.text.size ?? 0)) { $0 + $1.size }
    }

    func finish() -> (pieces: [[UInt8]], notes: [[UInt8]], comments: [(author: String, text: [UInt8])]) {
        if sheet != nil { endSheet() }
        while texts.count > 1 { _ = endText() }
        endPiece()
        if slide > 0 { endSlide() }
        return (pieces + (out.utf8.isEmpty ? [] : [out.utf8]), notes, comments)
    }

    private var text: OfficeText { texts[texts.count - 1] }

    private func endText() -> [UInt8] {
        guard texts.count > 1, let last = texts.popLast() else { return [] }
        let bytes = cleaned(last.finish()).utf8
        done += bytes.count
        return bytes
    }

    /// Headers and footers come once each.
    private func endPiece() {
        let bytes = cleaned(texts[0].finish()).utf8
        texts[0] = OfficeText()
        if slide > 0 {
            out.lines(bytes)
        } else if !bytes.isEmpty && !pieces.contains(bytes) {
            done += bytes.count
            pieces.append(bytes)
        }
    }

    func start(_ name: String, _ attributes: XMLAttributes) {
        if dropped > 0 {
            dropped += 1
            return
        }
        if wanted.contains(name) { wantedDepth += 1 }
        if wantedDepth == 0 { return styles.start(name, attributes) }
        switch name {
        case "text:tracked-changes", "text:note-citation", "text:ruby-text", "office:forms", "dc:date",
            "text:sequence-decls", "text:variable-decls", "text:user-field-decls", "office:scripts",
            "presentation:footer-decl", "presentation:date-time-decl", "presentation:header-decl":
            dropped = 1
        case "text:h":
            paragraphs += 1
            let level = attributes["text:outline-level"].flatMap { Int($0) } ?? 1
            text.start(rows.isEmpty ? .heading(min(max(level, 1), 6)) : .block(1), .none)
        case "text:p":
            paragraphs += 1
            if !isTitle { text.start(.block(lists.isEmpty && !isSpreadsheet ? 2 : 1), .none) }
        case "text:list":
            lists.append(attributes["text:style-name"] ?? lists.last ?? "")
            text.start(.list(isOrdered: styles.isNumbered(lists[lists.count - 1], level: lists.count)), .none)
        case "text:list-item": text.start(.item, .none)
        case "text:a": text.startLink(attributes["xlink:href"].flatMap(linkTarget))
        case "text:s", "text:tab": write(" ")
        case "text:line-break": if isTitle { title += " " } else { text.start(.lineBreak, .none) }
        case "text:note-body":
            write("[^\(notes.count + 1)]")
            notes.append([])
            texts.append(OfficeText())
        case "office:annotation":
            creator = ""
            texts.append(OfficeText())
        case "dc:creator": isCreator = true
        case "draw:text-box":
            if paragraphs > 0 { texts.append(OfficeText()) }
        case "svg:title", "svg:desc":
            isAlternative = true
            alternative = ""
        case "draw:page", "presentation:notes", "draw:frame": startOfSlide(name, attributes)
        default: startOfTable(name, attributes)
        }
    }

    func end(_ name: String) {
        if dropped > 0 {
            dropped -= 1
            return
        }
        if wantedDepth == 0 { return }
        switch name {
        case "text:h":
            text.end(rows.isEmpty ? .heading(1) : .block(1))
            endParagraph()
        case "text:p":
            if !isTitle { text.end(.block(lists.isEmpty && !isSpreadsheet ? 2 : 1)) } else { title += " " }
            endParagraph()
        case "text:list":
            text.end(.list(isOrdered: false))
            _ = lists.popLast()
        case "text:list-item": text.end(.item)
        case "text:a": text.end(.link)
        case "text:note-body":
            let note = endText()
            if let last = notes.indices.last { notes[last] = note }
        case "office:annotation":
            let comment = endText()
            if !comment.isEmpty { comments.append((creator, comment)) }
        case "dc:creator": isCreator = false
        case "draw:text-box":
            if paragraphs > 0 { boxes.append(endText()) }
        case "svg:title", "svg:desc":
            isAlternative = false
            if !isInNotes { text.image(alternative) }
        case "draw:page", "presentation:notes", "draw:frame": endOfSlide(name)
        default: endOfTable(name)
        }
        if wanted.contains(name) {
            wantedDepth -= 1
            if wantedDepth == 0 { endPiece() }
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if dropped > 0 || wantedDepth == 0 { return }
        if isAlternative {
            if alternative.utf8.count < 4096 { alternative += String(decoding: bytes, as: UTF8.self) }
        } else if isCreator {
            if creator.utf8.count < 200 { creator += String(decoding: bytes, as: UTF8.self) }
        } else if paragraphs > 0 {
            if isTitle {
                if title.utf8.count < 1000 { title += String(decoding: bytes, as: UTF8.self) }
            } else {
                text.text(bytes)
            }
        }
    }

    private func write(_ string: String) { if isTitle { title += string } else { text.text(string) } }

    private func endParagraph() {
        paragraphs -= 1
        if paragraphs > 0 { return }
        for box in boxes { text.lines(box) }
        boxes = []
    }

    // MARK: Tables and sheets

    private func startOfTable(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "office:spreadsheet": isSpreadsheet = true
        case "table:table":
            if isSpreadsheet {
                sheet = OpenDocumentSheet()
                sheetName = attributes["table:name"] ?? ""
                isSheetHidden = styles.isHidden(attributes["table:style-name"])
            } else {
                text.start(.table, .none)
                rows.append(0)
            }
        case "table:table-row":
            if isSpreadsheet {
                rowRepeats = attributes["table:number-rows-repeated"].flatMap { Int($0) } ?? 1
            } else {
                text.start(.row, .none)
            }
        case "table:table-cell", "table:covered-table-cell":
            let repeats = attributes["table:number-columns-repeated"].flatMap { Int($0) } ?? 1
            if isSpreadsheet {
                let reader = OfficeText()
                cell = (reader, repeats)
                texts.append(reader)
            } else if name == "table:table-cell" {
                text.startCell(isHeader: rows.last == 0, span: 1)
            } else {
                for _ in 0..<min(max(1, repeats), 20) {
                    text.startCell(isHeader: rows.last == 0, span: 1)
                    text.end(.cell(isHeader: false))
                }
            }
        default: break
        }
    }

    private func endOfTable(_ name: String) {
        switch name {
        case "table:table":
            if isSpreadsheet {
                endSheet()
            } else {
                text.end(.table)
                _ = rows.popLast()
            }
        case "table:table-row":
            if isSpreadsheet {
                sheet?.endRow(repeats: rowRepeats, limit: Self.limit)
            } else {
                text.end(.row)
                if let last = rows.indices.last { rows[last] += 1 }
            }
        case "table:table-cell":
            if isSpreadsheet { endCell() } else { text.end(.cell(isHeader: false)) }
        case "table:covered-table-cell": if isSpreadsheet { endCell() }
        default: break
        }
    }

    private func endCell() {
        guard let (reader, repeats) = cell else { return }
        cell = nil
        if texts.count > 1 { texts.removeLast() }
        sheet?.cell(reader.finish(), repeats: repeats)
    }

    private func endSheet() {
        out.sheet(sheetName, isHidden: isSheetHidden, rows: sheet?.utf8 ?? [])
        sheet = nil
    }

    // MARK: Slides

    private func startOfSlide(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "draw:page":
            slide += 1
            slideIsHidden = styles.isHidden(attributes["draw:style-name"])
            (title, slideNotes) = ("", [])
        case "presentation:notes":
            isInNotes = true
            texts.append(OfficeText())
        case "draw:frame":
            isTitle = slide > 0 && !isInNotes && attributes["presentation:class"] == "title"
        default: break
        }
    }

    private func endOfSlide(_ name: String) {
        switch name {
        case "draw:page": endSlide()
        case "presentation:notes":
            isInNotes = false
            slideNotes = endText()
        case "draw:frame": isTitle = false
        default: break
        }
    }

    private func endSlide() {
        if slide == 0 { return }
        let body = cleaned(texts[0].finish()).utf8
        texts[0] = OfficeText()
        if body.isEmpty && title.isEmpty && slideNotes.isEmpty { return }
        while title.last == " " { title.removeLast() }
        out.slide(slide, title: title, isHidden: slideIsHidden)
        out.lines(body)
        out.notes(slideNotes)
        (title, slideNotes) = ("", [])
    }
}
