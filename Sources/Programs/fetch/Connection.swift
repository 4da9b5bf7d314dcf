import Capture
import CommandLine
import Connector
import Curl
import Glibc
import HTTP
import JSON
import OAuth
import Pacing
import Redaction
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
        let hosts = AllowedHosts(Set(connector.about.hosts + connector.about.contentHosts))
        if let recording = plan.recording {
            client = Client(
                transport: ReplayTransport(Library([recording])), authoriser: ReplayedCredentials(),
                rules: connector.rules, refine: refine, hosts: hosts,
                time: SimulatedTime(recording.clock ?? Timestamp(seconds: 0)),
                random: SeededRandom(seed: plan.seed))
            capture = nil
            return
        }
        var transport: any Transport = try CurlTransport(options: Connection.options(arguments))
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
            let made = try CaptureWriter(
                file, run: run, redactor: Redactor(fields: SecretFields(connector.about.secretFields)))
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
            pacer: BucketPacer(
                source: connector.about.source, account: Connection.account(credentials, arguments),
                store: BucketStore(folder: BucketStore.defaultFolder) { log.warn($0.what, $0.remedy) },
                budgets: plan.budgets, told: { connector.rateWindows(in: $0) }, isGentle: true, process: getpid()),
            retry: retry, rules: connector.rules, refine: refine, hosts: hosts)
    }

    private static func options(_ arguments: Arguments) throws -> CurlTransport.Options {
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
        return options
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static func hasCredentials(_ arguments: Arguments) -> Bool {
        arguments["credentials"] != nil || getenv("SLUICE_ACCESS_TOKEN") != nil || getenv("SLUICE_REFRESH_TOKEN") != nil
    }

    /// Whose pace it is: a digest of what stays when the token is renewed. That is the file which a rotated token is written back
    /// to, with the client; a token that is not renewed stands for itself.
    private static func account(_ credentials: Credentials, _ arguments: Arguments) -> String {
        var parts = [credentials.clientID ?? ""]
        if credentials.canRenew, let path = arguments["credentials"].flatMap(Files.realPath) {
            parts.append(path)
        } else {
            parts.append((credentials.refreshToken ?? credentials.accessToken)?.reveal() ?? "")
        }
        let digest = hmacSHA256(Array(parts.joined(separator: "\n").utf8), key: Array("sluice pace".utf8))
        return digest.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
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
