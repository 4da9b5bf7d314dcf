import Capture
import Glibc
import HTTP
import HTTPServer
import JSON
import Redaction
import Stream
import Synchronization
import System

/// What is answered to a request: the recorded answer, spoiled by the fault that is due, and a line in the log.
final class Service: Sendable {
    private let library: Library
    private let faults: Faults
    private let latency: Duration?
    private let log: RequestLog?

    init(_ library: Library, faults: Faults, latency: Duration?, log: RequestLog?) {
        self.library = library
        self.faults = faults
        self.latency = latency
        self.log = log
    }

    func answer(_ request: ServerRequest) -> ServerResponse {
        let fault = faults.next(request.method, path: String(request.path), query: request.query)
        let asked = URL("https:/" + request.target)
        // A spoiled answer is asked for again: it stays the next one.
        let advances = fault.map { !$0.replacesAnswer && $0.truncate == nil } ?? true
        var match: Library.Match?
        if let asked, fault?.replacesAnswer != true {
            do {
                match = try library.answer(
                    request.method, asked, headers: request.headers, body: request.body, advancing: advances)
            } catch {
                log?.write(request, asked, ServerResponse(500), isFault: false, match: nil)
                return .text(500, "replay: \(error)\n")
            }
        }
        let recorded = match?.exchange.response ?? library.nothing(for: request.method, request.target)
        var response = ServerResponse(recorded.status, headers: recorded.headers, body: recorded.body, delay: latency)
        if let fault { spoil(&response, by: fault) }
        log?.write(request, asked, response, isFault: fault != nil, match: match?.number)
        return response
    }

    private func spoil(_ response: inout ServerResponse, by fault: Faults.Action) {
        if fault.replacesAnswer {
            let body = ByteSlice(fault.body ?? [])
            response = ServerResponse(fault.status ?? 200, body: body, delay: latency)
        }
        for field in fault.headers.fields { response.headers[field.name] = field.value }
        if let delay = fault.delay { response.delay = (latency ?? .zero) + delay }
        if let count = fault.truncate { response.delivery = .truncated(after: count) }
        if fault.stall { response.delivery = .stalled }
        if fault.close { response.delivery = .closed }
    }
}

/// The requests, one JSON object a line, written before the answer goes out.
final class RequestLog: Sendable {
    private struct State: ~Copyable {
        let file: Descriptor
        var count = 0
        var isBroken = false
    }
    private let state: Mutex<State>
    private let diagnostics: Log

    init(_ path: String, diagnostics: Log) throws {
        self.diagnostics = diagnostics
        state = Mutex(State(file: try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)))
    }

    func write(_ request: ServerRequest, _ url: URL?, _ response: ServerResponse, isFault: Bool, match: Int?) {
        state.withLock { state in
            state.count += 1
            var w = JSONWriter()
            w.object { w in
                w.member("n", state.count)
                w.member("method", request.method)
                w.member("host", url?.authority)
                w.member("path", url?.path ?? String(request.path))
                w.key("query")
                w.query(request.query)
                let isAnswered = response.delivery != .closed && response.delivery != .stalled
                w.member("status", isAnswered ? response.status : 0)
                w.member("bytes", isAnswered ? response.body.count : 0)
                w.member("fault", isFault)
                w.key("matched")
                if let match { w.int(match) } else { w.null() }
            }
            w.endLine()
            do { try state.file.write(w.bytes) } catch {
                if !state.isBroken { diagnostics.warn("\(error)", "the log of requests ends here") }
                state.isBroken = true
            }
        }
    }
}

extension JSONWriter {
    /// An object of the fields; a field that stands more than once has an array. Secrets are not shown.
    fileprivate mutating func query(_ fields: [(name: String, value: String)]) {
        let clean = Redactor.masked(fields)
        object { w in
            for (index, field) in clean.enumerated() where !clean[..<index].contains(where: { $0.name == field.name }) {
                let values = clean.filter { $0.name == field.name }.map(\.value)
                if values.count == 1 { w.member(field.name, values[0]) } else { w.member(field.name, values) }
            }
        }
    }
}
