import CommandLine
import Curl
import HTTP
import System

/// How the programs reach a service.
public enum Network {
    public static let options: [Command.Option] = [
        .init("via", "URL", "send each request for https://HOST/PATH to URL/HOST/PATH"),
        .init("cacert", "FILE", "trust these certificates in place of the system's"),
    ]

    /// - Throws: `Failure` for an option that can't be used.
    public static func transport(_ arguments: Arguments) throws -> any Transport {
        let direct = try CurlTransport(
            options: .init(caFile: arguments["cacert"], userAgent: "sluice/\(Command.version)"))
        guard let text = arguments["via"] else { return direct }
        guard let base = URL(text) else {
            throw Failure(.usage, "--via: '\(text)' is no URL", "give http://127.0.0.1:PORT")
        }
        return try Via(base, direct)
    }
}
