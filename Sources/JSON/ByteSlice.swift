/// Memory that slices share. It is written while one owner holds it, and read only once slices of it are out.
public final class ByteBlock: @unchecked Sendable {
    // Sendable: the one writer (a reader of lines, or `init`) writes only past the end of every slice it gave out, or
    // when it alone holds the block, so what a slice shows never changes.
    public let base: UnsafeMutablePointer<UInt8>
    public let capacity: Int

    public init(capacity: Int) {
        self.capacity = max(capacity, 1)
        base = .allocate(capacity: self.capacity)
    }
    deinit { base.deallocate() }
}

/// Bytes that stay where they were read: a range of a block, kept alive by this value.
public struct ByteSlice: Sendable {
    @usableFromInline let block: ByteBlock
    @usableFromInline let start: Int
    public let count: Int

    @inlinable public init(_ block: ByteBlock, start: Int, count: Int) {
        precondition(start >= 0 && count >= 0 && start + count <= block.capacity)
        self.block = block
        self.start = start
        self.count = count
    }

    /// A copy of the bytes.
    public init(_ bytes: some Collection<UInt8>) {
        let block = ByteBlock(capacity: bytes.count)
        _ = UnsafeMutableBufferPointer(start: block.base, count: bytes.count).initialize(from: bytes)
        self.init(block, start: 0, count: bytes.count)
    }
    public init(_ text: String) { self.init(text.utf8) }

    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return block.base[start + index]
    }

    @inlinable public subscript(range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return ByteSlice(block, start: start + range.lowerBound, count: range.count)
    }

    @inlinable public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
    {
        let result = try body(UnsafeRawBufferPointer(start: block.base + start, count: count))
        extendLifetime(block)
        return result
    }

    public var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    public var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    @inlinable public func elementsEqual(_ other: ByteSlice) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { a in other.withUnsafeBytes { b in a.elementsEqual(b) } }
    }
}
