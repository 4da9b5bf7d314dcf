/// A table of cells that may cover more than one column or row, made row by row.
package struct TableGrid {
    private var rows: [(cells: [[UInt8]], isHeader: Bool)] = []
    private var isRowOpen = false
    /// For each column, the rows below that a cell above covers.
    private var covered: [Int] = []
    /// Bytes that the cells will take, the marks between them included.
    package private(set) var size = 0

    package static let mostColumnsSpanned = 20
    package static let mostRowsSpanned = 1000

    package init() {}

    /// Opens a row, if none is.
    package mutating func beginRow() {
        if isRowOpen { return }
        rows.append(([], true))
        isRowOpen = true
    }

    /// The next cell of the row. Spans are kept between 1 and the most that there may be.
    package mutating func add(_ cell: [UInt8], isHeader: Bool, columns: Int = 1, rows below: Int = 1) {
        beginRow()
        let row = rows.count - 1
        fillCovered(in: row)
        rows[row].isHeader = rows[row].isHeader && isHeader
        for column in 0..<min(max(columns, 1), Self.mostColumnsSpanned) {
            cover(column: rows[row].cells.count, rows: min(max(below, 1), Self.mostRowsSpanned) - 1)
            rows[row].cells.append(column == 0 ? cell : [])
            size += 2
        }
        size += cell.count
    }

    package mutating func endRow() { isRowOpen = false }

    /// No row has a second cell, and none is a header: it is there for the looks.
    package var isColumn: Bool { rows.allSatisfy { $0.cells.count <= 1 && !$0.isHeader } }
    package var cells: [[UInt8]] { rows.flatMap(\.cells) }

    /// The rows as Markdown writes them.
    package var utf8: [UInt8] {
        var out = TableRows()
        for row in rows {
            for cell in row.cells { out.cell(cell) }
            out.endRow(isHeader: row.isHeader && out.count == 0)
        }
        return out.utf8
    }

    /// Leaves the next columns of a row empty where cells of rows above reach into it.
    private mutating func fillCovered(in row: Int) {
        for _ in 0..<Self.mostColumnsSpanned {
            let column = rows[row].cells.count
            guard column < covered.count, covered[column] > 0 else { return }
            covered[column] -= 1
            rows[row].cells.append([])
        }
    }
    private mutating func cover(column: Int, rows: Int) {
        if rows == 0 && column >= covered.count { return }
        while covered.count <= column { covered.append(0) }
        covered[column] = rows
    }
}
