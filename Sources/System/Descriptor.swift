import CPOSIX
import Glibc

/// A call to the system that failed: which one, on what, and why.
public struct SystemError: Error, CustomStringConvertible, Sendable {
    public let operation: String
    public let subject: String
    public let number: Int32

    public init(_ operation: String, _ subject: String, _ number: Int32 = errno) {
        self.operation = operation
        self.subject = subject
        self.number = number
    }
    public var description: String { "\(operation) \(subject): \(String(cString: strerror(number)))" }
    public var isClosedPipe: Bool { number == EPIPE }
    public var isMissing: Bool { number == ENOENT }
}

/// An open file, closed when this value ends.
public struct Descriptor: ~Copyable, Sendable {
    public let raw: Int32
    private let owned: Bool
    /// What messages call it.
    public let name: String

    public static var standardInput: Descriptor { Descriptor(borrowing: 0, name: "standard input") }
    public static var standardOutput: Descriptor { Descriptor(borrowing: 1, name: "standard output") }
    public static var standardError: Descriptor { Descriptor(borrowing: 2, name: "standard error") }

    public init(borrowing raw: Int32, name: String) {
        self.raw = raw
        self.owned = false
        self.name = name
    }
    public init(owning raw: Int32, name: String) {
        self.raw = raw
        self.owned = true
        self.name = name
    }
    /// Opens a file. The corresponding C function is `open`.
    public init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) {
        let fd = posix_open(path, flags, mode)
        guard fd >= 0 else { throw SystemError("open", path, -fd) }
        self.init(owning: fd, name: path)
    }
    deinit { if owned { close(raw) } }

    /// Reads at most the buffer's length; 0 at the end. The corresponding C function is `read`.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw SystemError("read", name) }
        }
    }

    /// Reads at most the buffer's length from a place of a file, whatever others read; 0 at the end. The corresponding C function
    /// is `pread`.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        while true {
            let count = pread(raw, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw SystemError("read", name) }
        }
    }

    /// The bytes before the first line feed, read one by one, so that what follows is left for others.
    /// - Parameter limit: the most bytes that are read.
    public func firstLine(limit: Int = 64 << 10) throws(SystemError) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < limit {
            var failure: SystemError?
            let count = withUnsafeMutableBytes(of: &byte) { buffer -> Int in
                do throws(SystemError) { return try read(into: buffer) } catch { failure = error }
                return 0
            }
            if let failure { throw failure }
            if count == 0 || byte == 0x0A { break }
            line.append(byte)
        }
        if line.last == 0x0D { line.removeLast() }
        return line
    }

    /// The bytes at a place of a file; fewer where it ends before.
    public func read(from offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let n = bytes.withUnsafeMutableBytes {
                pread(raw, $0.baseAddress.map { $0 + got }, count - got, off_t(offset + got))
            }
            if n == 0 { break }
            if n > 0 { got += n } else if errno != EINTR { throw SystemError("read", name) }
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// Writes all of the bytes. The corresponding C function is `write`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(raw, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw SystemError("write", name)
            }
        }
    }
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Makes what was written survive a loss of power. The corresponding C function is `fsync`.
    public func synchronize() throws(SystemError) {
        while fsync(raw) != 0 { if errno != EINTR { throw SystemError("fsync", name) } }
    }

    /// True when a read would answer at once (with bytes or with the end).
    public func hasInputWaiting() -> Bool {
        var p = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
        return poll(&p, 1, 0) > 0
    }

    public var isTerminal: Bool { isatty(raw) == 1 }

    /// True for what can be read at any offset: a file, and no pipe.
    public var isFile: Bool {
        var st = stat()
        return fstat(raw, &st) == 0 && st.st_mode & S_IFMT == S_IFREG
    }

    /// The length of the file in bytes.
    public func size() throws(SystemError) -> Int {
        var st = stat()
        guard fstat(raw, &st) == 0 else { throw SystemError("stat", name) }
        return Int(st.st_size)
    }
    /// Cuts the file. The corresponding C function is `ftruncate`.
    public func truncate(to size: Int) throws(SystemError) {
        while ftruncate(raw, off_t(size)) != 0 { if errno != EINTR { throw SystemError("truncate", name) } }
    }

    /// Asks for pipes of 1 MiB on standard input and output, which a chain of stages runs much faster through.
    public static func widenStandardPipes() {
        posix_widen_pipe(0, 1 << 20)
        posix_widen_pipe(1, 1 << 20)
    }
}
