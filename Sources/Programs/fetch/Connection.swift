import Accounts
import Capture
import CommandLine
import Connector
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
    ) async throws {
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
        var transport = try Network.transport(arguments)
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
        let about = connector.about
        let store = try Accounts.chosen(for: about.source, scopes: about.scopes, arguments)
        let credentials = try await store.load()
        for secret in credentials.secrets { writer?.redactor.learn(secret.reveal()) }
        client = Client(
            transport: transport,
            authoriser: BearerCredentials(
                credentials, store: store, allowedHosts: Set(about.hosts), transport: transport),
            pacer: BucketPacer(
                source: about.source, account: try Accounts.identity(of: credentials, arguments),
                store: BucketStore(folder: BucketStore.defaultFolder) { log.warn($0.what, $0.remedy) },
                budgets: plan.budgets, told: { connector.rateWindows(in: $0) }, isGentle: true, process: getpid()),
            retry: retry, rules: connector.rules, refine: refine, hosts: hosts)
    }

    /// Completes the capture, if there is one.
    func finish() throws { try capture?.flush() }
}

/// In a replay nobody asks who calls: a 401 that was recorded is followed by what came after the token was renewed.
private struct ReplayedCredentials: Authoriser {
    func allows(_ url: URL) -> Bool { true }
    func authorise(_ request: inout Request) {}
    func renew(after response: Response, of request: Request) -> Bool { true }
}
