import HTTP
import JSON
import Redaction
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
        /// Places in `order`.
        var entries: [Int] = []
        /// The names of fields that count, sorted.
        var names: [String] = []
        var bySignature: [String: [Int]] = [:]
        var hasPlaceholders = false
    }

    private let recordings: [Recording]
    /// The entries of all recordings: each by its recording and its place there.
    private let order: [(recording: Int, entry: Int)]
    private let groups: [String: Group]
    /// The keys of groups whose path holds a placeholder.
    private let keysWithPlaceholders: [String]
    /// How often the entries of a list were answered from.
    private let answered = Mutex<[[Int]: Int]>([:])

    /// When the first capture began: by the clock of its run, or by its first request.
    public let clock: Timestamp

    public init(_ recordings: [Recording]) {
        let order = recordings.indices.flatMap { recording in
            recordings[recording].entries.indices.map { (recording: recording, entry: $0) }
        }
        func fields(_ index: Int) -> Fields { Library.fields(of: order[index], in: recordings) }
        var groups: [String: Group] = [:]
        for (index, place) in order.enumerated() {
            let key = recordings[place.recording].entries[place.entry].asked.place
            groups[key, default: Group()].entries.append(index)
        }
        for key in groups.keys {
            guard var group = groups[key] else { continue }
            group.names = Library.countingNames(group.entries.lazy.map(fields))
            for index in group.entries {
                group.bySignature[fields(index).signature(group.names), default: []].append(index)
            }
            group.hasPlaceholders = group.entries.contains { fields($0).holdPlaceholder(group.names) }
            groups[key] = group
        }
        self.recordings = recordings
        self.order = order
        self.groups = groups
        keysWithPlaceholders = groups.keys.filter(Placeholder.occurs).sorted()
        clock = recordings.lazy.compactMap(\.run?.clock).first ?? recordings.first?.clock ?? Timestamp(seconds: 0)
    }

    public var count: Int { order.count }

    private static func countingNames(_ all: some Collection<Fields>) -> [String] {
        guard let first = all.first else { return [] }
        var names: Set<String> = []
        for fields in all.dropFirst() {
            for (name, value) in fields.all where first[name] != value { names.insert(name) }
            for (name, _) in first.all where fields[name] == nil { names.insert(name) }
        }
        return names.sorted()
    }

    /// The recorded answer to a request; nil where there is none.
    /// - Parameter advancing: false to leave the order of repeated answers as it is.
    /// - Throws: `SystemError` or `Failure` where the capture can't be read any more.
    public func answer(
        _ method: String, _ url: URL, headers: Headers = [:], body: [UInt8]? = nil, advancing: Bool = true
    ) throws -> Match? {
        let asked = Asked(method, url, headers: headers, body: body)
        var candidates: [Int] = []
        if let group = groups[asked.place] {
            candidates = self.candidates(asked.fields, in: group)
        } else {
            for pattern in keysWithPlaceholders where Placeholder.matches(asked.place, pattern: pattern) {
                guard let group = groups[pattern] else { continue }
                candidates = self.candidates(asked.fields, in: group)
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
        let place = order[index]
        return Match(number: index + 1, exchange: try recordings[place.recording].exchange(place.entry))
    }

    private func candidates(_ asked: Fields, in group: Group) -> [Int] {
        if let equal = group.bySignature[asked.signature(group.names)] { return equal }
        guard group.hasPlaceholders || asked.holdPlaceholder(group.names) else { return [] }
        return group.entries.filter { Library.fields(of: order[$0], in: recordings).matches(asked, group.names) }
    }

    private static func fields(of place: (recording: Int, entry: Int), in recordings: [Recording]) -> Fields {
        recordings[place.recording].entries[place.entry].asked.fields
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
        let match = try library.answer(request.method, request.url, headers: request.headers, body: request.body)
        let response =
            match?.exchange.response
            ?? library.nothing(for: request.method, "\(request.url.authority)\(request.url.target)")
        if response.body.count > request.limit { throw TransportError.tooLarge(limit: request.limit) }
        return response
    }
}
