import HTTP
import HTTPServer
import JSON
import Synchronization
import System

/// Waits on this machine for the browser to come back from the service. RFC 8252, section 7.3.
///
/// One callback that is meant for this sign-in ends the wait, granted or refused; whatever else asks (an icon, a stray tab, another
/// program) is turned away and the wait goes on.
final class CallbackListener<Outcome: Sendable>: Sendable {
    /// What a request to the callback's path is.
    enum Judgement {
        /// Not meant for this sign-in: the sentence says why.
        case stray(String)
        case granted(Outcome)
        /// The person, or the service, said no.
        case refused(Failure)
    }

    private let server: HTTPServer
    private let gate: Gate
    private static var path: String { "/callback" }
    private let base: String
    /// What the service sends the browser back to.
    var redirectURI: String { base + CallbackListener.path }

    /// Listens from now on, on loopback alone. Until `wait` is called everything is turned away.
    /// - Parameters:
    ///   - port: 0 picks a free one.
    ///   - host: for a service that takes no address: a name, which may lead elsewhere.
    /// - Throws: `Failure` with status `unavailable` where the port is taken.
    init(port: Int, host: String? = nil) throws {
        var limits = HTTPServer.Limits()
        limits.body = 1 << 10
        limits.connections = 16
        let gate = Gate()
        self.gate = gate
        server = try HTTPServer(port: port, limits: limits) { gate.answer($0) }
        base = host.map { [port = server.port] in "http://\($0):\(port)" } ?? server.url
    }

    /// - Parameters:
    ///   - limit: how long a person has.
    ///   - judge: what a request to the callback's path is, by its URL. It is not asked again after it granted or refused.
    /// - Throws: what the service refused with, or `Failure` with status `noPermission` when nobody came back in time.
    func wait(
        atMost limit: Duration, time: any TimeSource = SystemTime(), _ judge: @escaping @Sendable (URL) -> Judgement
    ) async throws -> Outcome {
        defer { server.stop() }
        let (endings, end) = AsyncStream<Result<Outcome, Failure>>.makeStream()
        gate.open(at: base, judge) { end.yield($0) }
        let timer = Task {
            try await time.sleep(for: limit)
            end.yield(
                .failure(
                    Failure(
                        .noPermission,
                        "nobody came back from the browser within \(limit.components.seconds / 60) minutes",
                        "run the same command again")))
        }
        defer { timer.cancel() }
        for await ending in endings { return try ending.get() }
        throw CancellationError()
    }

    /// What the server's threads share.
    private final class Gate: Sendable {
        private struct Open {
            let base: String
            let judge: @Sendable (URL) -> Judgement
            let end: @Sendable (Result<Outcome, Failure>) -> Void
        }
        private let state = Mutex<Open?>(nil)

        func open(
            at base: String, _ judge: @escaping @Sendable (URL) -> Judgement,
            end: @escaping @Sendable (Result<Outcome, Failure>) -> Void
        ) {
            state.withLock { $0 = Open(base: base, judge: judge, end: end) }
        }

        func answer(_ request: ServerRequest) -> ServerResponse {
            state.withLock { state in
                guard let open = state, request.method == "GET", request.path == CallbackListener.path,
                    let url = URL(open.base + request.target)
                else { return page(404, "There is nothing here.") }
                switch open.judge(url) {
                case .stray(let why): return page(400, "This is not the answer that was waited for: \(why).")
                case .granted(let outcome):
                    state = nil
                    return page(200, "Signed in. You can close this page.") { open.end(.success(outcome)) }
                case .refused(let failure):
                    state = nil
                    return page(200, "Not signed in: \(failure). You can close this page.") {
                        open.end(.failure(failure))
                    }
                }
            }
        }

        /// Plain text: nothing in it can be a script. The URL that leads here goes to nobody else. RFC 9700, section 4.2.4.
        private func page(_ status: Int, _ text: String, then: (@Sendable () -> Void)? = nil) -> ServerResponse {
            var response = ServerResponse.text(status, text + "\n")
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Content-Security-Policy"] = "default-src 'none'"
            if let then { response.completion = { _ in then() } }
            return response
        }
    }
}
