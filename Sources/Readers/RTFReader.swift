import Extraction

/// Makes text of the tokens of RTF.
final class RTFReader {
    private enum Destination {
        case body, skipped
        case fonts, styles, listText, instruction, author
        case note, comment, repeated
    }
    private struct Group {
        var destination = Destination.body
        /// Characters that stand after `\uN` for readers without Unicode.
        var fallback = 1
        var font = 0
        var isHidden = false
        var isIgnorable = false
        var opensText = false
        var opensLink = false
    }
    private struct Paragraph {
        var style = 0
        var outlineLevel: Int?
        var level = 0
        var isInTable = false
        var isBegun = false
        var isHeading = false
    }

    private var groups: [Group] = []
    private var group = Group()
    private var paragraph = Paragraph()
    /// The body, and one more for each note or header that is open, with the paragraph that it stands in.
    private var texts: [(text: OfficeText, lists: ListOutline, outer: Paragraph)] = [
        (OfficeText(), ListOutline(), Paragraph())
    ]
    private var isTableOpen = false
    private var isCellOpen = false
    private var tableRows = 0

    private var codePage = "windows-1252"
    private var fonts: [Int: String] = [:]
    private var defaultFont = 0
    private var headings: [Int: Int] = [:]
    private var style = 0
    /// Bytes that wait for the next of another charset.
    private var bytes: [UInt8] = []
    private var high: UInt16?
    private var toSkip = 0
    private var gathered = ""
    private var marker = ""
    private var author = ""

    private var notes: [[UInt8]] = []
    private var comments: [(author: String, text: [UInt8])] = []
    private var repeated: [[UInt8]] = []
    private(set) var isAtEnd = false

    var isTooDeep: Bool { groups.count > 10_000 }
    var size: Int { texts.reduce(bytes.count) { $0 + $1.text.size } }
    private var text: OfficeText { texts[texts.count - 1].text }

    func finish() -> [UInt8] {
        flush()
        while texts.count > 1 { endText(.note) }
        closeTable()
        texts[0].lists.end(in: text)
        var out = MarkdownWriter()
        out.lines(text.finish())
        for (number, note) in notes.enumerated() where !note.isEmpty {
            out.lines(Array("[^\(number + 1)]: ".utf8) + note)
        }
        for (author, comment) in comments { out.comment(comment, by: author) }
        for piece in repeated { out.lines(piece) }
        return out.utf8
    }

    func take(_ token: RTFToken) {
        switch token {
        case .begin:
            flush()
            toSkip = 0
            groups.append(group)
            group.isIgnorable = false
            group.opensText = false
            group.opensLink = false
        case .end: endGroup()
        case .byte(let byte):
            if toSkip > 0 { toSkip -= 1 } else { take(byte) }
        case .symbol(let symbol):
            if toSkip > 0 { toSkip -= 1 } else { take(symbol: symbol) }
        case .word(let word, let number):
            if word != "u" {
                flush()
                toSkip = 0
            }
            take(word: word, number)
        }
    }

    private func endGroup() {
        flush()
        toSkip = 0
        switch group.destination {
        case .listText where !group.opensText:
            marker = gathered
            gathered = ""
        case .author:
            author = gathered
            gathered = ""
        default: break
        }
        if group.opensLink { text.end(.link) }
        if group.opensText { endText(group.destination) }
        guard let outer = groups.popLast() else {
            isAtEnd = true
            return
        }
        group = outer
        if groups.isEmpty { isAtEnd = true }
    }

    // MARK: Characters

    private var charset: String { fonts[group.font] ?? codePage }

    private func take(_ byte: UInt8) {
        if group.destination == .skipped || group.isHidden { return }
        if group.destination == .styles && byte == UInt8(ascii: ";") { return endStyle() }
        if byte == 0x09 { return write(" ") }
        bytes.append(byte)
    }

    /// Writes the bytes that wait, all of one charset.
    private func flush() {
        high = nil
        if bytes.isEmpty { return }
        let charset = charset
        let utf8 =
            bytes.allSatisfy { $0 < 0x80 } || charset == "symbol"
            ? bytes.map { $0 < 0x80 ? $0 : UInt8(ascii: "-") } : decodeText(bytes, charset: charset)
        bytes.removeAll(keepingCapacity: true)
        write(utf8)
    }

    private func write(_ string: String) { write(Array(string.utf8)) }
    private func write(_ utf8: [UInt8]) {
        flush()
        if group.isHidden { return }
        switch group.destination {
        case .skipped, .fonts: break
        case .styles, .listText, .instruction, .author:
            if gathered.utf8.count < 4096 { gathered += String(decoding: utf8, as: UTF8.self) }
        case .body, .note, .comment, .repeated:
            begin()
            utf8.withUnsafeBufferPointer { text.text($0) }
        }
    }

    private func take(unicode number: Int) {
        // Only where no unit waits for its other half, so that the pair is not torn.
        let waiting = high
        flush()
        toSkip = group.fallback
        let unit = UInt16(truncatingIfNeeded: number)
        if UTF16.isLeadSurrogate(unit) {
            high = unit
        } else if let waiting, UTF16.isTrailSurrogate(unit) {
            write(String(decoding: [waiting, unit], as: UTF16.self))
        } else if !UTF16.isTrailSurrogate(unit) {
            // Symbol fonts live in the private area, from U+F000.
            write((0xF000...0xF0FF).contains(unit) ? "-" : String(decoding: [unit], as: UTF16.self))
        }
    }

    private func take(symbol: UInt8) {
        switch symbol {
        case UInt8(ascii: "*"): group.isIgnorable = true
        case UInt8(ascii: "~"): write(" ")
        case UInt8(ascii: "_"): write("-")
        default: break
        }
    }

    // MARK: Paragraphs

    private func begin() {
        if paragraph.isBegun { return }
        paragraph.isBegun = true
        let current = texts.count - 1
        if current == 0 { beginCell() }
        let level = paragraph.outlineLevel ?? headings[paragraph.style]
        let mark = marker.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isCounted = mark.contains { $0.isLetter && $0.isASCII || $0.isNumber } && mark.count < 12 && mark != "o"
        marker = ""
        if let level, level < 9, !isCellOpen {
            texts[current].lists.end(in: text)
            paragraph.isHeading = true
            text.start(.heading(min(max(level + 1, 1), 6)), .none)
            if isCounted { text.text(mark + " ") }
        } else if !mark.isEmpty {
            texts[current].lists.item(level: paragraph.level, marker: isCounted ? mark + " " : "- ", in: text)
        } else {
            texts[current].lists.end(in: text)
            text.start(.block(1), .none)
        }
    }

    private func endParagraph() {
        if paragraph.isBegun {
            if paragraph.isHeading {
                text.end(.heading(1))
            } else {
                text.end(.block(texts[texts.count - 1].lists.isOpen ? 1 : 2))
            }
        }
        paragraph.isBegun = false
        paragraph.isHeading = false
        marker = ""
    }

    private func beginCell() {
        guard paragraph.isInTable else { return closeTable() }
        if !isTableOpen {
            texts[0].lists.end(in: text)
            text.start(.table, .none)
            isTableOpen = true
            tableRows = 0
        }
        if isCellOpen { return }
        isCellOpen = true
        text.startCell(isHeader: tableRows == 0, span: 1)
    }

    private func endCell() {
        if texts.count > 1 { return endParagraph() }
        paragraph.isInTable = true
        beginCell()
        endParagraph()
        texts[0].lists.end(in: text)
        text.end(.cell(isHeader: false))
        isCellOpen = false
    }

    private func closeTable() {
        guard isTableOpen else { return }
        if isCellOpen { endCell() }
        text.end(.table)
        isTableOpen = false
    }

    private func beginText(_ destination: Destination) {
        texts.append((OfficeText(), ListOutline(), paragraph))
        paragraph = Paragraph()
        group.destination = destination
        group.opensText = true
    }

    private func endText(_ destination: Destination) {
        guard texts.count > 1, var last = texts.popLast() else { return }
        last.lists.end(in: last.text)
        let bytes = cleaned(last.text.finish()).utf8
        paragraph = last.outer
        switch destination {
        case .note:
            notes.append(bytes)
            if !bytes.isEmpty {
                begin()
                text.text("[^\(notes.count)]")
            }
        case .comment: if !bytes.isEmpty { comments.append((author, bytes)) }
        default: if !bytes.isEmpty && !repeated.contains(bytes) { repeated.append(bytes) }
        }
    }

    // MARK: Words

    private func take(word: String, _ number: Int?) {
        if destination(word) { return }
        let isOn = number != 0
        switch word {
        case "u":
            if let number { group.destination == .skipped || group.isHidden ? skipFallback() : take(unicode: number) }
        case "uc": group.fallback = min(max(number ?? 1, 0), 100)
        case "ansicpg": codePage = Self.charset(ofCodePage: number ?? 1252)
        case "mac": codePage = "macintosh"
        case "pc": codePage = "cp437"
        case "pca": codePage = "cp850"
        case "deff": defaultFont = number ?? 0
        case "f": group.font = number ?? 0
        case "fcharset":
            if group.destination == .fonts { fonts[group.font] = Self.charset(ofFont: number ?? 0) }
        case "plain": (group.font, group.isHidden) = (defaultFont, false)
        case "v", "deleted": group.isHidden = isOn
        case "s":
            if group.destination == .styles { style = number ?? 0 } else { paragraph.style = number ?? 0 }
        case "outlinelevel":
            if group.destination == .styles { headings[style] = number } else { paragraph.outlineLevel = number }
        case "ilvl": paragraph.level = min(max(number ?? 0, 0), 8)
        default: if group.destination != .skipped { structure(word) }
        }
    }

    private func skipFallback() { toSkip = group.fallback }

    private func structure(_ word: String) {
        switch word {
        case "par", "sect", "page", "nestcell", "nestrow":
            switch group.destination {
            case .body, .note, .comment, .repeated: endParagraph()
            default: write(" ")
            }
        case "line", "softline":
            begin()
            text.start(.lineBreak, .none)
        case "tab", "emspace", "enspace", "qmspace": write(" ")
        case "pard":
            let (isBegun, isHeading) = (paragraph.isBegun, paragraph.isHeading)
            paragraph = Paragraph(isBegun: isBegun, isHeading: isHeading)
        case "intbl": paragraph.isInTable = true
        case "cell": if group.destination == .body { endCell() }
        case "row":
            if isCellOpen { endCell() }
            if isTableOpen {
                text.end(.row)
                tableRows += 1
            }
        case "emdash": write("—")
        case "endash": write("–")
        case "bullet": write("•")
        case "lquote": write("‘")
        case "rquote": write("’")
        case "ldblquote": write("“")
        case "rdblquote": write("”")
        default: break
        }
    }

    /// - Returns: true for a word that says what a group is for.
    private func destination(_ word: String) -> Bool {
        let isIgnorable = group.isIgnorable
        group.isIgnorable = false
        if group.destination == .skipped {
            // Text inside what is passed over.
            if ["shptxt", "ud"].contains(word) { group.destination = .body }
            return false
        }
        switch word {
        case "fonttbl": group.destination = .fonts
        case "stylesheet":
            group.destination = .styles
            gathered = ""
        case "listtext", "pntext":
            group.destination = .listText
            gathered = ""
        case "fldinst":
            group.destination = .instruction
            gathered = ""
        case "fldrslt":
            let words = gathered.split(separator: "\"", omittingEmptySubsequences: false)
            gathered = ""
            guard words.count > 1, words[0].split(separator: " ").first == "HYPERLINK",
                let target = linkTarget(String(words[1]))
            else { return true }
            begin()
            text.startLink(target)
            group.opensLink = true
        case "footnote": beginText(.note)
        case "annotation": beginText(.comment)
        case "atnauthor":
            group.destination = .author
            gathered = ""
        case "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf": beginText(.repeated)
        case "shpinst", "colortbl", "info", "pict", "object", "nonshppict", "shprslt", "upr", "sp", "do", "fontemb",
            "listtable", "filetbl", "private", "xe", "tc", "rxe", "txe", "nesttableprops":
            group.destination = .skipped
        case "result": group.destination = .body
        default:
            if isIgnorable { group.destination = .skipped }
            return isIgnorable
        }
        return true
    }

    /// `heading 1` at the end of a definition in the table of styles.
    private func endStyle() {
        flush()
        let name = gathered.lowercased().drop { $0 == " " }
        gathered = ""
        if name.hasPrefix("heading "), let level = Int(name.dropFirst("heading ".count).prefix(1)), level > 0 {
            headings[style] = level - 1
        } else if name == "title" {
            headings[style] = 0
        }
        style = 0
    }
}
