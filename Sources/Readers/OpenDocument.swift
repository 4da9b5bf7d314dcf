import Extraction

/// Files of OpenDocument (ODF 1.3, part 3): texts, spreadsheets, presentations.
func readOpenDocument(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let archive = try Archive(input)
    guard archive.contains("content.xml") else { throw Unreadable("damaged") }
    let manifest = OpenDocumentManifest()
    if archive.contains("META-INF/manifest.xml") { _ = try archive.parse("META-INF/manifest.xml", manifest) }
    if manifest.isEncrypted { throw Unreadable("encrypted") }
    let styles = OpenDocumentStyles()
    var repeated: [[UInt8]] = []
    if archive.contains("styles.xml") {
        let reader = OpenDocumentReader(styles, wants: ["style:header", "style:footer"])
        _ = try archive.parse("styles.xml", reader, limit: input.limits.output)
        repeated = reader.finish().pieces
    }
    let reader = OpenDocumentReader(styles, wants: ["office:body"])
    let shortened = try archive.parse("content.xml", reader, limit: input.limits.output)
    let (pieces, notes, comments) = reader.finish()
    var out = MarkdownWriter()
    for text in pieces { out.lines(text) }
    for (number, note) in notes.enumerated() { out.lines(Array("[^\(number + 1)]: ".utf8) + note) }
    for (author, comment) in comments { out.comment(comment, by: author) }
    for text in repeated { out.lines(text) }
    if out.utf8.isEmpty, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: out.utf8, shortened: shortened)
}

private final class OpenDocumentManifest: XMLReader {
    private(set) var isEncrypted = false
    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "manifest:encryption-data" { isEncrypted = true }
    }
}

/// What styles say of structure: which lists are numbered, what is hidden.
final class OpenDocumentStyles {
    private var numbered: [String: Set<Int>] = [:]
    private var hidden: Set<String> = []
    private var style = ""

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "style:style", "text:list-style": style = attributes["style:name"] ?? ""
        case "text:list-level-style-number":
            let isShown = attributes["style:num-format"] != ""
            if isShown, let level = attributes["text:level"].flatMap({ Int($0) }) {
                numbered[style, default: []].insert(level)
            }
        case "style:table-properties": if attributes["table:display"] == "false" { hidden.insert(style) }
        case "style:drawing-page-properties":
            if attributes["presentation:visibility"] == "hidden" { hidden.insert(style) }
        default: break
        }
    }

    func isNumbered(_ style: String, level: Int) -> Bool { numbered[style]?.contains(level) ?? false }
    func isHidden(_ style: String?) -> Bool { style.map { hidden.contains($0) } ?? false }
}

/// A row of a sheet, written as often as it stands there.
struct OpenDocumentSheet {
    private var rows = TableRows()
    private var cells: [(text: [UInt8], repeats: Int)] = []
    private static let mostColumns = 1024
    /// More is a fill to the end of the sheet, which stands once.
    private static let mostRepeats = 256
    private static let mostEmptyColumns = 64

    var size: Int { rows.utf8.count }
    var utf8: [UInt8] { rows.utf8 }

    mutating func cell(_ text: [UInt8], repeats: Int) {
        if cells.count < Self.mostColumns { cells.append((text, max(1, repeats))) }
    }

    /// A row of empty cells leaves nothing.
    mutating func endRow(repeats: Int, limit: Int) {
        while cells.last?.text.isEmpty == true { cells.removeLast() }
        if !cells.isEmpty {
            for _ in 0..<Self.repeats(repeats) where rows.utf8.count <= limit {
                for (text, repeats) in cells {
                    let count = text.isEmpty ? min(repeats, Self.mostEmptyColumns) : Self.repeats(repeats)
                    for _ in 0..<count where rows.utf8.count <= limit { rows.cell(text) }
                }
                rows.endRow(isHeader: rows.count == 0)
            }
        }
        cells.removeAll(keepingCapacity: true)
    }

    private static func repeats(_ count: Int) -> Int { count > mostRepeats ? 1 : max(1, count) }
}
