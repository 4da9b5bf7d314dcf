/// Markdown without `<!-- comments -->`, such as those of templates for issues. What stands in code stays, and so does a comment
/// that never ends.
func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var i = 0
    var isLineStart = true
    /// The mark of the fenced code that is open, and how often it is repeated.
    var fence: (mark: UInt8, count: Int)?
    var mayEnd = true
    while i < bytes.count {
        if isLineStart {
            isLineStart = false
            let line = bytes[i...].prefix { $0 != 0x0A }
            let mark = fenceMark(of: line)
            if let open = fence {
                if let mark, mark.isAlone, mark.mark == open.mark, mark.count >= open.count { fence = nil }
            } else if let mark {
                fence = (mark.mark, mark.count)
            }
            if fence != nil || mark != nil {
                out.append(contentsOf: line)
                i = line.endIndex
                continue
            }
        }
        let byte = bytes[i]
        if byte == UInt8(ascii: "`") {
            let end = endOfCode(bytes, from: i)
            out.append(contentsOf: bytes[i..<end])
            i = end
            continue
        }
        if byte == UInt8(ascii: "<"), mayEnd, bytes[i...].starts(with: "<!--".utf8) {
            if let end = endOfComment(bytes, from: i + 4) {
                i = end
                continue
            }
            mayEnd = false
        }
        if byte == 0x0A { isLineStart = true }
        out.append(byte)
        i += 1
    }
    return out
}

/// Three or more of one mark at the start of a line, and whether nothing follows.
private func fenceMark(of line: ArraySlice<UInt8>) -> (mark: UInt8, count: Int, isAlone: Bool)? {
    let words = line.drop { $0 == 0x20 || $0 == 0x09 }
    guard let mark = words.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let rest = words.drop { $0 == mark }
    let count = words.count - rest.count
    // Ticks that end in the same line are code in a line.
    guard count >= 3, mark != UInt8(ascii: "`") || !rest.contains(mark) else { return nil }
    return (mark, count, rest.allSatisfy { $0 == 0x20 || $0 == 0x09 })
}

/// Past the code in a line that begins at a tick, or past the ticks where it has no end.
private func endOfCode(_ bytes: [UInt8], from start: Int) -> Int {
    let tick = UInt8(ascii: "`")
    let longest = 1000
    let line = bytes[start...].prefix(longest).prefix { $0 != 0x0A }
    let count = line.prefix { $0 == tick }.count
    var run = 0
    for i in line.indices.dropFirst(count) {
        if line[i] == tick {
            run += 1
        } else {
            if run == count { return i }
            run = 0
        }
    }
    return run == count ? line.endIndex : start + count
}

private func endOfComment(_ bytes: [UInt8], from start: Int) -> Int? {
    var dashes = 0
    for i in start..<max(start, bytes.count) {
        if bytes[i] == UInt8(ascii: ">"), dashes >= 2 { return i + 1 }
        dashes = bytes[i] == UInt8(ascii: "-") ? dashes + 1 : 0
    }
    return nil
}

/// Without the lines `---` around what stands before a text ("front matter"): its lines stay, since they name the page.
func withoutFrontMatterMarks(_ bytes: [UInt8]) -> [UInt8] {
    let most = 64 * 1024
    guard bytes.starts(with: "---\n".utf8) else { return bytes }
    var start = 4
    var isMatter = false
    while start < min(bytes.count, most) {
        let line = bytes[start...].prefix { $0 != 0x0A }
        let words = line.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        if words.elementsEqual("---".utf8) || words.elementsEqual("...".utf8) {
            return isMatter ? Array(bytes[4..<start] + bytes[line.endIndex...]) : bytes
        }
        // Its first line is a name and a colon.
        if !isMatter {
            guard words.contains(UInt8(ascii: ":")) else { return bytes }
            isMatter = true
        }
        start = line.endIndex + 1
    }
    return bytes
}
