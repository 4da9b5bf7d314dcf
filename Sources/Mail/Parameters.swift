import Extraction

/// A value with parameters: `text/plain; charset=utf-8; name*0*=utf-8''a%20; name*1=b` (RFC 2045, section 5.1; RFC 2231).
struct ParameterizedValue {
    /// The value in small letters, without comments.
    private(set) var value = ""
    private var parameters: [Parameter] = []

    private struct Parameter {
        var name: String
        /// Its place among the pieces of a long one.
        var piece: Int?
        /// It begins with a charset and holds `%20`.
        var isExtended: Bool
        var bytes: [UInt8]
    }

    private static let mostParameters = 1000

    init(_ bytes: [UInt8]) {
        var i = 0
        value = String(decoding: ParameterizedValue.field(bytes, &i, isValue: false), as: UTF8.self).lowercased()
        while i < bytes.count, parameters.count < ParameterizedValue.mostParameters {
            i += 1  // the semicolon
            let name = ParameterizedValue.field(bytes, &i, isValue: false, endsAtEqualSign: true)
            guard i < bytes.count, bytes[i] == UInt8(ascii: "=") else { continue }
            i += 1
            add(
                String(decoding: name, as: UTF8.self).lowercased(), ParameterizedValue.field(bytes, &i, isValue: true))
        }
    }

    private mutating func add(_ name: String, _ bytes: [UInt8]) {
        var parts = name.split(separator: "*", omittingEmptySubsequences: false)
        let isExtended = parts.count > 1 && parts.last == ""
        if isExtended { parts.removeLast() }
        guard let name = parts.first, !name.isEmpty, parts.count <= 2 else { return }
        let piece = parts.count == 2 ? Int(parts[1]) : nil
        if parts.count == 2 && piece == nil { return }
        parameters.append(Parameter(name: String(name), piece: piece, isExtended: isExtended, bytes: bytes))
    }

    /// The bytes to the next semicolon: quoted ones as they stand, others without blanks at their ends and without comments.
    private static func field(
        _ bytes: [UInt8], _ i: inout Int, isValue: Bool, endsAtEqualSign: Bool = false
    ) -> [UInt8] {
        var out: [UInt8] = []
        var blanks = 0
        while i < bytes.count {
            let byte = bytes[i]
            if byte == UInt8(ascii: ";") || endsAtEqualSign && byte == UInt8(ascii: "=") { break }
            i += 1
            switch byte {
            case UInt8(ascii: "\"") where isValue && out.isEmpty:
                while i < bytes.count, bytes[i] != UInt8(ascii: "\"") {
                    // A backslash quotes what needs it: in C:\mail it stands for itself.
                    if bytes[i] == UInt8(ascii: "\\"), i + 1 < bytes.count, [0x22, 0x5C].contains(bytes[i + 1]) {
                        i += 1
                    }
                    out.append(bytes[i])
                    i += 1
                }
                while i < bytes.count, bytes[i] != UInt8(ascii: ";") { i += 1 }
                return out
            case UInt8(ascii: "(") where !isValue || out.isEmpty || blanks > 0:
                let start = i
                skipComment(bytes, &i)
                // In a value that is not quoted it is part of a name, unless it ends it.
                let next = bytes[i...].first { $0 != 0x20 && $0 != 0x09 }
                if bytes[i - 1] != UInt8(ascii: ")") || !out.isEmpty && next != nil && next != UInt8(ascii: ";") {
                    i = start
                    out += [UInt8](repeating: 0x20, count: blanks) + [byte]
                    blanks = 0
                }
            case 0x20, 0x09: blanks += out.isEmpty ? 0 : 1
            default:
                out += [UInt8](repeating: 0x20, count: blanks)
                blanks = 0
                out.append(byte)
            }
        }
        return out
    }

    /// Bytes of a comment; a longer one is none, so that many beginnings can't cost a search to the end each.
    private static let longestComment = 200

    private static func skipComment(_ bytes: [UInt8], _ i: inout Int) {
        var depth = 1
        let end = min(bytes.count, i + longestComment)
        while i < end, depth > 0 {
            switch bytes[i] {
            case UInt8(ascii: "\\"): i += 1
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            i += 1
        }
        i = min(i, end)
    }

    /// A parameter as text: pieces joined, charset and encoded words read.
    subscript(name: String) -> String? {
        let found = parameters.filter { $0.name == name }
        let pieces = Dictionary(found.compactMap { p in p.piece.map { ($0, p) } }) { first, _ in first }
        if let first = pieces[0] {
            var bytes: [UInt8] = []
            var charset: String?
            var piece = first
            var next = 1
            while true {
                if piece.isExtended {
                    var rest = piece.bytes[...]
                    if next == 1 { charset = ParameterizedValue.takeCharset(&rest) }
                    bytes += ParameterizedValue.percentDecoded(rest)
                } else {
                    bytes += piece.bytes
                }
                guard let following = pieces[next] else { break }
                piece = following
                next += 1
            }
            return charset == nil && !first.isExtended ? decodeEncodedWords(bytes) : text(bytes, charset)
        }
        if let extended = found.first(where: { $0.isExtended }) {
            var rest = extended.bytes[...]
            let charset = ParameterizedValue.takeCharset(&rest)
            return text(ParameterizedValue.percentDecoded(rest), charset)
        }
        return found.first.map { decodeEncodedWords($0.bytes) }
    }

    private func text(_ bytes: [UInt8], _ charset: String?) -> String {
        String(decoding: decodeText(bytes, charset: charset), as: UTF8.self)
    }

    /// `utf-8` of `utf-8'en'…`, which is taken off.
    private static func takeCharset(_ bytes: inout ArraySlice<UInt8>) -> String? {
        let quote = UInt8(ascii: "'")
        guard let first = bytes.firstIndex(of: quote), let second = bytes[(first + 1)...].firstIndex(of: quote) else {
            return nil
        }
        let charset = String(decoding: bytes[..<first], as: UTF8.self).lowercased()
        bytes = bytes[(second + 1)...]
        return charset.isEmpty ? nil : charset
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var i = bytes.startIndex
        while i < bytes.endIndex {
            if bytes[i] == UInt8(ascii: "%"), i + 2 < bytes.endIndex, let high = hexDigit(bytes[i + 1]),
                let low = hexDigit(bytes[i + 2])
            {
                out.append(high << 4 | low)
                i += 3
            } else {
                out.append(bytes[i])
                i += 1
            }
        }
        return out
    }
}
