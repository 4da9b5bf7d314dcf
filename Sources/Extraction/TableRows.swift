/// Rows of a table as Markdown writes them, one a line: `| a | b |`.
package struct TableRows {
    package private(set) var utf8: [UInt8] = []
    /// Rows so far.
    package private(set) var count = 0
    private var rowStart = 0
    private var columns = 0
    private var isBlank = true

    package init() {}

    /// The next cell of the row: blanks and line ends inside are one blank each run, `|` is escaped.
    package mutating func cell(_ text: some Sequence<UInt8>) {
        utf8.append(contentsOf: columns == 0 ? "| ".utf8 : " ".utf8)
        columns += 1
        var needsBlank = false
        let start = utf8.count
        for byte in text {
            if byte == 0x20 || byte == 0x0A || byte == 0x09 {
                needsBlank = utf8.count > start
                continue
            }
            if needsBlank { utf8.append(0x20) }
            needsBlank = false
            if byte == UInt8(ascii: "|") { utf8.append(UInt8(ascii: "\\")) }
            utf8.append(byte)
        }
        if utf8.count > start {
            isBlank = false
            utf8.append(0x20)
        }
        utf8.append(UInt8(ascii: "|"))
    }

    /// Ends the row; one without text leaves nothing.
    package mutating func endRow(isHeader: Bool) {
        if isBlank {
            utf8.removeLast(utf8.count - rowStart)
        } else {
            utf8.append(0x0A)
            if isHeader {
                for _ in 0..<columns { utf8.append(contentsOf: "| --- ".utf8) }
                utf8.append(contentsOf: "|\n".utf8)
            }
            count += 1
        }
        rowStart = utf8.count
        columns = 0
        isBlank = true
    }
}
