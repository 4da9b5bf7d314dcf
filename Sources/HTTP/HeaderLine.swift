/// One line of the header of an answer, as it stands on the wire. RFC 9112, sections 4 and 5.
public enum HeaderLine: Sendable, Equatable {
    /// `HTTP/1.1 200 OK`, with which a header begins.
    case status(Int)
    case field(name: String, value: String)
    /// Goes on with the value of the field before: an obsolete folding.
    case continuation(String)
    /// The empty line that ends a header.
    case end
    /// Nothing that means anything.
    case other

    /// - Parameter line: with or without its end. Bytes that are not UTF-8 become U+FFFD.
    public init(_ line: Span<UInt8>) {
        var end = line.count
        while end > 0, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
        if end == 0 {
            self = .end
        } else if line[0] == 0x20 || line[0] == 0x09 {
            self = .continuation(HeaderLine.text(line, 0, end))
        } else if let status = HeaderLine.status(line, end) {
            self = .status(status)
        } else if let colon = (0..<end).first(where: { line[$0] == UInt8(ascii: ":") }), colon > 0,
            (0..<colon).allSatisfy({ HeaderLine.isToken(line[$0]) })
        {
            self = .field(name: HeaderLine.text(line, 0, colon), value: HeaderLine.text(line, colon + 1, end))
        } else {
            self = .other
        }
    }

    /// True for the bytes of a name. RFC 9110, section 5.6.2.
    public static func isToken(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
    }

    /// `HTTP/`, a version, a blank, and three digits.
    private static func status(_ line: Span<UInt8>, _ end: Int) -> Int? {
        let protocolName: StaticString = "HTTP/"
        guard end >= 10, protocolName.withUTF8Buffer({ name in name.indices.allSatisfy { line[$0] == name[$0] } }),
            let blank = (5..<end).first(where: { line[$0] == 0x20 }), blank + 4 <= end,
            blank + 4 == end || line[blank + 4] == 0x20
        else { return nil }
        var status = 0
        for index in blank + 1..<blank + 4 {
            guard (0x30...0x39).contains(line[index]) else { return nil }
            status = status * 10 + Int(line[index] - 0x30)
        }
        return status >= 100 ? status : nil
    }

    /// A part of the line, without the blanks at its ends.
    private static func text(_ line: Span<UInt8>, _ from: Int, _ to: Int) -> String {
        var (start, end) = (from, to)
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        return line.extracting(start..<end).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}

extension Headers {
    /// Takes a line in; the line of a status begins the header anew.
    public mutating func receive(_ line: HeaderLine) {
        switch line {
        case .status: self = Headers()
        case .field(let name, let value): append(name, value)
        case .continuation(let more): extendLast(more)
        case .end, .other: break
        }
    }

    /// All values of a name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.name.isSameField(as: name) }.map(\.value) }
}
