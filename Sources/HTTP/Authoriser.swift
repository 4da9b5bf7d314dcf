import System

/// Adds what proves who calls, and decides which hosts may see it.
public protocol Authoriser: Sendable {
    /// True where credentials may be sent to this URL, wherever the URL came from.
    func allows(_ url: URL) -> Bool
    /// Adds the credentials to a request that is about to be sent.
    /// - Throws: `CallFailure` for a host that may not see them; `Failure` when there are none to be had.
    func authorise(_ request: inout Request) async throws
    /// Called once for a call that was answered 401.
    /// - Parameter request: as it was sent, with the credentials that were refused.
    /// - Returns: true when there are others now: the call is sent again.
    func renew(after response: Response, of request: Request) async throws -> Bool
}

/// For services, or captures, that ask for none.
public struct NoCredentials: Authoriser {
    public init() {}
    public func allows(_ url: URL) -> Bool { false }
    public func authorise(_ request: inout Request) {}
    public func renew(after response: Response, of request: Request) -> Bool { false }
}

/// The hosts that may see credentials: each a name, or `*.` and what a name must end with.
public struct AllowedHosts: Sendable {
    private let hosts: Set<String>

    public init(_ hosts: Set<String>) { self.hosts = Set(hosts.map { $0.lowercased() }) }

    public func contains(_ url: URL) -> Bool {
        guard url.isSafe else { return false }
        if hosts.contains(url.host) { return true }
        return hosts.contains {
            $0.hasPrefix("*.") && url.host.hasSuffix($0.dropFirst()) && url.host.utf8.count >= $0.utf8.count
        }
    }
}
