import JSON
import System

/// The fields of a header, in order. Names are compared without regard to case.
public struct Headers: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [(name: String, value: String)]

    public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }
    public init(dictionaryLiteral elements: (String, String)...) { fields = elements.map { ($0.0, $0.1) } }

    /// The first field of a name. Setting it replaces all of that name.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.isSameField(as: name) }?.value }
        set {
            fields.removeAll { $0.name.isSameField(as: name) }
            if let newValue { fields.append((name, newValue)) }
        }
    }
    public mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }
    mutating func extendLast(_ more: String) {
        guard let last = fields.indices.last, !more.isEmpty else { return }
        fields[last].value += " " + more
    }

    public static func == (a: Headers, b: Headers) -> Bool {
        a.fields.elementsEqual(b.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

extension String {
    /// Equal but for the case of ASCII letters, as names of fields are compared.
    func isSameField(as other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { a, b in
                a == b || (a ^ b == 0x20 && (0x61...0x7A).contains(a | 0x20))
            }
    }
}

/// A request as a connector makes it: no token, no retry, no pace in it. Those are the client's.
public struct Request: Sendable {
    public var method: String
    public var url: URL
    public var headers: Headers
    public var body: [UInt8]?
    /// What the service counts this call against, e.g. `user` or `workspace:conversations.history`. Never the token.
    public var bucket: String
    /// What the call costs, in the units of its bucket.
    public var cost: Int
    /// The longest answer that is taken, in bytes, after decompression.
    public var limit: Int
    /// True where sending the request twice does no more than sending it once: only then it is retried. GET and HEAD are;
    /// a POST that only reads (a search, a GraphQL query) is where the connector says so, and declares its path in
    /// `About.readsByPost`.
    public var isIdempotent: Bool
    /// False for a URL that carries its own permission (a signed download link).
    public var isAuthorised: Bool

    /// Answers of calls are 64 MiB at most unless a connector says otherwise.
    public static let defaultLimit = 64 << 20

    public init(
        _ method: String, _ url: URL, headers: Headers = [:], body: [UInt8]? = nil, bucket: String = "",
        cost: Int = 1, limit: Int = Request.defaultLimit, isIdempotent: Bool? = nil, isAuthorised: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.bucket = bucket
        self.cost = cost
        self.limit = limit
        self.isIdempotent = isIdempotent ?? (method == "GET" || method == "HEAD")
        self.isAuthorised = isAuthorised
    }

    /// A reading that the service takes by POST, such as a search or a GraphQL query.
    /// - Parameter body: JSON.
    public static func query(_ url: URL, body: [UInt8], bucket: String = "", cost: Int = 1) -> Request {
        Request(
            "POST", url, headers: ["Content-Type": "application/json"], body: body, bucket: bucket, cost: cost,
            isIdempotent: true)
    }

    public static func get(_ url: URL, bucket: String = "", cost: Int = 1) -> Request {
        Request("GET", url, bucket: bucket, cost: cost)
    }
}

/// An answer, whatever its status.
public struct Response: Sendable {
    public var status: Int
    public var headers: Headers
    /// Decompressed.
    public var body: ByteSlice
    /// When it came, by the server's `Date`; by our clock where it sends none.
    public var date: Timestamp

    public init(status: Int, headers: Headers, body: ByteSlice, date: Timestamp) {
        self.status = status
        self.headers = headers
        self.body = body
        self.date = date
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
    /// The type of the body without its parameters, in small letters.
    public var mediaType: String? {
        headers["content-type"].map {
            $0.split(separator: ";", omittingEmptySubsequences: false)[0].lowercased().filter { $0 != " " }
        }
    }
}

/// Sends one request, once. What goes wrong below HTTP is a `TransportError`; an answer of any status is an answer.
public protocol Transport: Sendable {
    func send(_ request: Request) async throws -> Response
}

/// What went wrong below HTTP.
public enum TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection came about: nothing of the request was sent. Worth another try.
    case unreachable(String)
    /// The connection was lost, perhaps with the request sent. Worth another try.
    case lost(String)
    /// No answer in time. Worth another try.
    case timedOut
    /// The answer ended before its length, or its coding is damaged. Worth another try.
    case truncated(String)
    /// The answer is longer than the request allows.
    case tooLarge(limit: Int)
    /// Anything else: a certificate that does not verify, a URL that is not allowed, a bug.
    case refused(String)

    /// What went wrong, without its words.
    public enum Kind: Sendable, CaseIterable { case unreachable, lost, timedOut, truncated, tooLarge, refused }

    public var kind: Kind {
        switch self {
        case .unreachable: .unreachable
        case .lost: .lost
        case .timedOut: .timedOut
        case .truncated: .truncated
        case .tooLarge: .tooLarge
        case .refused: .refused
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let why): "no connection: \(why)"
        case .lost(let why): "the connection was lost: \(why)"
        case .timedOut: "no answer in time"
        case .truncated(let why): "the answer is damaged: \(why)"
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .refused(let why): why
        }
    }
}
