import CSimdJSON

/// Why a text is not JSON.
public enum JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text breaks the grammar of RFC 8259 at this byte.
    case syntax(at: Int)
    /// The text has a byte sequence that is not UTF-8, a raw control character in a string, or a string without end.
    case unreadable
    /// Arrays and objects are nested more than `Tape.depthLimit` deep.
    case tooDeep
    case tooLarge

    public var description: String {
        switch self {
        case .syntax(let at): "not JSON at byte \(at + 1)"
        case .unreadable: "not JSON: not UTF-8, a control character in a string, or a string without end"
        case .tooDeep: "nested more than \(Tape.depthLimit) levels deep"
        case .tooLarge: "4 GiB or more"
        }
    }
}

/// What a parser found in a text: where each token begins, and where each array and object ends, so that a value is passed
/// over in one step.
///
/// The first pass is simdjson's: 64 bytes at a time, it finds the tokens and checks UTF-8. The second is ours: it walks
/// the tokens and checks the whole grammar, numbers and escapes included, so that nothing which simdjson's DOM parser
/// would refuse is taken.
@usableFromInline
final class Tape: @unchecked Sendable {
    // Sendable: it is written by `JSONParser.parse` alone, which takes a new one unless it alone holds this one. So no reader
    // meets a writer, and exclusivity need not be checked at each access, which would be half of the time of a stage.
    @usableFromInline static let depthLimit = 1024

    @exclusivity(unchecked) @usableFromInline var text: ByteSlice
    /// The byte at which each token begins.
    @exclusivity(unchecked) @usableFromInline var positions: UnsafeMutablePointer<UInt32>
    /// For the token of `[` or `{`, the token that closes it.
    @exclusivity(unchecked) @usableFromInline var closings: UnsafeMutablePointer<UInt32>
    @exclusivity(unchecked) @usableFromInline var count = 0
    private var capacity: Int

    init(text: ByteSlice, capacity: Int = 256) {
        self.text = text
        self.capacity = capacity
        positions = .allocate(capacity: capacity)
        closings = .allocate(capacity: capacity)
    }
    deinit {
        positions.deallocate()
        closings.deallocate()
    }

    func fill(_ text: ByteSlice, with indexer: OpaquePointer) throws(JSONError) {
        self.text = text
        count = 0
        guard text.count < Int(UInt32.max) else { throw .tooLarge }
        var found: UnsafePointer<UInt32>?
        let number = text.withUnsafeBytes { bytes in
            sj_index(indexer, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &found)
        }
        guard number > 0, let found else { throw .unreadable }
        if Int(number) > capacity {
            positions.deallocate()
            closings.deallocate()
            capacity = Int(number) * 2
            positions = .allocate(capacity: capacity)
            closings = .allocate(capacity: capacity)
        }
        positions.update(from: found, count: Int(number))
        count = Int(number)
        try walk()
    }

    /// What may come next.
    private enum Expected { case value, valueOrClose, keyOrClose, key, commaOrClose }

    /// Checks the grammar, and notes where arrays and objects end. Raw pointers: this is the hot loop of every stage; it is
    /// fuzzed against a parser that goes byte by byte.
    private func walk() throws(JSONError) {
        var failure: JSONError?
        text.withUnsafeBytes { buffer in
            do throws(JSONError) { try walk(buffer.bindMemory(to: UInt8.self)) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func walk(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        let none = UInt32.max
        var parent = none  // the token of the array or object that we are in; `closings` links outwards until it closes
        var depth = 0
        var expected = Expected.value
        var token = 0
        while token < count {
            let at = Int(positions[token])
            let byte = bytes[at]
            switch expected {
            case .value, .valueOrClose:
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    if depth > Tape.depthLimit { throw .tooDeep }
                    closings[token] = parent
                    parent = UInt32(token)
                    expected = byte == UInt8(ascii: "{") ? .keyOrClose : .valueOrClose
                    token += 1
                    continue
                case UInt8(ascii: "]") where expected == .valueOrClose: break
                case UInt8(ascii: "\""): try checkString(token, bytes)
                default: try checkScalar(token, bytes)
                }
                if byte != UInt8(ascii: "]") {
                    token += 1
                    if parent == none {
                        if token < count { throw .syntax(at: Int(positions[token])) }
                        return
                    }
                    expected = .commaOrClose
                    continue
                }
            case .key, .keyOrClose:
                if byte == UInt8(ascii: "\"") {
                    try checkString(token, bytes)
                    guard token + 1 < count, bytes[Int(positions[token + 1])] == UInt8(ascii: ":") else {
                        throw .syntax(at: at)
                    }
                    token += 2
                    expected = .value
                    continue
                }
                guard byte == UInt8(ascii: "}"), expected == .keyOrClose else { throw .syntax(at: at) }
            case .commaOrClose:
                let inObject = bytes[Int(positions[Int(parent)])] == UInt8(ascii: "{")
                if byte == UInt8(ascii: ",") {
                    expected = inObject ? .key : .value
                    token += 1
                    continue
                }
                guard byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw .syntax(at: at) }
            }
            // An array or object closes here.
            let open = Int(parent)
            parent = closings[open]
            closings[open] = UInt32(token)
            depth -= 1
            token += 1
            if parent == none {
                if token < count { throw .syntax(at: Int(positions[token])) }
                return
            }
            expected = .commaOrClose
        }
        throw .syntax(at: bytes.count)
    }

    private func checkString(_ token: Int, _ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        let start = Int(positions[token])
        let end = self.end(of: token, bytes)
        guard end - start >= 2, bytes[end - 1] == UInt8(ascii: "\""), let base = bytes.baseAddress,
            sj_escapes_valid(base + start + 1, end - start - 2) == 1
        else { throw .syntax(at: start) }
    }

    private func checkScalar(_ token: Int, _ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        let start = Int(positions[token])
        let scalar = UnsafeBufferPointer(rebasing: bytes[start..<end(of: token, bytes)])
        let fine =
            switch scalar[0] {
            case UInt8(ascii: "t"): scalar.elementsEqual("true".utf8)
            case UInt8(ascii: "f"): scalar.elementsEqual("false".utf8)
            case UInt8(ascii: "n"): scalar.elementsEqual("null".utf8)
            default: isNumber(scalar)
            }
        if !fine { throw .syntax(at: start) }
    }

    /// The first byte after a string or scalar: blanks between it and the next token are not part of it.
    @inline(__always)
    private func end(of token: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var end = token + 1 < count ? Int(positions[token + 1]) : bytes.count
        while isBlank(bytes[end - 1]) { end -= 1 }
        return end
    }

    /// The bytes of the value that begins at a token.
    @usableFromInline
    func extent(of token: Int) -> Range<Int> {
        let start = Int(positions[token])
        return text.withUnsafeBytes { buffer in
            let bytes = buffer.bindMemory(to: UInt8.self)
            switch bytes[start] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): return start..<Int(positions[Int(closings[token])]) + 1
            default: return start..<end(of: token, bytes)
            }
        }
    }

    /// The token after the value that begins at `token`.
    @usableFromInline @inline(__always)
    func after(_ token: Int) -> Int {
        let byte = self.byte(token)
        return byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") ? Int(closings[token]) + 1 : token + 1
    }

    /// The first byte of a token.
    @usableFromInline @inline(__always)
    func byte(_ token: Int) -> UInt8 { text[Int(positions[token])] }
}

/// The four bytes that RFC 8259 allows between tokens.
@inline(__always) func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

/// The grammar of a number in RFC 8259.
private func isNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var i = 0
    func isDigit() -> Bool { i < bytes.count && bytes[i] >= 0x30 && bytes[i] <= 0x39 }
    if bytes[i] == UInt8(ascii: "-") { i += 1 }
    guard isDigit() else { return false }
    if bytes[i] == UInt8(ascii: "0") { i += 1 } else { while isDigit() { i += 1 } }
    if i < bytes.count, bytes[i] == UInt8(ascii: ".") {
        i += 1
        guard isDigit() else { return false }
        while isDigit() { i += 1 }
    }
    if i < bytes.count, bytes[i] | 0x20 == UInt8(ascii: "e") {
        i += 1
        if i < bytes.count, bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") { i += 1 }
        guard isDigit() else { return false }
        while isDigit() { i += 1 }
    }
    return i == bytes.count
}
