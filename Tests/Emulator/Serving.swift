import HTTP
import HTTPServer
import JSON
import System

extension DriveEmulator {
    /// Serves the emulator on loopback, under `/HOST/PATH`, as `fetch --via` asks.
    /// - Parameter notice: called before each answer.
    public func serve(_ notice: @escaping @Sendable () -> Void = {}) throws -> HTTPServer {
        try HTTPServer { request in
            notice()
            return self.respond(to: request)
        }
    }

    private func respond(to request: ServerRequest) -> ServerResponse {
        let path = request.path.split(separator: "/").map { PercentEncoding.decode($0) }
        guard let host = path.first, request.headers["authorization"] != nil else {
            return .json(401, #"{"error":{"code":401,"message":"No token","errors":[{"reason":"authError"}]}}"#)
        }
        let query = Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { a, _ in a })
        let answer = respond(to: Request(host: host, path: Array(path.dropFirst()), query: query))
        return ServerResponse(
            answer.status, headers: ["Content-Type": answer.mediaType, "Date": answer.date.httpDate],
            body: ByteSlice(answer.body))
    }
}
