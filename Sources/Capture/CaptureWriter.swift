import Glibc
import Gzip
import HTTP
import JSON
import Redaction
import Synchronization
import System

/// Writes a capture: without secrets, readable by its owner alone, and readable as far as it came when the process is killed.
public final class CaptureWriter: Sendable {
    /// What keeps secrets out; its placeholders are those of the capture.
    public let redactor: Redactor

    private struct Sink: ~Copyable {
        let file: Descriptor
        var waiting: [UInt8]

        /// One gzip member, so that what stands before it stays readable whatever happens after it.
        mutating func flush() throws {
            guard !waiting.isEmpty else { return }
            defer { waiting.removeAll(keepingCapacity: true) }
            try file.write(Gzip.compress(waiting, level: 6))
        }
    }
    private let sink: Mutex<Sink>
    /// As many bytes of entries wait at most, if no entry is longer.
    private static let block = 256 * 1024

    /// Begins a capture; a file of that name is replaced.
    public init(_ path: String, run: CapturedRun, redactor: Redactor = Redactor()) throws {
        let file = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        guard fchmod(file.raw, 0o600) == 0 else { throw SystemError("protect", path) }
        var w = JSONWriter()
        run.write(to: &w, redactor: redactor)
        w.endLine()
        var sink = Sink(file: file, waiting: w.bytes)
        try sink.flush()
        self.redactor = redactor
        self.sink = Mutex(sink)
    }

    public func record(_ exchange: Exchange) throws {
        var w = JSONWriter()
        exchange.write(to: &w, redactor: redactor)
        w.endLine()
        try sink.withLock { sink in
            sink.waiting += w.bytes
            if sink.waiting.count >= CaptureWriter.block { try sink.flush() }
        }
    }

    /// Hands what was recorded so far to the system: at each STATE, and at the end.
    public func flush() throws { try sink.withLock { try $0.flush() } }
}

/// Records what a transport sends and what comes back. What failed below HTTP is not recorded: nothing was answered.
public struct CapturingTransport: Transport {
    private let inner: any Transport
    private let writer: CaptureWriter
    private let time: any TimeSource

    public init(_ inner: any Transport, writer: CaptureWriter, time: any TimeSource = SystemTime()) {
        self.inner = inner
        self.writer = writer
        self.time = time
    }

    public func send(_ request: Request) async throws -> Response {
        let started = time.now()
        let response = try await inner.send(request)
        try writer.record(Exchange(request, response, started: started, duration: time.now() - started))
        return response
    }
}
