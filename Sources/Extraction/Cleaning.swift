/// Text as it is stored: no byte order mark at the start, lines that end with one LF and no blanks, at most two blank lines in
/// a row and none at the ends, and no control characters but LF and tab (a form feed is a blank line).
///
/// - Parameters:
///   - utf8: text in UTF-8.
///   - limit: the most bytes that come out, cut between two characters.
package func cleaned(_ utf8: [UInt8], limit: Int = .max) -> (utf8: [UInt8], isCut: Bool) {
    var out: [UInt8] = []
    out.reserveCapacity(min(utf8.count, limit))
    // Raw pointers: every byte of every text comes through here, twice.
    utf8.withUnsafeBufferPointer { bytes in
        var i = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0

        func endLine() {
            while let last = out.last, last == 0x20 || last == 0x09 { out.removeLast() }
            // Read by index: a slice would hold the bytes, and the next append would copy them all.
            let end = out.count
            if end == 0 || end >= 3 && out[end - 1] == 0x0A && out[end - 2] == 0x0A && out[end - 3] == 0x0A { return }
            out.append(0x0A)
        }
        while i < bytes.count {
            let byte = bytes[i]
            switch byte {
            case 0x20..<0x7F, 0x09, 0x80..<0xC2, 0xC3...0xFF:
                out.append(byte)
            case 0xC2:
                let next = i + 1 < bytes.count ? bytes[i + 1] : 0
                if next == 0x85 { endLine() }
                if (0x80..<0xA0).contains(next) {
                    i += 1
                } else {
                    out.append(byte)
                }
            case 0x0A, 0x0B: endLine()
            case 0x0D:
                endLine()
                if i + 1 < bytes.count, bytes[i + 1] == 0x0A { i += 1 }
            case 0x0C:
                endLine()
                endLine()
            default: break
            }
            i += 1
            if out.count > limit && out.count - limit > 4096 { break }
        }
    }
    func trimEnd() { while let last = out.last, last == 0x20 || last == 0x09 || last == 0x0A { out.removeLast() } }
    trimEnd()
    guard out.count > limit else { return (out, false) }
    var end = max(limit, 0)
    while end > 0 && out[end] & 0xC0 == 0x80 { end -= 1 }
    out.removeLast(out.count - end)
    trimEnd()
    return (out, true)
}
