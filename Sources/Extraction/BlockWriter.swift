import JSON
import System

/// Writes what a tree of blocks says: a `MarkdownWriter` with lists and tables, which counts the nodes, the bytes and the time.
package struct BlockWriter {
    /// The page, and one more for each cell that is open.
    private var writers = [MarkdownWriter()]
    private var tables: [TableGrid] = []
    private var lists: [(next: Int?, isEmpty: Bool)] = []
    private let limits: Limits
    private let deadline: ContinuousClock.Instant
    private var depth = 0
    private var nodes = 0
    /// Bytes that wait for the end of a cell or table.
    private var waiting = 0
    /// Why the rest is left out, once something is.
    package private(set) var shortened: String?

    /// What is nested deeper is left out: the stack that walks it has an end.
    private static let deepest = 200

    package init(_ input: FormatInput) {
        limits = input.limits
        deadline = input.deadline
    }

    package var page: MarkdownWriter {
        get { writers[writers.count - 1] }
        _modify { yield &writers[writers.count - 1] }
    }

    /// Before the inside of a node; each is followed by `leave`, unless it says false: then the node is passed over.
    package mutating func enter() -> Bool {
        nodes &+= 1
        if shortened == "time_limit" { return false }
        if depth >= Self.deepest || waiting + page.utf8.count > limits.output {
            shortened = "too_large"
            return false
        }
        if nodes % 64 == 1 && ContinuousClock.now >= deadline {
            shortened = "time_limit"
            return false
        }
        depth += 1
        return true
    }
    package mutating func leave() { depth -= 1 }

    /// All of the text. Cells that are still open are lost: end what you begin.
    package var output: FormatOutput { FormatOutput(utf8: page.utf8, shortened: shortened) }

    /// Words; the ends of their lines stay.
    package mutating func text(_ text: String?) {
        guard let text else { return }
        var isFirst = true
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !isFirst { page.lineBreak() }
            isFirst = false
            page.text(String(decoding: line, as: UTF8.self))
        }
    }
    /// Words on a line of their own, or as many lines as `lineFeeds` says from what stands around.
    package mutating func line(_ text: String?, _ lineFeeds: Int = 1) {
        guard let text, !text.isEmpty else { return }
        page.block(lineFeeds)
        self.text(text)
        page.block(lineFeeds)
    }
    /// A link with these words, or with its address where there are none.
    package mutating func link(_ words: String?, to address: String?) {
        let target = address.flatMap { linkTarget($0) }
        let shown = words.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil } ?? target ?? ""
        if target != nil { page.open("[") }
        text(shown)
        if let target { page.closeLink(target) }
    }
    package mutating func image(_ words: String?) {
        if let words, words.contains(where: { !$0.isWhitespace }) { text("![\(words)]") }
    }
    package mutating func code(_ code: String, language: String?) {
        let lines = cleaned(Array(code.utf8)).utf8
        if lines.isEmpty { return }
        page.code(lines, language: codeLanguage(language ?? ""))
    }
    package mutating func rule() { page.lines(Array("---".utf8)[...]) }

    /// A list; numbered where it has a first number.
    package mutating func beginList(from first: Int? = nil) {
        page.block(lists.isEmpty ? 2 : 1)
        lists.append((first, true))
    }
    /// An item of the list; of a list of dots where there is none.
    package mutating func beginItem() {
        let list = lists.last
        if !lists.isEmpty { lists[lists.count - 1] = (list?.next.map { $0 &+ 1 }, false) }
        page.beginItem(list?.next.map { "\($0). " } ?? "- ", isTight: list?.isEmpty != true || lists.count > 1)
    }
    package mutating func endItem() { page.endItem() }
    package mutating func endList() {
        _ = lists.popLast()
        page.block(lists.isEmpty ? 2 : 1)
    }
    /// The box before the words of a task. Ended by `endTask`.
    package mutating func beginTask(isDone: Bool) { page.open(isDone ? "[x] " : "[ ] ") }
    package mutating func endTask() { page.close("") }

    package mutating func beginTable() {
        page.block(2)
        tables.append(TableGrid())
    }
    package mutating func beginCell() {
        waiting += page.utf8.count
        writers.append(MarkdownWriter())
    }
    package mutating func endCell(isHeader: Bool, columns: Int = 1, rows: Int = 1) {
        guard writers.count > 1, let cell = writers.popLast(), !tables.isEmpty else { return }
        waiting -= page.utf8.count + tables[tables.count - 1].size
        tables[tables.count - 1].add(cell.utf8, isHeader: isHeader, columns: columns, rows: rows)
        waiting += tables[tables.count - 1].size
    }
    package mutating func endRow() { if !tables.isEmpty { tables[tables.count - 1].endRow() } }
    package mutating func endTable() {
        guard let table = tables.popLast() else { return }
        waiting -= table.size
        let rows = table.utf8
        if !rows.isEmpty { page.lines(rows.dropLast()) }
    }
}

/// The name of a language of programs as the first line of a fenced block has it: one word of 20 characters at the most.
package func codeLanguage(_ name: String) -> String {
    String(name.prefix(20).lowercased().filter { $0.isLetter || $0.isNumber || "+#-_".contains($0) })
}

/// The JSON value that a document is.
/// - Throws: `damaged` where it is none, and `too_large` where it is nested too deep.
package func parsedJSON(_ bytes: [UInt8]) throws(Unreadable) -> JSON {
    do throws(JSONError) { return try JSON(parsing: bytes) } catch {
        switch error {
        case .tooDeep, .tooLarge: throw Unreadable("too_large")
        case .syntax, .unreadable: throw Unreadable("damaged")
        }
    }
}

/// `2026-05-02`, of the years 1 to 9999; nil for other moments. Seconds since 1970.
package func day(ofSecond second: Int64) -> String? {
    guard (-62_135_596_800...253_402_300_799).contains(second) else { return nil }
    return String(Timestamp(seconds: second).description.prefix(10))
}
