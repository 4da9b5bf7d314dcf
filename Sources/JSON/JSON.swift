import CSimdJSON

/// Parses texts one after the other, and reuses its memory while no value of the text before is held. One thread at a time.
public struct JSONParser: ~Copyable {
    private let indexer: OpaquePointer
    private var tape: Tape

    public init() {
        guard let made = sj_make() else { fatalError("out of memory") }
        indexer = made
        tape = Tape(text: ByteSlice([]))
    }
    deinit { sj_free(indexer) }

    /// The value that a text holds. Values read from it keep the text alive.
    /// - Throws: `JSONError` where the text is not exactly one JSON value in UTF-8.
    public mutating func parse(_ text: ByteSlice) throws(JSONError) -> JSON {
        if !isKnownUniquelyReferenced(&tape) { tape = Tape(text: text) }
        try tape.fill(text, with: indexer)
        return JSON(tape: tape, token: 0)
    }
}

/// A value inside a parsed text: read where it stands, never copied or rebuilt.
///
///     let page = try JSON(parsing: body)
///     for file in page["files"]?.elements ?? [] { print(file["id"]?.string ?? "") }
public struct JSON: Sendable {
    @usableFromInline let tape: Tape
    @usableFromInline let token: Int

    @usableFromInline init(tape: Tape, token: Int) {
        self.tape = tape
        self.token = token
    }

    /// Parses one text. Where many follow each other, `JSONParser` is faster.
    public init(parsing text: ByteSlice) throws(JSONError) {
        var parser = JSONParser()
        self = try parser.parse(text)
    }
    public init(parsing text: String) throws(JSONError) { try self.init(parsing: ByteSlice(text)) }
    public init(parsing bytes: [UInt8]) throws(JSONError) { try self.init(parsing: ByteSlice(bytes)) }

    public enum Kind: Sendable { case object, array, string, number, bool, null }

    public var kind: Kind {
        switch tape.byte(token) {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }
    public var isNull: Bool { kind == .null }
    public var isObject: Bool { kind == .object }

    /// The bytes of the value in the text that was parsed.
    public var range: Range<Int> { tape.extent(of: token) }
    /// The bytes of the value, as they stand.
    public var raw: ByteSlice { tape.text[range] }
    /// The whole text.
    public var text: ByteSlice { tape.text }

    /// A member of an object; the last where a name is repeated, as most parsers take it. `nil` where there is none, and for
    /// what is not an object.
    public subscript(name: StaticString) -> JSON? {
        name.withUTF8Buffer { wanted in find { $0.nameEquals(UnsafeRawBufferPointer(wanted)) } }
    }
    public subscript(name name: String) -> JSON? {
        var name = name
        return name.withUTF8 { wanted in find { $0.nameEquals(UnsafeRawBufferPointer(wanted)) } }
    }

    private func find(_ matches: (JSON) -> Bool) -> JSON? {
        guard kind == .object else { return nil }
        var found: JSON?
        let close = Int(tape.closings[token])
        var key = token + 1
        while key < close {
            if matches(JSON(tape: tape, token: key)) { found = JSON(tape: tape, token: key + 2) }
            key = tape.after(key + 2) + 1
        }
        return found
    }

    private func nameEquals(_ wanted: UnsafeRawBufferPointer) -> Bool {
        let inside = insideOfString
        if inside.count == wanted.count {
            return inside.withUnsafeBytes { $0.elementsEqual(wanted) } && !wanted.contains(UInt8(ascii: "\\"))
        }
        guard inside.count > wanted.count, inside.withUnsafeBytes({ $0.contains(UInt8(ascii: "\\")) }) else {
            return false
        }
        return (string ?? "").utf8.elementsEqual(wanted)
    }

    /// The members of an object, in order; none for what is not an object.
    public var members: [(name: JSON, value: JSON)] {
        guard kind == .object else { return [] }
        var all: [(name: JSON, value: JSON)] = []
        let close = Int(tape.closings[token])
        var key = token + 1
        while key < close {
            all.append((JSON(tape: tape, token: key), JSON(tape: tape, token: key + 2)))
            key = tape.after(key + 2) + 1
        }
        return all
    }

    /// The bytes to take out of an object so that a member is gone from it, a comma included.
    public func rangeOfMember(_ name: StaticString) -> Range<Int>? {
        guard let value = self[name] else { return nil }
        let key = value.token - 2
        let end = value.range.upperBound
        if key > token + 1 { return Int(tape.positions[key - 1])..<end }
        let after = tape.after(value.token)
        let isLast = after == Int(tape.closings[token])
        return Int(tape.positions[key])..<(isLast ? end : Int(tape.positions[after + 1]))
    }

    /// The elements of an array; none for what is not an array.
    public var elements: [JSON] {
        guard kind == .array else { return [] }
        var all: [JSON] = []
        let close = Int(tape.closings[token])
        var element = token + 1
        while element < close {
            all.append(JSON(tape: tape, token: element))
            element = tape.after(element) + 1
        }
        return all
    }

    /// The bytes between the quotes, escapes as they stand.
    public var insideOfString: ByteSlice {
        let range = self.range
        return tape.text[range.lowerBound + 1..<max(range.lowerBound + 1, range.upperBound - 1)]
    }

    /// True for a string of exactly these characters, without building it.
    public func equals(_ other: StaticString) -> Bool {
        kind == .string && other.withUTF8Buffer { nameEquals(UnsafeRawBufferPointer($0)) }
    }

    /// The characters of a string, escapes resolved; a surrogate that stands alone becomes U+FFFD.
    public var string: String? { kind == .string ? unescape(insideOfString) : nil }

    /// What `string` gives for the bytes between the quotes of a string that was parsed, or for a part of them that cuts no escape.
    public static func unescaped(_ inside: ByteSlice) -> String { unescape(inside) }

    /// A number without fraction or exponent, if it fits.
    public var int: Int64? { kind == .number ? Int64(raw.text) : nil }
    public var double: Double? { kind == .number ? Double(raw.text) : nil }
    public var bool: Bool? { kind == .bool ? tape.byte(token) == UInt8(ascii: "t") : nil }

    /// An integer, also where a service writes it as a string (Google's int64).
    public var lenientInt: Int64? { int ?? string.flatMap { Int64($0) } }
}

private func unescape(_ slice: ByteSlice) -> String {
    slice.withUnsafeBytes { bytes in
        guard let first = bytes.firstIndex(of: UInt8(ascii: "\\")) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var out = [UInt8]()
        out.reserveCapacity(bytes.count)
        out.append(contentsOf: bytes[..<first])
        var i = first
        func unit(_ at: Int) -> UInt32 {
            var value: UInt32 = 0
            for k in at..<at + 4 {
                let c = bytes[k]
                value = value << 4 | UInt32(c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57)
            }
            return value
        }
        while i < bytes.count {
            guard bytes[i] == UInt8(ascii: "\\") else {
                let run = bytes[i...].firstIndex(of: UInt8(ascii: "\\")) ?? bytes.count
                out.append(contentsOf: bytes[i..<run])
                i = run
                continue
            }
            let escape = bytes[i + 1]
            i += 2
            switch escape {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                var code = unit(i)
                i += 4
                if code & 0xFC00 == 0xD800, i + 6 <= bytes.count, bytes[i] == UInt8(ascii: "\\"),
                    bytes[i + 1] == UInt8(ascii: "u"), unit(i + 2) & 0xFC00 == 0xDC00
                {
                    code = 0x10000 + (code & 0x3FF) << 10 + (unit(i + 2) & 0x3FF)
                    i += 6
                }
                let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
                out.append(contentsOf: Character(scalar).utf8)
            default: out.append(escape)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
