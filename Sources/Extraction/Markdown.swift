extension Format {
    /// Markdown as it stands, without the pictures that are written out inside it, and without what its pages don't show.
    static let markdown = Format(
        "markdown", mediaTypes: ["text/markdown", "text/x-markdown", "text/x-web-markdown"],
        suffixes: ["md", "markdown", "mkd", "mdx"], input: .characters
    ) { input throws(Unreadable) in
        FormatOutput(utf8: withoutDataURIs(withoutComments(withoutFrontMatterMarks(input.bytes))))
    }
}

/// `![alt](data:image/png;base64,…)` becomes `![alt]`, a definition `[image1]: <data:…>` goes, and `src="data:…"` is emptied.
func withoutDataURIs(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var i = 0
    while i < bytes.count {
        guard bytes[i] | 0x20 == UInt8(ascii: "d"), isDataScheme(bytes, at: i) else {
            out.append(bytes[i])
            i += 1
            continue
        }
        func skip(to ends: UInt8...) { while i < bytes.count, bytes[i] != 0x0A, !ends.contains(bytes[i]) { i += 1 } }
        if out.last == UInt8(ascii: "<") { out.removeLast() }
        switch out.last {
        case UInt8(ascii: "(") where out.dropLast().last == UInt8(ascii: "]"):
            out.removeLast()
            skip(to: UInt8(ascii: ")"))
            if i < bytes.count, bytes[i] == UInt8(ascii: ")") { i += 1 }
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skip(to: UInt8(ascii: "\""), UInt8(ascii: "'"))
        case let last?
        where (last == 0x20 || last == UInt8(ascii: ":")) && cutDefinition(&out): skip()
        default:
            if i > 0, bytes[i - 1] == UInt8(ascii: "<") { out.append(bytes[i - 1]) }
            out.append(bytes[i])
            i += 1
        }
    }
    return out
}

private func isDataScheme(_ bytes: [UInt8], at start: Int) -> Bool {
    let word = "data:".utf8
    guard start + word.count <= bytes.count else { return false }
    return zip(bytes[start...], word).allSatisfy { $0 | 0x20 == $1 | 0x20 }
}

/// Removes `[image1]: ` from the end, where that is all of its line.
private func cutDefinition(_ out: inout [UInt8]) -> Bool {
    let longest = 1000
    var end = out.count
    while end > 0, out[end - 1] == 0x20 { end -= 1 }
    guard end > 1, out[end - 1] == UInt8(ascii: ":"), out[end - 2] == UInt8(ascii: "]") else { return false }
    var start = end - 2
    while start > 0, end - start < longest, out[start - 1] != 0x0A { start -= 1 }
    guard start == 0 || out[start - 1] == 0x0A else { return false }
    guard out[start..<end].first(where: { $0 != 0x20 }) == UInt8(ascii: "[") else { return false }
    out.removeLast(out.count - start)
    return true
}
