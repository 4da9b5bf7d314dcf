import JSON

/// Finds the entries of a HAR document as its bytes go by, so that the document is never held: only what stands round its
/// entries is, with a `0` in the place of each, and is JSON itself where the document is.
struct EntryScan {
    /// Where each entry stands.
    private(set) var entries: [Range<Int>] = []
    /// The document without its entries.
    private(set) var frame: [UInt8] = []
    /// Where the `0` of each entry stands in `frame`.
    private var marks: [Int] = []
    /// Where the entry under way begins.
    private(set) var open: Int?

    private var offset: Int
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The last string at a depth that matters.
    private var name: [UInt8] = []
    private var isInLog = false
    private var isInEntries = false

    /// What may stand round the entries, in bytes: the pages of a browser, and the STATE of a run.
    static let frameLimit = 64 << 20
    private static let log = Array("log".utf8)
    private static let list = Array("entries".utf8)

    /// - Parameter offset: of the first byte.
    init(from offset: Int) { self.offset = offset }

    /// The byte of the document that a byte of `frame` stands for.
    func offset(ofFrame at: Int, from start: Int) -> Int {
        let index = marks.lastIndex { $0 < at }
        guard let index else { return start + at }
        return entries[index].upperBound + at - marks[index] - 1
    }

    /// - Returns: false where more stands round the entries than is taken.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes {
            if isInString { string(byte) } else { token(byte) }
            offset += 1
        }
        return frame.count <= EntryScan.frameLimit
    }

    private var notesNames: Bool { depth <= 2 && open == nil }

    private mutating func string(_ byte: UInt8) {
        if open == nil { frame.append(byte) }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            return
        }
        if notesNames, name.count < 16 { name.append(byte) }
    }

    private mutating func token(_ byte: UInt8) {
        if isInEntries, depth == 3 {
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"): close(at: offset)
            default: if open == nil { begin() }
            }
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if notesNames { name.removeAll(keepingCapacity: true) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if depth == 1 { isInLog = name == EntryScan.log }
            if depth == 2 { isInEntries = isInLog && byte == UInt8(ascii: "[") && name == EntryScan.list }
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth == 3, isInEntries, open != nil {
                close(at: offset + 1)
                return
            }
            if depth == 2 { isInEntries = false }
            if depth == 1 { isInLog = false }
        default: break
        }
        if open == nil { frame.append(byte) }
    }

    private mutating func begin() {
        open = offset
        marks.append(frame.count)
        frame.append(UInt8(ascii: "0"))
    }

    private mutating func close(at end: Int) {
        guard let start = open else { return }
        entries.append(start..<end)
        open = nil
    }
}
