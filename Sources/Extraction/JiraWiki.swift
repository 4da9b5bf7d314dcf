/// Reads the wiki markup of Jira ("Text Formatting Notation Help"). Marks of bold, italic and the like stand as they were
/// written; the marks of colours are left out.
func readJiraWiki(_ input: FormatInput) -> FormatOutput {
    let text = String(decoding: input.bytes, as: UTF8.self)
    var reader = JiraWikiReader(
        out: BlockWriter(input), lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    reader.read()
    return reader.out.output
}

private struct JiraWikiReader {
    var out: BlockWriter
    let lines: [Substring]
    private var next = 0
    /// Markers of the items that are open, such as `*#`.
    private var items = ""
    private var isInTable = false
    /// Quotes and panels that are open.
    private var frames: [String] = []

    private static let deepest = 16

    init(out: BlockWriter, lines: [Substring]) {
        self.out = out
        self.lines = lines
    }

    mutating func read() {
        while next < lines.count, out.enter() {
            read(lines[next])
            out.leave()
        }
        endBlocks()
        for _ in frames { out.page.endQuote() }
    }

    private mutating func read(_ line: Substring) {
        let trimmed = line.drop { $0 == " " || $0 == "\t" }
        next += 1
        if trimmed.isEmpty {
            endBlocks()
            return out.page.block(2)
        }
        if block(trimmed) { return }
        if let (level, rest) = heading(trimmed) {
            endBlocks()
            out.page.beginHeading(level)
            out.jiraLine(rest)
            out.page.endHeading()
        } else if trimmed.hasPrefix("bq. ") {
            endBlocks()
            out.page.beginQuote()
            out.jiraLine(trimmed.dropFirst(4))
            out.page.endQuote()
        } else if trimmed.allSatisfy({ $0 == "-" }) && (4...5).contains(trimmed.count) {
            endBlocks()
            out.rule()
        } else if let (marker, rest) = item(trimmed) {
            endTable()
            beginItem(marker)
            out.jiraLine(rest)
        } else if trimmed.first == "|" {
            endItems()
            row(trimmed)
        } else {
            endTable()
            out.page.block(1)
            out.jiraLine(trimmed)
            out.page.block(1)
        }
    }

    /// `{code}`, `{noformat}`, `{quote}` and `{panel}` at the start of a line, or the words before one that stands in a line.
    private mutating func block(_ line: Substring) -> Bool {
        guard let (before, macro, after) = firstBlockMacro(in: line) else { return false }
        if before.contains(where: { !$0.isWhitespace }) {
            read(before: before)
        }
        switch macro.name {
        case "code", "noformat": code(macro, after)
        default:
            endTable()
            if frames.last == macro.name && macro.parameters.isEmpty {
                endItems()
                frames.removeLast()
                out.page.endQuote()
            } else if frames.count < Self.deepest {
                endItems()
                frames.append(macro.name)
                out.page.beginQuote()
                out.line(macro.title)
            }
            if after.contains(where: { !$0.isWhitespace }) { again(after) }
        }
        return true
    }
    /// Text before a macro has none itself, so that this goes one level deep.
    private mutating func read(before text: Substring) {
        next -= 1
        read(text)
    }
    /// What follows a macro in its line is read as a line.
    private mutating func again(_ rest: Substring) {
        guard out.enter() else { return }
        next -= 1
        read(rest)
        out.leave()
    }

    private mutating func code(_ macro: JiraMacro, _ after: Substring) {
        let end = "{\(macro.name)}"
        var code: [Substring] = []
        var line = after
        while true {
            if let range = line.firstRange(of: end) {
                code.append(line[..<range.lowerBound])
                write(code, macro)
                let rest = line[range.upperBound...]
                if rest.contains(where: { !$0.isWhitespace }) { again(rest) }
                return
            }
            code.append(line)
            guard next < lines.count else { return write(code, macro) }
            line = lines[next]
            next += 1
        }
    }
    private mutating func write(_ code: [Substring], _ macro: JiraMacro) {
        endTable()
        out.line(macro.title)
        out.code(code.joined(separator: "\n"), language: macro.name == "code" ? macro.language : nil)
    }

    private func heading(_ line: Substring) -> (Int, Substring)? {
        guard line.first == "h", let level = line.dropFirst().first?.wholeNumberValue, (1...6).contains(level),
            line.dropFirst(2).hasPrefix(".")
        else { return nil }
        return (level, line.dropFirst(3))
    }

    private func item(_ line: Substring) -> (String, Substring)? {
        let marker = line.prefix { $0 == "*" || $0 == "#" || $0 == "-" }
        let rest = line.dropFirst(marker.count)
        guard !marker.isEmpty, rest.first == " ", marker.count <= Self.deepest else { return nil }
        if marker.count > 1 && marker.allSatisfy({ $0 == "-" }) { return nil }  // dashes of a sentence
        return (String(marker), rest)
    }

    /// What is open of the same kind stays open; the item before, and what is in it, ends.
    private mutating func beginItem(_ marker: String) {
        let same = zip(items, marker).prefix { $0 == $1 }.count
        while items.count > same {
            out.endItem()
            out.endList()
            items.removeLast()
        }
        if same == marker.count {
            out.endItem()
            out.beginItem()
        }
        for kind in marker.dropFirst(same) {
            out.beginList(from: kind == "#" ? 1 : nil)
            out.beginItem()
            items.append(kind)
        }
    }
    private mutating func endItems() {
        for _ in items {
            out.endItem()
            out.endList()
        }
        items = ""
    }
    private mutating func endTable() {
        if isInTable { out.endTable() }
        isInTable = false
    }
    private mutating func endBlocks() {
        endItems()
        endTable()
    }

    /// `||head||head||` or `|cell|cell|`; a `|` inside of a link or a macro ends no cell.
    private mutating func row(_ line: Substring) {
        if !isInTable { out.beginTable() }
        isInTable = true
        let isHeader = line.hasPrefix("||")
        var cell = line.dropFirst(isHeader ? 2 : 1)
        var at = cell.startIndex
        var brackets = 0
        var braces = 0
        var cells: [Substring] = []
        while at < cell.endIndex {
            let character = cell[at]
            let after = cell.index(after: at)
            switch character {
            case "[": brackets += 1
            case "]": brackets = max(0, brackets - 1)
            case "{": braces += 1
            case "}": braces = max(0, braces - 1)
            case "\\" where after < cell.endIndex:
                at = cell.index(after: after)
                continue
            case "|" where brackets == 0 && braces == 0:
                cells.append(cell[..<at])
                cell = cell[after...]
                if cell.first == "|" { cell = cell.dropFirst() }
                at = cell.startIndex
                continue
            default: break
            }
            at = after
        }
        if cell.contains(where: { !$0.isWhitespace }) { cells.append(cell) }
        for text in cells {
            out.beginCell()
            out.jiraLine(text)
            out.endCell(isHeader: isHeader)
        }
        out.endRow()
    }
}
