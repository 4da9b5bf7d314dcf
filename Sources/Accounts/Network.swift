import CommandLine
import Curl
import Glibc
import HTTP
import System

/// How the programs reach a service.
public enum Network {
    public static let options: [Command.Option] = [
        .init("via", "URL", "send each request for https://HOST/PATH to URL/HOST/PATH"),
        .init("cacert", "FILE", "trust these certificates in place of the system's"),
    ]

    public static let limits: [Command.Option] = [
        .init("connect-timeout", "TIME", "the longest that making a connection may take (15s)"),
        .init("timeout", "TIME", "the longest that one call may take (5m)"),
        .init("stall", "TIME", "how long nothing may come before a call is given up (60s)"),
    ]

    /// Directly, or through the proxy that the environment names.
    /// - Throws: `Failure` for an option that can't be used.
    public static func transport(_ arguments: Arguments) throws -> any Transport {
        var options = try CurlTransport.Options(
            caFile: arguments["cacert"], userAgent: "sluice/\(Command.version)", proxy: Proxy(environment))
        func read(_ name: String, _ value: inout Duration) throws {
            guard let given = try arguments.duration(name) else { return }
            guard given > .zero else { throw Failure(.usage, "--\(name) can't be 0", "give a time such as 30s") }
            value = given
        }
        try read("connect-timeout", &options.connectTimeout)
        try read("timeout", &options.timeout)
        try read("stall", &options.stall)
        let direct = try CurlTransport(options: options)
        guard let text = arguments["via"] else { return direct }
        guard let base = URL(text) else {
            throw Failure(.usage, "--via: '\(text)' is no URL", "give http://127.0.0.1:PORT")
        }
        return try Via(base, direct)
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
