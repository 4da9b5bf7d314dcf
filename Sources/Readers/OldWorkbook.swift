import Extraction

/// A workbook of Excel 97 to 2003 (MS-XLS): each sheet under its name, as a table.
struct OldWorkbook {
    private typealias Record = (kind: UInt16, data: ArraySlice<UInt8>, next: Int)
    private struct Sheet {
        var name: String
        var offset: Int
        var isHidden: Bool
    }
    private let stream: [UInt8]
    private var sheets: [Sheet] = []
    private var strings: [ArraySlice<UInt8>] = []
    private var codes: [UInt16: String] = [:]
    private var formats: [UInt16] = []
    private var isFrom1904 = false

    /// - Parameter stream: the stream `Workbook`; nil where its first record is not of this version.
    init?(_ stream: [UInt8]) {
        guard stream.uint16(at: 0) == 0x0809, stream.uint16(at: 4) == 0x0600 else { return nil }
        self.stream = stream
        var at = 0
        while let record = record(at: at), record.kind != 0x0A {
            let data = record.data
            at = record.next
            switch record.kind {
            case 0x22: isFrom1904 = data.uint16(at: 0) == 1
            case 0x85:
                var text = StringReader([data.dropFirst(6)])
                let name = text.string(counted: 1)
                sheets.append(
                    Sheet(
                        name: String(decoding: name, as: UTF8.self), offset: Int(data.uint32(at: 0) ?? .max),
                        isHidden: (data.uint16(at: 4) ?? 0) & 3 != 0))
            case 0xE0: formats.append(data.uint16(at: 2) ?? 0)
            case 0x041E:
                var text = StringReader([data.dropFirst(2)])
                codes[data.uint16(at: 0) ?? 0] = String(decoding: text.string(counted: 2), as: UTF8.self)
            case 0xFC:
                var pieces = [data.dropFirst(8)]
                while let more = self.record(at: at), more.kind == 0x3C {
                    pieces.append(more.data)
                    at = more.next
                }
                var text = StringReader(pieces)
                for _ in 0..<(data.uint32(at: 4) ?? 0) {
                    if text.isAtEnd { break }
                    strings.append(text.string(counted: 2)[...])
                }
            default: break
            }
        }
    }

    /// - Parameter limit: bytes after which no sheet is begun.
    func text(limit: Int) -> FormatOutput {
        var out = MarkdownWriter()
        for sheet in sheets {
            if out.utf8.count > limit { return FormatOutput(utf8: out.utf8, shortened: "too_large") }
            out.sheet(sheet.name, isHidden: sheet.isHidden, rows: rows(at: sheet.offset, limit: limit))
        }
        return FormatOutput(utf8: out.utf8)
    }

    private func record(at: Int) -> Record? {
        guard let kind = stream.uint16(at: at), let length = stream.uint16(at: at + 2) else { return nil }
        let end = at + 4 + Int(length)
        return end <= stream.count ? (kind, stream[(at + 4)..<end], end) : nil
    }

    /// The cells of a sheet, which stand in the order of their rows.
    private func rows(at offset: Int, limit: Int) -> [UInt8] {
        var rows = TableRows()
        var cells: [ArraySlice<UInt8>] = []
        var row: UInt16?
        var at = offset
        var depth = 0
        func add(_ data: ArraySlice<UInt8>, column: UInt16? = nil, _ text: ArraySlice<UInt8>) {
            guard let place = data.uint16(at: 0), let column = column ?? data.uint16(at: 2), column < 256 else {
                return
            }
            if place != row { endRow() }
            row = place
            while cells.count < column { cells.append([]) }
            if cells.count == column { cells.append(text) } else { cells[Int(column)] = text }
        }
        func endRow() {
            for cell in cells { rows.cell(cell) }
            if !cells.isEmpty { rows.endRow(isHeader: rows.count == 0) }
            cells = []
        }
        while let record = record(at: at), rows.utf8.count <= limit {
            let data = record.data
            at = record.next
            // A chart in a sheet is a stream of its own within.
            if record.kind == 0x0809 { depth += 1 }
            if record.kind == 0x0A { depth -= 1 }
            if depth == 0 { break }
            if depth > 1 { continue }
            switch record.kind {
            case 0xFD:
                let index = Int(data.uint32(at: 6) ?? .max)
                add(data, strings.indices.contains(index) ? strings[index] : [])
            case 0x0203: add(data, number(data.uint64(at: 6).map { Double(bitPattern: $0) }, data.uint16(at: 4)))
            case 0x027E: add(data, number(data.uint32(at: 6).map(compact), data.uint16(at: 4)))
            case 0xBD:
                for i in 0..<max(0, (data.count - 6) / 6) {
                    let column = Int(data.uint16(at: 2) ?? 0) + i
                    add(
                        data, column: UInt16(clamping: column),
                        number(data.uint32(at: 6 + 6 * i).map(compact), data.uint16(at: 4 + 6 * i)))
                }
            case 0x0205: if data.dropFirst(7).first == 0 { add(data, truth(data.dropFirst(6).first)) }
            case 0x0204:
                var text = StringReader([data.dropFirst(6)])
                add(data, text.string(counted: 2)[...])
            case 0x06:
                // Not a number: a text that follows, a truth value, an error, or nothing (section 2.5.133).
                guard data.uint16(at: 12) == 0xFFFF else {
                    add(data, number(data.uint64(at: 6).map { Double(bitPattern: $0) }, data.uint16(at: 4)))
                    break
                }
                let kind = data.dropFirst(6).first
                if kind == 1 { add(data, truth(data.dropFirst(8).first)) }
                guard kind == 0 else { break }
                // A shared formula or an array may stand between.
                var after = self.record(at: at)
                while let between = after, [0x04BC, 0x0221, 0x0236].contains(between.kind) {
                    after = self.record(at: between.next)
                }
                if let following = after, following.kind == 0x0207 {
                    var text = StringReader([following.data])
                    add(data, text.string(counted: 2)[...])
                }
            default: break
            }
        }
        endRow()
        return rows.utf8
    }

    private func truth(_ byte: UInt8?) -> ArraySlice<UInt8> { ArraySlice((byte == 1 ? "TRUE" : "FALSE").utf8) }

    /// A number in 30 bits (section 2.5.122).
    private func compact(_ bits: UInt32) -> Double {
        let number =
            bits & 2 == 0 ? Double(bitPattern: UInt64(bits & ~3) << 32) : Double(Int32(bitPattern: bits) >> 2)
        return bits & 1 == 0 ? number : number / 100
    }

    private func number(_ value: Double?, _ style: UInt16?) -> ArraySlice<UInt8> {
        guard let value else { return [] }
        let format = style.flatMap { formats.indices.contains(Int($0)) ? formats[Int($0)] : nil } ?? 0
        let kind = codes[format].map { numberKind(ofCode: $0) } ?? CellFormats.kind(ofBuiltIn: Int(format))
        if let kind, let text = spreadsheetDate(value, kind, isFrom1904: isFrom1904) { return ArraySlice(text.utf8) }
        let text = Int64(exactly: value).map { "\($0)" } ?? "\(value)"
        return ArraySlice(shortened(number: Array(text.utf8)))
    }
}

/// Reads strings (section 2.5.293), which may go on in another record, with its own width of characters.
private struct StringReader {
    private var pieces: ArraySlice<ArraySlice<UInt8>>
    private var rest: ArraySlice<UInt8>

    init(_ pieces: [ArraySlice<UInt8>]) {
        self.pieces = pieces.dropFirst()
        rest = pieces.first ?? []
    }

    var isAtEnd: Bool { rest.isEmpty && pieces.isEmpty }

    private mutating func nextPiece() -> Bool {
        guard rest.isEmpty, let piece = pieces.popFirst() else { return !rest.isEmpty }
        rest = piece
        return !rest.isEmpty
    }
    private mutating func byte() -> UInt8 { nextPiece() ? rest.popFirst() ?? 0 : 0 }
    private mutating func number(_ bytes: Int) -> Int { (0..<bytes).reduce(0) { $0 | Int(byte()) << (8 * $1) } }

    /// In UTF-8.
    /// - Parameter counted: bytes of its length.
    mutating func string(counted bytes: Int) -> [UInt8] {
        var left = number(bytes)
        let flags = byte()
        let runs = flags & 8 != 0 ? number(2) : 0
        let extra = flags & 4 != 0 ? number(4) : 0
        var isWide = flags & 1 != 0
        var units: [UInt16] = []
        while left > 0 {
            if rest.isEmpty {
                guard nextPiece() else { break }
                isWide = byte() & 1 != 0
            }
            let width = isWide ? 2 : 1
            let count = min(left, rest.count / width)
            if count == 0 {
                rest = []
                continue
            }
            for i in 0..<count {
                units.append(isWide ? rest.uint16(at: 2 * i) ?? 0 : UInt16(rest[rest.startIndex + i]))
            }
            rest = rest.dropFirst(count * width)
            left -= count
        }
        skip(4 * runs + extra)
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func skip(_ count: Int) {
        var left = count
        while left > 0, nextPiece() {
            let here = min(left, rest.count)
            rest = rest.dropFirst(here)
            left -= here
        }
    }
}
