import JSON

/// A JSON value, taken apart.
indirect enum Tree: Equatable {
    case object([Member])
    case array([Tree])
    case string([UInt8])
    case number(String)
    case bool(Bool)
    case null

    struct Member: Equatable {
        var name: [UInt8]
        var value: Tree
    }

    /// What the library makes of a value.
    init(_ json: JSON) {
        switch json.kind {
        case .object:
            self = .object(
                json.members.map { Member(name: Array(($0.name.string ?? "?").utf8), value: Tree($0.value)) })
        case .array: self = .array(json.elements.map { Tree($0) })
        case .string: self = .string(Array((json.string ?? "?").utf8))
        case .number: self = .number(json.raw.text)
        case .bool: self = .bool(json.bool ?? false)
        case .null: self = .null
        }
    }
}

/// RFC 8259, byte by byte, by recursive descent: slow, and nothing in it is clever.
struct ObviousParser {
    private struct NotJSON: Error {}
    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    /// - Returns: nil for what is not exactly one value in UTF-8, at most 1024 deep.
    static func parse(_ bytes: [UInt8]) -> Tree? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var parser = ObviousParser(bytes: bytes)
        guard let tree = try? parser.text() else { return nil }
        return tree
    }
    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }
    private mutating func take() throws -> UInt8 {
        guard let next else { throw NotJSON() }
        at += 1
        return next
    }
    private mutating func take(_ text: String) throws {
        for byte in text.utf8 { if try take() != byte { throw NotJSON() } }
    }
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }
    private mutating func blanks() { while let next, [0x20, 0x0A, 0x0D, 0x09].contains(next) { at += 1 } }

    private mutating func text() throws -> Tree {
        blanks()
        let tree = try value()
        blanks()
        if next != nil { throw NotJSON() }
        return tree
    }

    private mutating func value() throws -> Tree {
        switch next {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            defer { depth -= 1 }
            if depth > 1024 { throw NotJSON() }
            return next == UInt8(ascii: "{") ? try object() : try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try take("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try take("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try take("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object() throws -> Tree {
        try take("{")
        var members: [Tree.Member] = []
        blanks()
        if skip("}") { return .object([]) }
        while true {
            blanks()
            let name = try string()
            blanks()
            try take(":")
            blanks()
            members.append(Tree.Member(name: name, value: try value()))
            blanks()
            if skip("}") { return .object(members) }
            try take(",")
        }
    }

    private mutating func array() throws -> Tree {
        try take("[")
        var elements: [Tree] = []
        blanks()
        if skip("]") { return .array([]) }
        while true {
            blanks()
            elements.append(try value())
            blanks()
            if skip("]") { return .array(elements) }
            try take(",")
        }
    }

    private mutating func number() throws -> String {
        let start = at
        _ = skip("-")
        if !skip("0") { try digits() }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try digits()
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
    private mutating func digits() throws {
        let start = at
        while let next, (0x30...0x39).contains(next) { at += 1 }
        if at == start { throw NotJSON() }
    }

    private mutating func string() throws -> [UInt8] {
        try take("\"")
        var out: [UInt8] = []
        while true {
            let byte = try take()
            if byte == UInt8(ascii: "\"") { return out }
            if byte < 0x20 { throw NotJSON() }
            if byte != UInt8(ascii: "\\") {
                out.append(byte)
                continue
            }
            switch try take() {
            case UInt8(ascii: "\""): out.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): out.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): out.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): out.append(8)
            case UInt8(ascii: "f"): out.append(12)
            case UInt8(ascii: "n"): out.append(10)
            case UInt8(ascii: "r"): out.append(13)
            case UInt8(ascii: "t"): out.append(9)
            case UInt8(ascii: "u"):
                var code = try unit()
                if (0xD800...0xDBFF).contains(code) {
                    let here = at
                    if skip("\\"), skip("u"), case let low = try unit(), (0xDC00...0xDFFF).contains(low) {
                        code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
                    } else {
                        at = here
                    }
                }
                out += Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
            default: throw NotJSON()
            }
        }
    }
    private mutating func unit() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try take()
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw NotJSON() }
            value = value * 16 + UInt32(digit)
        }
        return value
    }
}
