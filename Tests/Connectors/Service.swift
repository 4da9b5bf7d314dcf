import Capture
import HTTP
import JSON
import Synchronization
import System

/// A request as the service saw it.
struct Asked: Sendable {
    var role: Role
    var request: Request
    /// Which of the different requests of its role this is, from 1: the number of a page.
    var page: Int
    /// How often it was asked, from 1.
    var attempt: Int
    /// From 1, over all.
    var number: Int
    /// Of the answer; 0 where there was none.
    var status = 0
    var isRecorded = true
    var isJSON = false
}

/// What goes wrong, and with which requests.
struct Fault: Sendable {
    enum Act: Sendable {
        /// Another answer.
        case answer(Int, Headers = [:], String = "")
        case error(TransportError)
        /// The recorded answer, changed.
        case change(@Sendable (Response) -> Response)
        /// The process was killed: nothing is answered any more.
        case kill
    }
    var matches: @Sendable (Asked) -> Bool
    var act: Act

    init(_ act: Act, when matches: @escaping @Sendable (Asked) -> Bool) {
        self.matches = matches
        self.act = act
    }
}

/// A service that answers from a capture, with faults, and remembers what it was asked.
final class Service: Transport {
    private struct State {
        var log: [Asked] = []
        var pages: [Role: [String]] = [:]
        var attempts: [String: Int] = [:]
        var isDead = false
        /// The clock by which it dates its answers; nil leaves the capture's.
        var answers: [Role: [Response]] = [:]
    }
    private let library: Library
    private let faults: [Fault]
    private let dated: @Sendable (Timestamp) -> Timestamp
    private let state = Mutex(State())

    init(
        _ recording: Recording, _ faults: [Fault], dated: @escaping @Sendable (Timestamp) -> Timestamp = { $0 }
    ) {
        library = Library([recording])
        self.faults = faults
        self.dated = dated
    }

    var log: [Asked] { state.withLock { $0.log } }
    /// The answers of success to each role, in order.
    var answers: [Role: [Response]] { state.withLock { $0.answers } }

    func send(_ request: Request) async throws -> Response {
        let role = Role.current
        let asked = try state.withLock { s in
            if s.isDead { throw CancellationError() }
            let text = "\(request.method) \(request.url)"
            s.attempts[text, default: 0] += 1
            if s.pages[role]?.contains(text) != true { s.pages[role, default: []].append(text) }
            let page = (s.pages[role]?.firstIndex(of: text) ?? 0) + 1
            let asked = Asked(
                role: role, request: request, page: page, attempt: s.attempts[text] ?? 1, number: s.log.count + 1)
            s.log.append(asked)
            return asked
        }
        let fault = faults.first { $0.matches(asked) }?.act
        switch fault {
        case .kill:
            state.withLock { $0.isDead = true }
            throw CancellationError()
        case .error(let error): throw error
        case .answer(let status, let headers, let body):
            note(asked, status, isJSON: true)
            return Response(status: status, headers: headers, body: ByteSlice(body), date: dated(library.clock))
        case .change, nil: break
        }
        let match = try library.answer(request.method, request.url, headers: request.headers, body: request.body)
        var response =
            match?.exchange.response
            ?? library.nothing(for: request.method, "\(request.url.authority)\(request.url.target)")
        response.date = dated(response.date)
        let isJSON = response.mediaType == "application/json"
        if case .change(let change) = fault { response = change(response) }
        if response.body.count > request.limit { throw TransportError.tooLarge(limit: request.limit) }
        note(asked, response.status, isRecorded: match != nil, isJSON: isJSON, response)
        return response
    }

    private func note(
        _ asked: Asked, _ status: Int, isRecorded: Bool = true, isJSON: Bool, _ response: Response? = nil
    ) {
        state.withLock { s in
            s.log[asked.number - 1].status = status
            s.log[asked.number - 1].isRecorded = isRecorded
            s.log[asked.number - 1].isJSON = isJSON
            if let response, response.isSuccess { s.answers[asked.role, default: []].append(response) }
        }
    }
}

extension Response {
    /// The same answer with other bytes.
    func with(_ body: [UInt8]) -> Response {
        var copy = self
        copy.body = ByteSlice(body)
        return copy
    }

    /// The same answer with other items: those of the longest list in it.
    func editingItems(_ edit: ([ByteSlice]) -> [ByteSlice]) -> Response {
        guard let json = try? JSON(parsing: body), let list = longestList(in: json, depth: 3) else { return self }
        let bytes = body.array
        var w = JSONWriter()
        w.array { w in for item in edit(list.elements.map(\.raw)) { w.raw(item) } }
        return with(Array(bytes[..<list.range.lowerBound]) + w.bytes + Array(bytes[list.range.upperBound...]))
    }

    var items: [ByteSlice] {
        guard let json = try? JSON(parsing: body) else { return [] }
        return longestList(in: json, depth: 3)?.elements.map(\.raw) ?? []
    }
}

/// The list of a page's items: no other list near the top of an answer is longer.
private func longestList(in json: JSON, depth: Int) -> JSON? {
    if json.kind == .array { return json }
    guard depth > 0 else { return nil }
    return json.members.compactMap { longestList(in: $0.value, depth: depth - 1) }
        .max { $0.elements.count < $1.elements.count }
}
