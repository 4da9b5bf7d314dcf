import Extraction

/// Makes rows of a sheet (ECMA-376, part 1, section 18.3). Formulas are the values that they had.
final class SheetReader: XMLReader {
    private let strings: SharedStrings
    private let formats: CellFormats
    private let isFrom1904: Bool
    private var rows = TableRows()
    private var cells: [[UInt8]] = []
    private var nextColumn = 0
    private var type = ""
    private var style = 0
    private var value: [UInt8] = []
    private var isValue = false
    private var phonetic = 0
    private var isRowOpen = false

    /// Columns to the right of the last one that was written, which are filled; a cell farther away stands beside the last.
    private static let mostEmptyColumns = 64
    private static let mostColumns = 16_384

    init(_ strings: SharedStrings, _ formats: CellFormats, isFrom1904: Bool) {
        (self.strings, self.formats, self.isFrom1904) = (strings, formats, isFrom1904)
    }

    /// Bytes of cells of the row.
    private var waiting = 0
    var size: Int { rows.utf8.count + waiting + value.count }

    func finish() -> [UInt8] {
        endRow()
        return rows.utf8
    }

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "x:row":
            endRow()
            isRowOpen = true
        case "x:c":
            type = attributes["t"] ?? "n"
            style = attributes["s"].flatMap { Int($0) } ?? 0
            value.removeAll(keepingCapacity: true)
            if let column = attributes["r"].flatMap(columnNumber) { nextColumn = column }
        case "x:v": isValue = true
        case "x:t": isValue = phonetic == 0
        case "x:rPh": phonetic += 1
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "x:v", "x:t": isValue = false
        case "x:rPh": phonetic -= 1
        case "x:c": endCell()
        case "x:row", "x:sheetData": endRow()
        default: break
        }
    }

    func text(_ text: UnsafeBufferPointer<UInt8>) { if isValue { value.append(contentsOf: text) } }

    private func endCell() {
        let shown = shownValue()
        defer { nextColumn += 1 }
        if shown.isEmpty || cells.count >= Self.mostColumns { return }
        if nextColumn > cells.count, nextColumn - cells.count <= Self.mostEmptyColumns {
            while cells.count < nextColumn { cells.append([]) }
        }
        cells.append(Array(shown))
        waiting += shown.count
    }

    private func shownValue() -> ArraySlice<UInt8> {
        switch type {
        case "s": return strings[Int(String(decoding: value, as: UTF8.self)) ?? -1]
        case "b": return ArraySlice((value == [0x31] ? "TRUE" : "FALSE").utf8)
        case "n":
            guard let kind = formats.kind(of: style), let number = Double(String(decoding: value, as: UTF8.self)) else {
                return ArraySlice(shortened(number: value))
            }
            return ArraySlice(spreadsheetDate(number, kind, isFrom1904: isFrom1904)?.utf8 ?? "".utf8)
        case "d":
            // 2026-01-02T00:00:00 is a day.
            let text = String(decoding: value, as: UTF8.self)
            return ArraySlice((text.hasSuffix("T00:00:00") ? String(text.dropLast(9)) : text).utf8)
        default: return value[...]
        }
    }

    private func endRow() {
        guard isRowOpen else { return }
        isRowOpen = false
        nextColumn = 0
        waiting = 0
        for cell in cells { rows.cell(cell) }
        if !cells.isEmpty { rows.endRow(isHeader: rows.count == 0) }
        cells.removeAll(keepingCapacity: true)
    }
}

/// 27 of `AB12`.
private func columnNumber(_ reference: String) -> Int? {
    var number = 0
    for byte in reference.utf8.prefix(4) {
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF), byte >= 0x41 else { break }
        number = number * 26 + Int(byte & 0xDF) - 0x40
    }
    return number > 0 && number <= 16_384 ? number - 1 : nil
}

/// `0.1` for `0.10000000000000001`, as spreadsheets show what they computed: 15 digits.
func shortened(number bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 15, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite, value != 0,
        value.magnitude < 1e15, value.magnitude >= 1e-4
    else { return bytes }
    var scale = 1.0
    var digits = 0
    while value.magnitude * scale < 1e14 && digits < 18 {
        scale *= 10
        digits += 1
    }
    return Array(decimal((value * scale).rounded(), digits).utf8)
}

/// A whole number with so many of its digits after the point, and no zeros at the end.
private func decimal(_ whole: Double, _ digits: Int) -> String {
    guard let number = Int64(exactly: whole) else { return "\(whole)" }
    var text = String(number.magnitude)
    if digits > 0 {
        text = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
    }
    return number < 0 ? "-" + text : text
}
