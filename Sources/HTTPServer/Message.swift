import HTTP
import JSON

/// A request as it came, whole.
public struct ServerRequest: Sendable {
    public let method: String
    /// Path and query, still encoded.
    public let target: String
    public let headers: Headers
    public let body: [UInt8]

    /// The path, still encoded.
    public var path: Substring { target.prefix { $0 != "?" } }
    /// The fields of the query, decoded.
    public var query: [(name: String, value: String)] {
        let query = target.drop { $0 != "?" }.dropFirst()
        return query.isEmpty ? [] : PercentEncoding.fields(of: query)
    }
}

/// What is answered, and how well. The server adds `Content-Length` and `Connection`, and nothing else: no `Date`.
public struct ServerResponse: Sendable {
    /// How the answer goes out.
    public enum Delivery: Sendable, Equatable {
        /// Whole.
        case whole
        /// The whole length is announced, as many bytes of the body are sent, and the connection is closed.
        case truncated(after: Int)
        /// The connection is closed without an answer.
        case closed
        /// Nothing is sent until the peer hangs up or the server stops.
        case stalled
    }

    public var status: Int
    public var headers: Headers
    public var body: ByteSlice
    public var delivery: Delivery
    /// How long the answer waits before it goes out; others are answered meanwhile.
    public var delay: Duration?
    /// Called once at the end of the request: true when the answer was handed to the system whole, false when the peer hung up
    /// before, or the answer was not to be whole.
    public var completion: (@Sendable (Bool) -> Void)?

    public init(
        _ status: Int, headers: Headers = [:], body: ByteSlice = ByteSlice([]), delivery: Delivery = .whole,
        delay: Duration? = nil, completion: (@Sendable (Bool) -> Void)? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delivery = delivery
        self.delay = delay
        self.completion = completion
    }

    public static func text(_ status: Int, _ text: String) -> ServerResponse {
        ServerResponse(status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: ByteSlice(text))
    }
    public static func json(_ status: Int, _ json: String) -> ServerResponse {
        ServerResponse(status, headers: ["Content-Type": "application/json"], body: ByteSlice(json))
    }
    public static let closed = ServerResponse(500, delivery: .closed)
    public static let stalled = ServerResponse(500, delivery: .stalled)
}
