/// The fields of a header (RFC 5322, section 2.2), in order, as bytes that are decoded when asked for.
package struct Header: Sendable {
    private var fields: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    /// Bytes of one field that are looked at; a longer one is cut.
    static let longestField = 256 << 10
    private static let longestParameters = 64 << 10
    private static let mostFields = 10_000

    init() {}

    /// Takes the header off the front of an entity. What is left is its body.
    ///
    /// It ends at the first empty line, or before the first line that can't be a field, as in a mail whose body follows at once.
    /// - Parameter isWhole: of a mail, which may begin with empty lines; a part that begins with one has no fields.
    init(takenFrom rest: inout ArraySlice<UInt8>, isWhole: Bool) {
        let whole = rest
        var isFirst = true
        while !rest.isEmpty {
            let (line, after) = rest.firstLine
            if line.isEmpty {
                rest = after
                if isFirst && isWhole { continue }
                return
            }
            if line.first == 0x20 || line.first == 0x09 {
                // Its field reaches to the end of this line, blank or not.
                guard let last = fields.indices.last else { return }
                fields[last].value = whole[fields[last].value.startIndex..<line.endIndex]
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), isName(line[..<colon]) {
                if fields.count < Header.mostFields {
                    fields.append((line[..<colon].trimmed, line[(colon + 1)...]))
                }
            } else if isFirst && (line.starts(with: "From ".utf8) || line.starts(with: ">From ".utf8)) {
                // How an mbox begins a mail.
            } else {
                return
            }
            isFirst = false
            rest = after
        }
    }

    /// The first field of this name, unfolded, as it was sent. The name is in small letters.
    func bytes(_ name: String) -> [UInt8]? {
        guard let field = fields.first(where: { $0.name.elementsEqual(name.utf8) { lowered($0) == $1 } }) else {
            return nil
        }
        return field.value.prefix(Header.longestField).filter { $0 != 0x0D && $0 != 0x0A }
    }

    /// The first field of this name as text, its encoded words read. Nil where there is none, or an empty one.
    package func text(_ name: String) -> String? {
        guard let bytes = bytes(name) else { return nil }
        let text = decodeEncodedWords(bytes)
        return text.isEmpty ? nil : text
    }

    /// A field that has a value and parameters, such as Content-Type.
    func parameterized(_ name: String) -> ParameterizedValue? {
        bytes(name).map { ParameterizedValue(Array($0.prefix(Header.longestParameters))) }
    }
}

/// Printable ASCII but the colon (RFC 5322, section 3.6.8), and the blanks that some programs put before it.
private func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    let name = bytes.trimmed
    return !name.isEmpty && name.count < 256 && name.allSatisfy { $0 > 0x20 && $0 < 0x7F }
}

func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

extension ArraySlice<UInt8> {
    /// The bytes before the first end of line, and those after it.
    var firstLine: (line: ArraySlice<UInt8>, rest: ArraySlice<UInt8>) {
        guard let end = firstIndex(of: 0x0A) else { return (self[..<endIndex].withoutReturn, self[endIndex...]) }
        return (self[..<end].withoutReturn, self[(end + 1)...])
    }
    private var withoutReturn: ArraySlice<UInt8> { last == 0x0D ? dropLast() : self }

    /// Without blanks at its ends.
    var trimmed: ArraySlice<UInt8> {
        var part = self
        while let first = part.first, first == 0x20 || (0x09...0x0D).contains(first) { part.removeFirst() }
        while let last = part.last, last == 0x20 || (0x09...0x0D).contains(last) { part.removeLast() }
        return part
    }
}
