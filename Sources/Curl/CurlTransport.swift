import HTTP
import System

/// Sends requests with libcurl: connections reused, HTTP/2 where TLS negotiates it, TLS verified, answers bounded. It follows
/// no redirect and sends nothing twice.
///
/// One thread works for all requests, in a plain loop round `curl_multi_poll`; it ends with this value.
public final class CurlTransport: Transport, Sendable {
    public struct Options: Sendable {
        /// A file of certificates to trust in place of the machine's.
        public var caFile: String?
        public var userAgent: String
        /// How many requests may be under way, and how many connections are kept open. Others wait in order.
        public var maxConnections: Int
        /// What calls go through; nil is nothing, whatever the environment says.
        public var proxy: Proxy?
        /// The longest that making a connection may take.
        public var connectTimeout: Duration
        /// The longest that a whole call may take.
        public var timeout: Duration
        /// How long nothing may come before a call has ended.
        public var stall: Duration

        public init(
            caFile: String? = nil, userAgent: String = "sluice", maxConnections: Int = 64, proxy: Proxy? = nil,
            connectTimeout: Duration = .seconds(15), timeout: Duration = .seconds(300), stall: Duration = .seconds(60)
        ) {
            self.caFile = caFile
            self.userAgent = userAgent
            self.maxConnections = maxConnections
            self.proxy = proxy
            self.connectTimeout = connectTimeout
            self.timeout = timeout
            self.stall = stall
        }
    }

    private let loop: Loop
    private let time: any TimeSource

    /// - Throws: `Failure` where libcurl can't start.
    public init(options: Options = Options(), time: any TimeSource = SystemTime()) throws {
        loop = try Loop(options: options)
        self.time = time
    }
    deinit { loop.stop() }

    /// - Throws: `TransportError`, or `CancellationError` when the task was cancelled: the transfer is then broken off.
    public func send(_ request: Request) async throws -> Response {
        try request.check()
        let transfer = Transfer(request)
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { loop.submit(transfer, $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
        let date = answer.headers["date"].flatMap { Timestamp(httpDate: $0) } ?? time.now()
        return Response(status: answer.status, headers: answer.headers, body: answer.body, date: date)
    }
}

extension Request {
    /// Nothing in a request may end its line early.
    fileprivate func check() throws(TransportError) {
        func isToken(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy(HeaderLine.isToken)
        }
        guard isToken(method) else { throw .refused("there is no such method") }
        for field in headers.fields
        where !isToken(field.name) || field.value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            throw .refused("the header \(field.name) can't be sent")
        }
    }
}
