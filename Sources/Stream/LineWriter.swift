import JSON
import System

/// Writes lines in big blocks. Nothing is on its way until `flush`, or until a block is full.
public final class LineWriter {
    private let output: Descriptor
    private var buffer: [UInt8] = []
    private static let block = 1 << 20
    /// Bytes given to `write` so far.
    public private(set) var written = 0

    public init(_ output: consuming Descriptor) {
        self.output = output
        buffer.reserveCapacity(LineWriter.block + 64 * 1024)
    }

    /// Adds a line; the line feed is added here.
    public func write(_ line: ByteSlice) throws {
        try line.withUnsafeBytes { try write($0) }
        try endLine()
    }
    public func write(_ line: [UInt8]) throws {
        try line.withUnsafeBytes { try write($0) }
        try endLine()
    }
    /// Adds a part of a line.
    public func write(_ part: UnsafeRawBufferPointer) throws {
        if buffer.count + part.count > LineWriter.block {
            try flush()
            if part.count > LineWriter.block {
                written += part.count
                return try output.write(part)
            }
        }
        written += part.count
        buffer.append(contentsOf: part)
    }
    public func endLine() throws {
        buffer.append(0x0A)
        written += 1
        if buffer.count >= LineWriter.block { try flush() }
    }

    /// Hands everything over to the system.
    public func flush() throws {
        if buffer.isEmpty { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try output.write(buffer)
    }
}
