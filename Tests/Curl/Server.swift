import Glibc
import Synchronization
import System

/// What a server does on one connection, step by step. At the end of its steps it closes the connection.
enum Step: Sendable {
    /// Reads a request to its end: header, and body by its `Content-Length`.
    case read
    case send([UInt8])
    /// Sends the same bytes for ever, until the other side has gone.
    case flood([UInt8])
    /// The same, a byte each so many milliseconds.
    case drip([UInt8], Int32)
    /// Carries bytes from and to a port of this machine until either side has gone.
    case tunnel(Int)
    /// Does nothing until the other side has gone, or the server stops.
    case hang
    /// Ends the connection with a reset.
    case reset

    static func send(_ text: String) -> Step { .send(Array(text.utf8)) }
    /// An answer with its length. `{port}` in its fields becomes the server's.
    static func answer(_ body: String = "ok", _ fields: String = "", status: Int = 200) -> Step {
        .send("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }
}

/// A server on this machine that says raw bytes. Connection `n` follows script `n`, the last one for all that follow.
///
/// It ends with this value: its threads are waited for.
final class Server: Sendable {
    struct Seen: Sendable {
        var connections = 0
        var requests: [String] = []
        var isStopped = false
        var open: Set<Int32> = []
        var threads: [pthread_t] = []
    }
    let port: Int
    let state = Mutex(Seen())
    private let listener: Int32
    private let scripts: [[Step]]
    private let onRequest: @Sendable () -> Void

    init(_ scripts: [[Step]], onRequest: @escaping @Sendable () -> Void = {}) throws {
        self.scripts = scripts
        self.onRequest = onRequest
        (listener, port) = try Server.listen()
        let fd = listener
        spawn { [weak self] in
            while true {
                let connection = accept(fd, nil, nil)
                if connection < 0 { return }
                guard let self else { return _ = close(connection) }
                self.take(connection)
            }
        }
    }

    /// A socket that listens on a free port of this machine.
    static func listen() throws -> (socket: Int32, port: Int) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var (address, size) = Server.address(port: 0)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && Glibc.listen(fd, 64) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard bound else { throw SystemError("listen", "loopback") }
        return (fd, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func address(port: Int) -> (sockaddr_in, socklen_t) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return (address, socklen_t(MemoryLayout<sockaddr_in>.size))
    }

    var seen: Seen { state.withLock { $0 } }
    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Ends all connections and waits for the threads.
    func stop() {
        let threads = state.withLock { state in
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            state.open.forEach { shutdown($0, Int32(SHUT_RDWR)) }
            defer { state.threads = [] }
            return state.threads
        }
        threads.forEach { pthread_join($0, nil) }
        if !threads.isEmpty { close(listener) }
    }

    private func take(_ connection: Int32) {
        let number: Int? = state.withLock { state in
            if state.isStopped { return nil }
            state.open.insert(connection)
            state.connections += 1
            return state.connections - 1
        }
        guard let number else { return _ = close(connection) }
        spawn { [self] in
            for step in scripts[min(number, scripts.count - 1)] where !perform(step, connection) { break }
            state.withLock { _ = $0.open.remove(connection) }
            close(connection)
        }
    }

    /// - Returns: false when the connection has ended.
    private func perform(_ step: Step, _ connection: Int32) -> Bool {
        switch step {
        case .read:
            guard let request = readRequest(connection) else { return false }
            state.withLock { $0.requests.append(request) }
            onRequest()
            return true
        case .send(let bytes): return write(withPort(bytes), connection)
        case .flood(let bytes):
            while write(bytes, connection) {}
            return false
        case .drip(let bytes, let pause):
            while true {
                for byte in bytes {
                    // Waits for the pause, or for the end of the connection.
                    var state = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                    if poll(&state, 1, pause) != 0 || !write([byte], connection) { return false }
                }
            }
        case .tunnel(let port):
            carry(connection, to: port)
            return false
        case .hang:
            while !receive(connection).isEmpty {}
            return false
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            return false
        }
    }

    private func carry(_ connection: Int32, to port: Int) {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        let (address, size) = Server.address(port: port)
        let connected = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(other, $0, size) == 0 }
        }
        guard connected else { return }
        var ends = [connection, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&ends, 2, -1) > 0 {
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                let bytes = receive(ends[from].fd)
                if bytes.isEmpty || !write(bytes, ends[to].fd) { return }
            }
        }
    }

    private func withPort(_ bytes: [UInt8]) -> [UInt8] {
        let mark = Array("{port}".utf8)
        guard let range = bytes.firstRange(of: mark) else { return bytes }
        return bytes[..<range.lowerBound] + Array(String(port).utf8) + bytes[range.upperBound...]
    }

    private func readRequest(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let fields = text[..<end.lowerBound].lowercased().split(separator: "\r\n")
                let length = fields.first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
                if text[end.upperBound...].utf8.count >= length { return text }
            }
            let more = receive(connection)
            if more.isEmpty { return nil }
            bytes += more
        }
    }

    private func receive(_ connection: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = recv(connection, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    private func write(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    connection, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        state.withLock { $0.threads.append(thread) }
    }
}

/// Runs a server for as long as the body takes.
func serving<R>(
    _ scripts: [[Step]], onRequest: @escaping @Sendable () -> Void = {}, _ body: (Server) async throws -> R
) async throws -> R {
    let server = try Server(scripts, onRequest: onRequest)
    defer { server.stop() }
    return try await body(server)
}
