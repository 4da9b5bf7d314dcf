import CXXHash
import JSON

/// What a document is known by: XXH3, 128 bits, of the characters of its `semantic_id`, however the line escapes them.
public struct Key: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    public static func < (a: Key, b: Key) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }

    init(high: UInt64, low: UInt64) {
        self.high = high
        // Both zero marks an empty slot of a table.
        self.low = high == 0 && low == 0 ? 1 : low
    }
    public init(_ semanticID: String) {
        var text = semanticID
        self = text.withUTF8 { Key(digesting: UnsafeRawBufferPointer($0)) }
    }
    /// - Returns: nil for what is no string.
    init?(_ json: JSON?) {
        guard let json, json.kind == .string else { return nil }
        let plain = json.insideOfString.withUnsafeBytes { $0.contains(UInt8(ascii: "\\")) ? nil : Key(digesting: $0) }
        self = plain ?? Key(json.string ?? "")
    }
    private init(digesting bytes: UnsafeRawBufferPointer) {
        let digest = XXH3_128bits(bytes.baseAddress, bytes.count)
        self.init(high: digest.high64, low: digest.low64)
    }
}

/// What is remembered of a document: XXH3, 64 bits, of its content and of its access.
struct Digests: Equatable, Sendable {
    var content: UInt64
    var access: UInt64

    /// - Parameter permissions: a value inside of `record`, which alone is its access; all the rest is its content.
    init(record: JSON, permissions: JSON?) {
        let all = record.range
        let access = permissions?.range ?? all.upperBound..<all.upperBound
        let line = record.text
        let before = Digests.digest(line[all.lowerBound..<access.lowerBound])
        content = Digests.digest(line[access.upperBound..<all.upperBound], seed: before)
        self.access = Digests.digest(line[access])
    }
    init(content: UInt64, access: UInt64) {
        self.content = content
        self.access = access
    }

    static func digest(_ bytes: ByteSlice, seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
    }
}
