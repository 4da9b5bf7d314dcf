import CCurl
import Glibc
import HTTP
import JSON
import Synchronization

/// What came for a request.
struct Answer: Sendable {
    let status: Int
    let headers: Headers
    let body: ByteSlice
}

/// A request under way, and what has come for it.
///
/// Sendable: `request` and `isCancelled` may be seen by anyone; all else is touched only by the thread of the loop, which
/// gets the transfer through a mutex.
final class Transfer: @unchecked Sendable {
    /// The longest header of an answer, in bytes and in fields, all its lines and trailers taken together.
    static let headerLimit = (bytes: 256 << 10, fields: 500)

    let request: Request
    let isCancelled = Atomic(false)
    var continuation: CheckedContinuation<Answer, any Error>?

    /// When something came last; before that, when it began.
    var lastArrival = ContinuousClock.now

    /// Why it was broken off by us.
    private(set) var failure: TransportError?
    private(set) var status = 0
    private var headers = Headers()
    private var headerBytes = 0
    private var headerLines = 0
    /// Lines that come after it are trailers, which are not taken.
    private var headerIsComplete = false
    private var body = ByteBlock(capacity: 1)
    private var count = 0
    /// Bytes of the body that came, as they came.
    private var received = 0
    private var inflation: Inflation?

    init(_ request: Request) { self.request = request }

    var answer: Answer { Answer(status: status, headers: headers, body: slice) }

    /// The body; copied where much of its block would lie idle.
    private var slice: ByteSlice {
        let slice = ByteSlice(body, start: 0, count: count)
        return body.capacity - count > count / 4 + 4096
            ? slice.withUnsafeBytes { ByteSlice($0) } : slice
    }

    /// One line of the header. The first line of a header begins it anew: an answer 100 has one of its own.
    func receive(line: UnsafeRawBufferPointer) -> Bool {
        lastArrival = .now
        headerBytes += line.count
        headerLines += 1
        guard headerBytes <= Transfer.headerLimit.bytes, headerLines <= Transfer.headerLimit.fields else {
            return fail(.refused("the header of the answer is too long"))
        }
        if headerIsComplete { return true }
        let line = HeaderLine(line.bindMemory(to: UInt8.self).span)
        headers.receive(line)
        switch line {
        case .status(let number): status = number
        case .end:
            if status == 101 { return fail(.refused("the answer asks to go on with another protocol")) }
            headerIsComplete = status >= 200
            return !headerIsComplete || beginBody()
        default: break
        }
        return true
    }

    private func beginBody() -> Bool {
        let lengths = headers.all("content-length")
        guard
            lengths.allSatisfy({ $0 == lengths[0] && !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else {
            // RFC 9112, section 6.3: where one answer ends and the next begins can't be known.
            return fail(.refused("the answer has a length that can't be"))
        }
        let coding = headers.all("content-encoding").filter { !$0.isEmpty }.joined(separator: ", ").lowercased()
        switch coding {
        case "", "identity": return true
        case "gzip", "x-gzip":
            inflation = Inflation()
            return inflation != nil || fail(.refused("zlib can't start"))
        default:
            return fail(
                .refused("the answer is coded as \(coding.prefix(40)), which was not asked for"))
        }
    }

    /// Some of the body. It is bounded as it comes, since what decompresses to nothing has an end too, and as it is.
    func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
        lastArrival = .now
        received += bytes.count
        guard received <= request.limit else { return fail(.tooLarge(limit: request.limit)) }
        guard let inflation else { return append(bytes) }
        switch inflation.receive(bytes, append) {
        case .fine: return true
        case .damaged: return fail(.truncated("it is not gzip, as its header says"))
        case .stopped: return false
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= request.limit - count else { return fail(.tooLarge(limit: request.limit)) }
        reserve(count + bytes.count)
        if let source = bytes.baseAddress { memcpy(body.base + count, source, bytes.count) }
        count += bytes.count
        return true
    }

    private func fail(_ error: TransportError) -> Bool {
        if failure == nil { failure = error }
        return false
    }

    private func reserve(_ needed: Int) {
        guard needed > body.capacity else { return }
        // No more than the limit is ever asked for, so a length that is a lie costs no memory.
        let larger = ByteBlock(capacity: min(max(needed, body.capacity * 2, 16 << 10), max(needed, request.limit)))
        memcpy(larger.base, body.base, count)
        body = larger
    }

    /// What the end of the transfer means.
    /// - Parameters:
    ///   - sent: true when some of the request has left.
    ///   - proxyStatus: what a proxy answered to CONNECT; 0 for nothing.
    func error(_ code: CURLcode, _ message: String, sent: Bool, proxyStatus: Int) -> TransportError? {
        if let failure { return failure }
        if code != CURLE_OK, (300..<500).contains(proxyStatus) {
            let remedy = proxyStatus == 407 ? ": its URL needs a name and a password" : ""
            return .refused("the proxy answered \(proxyStatus)\(remedy)")
        }
        switch code {
        case CURLE_OK:
            // A connection that ends inside the header is success to libcurl.
            guard headerIsComplete else { return status == 0 ? .lost(message) : .truncated("its header has no end") }
            if let inflation, received > 0, !inflation.isComplete { return .truncated("its gzip has no end") }
            return nil
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge(limit: request.limit)
        case CURLE_PARTIAL_FILE: return .truncated(message)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR:
            return .unreachable(message)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return headerIsComplete ? .truncated(message) : sent ? .lost(message) : .unreachable(message)
        default: return .refused("\(message)")
        }
    }
}
