import System

/// Texts that are JSON, and texts that nearly are.
struct Generator {
    var random: SeededRandom

    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }

    mutating func blank() -> String {
        Int.random(in: 0..<6, using: &random) == 0 ? pick([" ", "\t", "\r\n", "  "]) : ""
    }

    mutating func string() -> String {
        let pieces = [
            "a", "é", "漢", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\ud800",
            "\\udc00",
            "\\u0000", "{", "}", "[", ":", ",", " ", "\u{7F}", "name", "\u{2028}",
        ]
        return "\"" + (0..<Int.random(in: 0..<6, using: &random)).map { _ in pick(pieces) }.joined() + "\""
    }

    mutating func value(depth: Int = 0) -> String {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 9), using: &random) {
        case 0: return pick(["true", "false", "null"])
        case 1, 2:
            return pick(["0", "-0", "1", "-12", "1.5", "1e9", "-1.25E-7", "123456789012345678901234567890", "0.0e+0"])
        case 3, 4: return string()
        case 5, 6:
            let elements = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                blank() + value(depth: depth + 1) + blank()
            }
            return "[" + blank() + elements.joined(separator: ",") + "]"
        default:
            let members = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                blank() + string() + blank() + ":" + blank() + value(depth: depth + 1) + blank()
            }
            return "{" + blank() + members.joined(separator: ",") + "}"
        }
    }

    /// One to three small changes.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        let telling =
            Array("{}[]:,\"\\ue0123456789+-.tfn/ \t\n\r\u{0}\u{1F}".utf8) + [0x80, 0xBF, 0xC0, 0xE2, 0xED, 0xF4, 0xFF]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = pick(telling)
            case 1: bytes.insert(pick(telling), at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
            case 4: bytes = Array(bytes[..<at])
            default:
                let end = min(bytes.count, at + Int.random(in: 1...8, using: &random))
                bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }
}
