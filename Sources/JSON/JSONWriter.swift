/// Writes JSON text, commas included.
///
///     var w = JSONWriter()
///     w.object { w in
///         w.member("id", "1AbC")
///         w.key("raw"); w.value(of: answer)
///     }
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}
    /// Text written so far; what is written next begins a new text.
    public init(reusing bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.removeAll(keepingCapacity: true)
    }

    public var count: Int { bytes.count }
    public var slice: ByteSlice { ByteSlice(bytes) }
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    public mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        beginObject()
        try body(&self)
        endObject()
    }
    public mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// The name of the member whose value is written next.
    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }
    public mutating func string(_ value: String) {
        separate()
        quote(value)
    }
    /// A string, or `null`.
    public mutating func string(_ value: String?) {
        if let value { string(value) } else { null() }
    }
    public mutating func int(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }
    /// Bytes that are a JSON value already.
    public mutating func raw(_ json: ByteSlice) {
        separate()
        json.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }
    /// A value as it stands in the text that it was read from, blanks between its tokens left out.
    public mutating func value(of json: JSON) {
        separate()
        json.appendMinified(to: &bytes)
    }
    public mutating func strings(_ values: some Sequence<String>) {
        array { w in for v in values { w.string(v) } }
    }

    public mutating func member(_ name: String, _ value: String?) {
        key(name)
        string(value)
    }
    public mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        int(value)
    }
    public mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }
    public mutating func member(_ name: String, _ value: JSON) {
        key(name)
        self.value(of: value)
    }
    public mutating func member(_ name: String, _ values: [String]) {
        key(name)
        strings(values)
    }

    /// Ends a line of a stream: a line feed, after which a new text begins.
    public mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    private mutating func quote(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in appendQuoted(utf8, to: &bytes) }
    }
}

private let hexadecimal: [UInt8] = Array("0123456789abcdef".utf8)

/// Appends text as a JSON string: quotes, backslashes and control characters escaped, the rest as it is.
private func appendQuoted(_ utf8: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    for i in 0..<utf8.count {
        let byte = utf8[i]
        if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
        bytes.append(contentsOf: utf8[start..<i])
        start = i + 1
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexadecimal[Int(byte >> 4)])
            bytes.append(hexadecimal[Int(byte & 15)])
        }
    }
    bytes.append(contentsOf: utf8[start...])
    bytes.append(UInt8(ascii: "\""))
}

extension JSON {
    /// Appends the value with the blanks between its tokens left out; every token stays byte for byte what it was.
    public func appendMinified(to bytes: inout [UInt8]) {
        let last = tape.after(token) - 1
        tape.text.withUnsafeBytes { source in
            var token = self.token
            while token <= last {
                let byte = source[Int(tape.positions[token])]
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
                    UInt8(ascii: ":"):
                    bytes.append(byte)
                default: bytes.append(contentsOf: source[tape.extent(of: token)])
                }
                token += 1
            }
        }
    }
    public var minified: ByteSlice {
        var bytes: [UInt8] = []
        appendMinified(to: &bytes)
        return ByteSlice(bytes)
    }
}
