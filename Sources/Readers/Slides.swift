import Extraction

/// A presentation: its slides in the order in which they are shown, each with its title, text, tables and notes.
func readSlides(_ package: OfficePackage, _ main: String) throws(Unreadable) -> FormatOutput {
    let order = SlideOrder()
    var shortened = try package.archive.parse(main, order)
    let relationships = try package.relationships(of: main)
    var out = MarkdownWriter()
    var number = 0
    for id in order.slides {
        number += 1
        guard let part = relationships[id]?.target, package.archive.contains(part) else { continue }
        let left = package.limits.output - out.utf8.count
        let slide = SlideReader(try package.relationships(of: part))
        let reason = try package.archive.parse(part, slide, limit: left)
        shortened = shortened ?? reason
        out.slide(number, title: slide.title, isHidden: slide.isHidden)
        out.lines(slide.finish())
        if let part = try package.part("notesSlide", of: part) {
            let notes = SlideReader(try package.relationships(of: part), isNotes: true)
            let reason = try package.archive.parse(part, notes, limit: left)
            shortened = shortened ?? reason
            out.notes(notes.finish())
        }
        if left < 0 || shortened == "too_large" || shortened == "time_limit" {
            shortened = shortened ?? "too_large"
            break
        }
    }
    if number == 0, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: out.utf8, shortened: shortened)
}

extension MarkdownWriter {
    mutating func slide(_ number: Int, title: String, isHidden: Bool) {
        beginHeading(2)
        text("Slide \(number)\(isHidden ? " (hidden)" : "")\(title.isEmpty ? "" : ": \(title)")")
        endHeading()
    }

    mutating func notes(_ text: [UInt8]) {
        if !text.contains(where: { $0 > 0x20 }) { return }
        beginQuote()
        lines(Array("Notes: ".utf8) + cleaned(text).utf8)
        endQuote()
    }
}

private final class SlideOrder: XMLReader {
    private(set) var slides: [String] = []
    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "p:sldId", let id = attributes["r:id"] { slides.append(id) }
    }
}

/// Makes text of a slide (ECMA-376, part 1, sections 19 and 21).
final class SlideReader: XMLReader {
    private let links: Relationships
    private let isNotes: Bool
    private let text = OfficeText()
    private var lists = ListOutline()
    private(set) var isHidden = false
    private(set) var title = ""

    private var placeholder: String?
    private var isText = false
    private var isBegun = false
    private var level = 0
    private var hasBullet: Bool?
    private var number: String?
    private var link: String?
    private var isLinkOpen = false
    private var row = 0
    private var isInTable = false
    private static let longestTitle = 1000

    init(_ links: Relationships, isNotes: Bool = false) {
        self.links = links
        self.isNotes = isNotes
    }

    var size: Int { text.size }

    func finish() -> [UInt8] {
        lists.end(in: text)
        return text.finish()
    }

    /// What is no content of this slide: its number, date and footer, and on a page of notes all but the notes.
    private var isLeftOut: Bool {
        switch placeholder {
        case "sldNum", "dt", "ftr", "hdr", "sldImg": true
        case "body": false
        default: isNotes
        }
    }
    private var isTitle: Bool { !isNotes && (placeholder == "title" || placeholder == "ctrTitle") }

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "p:sld": isHidden = attributes.isOn("show") == false
        case "p:sp", "p:cxnSp", "p:graphicFrame", "p:pic": placeholder = nil
        case "p:ph": placeholder = attributes["type"] ?? "body"
        case "p:cNvPr": if !isNotes, let alt = attributes["descr"], !alt.isEmpty { image(alt) }
        case "a:tbl":
            lists.end(in: text)
            text.start(.table, .none)
            (row, isInTable) = (0, true)
        case "a:tr": text.start(.row, .none)
        case "a:tc":
            text.startCell(isHeader: row == 0, span: attributes["gridSpan"].flatMap { Int($0) } ?? 1)
        case "a:p": (isBegun, level, hasBullet, number) = (false, 0, nil, nil)
        case "a:pPr": level = min(max(attributes["lvl"].flatMap { Int($0) } ?? 0, 0), 8)
        case "a:buNone": hasBullet = false
        case "a:buChar", "a:buBlip": hasBullet = true
        case "a:buAutoNum": number = attributes["type"] ?? ""
        case "a:hlinkClick":
            if let found = links[attributes["r:id"]], found.isExternal { link = linkTarget(found.target) }
        case "a:r", "a:fld": link = nil
        case "a:t":
            isText = true
            if link != nil, !isLeftOut, !isTitle {
                begin()
                text.startLink(link)
                isLinkOpen = true
            }
        case "a:br": if isTitle { title += " " } else if !isLeftOut { text.start(.lineBreak, .none) }
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "a:t":
            isText = false
            if isLinkOpen { text.end(.link) }
            isLinkOpen = false
        case "a:p":
            if isTitle, !title.isEmpty, title.last != " " { title += " " }
            if isBegun && !lists.isOpen { text.end(.block(isInTable ? 1 : 2)) }
        case "a:tbl":
            text.end(.table)
            isInTable = false
        case "a:tr":
            text.end(.row)
            row += 1
        case "a:tc":
            lists.end(in: text)
            text.end(.cell(isHeader: false))
        case "p:sp", "p:graphicFrame": lists.end(in: text)
        case "p:cSld": while title.last == " " { title.removeLast() }
        default: break
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isText, !isLeftOut else { return }
        if isTitle {
            if title.utf8.count < Self.longestTitle { title += String(decoding: bytes, as: UTF8.self) }
            return
        }
        begin()
        text.text(bytes)
    }

    /// The first character of a paragraph. In the body of a slide every paragraph is a point, unless it says otherwise.
    private func begin() {
        if isBegun { return }
        isBegun = true
        let isPoint = hasBullet ?? (number != nil || level > 0 || !isNotes && placeholder == "body")
        if isPoint {
            lists.item(level: level, marker: number == nil ? "- " : "1. ", in: text)
        } else {
            lists.end(in: text)
            text.start(.block(isInTable ? 1 : 2), .none)
        }
    }

    private func image(_ alt: String) {
        lists.end(in: text)
        text.start(.block(2), .none)
        text.image(alt)
        text.end(.block(2))
    }
}
