/// Lines of `format=flowed` joined to the paragraphs that they were (RFC 3676, section 4). Quotes keep their depth as `> `.
package func unflowed(_ text: [UInt8], deletesBlank: Bool) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    /// The depth of the paragraph that the next line goes on with; nil where none is open.
    var open: Int?
    let deepest = 50
    var rest = text[...]
    while !rest.isEmpty {
        let (whole, after) = rest.firstLine
        rest = after
        let quotes = whole.prefix { $0 == UInt8(ascii: ">") }.count
        var line = whole.dropFirst(quotes)
        if line.first == 0x20 { line.removeFirst() }
        let isSignature = line.elementsEqual("-- ".utf8)
        if open != quotes || isSignature {
            if open != nil { out.append(0x0A) }
            if quotes > 0 {
                out += [UInt8](repeating: UInt8(ascii: ">"), count: min(quotes, deepest))
                if !line.isEmpty { out.append(0x20) }
            }
        }
        let isFlowed = line.last == 0x20 && !isSignature
        out += isFlowed && deletesBlank ? line.dropLast() : line
        open = isFlowed ? quotes : nil
        if open == nil { out.append(0x0A) }
    }
    return out
}
