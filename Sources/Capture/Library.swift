import HTTP
import JSON
import Synchronization
import System

/// Answers requests from captures. It knows nothing of any service; the rules are:
///
/// - Method, host and path are equal, each segment of the path decoded. The scheme does not count.
/// - A field of the query or the body counts if its values differ among the recorded requests of that method, host and path, or
///   if some of them lack it; then all of its values are equal, in any order. A field that is the same in all of them does not
///   count (a page size, a version), nor one that none of them has, nor a credential.
/// - A placeholder is equal to anything, where nothing is equal to the letter.
/// - Requests that are equal by these rules are answered in the order in which they were recorded, the last one again and again.
public final class Library: Sendable {
    /// An answer, and the number of its entry from 1, counted over all captures.
    public struct Match: Sendable {
        public let number: Int
        public let exchange: Exchange
    }

    /// The recorded requests of one method, host and path.
    private struct Group: Sendable {
        var entries: [Int] = []
        /// The names of fields that count, sorted.
        var names: [String] = []
        var bySignature: [String: [Int]] = [:]
        var hasPlaceholders = false
    }

    private let exchanges: [Exchange]
    private let fields: [Fields]
    private let groups: [String: Group]
    /// The keys of groups whose path holds a placeholder.
    private let keysWithPlaceholders: [String]
    /// How often the entries of a list were answered from.
    private let answered = Mutex<[[Int]: Int]>([:])

    /// When the first capture began: by the clock of its run, or by its first request.
    public let clock: Timestamp

    public init(_ recordings: [Recording]) {
        let exchanges = recordings.flatMap(\.exchanges)
        let fields = exchanges.map { Fields($0.url, headers: $0.requestHeaders, body: $0.requestBody) }
        var groups: [String: Group] = [:]
        for (index, exchange) in exchanges.enumerated() {
            groups[Library.key(exchange.method, exchange.url), default: Group()].entries.append(index)
        }
        for key in groups.keys {
            guard var group = groups[key] else { continue }
            group.names = Library.countingNames(group.entries.map { fields[$0] })
            for index in group.entries {
                group.bySignature[fields[index].signature(group.names), default: []].append(index)
            }
            group.hasPlaceholders = group.entries.contains { fields[$0].holdPlaceholder(group.names) }
            groups[key] = group
        }
        self.exchanges = exchanges
        self.fields = fields
        self.groups = groups
        keysWithPlaceholders = groups.keys.filter(Placeholder.occurs).sorted()
        clock = recordings.lazy.compactMap { $0.run?.clock }.first ?? exchanges.first?.started ?? Timestamp(seconds: 0)
    }

    public var count: Int { exchanges.count }

    private static func key(_ method: String, _ url: URL) -> String {
        let path = url.path.split(separator: "/", omittingEmptySubsequences: false).map { PercentEncoding.decode($0) }
        return ([method.uppercased(), url.authority] + path).joined(separator: "\u{0}")
    }

    private static func countingNames(_ all: [Fields]) -> [String] {
        guard let first = all.first else { return [] }
        var names: Set<String> = []
        for fields in all {
            for (name, values) in fields.values where first.values[name] != values { names.insert(name) }
            for name in first.values.keys where fields.values[name] == nil { names.insert(name) }
        }
        return names.sorted()
    }

    /// The recorded answer to a request; nil where there is none.
    /// - Parameter advancing: false to leave the order of repeated answers as it is.
    public func answer(
        _ method: String, _ url: URL, headers: Headers = [:], body: [UInt8]? = nil, advancing: Bool = true
    ) -> Match? {
        let key = Library.key(method, url)
        let asked = Fields(url, headers: headers, body: body)
        var candidates: [Int] = []
        if let group = groups[key] {
            candidates = self.candidates(asked, in: group)
        } else {
            for pattern in keysWithPlaceholders where Placeholder.matches(key, pattern: pattern) {
                guard let group = groups[pattern] else { continue }
                candidates = self.candidates(asked, in: group)
                if !candidates.isEmpty { break }
            }
        }
        guard let last = candidates.last else { return nil }
        let turn = answered.withLock { answered in
            let turn = answered[candidates, default: 0]
            if advancing { answered[candidates] = turn + 1 }
            return turn
        }
        let index = turn < candidates.count ? candidates[turn] : last
        return Match(number: index + 1, exchange: exchanges[index])
    }

    private func candidates(_ asked: Fields, in group: Group) -> [Int] {
        if let equal = group.bySignature[asked.signature(group.names)] { return equal }
        guard group.hasPlaceholders || asked.holdPlaceholder(group.names) else { return [] }
        return group.entries.filter { fields[$0].matches(asked, group.names) }
    }

    /// What is answered where nothing was recorded: a 404 that says so.
    public func nothing(for method: String, _ address: String) -> Response {
        var w = JSONWriter()
        w.object { w in
            w.key("error")
            w.object { w in
                w.member("code", 404)
                w.member("message", "replay: nothing recorded for \(method) \(address)")
            }
        }
        return Response(status: 404, headers: ["Content-Type": "application/json"], body: w.slice, date: clock)
    }
}

/// Answers from captures, in process, without any network.
public struct ReplayTransport: Transport {
    private let library: Library

    public init(_ library: Library) { self.library = library }

    public func send(_ request: Request) async throws -> Response {
        let match = library.answer(request.method, request.url, headers: request.headers, body: request.body)
        let response =
            match?.exchange.response
            ?? library.nothing(for: request.method, "\(request.url.authority)\(request.url.target)")
        if response.body.count > request.limit { throw TransportError.tooLarge(limit: request.limit) }
        return response
    }
}
