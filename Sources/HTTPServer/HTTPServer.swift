import CMicroHTTPD
import Glibc
import HTTP
import Synchronization
import System

/// A server of HTTP/1.1 with kept connections, for loopback and behind a proxy. The library is libmicrohttpd.
///
///     let server = try HTTPServer { request in .text(200, "you asked for \(request.target)") }
///     print(server.url)          // http://127.0.0.1:40123
///
/// Each connection has a thread, so that a handler may wait for a disk without others waiting for it. The server stops when this
/// value ends; a handler must not hold it.
public final class HTTPServer: Sendable {
    public struct Limits: Sendable {
        /// The most that a body may be, in bytes: a longer one is answered with 413.
        public var body = 16 << 20
        /// The most that request line and headers may be together, in bytes, about.
        public var headers = 128 << 10
        /// The most connections at once; more wait to be accepted.
        public var connections = 256
        /// How long a connection may be silent.
        public var idle = Duration.seconds(60)
        public init() {}
    }

    /// The address that it listens on, as it was given.
    public let address: String
    public let port: Int
    private let daemon: Mutex<Daemon?>

    /// - Parameters:
    ///   - port: 0 picks a free one.
    ///   - address: a numeric IPv4 or IPv6 address.
    ///   - handler: called on the connection's thread.
    /// - Throws: `Failure` with status `unavailable`.
    public init(
        port: Int = 0, address: String = "127.0.0.1", limits: Limits = Limits(),
        handler: @escaping @Sendable (ServerRequest) -> ServerResponse
    ) throws {
        guard let number = UInt16(exactly: port) else {
            throw Failure(.usage, "\(port) is no port", "give one from 1 to 65535, or 0 for a free one")
        }
        let service = try Service(bodyLimit: limits.body, handler: handler)
        let started = try Daemon(service, address: address, port: number, limits)
        self.address = address
        self.port = started.port
        daemon = Mutex(started)
    }

    /// `http://127.0.0.1:40123`, without a slash at the end.
    public var url: String { address.contains(":") ? "http://[\(address)]:\(port)" : "http://\(address):\(port)" }

    /// Ends all connections, and returns when no handler runs any more. Once is enough.
    public func stop() {
        let daemon = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        daemon?.stop()
    }
    deinit { stop() }
}

/// What the callbacks need. It lives as long as the daemon.
final class Service: Sendable {
    let bodyLimit: Int
    let handler: @Sendable (ServerRequest) -> ServerResponse
    /// Rings when the server stops.
    let bell: Int32

    init(bodyLimit: Int, handler: @escaping @Sendable (ServerRequest) -> ServerResponse) throws(SystemError) {
        bell = mhd_make_bell()
        guard bell >= 0 else { throw SystemError("make", "an event for the server") }
        self.bodyLimit = bodyLimit
        self.handler = handler
    }
    deinit { close(bell) }
}
