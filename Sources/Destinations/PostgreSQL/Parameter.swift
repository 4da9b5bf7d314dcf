/// A value that goes to the server in PostgreSQL's binary form. The corresponding page of its documentation is "Message Flow";
/// the form of arrays is that of `array_send`.
///
/// PostgreSQL keeps no zero byte in a text: it becomes U+FFFD, as what is not UTF-8 does.
struct Parameter {
    /// The number of the type in `pg_type`.
    let type: UInt32
    let bytes: [UInt8]?

    static func text(_ text: String?) -> Parameter {
        guard let text else { return Parameter(type: 25, bytes: nil) }
        return bytes(Array(text.utf8))
    }
    static func bytes(_ bytes: [UInt8]) -> Parameter { Parameter(type: 25, bytes: bytes.withoutZeros) }
    static func int(_ number: Int64?) -> Parameter {
        guard let number else { return Parameter(type: 20, bytes: nil) }
        var bytes: [UInt8] = []
        bytes.append(bigEndian: number)
        return Parameter(type: 20, bytes: bytes)
    }
    static func texts(_ texts: [String]) -> Parameter {
        var column = Column()
        for text in texts { column.append(text) }
        return column.parameter
    }
}

/// An array in the making: one column of many rows that go in one statement.
struct Column {
    private let element: UInt32
    private var body: [UInt8] = []
    private var hasNull = false
    private(set) var count = 0

    /// A column of texts.
    init() { element = 25 }
    private init(element: UInt32) { self.element = element }
    static var ofInts: Column { Column(element: 20) }

    var size: Int { body.count }

    mutating func append(_ text: String?) {
        count += 1
        guard var text else {
            hasNull = true
            return body.append(bigEndian: Int32(-1))
        }
        text.withUTF8 { utf8 in
            body.append(bigEndian: Int32(clamping: utf8.count))
            body.append(contentsOf: utf8)
        }
        if text.utf8.contains(0) { replaceLast(text.utf8.count, with: Array(text.utf8).withoutZeros) }
    }
    mutating func append(_ bytes: [UInt8]) {
        count += 1
        let bytes = bytes.withoutZeros
        body.append(bigEndian: Int32(clamping: bytes.count))
        body.append(contentsOf: bytes)
    }
    mutating func append(_ number: Int64) {
        count += 1
        body.append(bigEndian: Int32(8))
        body.append(bigEndian: number)
    }

    private mutating func replaceLast(_ length: Int, with bytes: [UInt8]) {
        body.removeLast(length + 4)
        body.append(bigEndian: Int32(clamping: bytes.count))
        body.append(contentsOf: bytes)
    }

    var parameter: Parameter {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + body.count)
        bytes.append(bigEndian: Int32(count == 0 ? 0 : 1))
        bytes.append(bigEndian: Int32(hasNull ? 1 : 0))
        bytes.append(bigEndian: Int32(bitPattern: element))
        if count > 0 {
            bytes.append(bigEndian: Int32(clamping: count))
            bytes.append(bigEndian: Int32(1))
        }
        bytes.append(contentsOf: body)
        return Parameter(type: element == 25 ? 1009 : 1016, bytes: bytes)
    }
}

extension [UInt8] {
    mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
    var withoutZeros: [UInt8] {
        guard contains(0) else { return self }
        return flatMap { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] }
    }
}

extension String {
    /// The text as PostgreSQL keeps it.
    var withoutZeros: String {
        utf8.contains(0) ? String(decoding: Array(utf8).withoutZeros, as: UTF8.self) : self
    }
}
