import System

/// Sends each request for `https://HOST/PATH` to `BASE/HOST/PATH`: an emulator, a recorder or a gateway. It stands below the
/// client, so that what may be sent is decided by the host that was meant.
public struct Via: Transport {
    private let base: URL
    private let transport: any Transport

    /// - Throws: `Failure` where the base is neither https nor on this machine.
    public init(_ base: URL, _ transport: any Transport) throws {
        guard base.isSafe, base.query == nil else {
            throw Failure(.usage, "\(base) can't stand for the service", "name an https URL, or one on this machine")
        }
        self.base = base
        self.transport = transport
    }

    public func send(_ request: Request) async throws -> Response {
        guard request.url.scheme == "https" else { return try await transport.send(request) }
        // A gateway may resolve what the service would not: the path must not climb out of its host.
        for segment in request.url.path.split(separator: "/") where segment.utf8.count <= 6 {
            let plain = PercentEncoding.decode(segment)
            if plain == "." || plain == ".." { throw TransportError.refused("\(request.summary) can't go via \(base)") }
        }
        let prefix = base.path.hasSuffix("/") ? base.path : base.path + "/"
        let text = "\(base.scheme)://\(base.authority)\(prefix)\(request.url.authority)\(request.url.target)"
        guard let url = URL(text) else { throw TransportError.refused("\(text) is no URL") }
        var request = request
        request.url = url
        return try await transport.send(request)
    }
}

extension URL {
    /// True where what is sent can't be read on the way: https, or this machine.
    public var isSafe: Bool { scheme == "https" || isLoopback }
}
