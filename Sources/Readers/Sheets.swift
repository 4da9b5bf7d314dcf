import Extraction

/// A workbook: each sheet under its name, as a table.
func readSheets(_ package: OfficePackage, _ main: String) throws(Unreadable) -> FormatOutput {
    let book = Workbook()
    var shortened = try package.archive.parse(main, book)
    let relationships = try package.relationships(of: main)
    let strings = SharedStrings()
    if let part = try package.part("sharedStrings", of: main) {
        let reason = try package.archive.parse(part, strings, limit: 2 * package.limits.output)
        shortened = shortened ?? reason
    }
    let formats = CellFormats()
    if let part = try package.part("styles", of: main) { _ = try package.archive.parse(part, formats) }
    var out = MarkdownWriter()
    for sheet in book.sheets {
        guard let part = relationships[sheet.id]?.target, package.archive.contains(part) else { continue }
        let reader = SheetReader(strings, formats, isFrom1904: book.isFrom1904)
        let left = package.limits.output - out.utf8.count
        if left < 0 {
            shortened = shortened ?? "too_large"
            break
        }
        let reason = try package.archive.parse(part, reader, limit: left)
        shortened = shortened ?? reason
        let rows = reader.finish()
        out.sheet(sheet.name, isHidden: sheet.isHidden, rows: rows)
        if let part = try package.part("comments", of: part) {
            let comments = SheetComments()
            _ = try package.archive.parse(part, comments, limit: left)
            for (author, text) in comments.all { out.comment(text, by: author) }
        }
        if reason == "too_large" || reason == "time_limit" { break }
    }
    if book.sheets.isEmpty, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: out.utf8, shortened: shortened)
}

extension MarkdownWriter {
    /// A sheet without text leaves nothing.
    mutating func sheet(_ name: String, isHidden: Bool, rows: [UInt8]) {
        if rows.isEmpty { return }
        beginHeading(2)
        text("\(name)\(isHidden ? " (hidden)" : "")")
        endHeading()
        lines(Array(rows.last == 0x0A ? rows.dropLast() : rows[...]))
    }
}

private final class Workbook: XMLReader {
    private(set) var sheets: [(name: String, id: String, isHidden: Bool)] = []
    private(set) var isFrom1904 = false

    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "x:workbookPr" { isFrom1904 = attributes.isOn("date1904") ?? false }
        guard name == "x:sheet", let id = attributes["r:id"] else { return }
        sheets.append((attributes["name"] ?? "", id, (attributes["state"] ?? "visible") != "visible"))
    }
}

/// The texts that cells share, phonetic guides left out.
final class SharedStrings: XMLReader {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var isText = false
    private var phonetic = 0

    var size: Int { bytes.count + ends.count * 8 }

    subscript(index: Int) -> ArraySlice<UInt8> {
        guard ends.indices.contains(index) else { return [] }
        return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "x:rPh" { phonetic += 1 }
        if name == "x:t" { isText = phonetic == 0 }
    }
    func end(_ name: String) {
        switch name {
        case "x:rPh": phonetic -= 1
        case "x:t": isText = false
        case "x:si": ends.append(bytes.count)
        default: break
        }
    }
    func text(_ text: UnsafeBufferPointer<UInt8>) { if isText { bytes.append(contentsOf: text) } }
}

/// What people wrote beside cells.
private final class SheetComments: XMLReader {
    private(set) var all: [(author: String, text: [UInt8])] = []
    private var authors: [String] = []
    private var author = -1
    private var waiting: [UInt8] = []
    private var done = 0
    private var cell = ""

    var size: Int { done + waiting.count }

    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "x:author" { waiting = [] }
        if name == "x:comment" {
            waiting = []
            author = attributes["authorId"].flatMap { Int($0) } ?? -1
            cell = attributes["ref"] ?? ""
        }
    }
    func end(_ name: String) {
        if name == "x:author" { authors.append(String(decoding: waiting.prefix(200), as: UTF8.self)) }
        if name == "x:comment" {
            let name = authors.indices.contains(author) ? authors[author] : ""
            all.append((name.isEmpty ? cell : "\(cell), \(name)", waiting))
            done += waiting.count
            waiting = []
        }
    }
    func text(_ text: UnsafeBufferPointer<UInt8>) { waiting.append(contentsOf: text) }
}
