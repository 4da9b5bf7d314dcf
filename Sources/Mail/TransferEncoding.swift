/// How a body is written in lines (RFC 2045, section 6). Each is read leniently: damage costs the bytes that it hits.
enum TransferEncoding {
    case identity, quotedPrintable, base64, uuencode

    init(_ name: String) {
        switch name {
        case "quoted-printable": self = .quotedPrintable
        case "base64": self = .base64
        case "x-uuencode", "x-uue", "uuencode": self = .uuencode
        default: self = .identity
        }
    }

    func decode(_ body: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .identity: Array(body)
        case .quotedPrintable: decodeQuotedPrintable(body)
        case .base64: decodeBase64(body)
        case .uuencode: decodeUuencode(body)
        }
    }
}

func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// RFC 2045, section 6.7. An `=` that begins nothing stands for itself, and blanks at the end of a line are not part of it.
func decodeQuotedPrintable(_ body: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(body.count)
    var i = body.startIndex
    /// Where the line's own bytes end in `out`, were it to end here.
    var end = 0
    while i < body.endIndex {
        let byte = body[i]
        i += 1
        switch byte {
        case UInt8(ascii: "="):
            if i + 1 < body.endIndex, let high = hexDigit(body[i]), let low = hexDigit(body[i + 1]) {
                out.append(high << 4 | low)
                i += 2
                end = out.count
                continue
            }
            var next = i
            while next < body.endIndex, [0x20, 0x09, 0x0D].contains(body[next]) { next += 1 }
            if next == body.endIndex || body[next] == 0x0A {
                i = min(next + 1, body.endIndex)
            } else {
                out.append(byte)
            }
            end = out.count
        case 0x0A:
            let hadReturn = out.count > end && out.last == 0x0D
            out.removeLast(out.count - end)
            if hadReturn { out.append(0x0D) }
            out.append(byte)
            end = out.count
        case 0x20, 0x09, 0x0D: out.append(byte)
        default:
            out.append(byte)
            end = out.count
        }
    }
    return out
}

private let base64Values: [UInt8] = (0...255).map { (byte: UInt8) in
    switch byte {
    case 0x41...0x5A: byte - 0x41
    case 0x61...0x7A: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: 0xFF
    }
}

/// RFC 2045, section 6.8: what is no letter of it is passed over, and padding ends it, since what follows is the footer of a
/// mailing list.
func decodeBase64(_ body: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(body.count / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    for byte in body {
        let value = base64Values[Int(byte)]
        if value == 0xFF {
            // One that stands where none can is damage.
            if byte == UInt8(ascii: "="), held == 2 || held == 4 { break }
            continue
        }
        bits = bits << 6 | UInt32(value)
        held += 6
        if held >= 8 {
            held -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        }
    }
    return out
}

/// POSIX, "uuencode": lines between `begin MODE NAME` and `end`.
func decodeUuencode(_ body: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var rest = body
    var isInside = false
    while !rest.isEmpty {
        let (line, after) = rest.firstLine
        rest = after
        if !isInside {
            isInside = uuencodedName(line) != nil
            continue
        }
        guard let first = line.first, !line.elementsEqual("end".utf8) else { break }
        let count = Int((first &- 0x20) & 0x3F)
        var bytes: [UInt8] = []
        var at = line.startIndex + 1
        while bytes.count < count, at < line.endIndex {
            let four = (0..<4).map { at + $0 < line.endIndex ? UInt32((line[at + $0] &- 0x20) & 0x3F) : 0 }
            let bits = four.reduce(0) { $0 << 6 | $1 }
            for shift in [16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            at += 4
        }
        out += bytes.prefix(count)
    }
    return out
}

/// `a.zip` of `begin 644 a.zip`.
func uuencodedName(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard line.starts(with: "begin ".utf8) else { return nil }
    let words = line.dropFirst(6)
    let mode = words.prefix { (0x30...0x37).contains($0) }
    guard (3...4).contains(mode.count), words.dropFirst(mode.count).first == 0x20 else { return nil }
    let name = words.dropFirst(mode.count + 1)
    return name.isEmpty ? nil : name
}

/// A text without the files that were written into it before there was MIME.
package func withoutUuencoded(_ text: [UInt8]) -> [UInt8] {
    guard text.starts(with: "begin ".utf8) || text.contains(0x0A) else { return text }
    var out: [UInt8] = []
    var rest = text[...]
    while !rest.isEmpty {
        let (line, after) = rest.firstLine
        if uuencodedName(line) != nil, let end = endOfUuencoded(after) {
            rest = end
            continue
        }
        out += rest[..<after.startIndex]
        rest = after
    }
    return out
}

/// What follows its `end`; nil where these are no such lines.
private func endOfUuencoded(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = body
    var count = 0
    while !rest.isEmpty {
        let (line, after) = rest.firstLine
        rest = after
        if line.elementsEqual("end".utf8) { return count > 0 ? rest : nil }
        guard let first = line.first, (0x20...0x60).contains(first), line.count <= 90 else {
            return count > 3 ? body[line.startIndex...] : nil
        }
        count += 1
    }
    return count > 3 ? rest : nil
}
