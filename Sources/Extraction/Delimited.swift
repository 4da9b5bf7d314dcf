extension Format {
    /// Rows of fields (RFC 4180, and what spreadsheets make of it: semicolons, tabs) as rows of a Markdown table.
    static let delimited = Format(
        "csv",
        mediaTypes: [
            "text/csv", "text/tab-separated-values", "application/csv", "text/x-csv", "text/comma-separated-values",
            "text/tsv",
        ],
        suffixes: ["csv", "tsv"], input: .characters
    ) { input throws(Unreadable) in tableRows(ofDelimited: input.bytes, limit: input.limits.output) }
}

/// The first row is taken as the header. Stops soon after `limit` bytes.
package func tableRows(ofDelimited bytes: [UInt8], limit: Int) -> FormatOutput {
    let separator = delimiter(of: bytes)
    let quote = UInt8(ascii: "\"")
    var rows = TableRows()
    var field: [UInt8] = []
    var isQuoted = false
    var i = 0
    while i < bytes.count, rows.utf8.count <= limit {
        let byte = bytes[i]
        i += 1
        if isQuoted {
            if byte != quote {
                field.append(byte)
            } else if i < bytes.count, bytes[i] == quote {
                field.append(quote)
                i += 1
            } else {
                isQuoted = false
            }
        } else if byte == quote && field.isEmpty {
            isQuoted = true
        } else if byte == separator || byte == 0x0A {
            rows.cell(field)
            field.removeAll(keepingCapacity: true)
            if byte == 0x0A { rows.endRow(isHeader: rows.count == 0) }
        } else {
            field.append(byte)
        }
    }
    rows.cell(field)
    rows.endRow(isHeader: rows.count == 0)
    return FormatOutput(utf8: rows.utf8)
}

/// Whichever of comma, semicolon and tab is most frequent in the first line, quoted parts aside.
private func delimiter(of bytes: [UInt8]) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in bytes.prefix(64 * 1024) {
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
        if isQuoted { continue }
        if byte == 0x0A { break }
        if [0x09, UInt8(ascii: ","), UInt8(ascii: ";")].contains(byte) { counts[byte, default: 0] += 1 }
    }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? UInt8(ascii: ",")
}
