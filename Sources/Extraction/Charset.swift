import Glibc

/// Bytes of any charset as UTF-8. What tells it is, in this order: the mark at the start, the declaration outside, the one
/// inside (`<meta charset>`, `<?xml encoding>`), whether the bytes are UTF-8, what their frequencies look like, and else
/// windows-1252.
///
/// What can't be decoded becomes U+FFFD. Names mean what browsers take them for (WHATWG, "Encoding", "Names and labels").
package func decodeText(_ bytes: [UInt8], charset: String?) -> [UInt8] {
    if let mark = byteOrderMark(of: bytes) {
        return decode(Array(bytes.dropFirst(mark.length)), as: mark.charset) ?? bytes
    }
    if let charset, let text = decode(bytes, as: charset) { return text }
    if let charset = charsetInside(bytes), let text = decode(bytes, as: charset) { return text }
    if let charset = wideCharset(of: bytes), let text = decode(bytes, as: charset) { return text }
    if isISO2022JP(bytes), let text = decode(bytes, as: "iso-2022-jp") { return text }
    if isMostlyUTF8(bytes) { return repairedUTF8(bytes) }
    return guessedCharset(of: bytes).flatMap { decode(bytes, as: $0) } ?? decodeWindows1252(bytes)
}

/// The encoding that the first bytes name, and how many they are.
func byteOrderMark(of bytes: [UInt8]) -> (charset: String, length: Int)? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return ("utf-8", 3) }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) { return ("utf-32le", 4) }
    if bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return ("utf-32be", 4) }
    if bytes.starts(with: [0xFF, 0xFE]) { return ("utf-16le", 2) }
    if bytes.starts(with: [0xFE, 0xFF]) { return ("utf-16be", 2) }
    return nil
}

private func decode(_ bytes: [UInt8], as charset: String) -> [UInt8]? {
    switch charset {
    case "utf-8", "utf8", "unicode-1-1-utf-8": repairedUTF8(bytes)
    case "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "latin1", "l1", "windows-1252", "cp1252", "x-cp1252":
        // A page that says one of these out of habit, and is UTF-8.
        isMostlyUTF8(bytes) ? repairedUTF8(bytes) : decodeWindows1252(bytes)
    case "utf-16", "utf-16le":
        Array(String(decoding: units(bytes, 2).map { UInt16(truncatingIfNeeded: $0) }, as: UTF16.self).utf8)
    case "utf-16be":
        Array(
            String(decoding: units(bytes, 2).map { UInt16(truncatingIfNeeded: $0).byteSwapped }, as: UTF16.self).utf8)
    case "utf-32", "utf-32le": Array(String(decoding: units(bytes, 4), as: UTF32.self).utf8)
    case "utf-32be": Array(String(decoding: units(bytes, 4).map(\.byteSwapped), as: UTF32.self).utf8)
    default: convert(bytes, from: libraryNames[charset] ?? charset)
    }
}

/// What browsers mean by a name, where glibc means something narrower.
private let libraryNames = [
    "shift_jis": "CP932", "shift-jis": "CP932", "sjis": "CP932", "x-sjis": "CP932", "windows-31j": "CP932",
    "gb2312": "GB18030", "gbk": "GB18030", "x-gbk": "GB18030", "gb_2312-80": "GB18030",
    "euc-kr": "CP949", "ks_c_5601-1987": "CP949", "korean": "CP949", "big5": "BIG5-HKSCS", "x-x-big5": "BIG5-HKSCS",
    "iso-8859-9": "CP1254", "latin5": "CP1254", "tis-620": "CP874", "iso-8859-11": "CP874", "windows-874": "CP874",
    "x-euc-jp": "EUC-JP", "x-mac-cyrillic": "MAC-CYRILLIC", "iso-8859-8-i": "ISO-8859-8",
]

/// Little-endian units of 2 or 4 bytes; an incomplete one at the end is dropped.
private func units(_ bytes: [UInt8], _ width: Int) -> [UInt32] {
    stride(from: 0, to: bytes.count / width * width, by: width).map { at in
        (0..<width).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
}

private func repairedUTF8(_ bytes: [UInt8]) -> [UInt8] {
    isUTF8(bytes) ? bytes : Array(String(decoding: bytes, as: UTF8.self).utf8)
}
private func isUTF8(_ bytes: [UInt8]) -> Bool { (try? UTF8Span(validating: bytes.span)) != nil }

/// UTF-8 as a whole, or with a few broken characters among many whole ones, as a careless cut leaves.
private func isMostlyUTF8(_ bytes: [UInt8]) -> Bool {
    if isUTF8(bytes) { return true }
    var whole = 0
    var broken = 0
    var i = 0
    while i < bytes.count {
        let first = bytes[i]
        let length =
            switch first {
            case 0..<0x80: 1
            case 0xC2..<0xE0: 2
            case 0xE0..<0xF0: 3
            case 0xF0..<0xF5: 4
            default: 0
            }
        if length > 0, i + length <= bytes.count, bytes[i + 1..<i + length].allSatisfy({ $0 & 0xC0 == 0x80 }) {
            if length > 1 { whole += 1 }
            i += length
        } else {
            broken += 1
            i += 1
        }
    }
    return broken == 0 || whole > 4 * broken
}

private let windows1252: [Unicode.Scalar] = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

private func decodeWindows1252(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + bytes.count / 8)
    for byte in bytes {
        switch byte {
        case 0..<0x80: out.append(byte)
        case 0x80..<0xA0: out.append(contentsOf: UTF8.encode(windows1252[Int(byte) - 0x80]) ?? .init())
        default: out.append(contentsOf: [0xC0 | byte >> 6, 0x80 | byte & 0x3F])
        }
    }
    return out
}

/// The corresponding C function is `iconv`.
/// - Returns: nil where the library does not know the charset.
private func convert(_ bytes: [UInt8], from charset: String) -> [UInt8]? {
    let isName = charset.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "-_.:".utf8.contains($0)
    }
    guard isName, !charset.isEmpty, charset.utf8.count < 40, let converter = iconv_open("UTF-8", charset),
        converter != iconv_t(bitPattern: -1)
    else { return nil }
    defer { iconv_close(converter) }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 2)
    var input = bytes
    let chunk = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 64 * 1024)
    defer { chunk.deallocate() }
    input.withUnsafeMutableBytes { raw in
        var next = raw.bindMemory(to: CChar.self).baseAddress
        var left = raw.count
        var isFlushed = false
        while !isFlushed {
            var room = chunk.baseAddress
            var free = chunk.count
            // With all of it read, one more call writes what the converter still holds.
            let isLast = left == 0
            let result =
                isLast ? iconv(converter, nil, nil, &room, &free) : iconv(converter, &next, &left, &room, &free)
            let reason = errno
            out.append(contentsOf: UnsafeRawBufferPointer(start: chunk.baseAddress, count: chunk.count - free))
            if result != -1 {
                isFlushed = isLast
            } else if reason == EILSEQ && left > 0 {
                out.append(contentsOf: "\u{FFFD}".utf8)
                next = next.map { $0 + 1 }
                left -= 1
            } else if reason != E2BIG {
                out.append(contentsOf: "\u{FFFD}".utf8)
                return
            }
        }
    }
    return out
}

/// What a page or an XML text declares within its first 4 KiB.
private func charsetInside(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(4096), as: Unicode.ASCII.self).lowercased()
    let declared: String?
    if head.hasPrefix("<?xml") {
        declared = name(after: "encoding", in: head.prefix { $0 != ">" })
    } else {
        declared = tags("<meta", in: head).lazy.compactMap { name(after: "charset", in: $0) }.first
    }
    // A declaration that could be read as bytes of ASCII is not in UTF-16.
    return declared.map { $0.hasPrefix("utf-16") || $0.hasPrefix("utf-32") ? "utf-8" : $0 }
}

private func tags(_ start: String, in text: String) -> [Substring] {
    var found: [Substring] = []
    var rest = text[...]
    while let at = rest.firstIndex(of: "<") {
        rest = rest[at...]
        if rest.hasPrefix(start) { found.append(rest.prefix { $0 != ">" }) }
        rest = rest.dropFirst()
    }
    return found
}

/// `utf-8` of `charset = "utf-8"`.
private func name(after word: String, in tag: Substring) -> String? {
    var rest = tag
    while let at = rest.firstIndex(where: { $0 == word.first }) {
        rest = rest[at...]
        guard rest.hasPrefix(word) else {
            rest = rest.dropFirst()
            continue
        }
        rest = rest.dropFirst(word.count).drop { $0.isWhitespace }
        guard rest.first == "=" else { continue }
        let value = rest.dropFirst().drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
        return String(value.prefix { $0.isLetter || $0.isNumber || "-_.:".contains($0) })
    }
    return nil
}
