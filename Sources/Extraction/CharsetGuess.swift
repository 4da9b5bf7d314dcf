import CUCharDet

/// The charset of bytes that are not UTF-8 and that nothing declares; nil where too little tells it.
func guessedCharset(of bytes: [UInt8]) -> String? {
    // Few such letters look like many languages. The more there are, the less the rest adds.
    let fewest = 16
    let most = 128 * 1024
    var start = 0
    var letters = 0
    for (i, byte) in bytes.enumerated() where byte >= 0x80 {
        if letters == 0 { start = i }
        letters += 1
        if letters == fewest { break }
    }
    guard letters == fewest else { return nil }
    start = max(0, start - 256)  // the beginning of a long program or page may be ASCII alone
    var name = [CChar](repeating: 0, count: 40)
    bytes[start...].prefix(most).withUnsafeBytes { raw in
        let head = raw.bindMemory(to: CChar.self)
        uchardet_guess(head.baseAddress, head.count, &name, name.count)
    }
    let found = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    return found.isEmpty || found == "ascii" || found.hasPrefix("utf") ? nil : found
}

/// `utf-16le` or `utf-16be` for text without a mark: every other byte of what is mostly ASCII, blanks or digits is 0.
func wideCharset(of bytes: [UInt8]) -> String? {
    let head = bytes.prefix(4096)
    var zeros = (even: 0, odd: 0)
    for (i, byte) in head.enumerated() where byte == 0 {
        if i % 2 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
    }
    // In any script a tenth of the characters are blanks, digits and line ends.
    let enough = max(1, head.count / 2 / 12)
    if zeros.even == 0 && zeros.odd >= enough { return "utf-16le" }
    if zeros.odd == 0 && zeros.even >= enough { return "utf-16be" }
    return nil
}

/// True for seven-bit text that changes to two bytes a character (RFC 1468).
func isISO2022JP(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.firstIndex(of: 0x1B), bytes.allSatisfy({ $0 < 0x80 }) else { return false }
    return bytes[first...].indices.contains { at in
        bytes[at...].starts(with: [0x1B, 0x24, 0x42]) || bytes[at...].starts(with: [0x1B, 0x24, 0x40])
    }
}
