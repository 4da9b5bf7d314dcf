import Extraction

/// Makes text of the events of a parser. Its state is counters and short stacks, never the depth of the call stack.
///
/// A value, not an object: each access to a property of an object is checked while the program runs, which took most of the time.
struct HTMLReader {
    /// The page, and one more for each cell that is open.
    private var writers = [MarkdownWriter()]
    private var tables: [Table] = []
    /// Tables inside too many others, whose cells are lines.
    private var flatTables = 0
    private var lists: [(isOrdered: Bool, next: Int, isEmpty: Bool)] = []
    /// The targets of the links that are open; nil for one that is not shown.
    private var links: [String?] = []
    private var shownLinks = 0
    private var codeDepth = 0
    /// Elements open since the one that is left out, itself included.
    private var droppedDepth = 0
    /// Elements open since `pre`, itself included.
    private var preDepth = 0
    private var pre: [UInt8] = []
    /// Drawings that are open: their titles name icons.
    private var drawings = 0
    private var language = ""
    /// Bytes of cells that wait for the end of their table.
    private var waiting = 0

    /// Elements that are open.
    private var depth = 0
    /// So deep that each end of an element costs the parser a long search.
    var isTooDeep: Bool { depth > 50_000 }

    private static let mostTables = 8

    private struct Table {
        var grid = TableGrid()
        var isCellOpen = false
        /// The open cell: a header, and the columns and rows that it covers.
        var cell = (isHeader: false, columns: 1, rows: 1)
        /// It holds another table: it is there for the looks, and its cells are blocks.
        var isLayout = false
    }

    /// Bytes of text so far.
    var size: Int { writers.reduce(waiting + pre.count) { $0 + $1.utf8.count } }

    private var writer: MarkdownWriter {
        get { writers[writers.count - 1] }
        _modify { yield &writers[writers.count - 1] }
    }

    mutating func start(_ element: HTMLElement?, _ attributes: HTMLAttributes) {
        depth += 1
        if droppedDepth > 0 {
            droppedDepth += 1
            return
        }
        if isLeftOut(element, attributes) {
            droppedDepth = 1
            return
        }
        if preDepth > 0 {
            preDepth += 1
            if case .lineBreak? = element { pre.append(0x0A) }
            if case .code? = element, language.isEmpty { language = attributes.language }
            return
        }
        switch element {
        case .heading(let level): writer.beginHeading(level)
        case .block(let lineFeeds): writer.block(lineFeeds)
        case .list(let isOrdered):
            writer.block(lists.isEmpty ? 2 : 1)
            lists.append((isOrdered, attributes["start"].flatMap { Int($0) } ?? 1, true))
        case .item: startItem()
        case .definition: writer.beginItem(": ", isTight: true)
        case .quote: writer.beginQuote()
        case .preformatted:
            preDepth = 1
            language = attributes.language
        case .code:
            codeDepth += 1
            if codeDepth == 1 { writer.open("`") }
        case .link:
            startLink(attributes.target)
        case .image:
            if let alt = attributes["alt"] { image(alt) }
        case .lineBreak: writer.lineBreak()
        case .rule: writer.lines(Array("---".utf8)[...])
        case .table: startTable()
        case .row: if !tables.isEmpty && flatTables == 0 { endRow() } else { writer.block(1) }
        case .cell(let isHeader):
            startCell(
                isHeader: isHeader, span: attributes.number("colspan", 1...TableGrid.mostColumnsSpanned),
                rows: attributes.number("rowspan", 1...TableGrid.mostRowsSpanned))
        case .drawing: drawings += 1
        case .title: writer.block(2)
        case .dropped, nil: break
        }
    }

    private func isLeftOut(_ element: HTMLElement?, _ attributes: HTMLAttributes) -> Bool {
        switch element {
        case .dropped: true
        case .title where drawings > 0: true
        default: attributes.isHidden
        }
    }

    mutating func end(_ element: HTMLElement?) {
        depth -= 1
        if droppedDepth > 0 {
            droppedDepth -= 1
            return
        }
        if preDepth > 0 {
            preDepth -= 1
            if preDepth == 0 { endPreformatted() } else { endLineOfPreformatted(element) }
            return
        }
        switch element {
        case .heading: writer.endHeading()
        case .block(let lineFeeds): writer.block(lineFeeds)
        case .list:
            _ = lists.popLast()
            writer.block(lists.isEmpty ? 2 : 1)
        case .item, .definition: writer.endItem()
        case .quote: writer.endQuote()
        case .code:
            codeDepth -= 1
            if codeDepth == 0 { writer.close("`") }
        case .link:
            if let target = links.popLast() ?? nil {
                shownLinks -= 1
                writer.closeLink(target)
            }
        case .table: endTable()
        case .row: if !tables.isEmpty && flatTables == 0 { endRow() } else { writer.block(1) }
        case .cell: if flatTables == 0 { endCell() }
        case .drawing: drawings -= 1
        case .title: writer.block(2)
        case .preformatted, .image, .lineBreak, .rule, .dropped, nil: break
        }
    }

    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if droppedDepth > 0 { return }
        if preDepth > 0 { pre.append(contentsOf: bytes) } else { writer.text(bytes) }
    }

    /// The whole text, also where the page was left in the middle.
    mutating func finish() -> [UInt8] {
        if preDepth > 0 { endPreformatted() }
        flatTables = 0
        while !tables.isEmpty { endTable() }
        return writer.utf8
    }

    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { self.text($0) }
    }

    /// Lines that are written as they stand, a block of their own.
    mutating func lines(_ lines: [UInt8]) {
        if !lines.isEmpty { writer.lines(lines[...]) }
    }

    mutating func image(_ alt: String) {
        if alt.contains(where: { !$0.isWhitespace }) { writer.text("![\(alt)]") }
    }

    /// - Parameter target: nil for one whose target is not shown.
    mutating func startLink(_ target: String?) {
        let target = shownLinks > 0 ? nil : target
        links.append(target)
        if target != nil {
            shownLinks += 1
            writer.open("[")
        }
    }

    mutating func startItem(marker: String) {
        let isFirst = lists.last?.isEmpty ?? false
        if isFirst { lists[lists.count - 1].isEmpty = false }
        writer.beginItem(marker, isTight: !isFirst || lists.count > 1)
    }

    private mutating func startItem() {
        guard let list = lists.last else { return writer.beginItem("- ", isTight: true) }
        lists[lists.count - 1].next = list.next &+ 1
        lists[lists.count - 1].isEmpty = false
        writer.beginItem(list.isOrdered ? "\(list.next). " : "- ", isTight: !list.isEmpty || lists.count > 1)
    }

    private mutating func endPreformatted() {
        preDepth = 0
        let lines = cleaned(pre).utf8
        if !lines.isEmpty { writer.code(lines, language: language) }
        pre.removeAll()
        language = ""
    }
    private mutating func endLineOfPreformatted(_ element: HTMLElement?) {
        switch element {
        case .block, .item, .row: if pre.last != 0x0A { pre.append(0x0A) }
        default: break
        }
    }

    private mutating func startTable() {
        if tables.count >= Self.mostTables {
            flatTables += 1
            writer.block(1)
            return
        }
        if !tables.isEmpty { tables[tables.count - 1].isLayout = true }
        writer.block(2)
        tables.append(Table())
    }

    mutating func startCell(isHeader: Bool, span: Int, rows: Int = 1) {
        guard !tables.isEmpty, flatTables == 0 else { return writer.block(1) }
        endCell()
        let last = tables.count - 1
        tables[last].grid.beginRow()
        tables[last].isCellOpen = true
        tables[last].cell = (isHeader, span, rows)
        writers.append(MarkdownWriter())
    }

    private mutating func endCell() {
        let last = tables.count - 1
        guard last >= 0, tables[last].isCellOpen, writers.count > 1, let cell = writers.popLast() else { return }
        let (isHeader, columns, rows) = tables[last].cell
        waiting -= tables[last].grid.size
        tables[last].grid.add(cell.utf8, isHeader: isHeader, columns: columns, rows: rows)
        waiting += tables[last].grid.size
        tables[last].isCellOpen = false
    }

    private mutating func endRow() {
        endCell()
        if !tables.isEmpty { tables[tables.count - 1].grid.endRow() }
    }

    private mutating func endTable() {
        if flatTables > 0 {
            flatTables -= 1
            return writer.block(1)
        }
        endCell()
        guard let table = tables.popLast() else { return }
        waiting -= table.grid.size
        if table.isLayout || table.grid.isColumn {
            for cell in table.grid.cells where !cell.isEmpty { writer.lines(cell[...]) }
        } else {
            let rows = table.grid.utf8
            if !rows.isEmpty { writer.lines(rows.dropLast()) }
        }
    }
}
