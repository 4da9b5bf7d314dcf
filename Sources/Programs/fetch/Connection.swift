import Capture
import CommandLine
import Connector
import Curl
import Glibc
import HTTP
import JSON
import OAuth
import Stream
import Sync
import System

/// The way to the service: network or capture, recorder, credentials.
struct Connection {
    let client: Client
    private let capture: CaptureWriter?

    init(
        _ connector: any Connector.Type, _ plan: Plan, _ options: SyncOptions, _ state: JSON?, _ arguments: Arguments,
        _ log: Log
    ) throws {
        let refine: Classifier.Refinement = { connector.verdict(on: $0) }
        if let recording = plan.recording {
            client = Client(
                transport: ReplayTransport(Library([recording])), authoriser: ReplayedCredentials(), refine: refine,
                time: SimulatedTime(recording.run?.clock ?? Timestamp(seconds: 0)),
                random: SeededRandom(seed: plan.seed))
            capture = nil
            return
        }
        var transport: any Transport = try CurlTransport(
            options: .init(caFile: arguments["cacert"], userAgent: "sluice/\(Command.version)"))
        if let text = arguments["via"] {
            guard let base = URL(text) else {
                throw Failure(.usage, "--via: '\(text)' is no URL", "give http://127.0.0.1:PORT")
            }
            transport = try Via(base, transport)
        }
        var writer: CaptureWriter?
        if let file = arguments["capture"] {
            let run = CapturedRun(
                version: Command.version, clock: SystemTime().now(), seed: String(plan.seed, radix: 16),
                source: connector.about.source, options: plan.write(options), state: state?.raw)
            let made = try CaptureWriter(file, run: run)
            transport = CapturingTransport(transport, writer: made)
            writer = made
        }
        capture = writer
        var retry = RetryPolicy()
        retry.attempts = try arguments.int("attempts", in: 1...100) ?? retry.attempts
        let (credentials, store) = try Connection.credentials(arguments, connector.about)
        for secret in credentials.secrets { writer?.redactor.learn(secret.reveal()) }
        client = Client(
            transport: transport,
            authoriser: BearerCredentials(
                credentials, store: store, allowedHosts: Set(connector.about.hosts), transport: transport),
            retry: retry, refine: refine)
    }

    /// Completes the capture, if there is one.
    func finish() throws { try capture?.flush() }

    /// From a file, which a rotated token is written back to, or from the environment.
    private static func credentials(_ arguments: Arguments, _ about: About) throws
        -> (Credentials, any CredentialStore)
    {
        if let file = arguments["credentials"] {
            let store = CredentialFile(path: file)
            return (try store.load(), store)
        }
        var w = JSONWriter()
        w.object { w in
            for name in ["access_token", "refresh_token", "client_id", "client_secret", "token_url", "expires_at"] {
                if let value = getenv("SLUICE_" + name.uppercased()) { w.member(name, String(cString: value)) }
            }
        }
        if w.count <= 2 {
            throw Failure(
                .configuration, "there are no credentials for \(about.source)",
                "give --credentials FILE, or SLUICE_ACCESS_TOKEN in the environment")
        }
        let credentials = try Credentials(JSON(parsing: w.bytes))
        return (credentials, UnkeptCredentials(credentials))
    }
}

/// A file that a renewed token is written back to.
private struct CredentialFile: CredentialStore {
    let path: String

    var canSave: Bool { true }
    func load() throws -> Credentials {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            throw Failure(.configuration, "--credentials: \(error)", "name a file that can be read")
        }
        guard let json = try? JSON(parsing: bytes), json.isObject else {
            throw Failure(.configuration, "\(path) is not a JSON object", "write access_token, refresh_token, … in it")
        }
        return try Credentials(json)
    }
    func save(_ credentials: Credentials) throws {
        var w = JSONWriter()
        credentials.write(to: &w)
        w.endLine()
        try Files.replace(path, with: w.bytes)
    }
    func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T { try await body() }
}

/// In a replay nobody asks who calls: a 401 that was recorded is followed by what came after the token was renewed.
private struct ReplayedCredentials: Authoriser {
    func allows(_ url: URL) -> Bool { true }
    func authorise(_ request: inout Request) {}
    func renew(after response: Response, of request: Request) -> Bool { true }
}
