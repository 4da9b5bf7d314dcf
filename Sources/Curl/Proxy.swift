import HTTP
import System

/// The proxy that calls go through. This machine is never reached through one.
///
/// Its URL may hold a password: neither it nor a part of it is ever shown.
public struct Proxy: Sendable {
    let url: Secret
    /// The hosts that are reached without it, as `NO_PROXY` names them.
    let exceptions: String

    /// - Parameters:
    ///   - url: `http://HOST:PORT`, with `USER:PASSWORD@` where it asks; also `https`, `socks4`, `socks4a`, `socks5`, `socks5h`.
    ///   - exceptions: hosts and domains with commas between them, or `*`.
    /// - Throws: `Failure` with status `configuration` for what is no such URL.
    public init(_ url: String, exceptions: String = "") throws {
        try self.init(url, exceptions, named: "the proxy's URL")
    }

    /// What the environment says: `https_proxy` or `HTTPS_PROXY`, else `all_proxy` or `ALL_PROXY`; `no_proxy` or `NO_PROXY`.
    /// - Parameter variable: tells the value of an environment variable.
    /// - Returns: nil where it names none.
    /// - Throws: `Failure` with status `configuration` for what is no URL of a proxy.
    public init?(_ variable: (String) -> String?) throws {
        func first(_ names: String...) -> (name: String, value: String)? {
            for name in names {
                if let value = variable(name), !value.isEmpty { return (name, value) }
            }
            return nil
        }
        guard let found = first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") else { return nil }
        try self.init(found.value, first("no_proxy", "NO_PROXY")?.value ?? "", named: found.name)
    }

    private init(_ text: String, _ exceptions: String, named name: String) throws {
        guard Proxy.isURL(text) else {
            throw Failure(.configuration, "\(name) is no URL of a proxy", "give http://HOST:PORT")
        }
        url = Secret(text)
        self.exceptions = exceptions
    }

    private static func isURL(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        var rest = text[...]
        if let mark = text.firstRange(of: "://") {
            let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]
            guard schemes.contains(text[..<mark.lowerBound].lowercased()) else { return false }
            rest = text[mark.upperBound...]
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        return HTTP.URL("http://\(rest)").map { $0.target == "/" } ?? false
    }
}
