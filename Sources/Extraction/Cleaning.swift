/// Text as it is stored: no byte order mark at the start, lines that end with one LF and no blanks, at most two blank lines in
/// a row and none at the ends, and no control characters but LF and tab (a form feed is a blank line).
///
/// - Parameters:
///   - utf8: text in UTF-8.
///   - limit: the most bytes that come out, cut between two characters.
package func cleaned(_ utf8: [UInt8], limit: Int = .max) -> (utf8: [UInt8], isCut: Bool) {
    var text = CleanText()
    text.utf8.reserveCapacity(min(utf8.count, limit))
    // Raw pointers: every byte of every text comes through here, twice.
    utf8.withUnsafeBufferPointer { bytes in
        var i = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while i < bytes.count {
            let start = i
            while i < bytes.count, isPlain(bytes[i]) { i += 1 }
            if start < i { text.utf8.append(contentsOf: bytes[start..<i]) }
            if text.utf8.count > limit && text.utf8.count - limit > 4096 { break }
            guard i < bytes.count else { break }
            let next = i + 1 < bytes.count ? bytes[i + 1] : 0
            switch bytes[i] {
            case 0xC2:
                if next == 0x85 { text.endLine() }
                if (0x80..<0xA0).contains(next) { i += 1 } else { text.utf8.append(0xC2) }
            case 0x0A, 0x0B: text.endLine()
            case 0x0D:
                text.endLine()
                if next == 0x0A { i += 1 }
            case 0x0C:
                text.endLine()
                text.endLine()
            default: break
            }
            i += 1
        }
    }
    text.trimEnd()
    guard text.utf8.count > limit else { return (text.utf8, false) }
    var end = max(limit, 0)
    while end > 0 && text.utf8[end] & 0xC0 == 0x80 { end -= 1 }
    text.utf8.removeLast(text.utf8.count - end)
    text.trimEnd()
    return (text.utf8, true)
}

/// A byte that stays as it is whatever stands beside it; the control characters U+0080 to U+009F begin with 0xC2.
private func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F && byte != 0xC2 || byte == 0x09 }

// A value with methods: functions inside a function would share `out`, and each access be checked while the program runs.
private struct CleanText {
    var utf8: [UInt8] = []

    mutating func endLine() {
        var end = utf8.count
        while end > 0, utf8[end - 1] == 0x20 || utf8[end - 1] == 0x09 { end -= 1 }
        utf8.removeLast(utf8.count - end)
        if end == 0 || end >= 3 && utf8[end - 1] == 0x0A && utf8[end - 2] == 0x0A && utf8[end - 3] == 0x0A { return }
        utf8.append(0x0A)
    }
    mutating func trimEnd() {
        var end = utf8.count
        while end > 0, utf8[end - 1] == 0x20 || utf8[end - 1] == 0x09 || utf8[end - 1] == 0x0A { end -= 1 }
        utf8.removeLast(utf8.count - end)
    }
}
