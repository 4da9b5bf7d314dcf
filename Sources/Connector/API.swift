import HTTP
import JSON
import Synchronization
import System

/// How a connector calls its service, for one piece of work. It remembers the time of the latest answer, which becomes the time of what
/// is made of the answers.
public final class API: Sendable {
    private let send: @Sendable (Request) async throws -> Response
    private let latest = Mutex<Timestamp?>(nil)
    private static let attemptsAtDamagedAnswers = 3

    public init(send: @escaping @Sendable (Request) async throws -> Response) { self.send = send }

    /// The same service, for another piece of work.
    public func fresh() -> API { API(send: send) }

    /// The time of the latest answer, by the service's clock.
    public var date: Timestamp? { latest.withLock { $0 } }

    /// An answer of success, as it is.
    /// - Throws: `CallFailure`.
    public func call(_ request: Request) async throws -> Response {
        let response = try await send(request)
        latest.withLock { $0 = max($0 ?? response.date, response.date) }
        return response
    }

    /// An answer of success that is JSON. What is not JSON is asked for again, a few times: it was cut on its way.
    /// Bytes that are not UTF-8 become U+FFFD.
    public func json(_ request: Request) async throws -> JSON {
        for attempt in 1... {
            let response = try await call(request)
            do { return try JSON(parsing: response.body) } catch {
                let mended = ByteSlice(response.body.text)
                if mended.count != response.body.count, let json = try? JSON(parsing: mended) { return json }
                if attempt == API.attemptsAtDamagedAnswers { break }
            }
        }
        throw CallFailure(
            status: 200, reason: "invalid_json", scope: .item,
            message: "\(request.url.host) answered with what is not JSON")
    }

    /// Calls `body` with the token of each page, nil for the first, until it returns none.
    /// - Throws: `CallFailure` where a token comes again: the service goes round in a circle.
    public func pages(_ body: (String?) async throws -> String?) async throws {
        var page: String?
        var tokens = PageTokens()
        repeat {
            page = try await body(page)
            if let page { try tokens.add(page) }
        } while page != nil
    }

    public func json(_ url: URL, bucket: String, cost: Int = 1) async throws -> JSON {
        try await json(.get(url, bucket: bucket, cost: cost))
    }
}

/// The tokens of the pages that a listing went through, so that one that never ends is noticed.
public struct PageTokens: Sendable {
    private var seen: Set<String>

    /// - Parameter first: the token that the listing begins with, if any.
    public init(_ first: String? = nil) { seen = first.map { [$0] } ?? [] }

    /// - Throws: `CallFailure` for a token that was there before.
    public mutating func add(_ token: String) throws {
        guard seen.insert(token).inserted else {
            throw CallFailure(
                status: 200, reason: "page_repeated", scope: .partition,
                message: "the service names a page as the next that was read already")
        }
    }
}
