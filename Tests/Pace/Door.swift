import DriveEmulator
import HTTP
import HTTPServer
import JSON
import Synchronization
import System

/// A Drive that takes so many calls in each second of its clock, and refuses the others. The directory has a quota of its own, which
/// these tests don't use up.
final class Door: Sendable {
    struct Seen: Sendable {
        var taken: [Int64: Int] = [:]
        var refused: [String: [Int64]] = [:]
        /// The second in which each process was seen first.
        var begun: [String: Int64] = [:]
    }
    private struct State {
        var seen = Seen()
        var waiting: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())
    let limit: Int
    let isTold: Bool
    /// Both processes were seen for so many whole seconds.
    private let seconds: Int64
    private let drive: DriveEmulator

    init(limit: Int, isTold: Bool, seconds: Int, files: Int) {
        self.limit = limit
        self.isTold = isTold
        self.seconds = Int64(seconds)
        drive = DriveEmulator(seed: 7, isLoud: true, shared: 0, files: files)
    }

    var seen: Seen { state.withLock { $0.seen } }

    /// Serves under `/PROCESS/HOST/PATH`.
    func serve() throws -> HTTPServer {
        try HTTPServer { request in self.answer(request) }
    }

    private func answer(_ request: ServerRequest) -> ServerResponse {
        let path = request.path.split(separator: "/").map { PercentEncoding.decode($0) }
        guard path.count > 2 else { return .text(404, "") }
        let (process, host) = (path[0], path[1])
        let query = Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
        func answer(_ headers: Headers) -> ServerResponse {
            let answer = drive.respond(to: .init(host: host, path: Array(path.dropFirst(2)), query: query))
            var headers = headers
            headers["Content-Type"] = answer.mediaType
            return ServerResponse(answer.status, headers: headers, body: ByteSlice(answer.body))
        }
        if host != "www.googleapis.com" { return answer([:]) }
        let (now, left, isTaken, done) = state.withLock { state in
            let now = SystemTime().now()
            let used = state.seen.taken[now.seconds] ?? 0
            let isTaken = used < limit
            if isTaken {
                state.seen.taken[now.seconds] = used + 1
            } else {
                state.seen.refused[process, default: []].append(now.seconds)
            }
            if state.seen.begun[process] == nil { state.seen.begun[process] = now.seconds }
            var done: CheckedContinuation<Void, Never>?
            if state.seen.begun.count == 2, let last = state.seen.begun.values.max(), now.seconds > last + seconds {
                swap(&done, &state.waiting)
            }
            return (now, max(0, limit - used - 1), isTaken, done)
        }
        done?.resume()
        var headers: Headers = ["Date": now.httpDate, "Content-Type": "application/json"]
        if isTold {
            headers["X-RateLimit-Limit"] = String(limit)
            headers["X-RateLimit-Remaining"] = String(left)
            headers["X-RateLimit-Reset"] = String(now.seconds + 1)
        }
        guard isTaken else {
            headers["Retry-After"] = "1"
            let error = #"{"error":{"code":429,"message":"Slow down","errors":[{"reason":"rateLimitExceeded"}]}}"#
            return ServerResponse(429, headers: headers, body: ByteSlice(error))
        }
        return answer(headers)
    }

    /// Returns when both processes were seen for long enough.
    func finished() async {
        await withCheckedContinuation { continuation in state.withLock { $0.waiting = continuation } }
    }
}
