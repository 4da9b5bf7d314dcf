import Accounts
import Capture
import CommandLine
import Connector
import Connectors
import HTTP
import JSON
import Pacing
import State
import Stream
import Sync
import System

@main
struct Fetch {
    /// The command line, with what can be chosen of the source that was named.
    static func command(for connector: (any Connector.Type)?) -> Command {
        let settings = connector?.about.settings ?? []
        return Command(
            "fetch", "reads what changed in a source, and who may read it, and writes the stream on standard output",
            operands: [.init("SOURCE", required: false, "one of: \(Sources.names.joined(separator: ", "))")],
            options: settings.map {
                .init($0.name, "NAME", repeatable: true, "sync only this: \($0.help) (repeatable)")
            }
                + [
                    .init(
                        "state", "DIR",
                        "the state folder of this pipeline: go on from its checkpoint, look again at its debts"),
                    .init("name", "NAME", "the connection's name, where one source is mirrored twice"),
                    .init("full", "list everything now, with content"),
                    .init("ids-only", "list what is there now, without content"),
                    .init("access-only", "list who may read what now, without content"),
                    .init("ids-age", "TIME", "how old the last listing of ids may be (24h; 0 is never again)"),
                    .init("access-age", "TIME", "how old the last listing of access may be (24h; 0 is never again)"),
                    .init("groups-age", "TIME", "how old the last listing of groups may be (1h)"),
                    .init("partition", "P", repeatable: true, "read this partition only (repeatable)"),
                    .init("partitions", "print the partitions, one a line, and end"),
                    .init("check", "say who the credentials are, and which calls they are allowed"),
                    .init("rate-limits", "say what is known of the pace of calls, and who else uses it"),
                    .init("about", "say what the source can do, in JSON, and end"),
                    .init("capture", "FILE", "write every exchange to FILE, without its secrets"),
                    .init("replay", "FILE", "repeat the run that a capture holds, without network"),
                    .init("attempts", "N", "how often a call is tried before it fails (8)"),
                    .init(
                        "budget", "BUCKET=N/TIME", repeatable: true,
                        "how much the service allows, e.g. user=600000/1m, or user=0 for no bound (see --about)"),
                    .init("window", "BYTES", "how much may wait for its turn (256M)"),
                    .init("max-content", "BYTES", "the longest content that is fetched (25M)"),
                    .init("max-line", "BYTES", "the longest line that is written (48M)"),
                ] + Network.options + Network.limits + Accounts.optionsOfFetch + Accounts.options,
            examples: [
                (
                    "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                    "sync a Drive"
                ),
                ("fetch google_drive --check", "see whether the credentials work"),
                ("fetch google_drive --replay capture.har.ndjson.gz | extract", "repeat a run that was captured"),
            ])
    }

    static func main() async {
        let named = Swift.CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") }
        await Program.run(command(for: named.flatMap { Sources.named($0) })) { arguments, log in
            guard let name = arguments.operands.first else {
                throw Failure(.usage, "no source was named", "name one of: \(Sources.names.joined(separator: ", "))")
            }
            guard let connector = Sources.named(name) else {
                throw Failure(
                    .usage, "there is no source '\(name)'", Command.suggestion(for: name, among: Sources.names))
            }
            do { return try await run(connector, arguments, log) } catch let failure as CallFailure {
                let refused = failure.status == 401 || failure.status == 403
                throw Failure(
                    refused ? .noPermission : .unavailable, "\(name): \(failure)",
                    refused
                        ? "see whether the credentials work: fetch \(name) --check"
                        : "run the same command again: it goes on from the last checkpoint")
            }
        }
    }

    private static func run(_ connector: any Connector.Type, _ arguments: Arguments, _ log: Log) async throws
        -> ExitStatus
    {
        let about = connector.about
        if arguments.has("about") {
            var w = JSONWriter()
            about.write(to: &w)
            w.endLine()
            try Descriptor.standardOutput.write(w.bytes)
            return .done
        }
        let plan = try Plan(arguments, about)
        if arguments.has("rate-limits"), !plan.replays, try !Accounts.areThere(arguments) {
            try RateLimits(about.source, plan.budgets).print(log)
            return .done
        }
        let folder = try plan.replays ? nil : arguments["state"].map { try StateFolder($0) }
        let lock = try folder?.lock("fetch")
        defer { _ = lock }
        var options = plan.options
        if let folder { options.debts = try folder.debts() }
        let state = try folder?.checkpoint() ?? plan.state
        let connection = try await Connection(connector, plan, options, state, arguments, log)
        let sync = Sync(
            try connector.init(plan.settings), options, api: API { try await connection.client.send($0) }, log: log,
            interruption: { Program.notedSignal })

        if arguments.has("check") {
            try await Check.run(
                try connector.init(plan.settings), API { try await connection.client.send($0) }, say: say)
            return .done
        }
        if arguments.has("rate-limits") {
            _ = try await connector.init(plan.settings).check(API { try await connection.client.send($0) })
            try RateLimits(about.source, plan.budgets).print(log)
            return .done
        }
        if arguments.has("partitions") {
            let all = try await sync.partitions().all.map { "\($0.id)\t\($0.name ?? "")\n" }
            try say(all.joined() + (about.hasGroups ? "groups\t\n" : ""))
            return .done
        }
        let summary = try await sync.run(from: state, to: LineWriter(.standardOutput))
        try connection.finish()
        report(summary, connection.client.statistics, log)
        if let signal = summary.interruptedBy { return .signal(signal) }
        return summary.failed + summary.partitionsFailed == 0 ? .done : .dataError
    }

    private static func say(_ text: String) throws { try Descriptor.standardOutput.write(Array(text.utf8)) }

    private static func report(_ summary: Sync.Summary, _ calls: Client.Statistics, _ log: Log) {
        log.event("final") { w in
            w.member("listed", summary.listed)
            w.member("emitted", summary.emitted)
            w.key("skipped")
            w.object { w in for (reason, n) in summary.skipped.sorted(by: { $0.key < $1.key }) { w.member(reason, n) } }
            w.member("failed", summary.failed)
            w.member("partitions_failed", summary.partitionsFailed)
            w.member("calls", calls.calls)
            w.member("retries", calls.retries)
            w.member("bytes", calls.bytes)
            w.member("refusals", calls.refusals)
            w.member("waited_for_pace_ms", calls.waitedForPace.microseconds / 1000)
            w.member("waited_for_retry_ms", calls.waitedForRetry.microseconds / 1000)
        }
        if log.form == .text, summary.failed + summary.partitionsFailed > 0 {
            log.warn(
                "\(summary.failed) items and \(summary.partitionsFailed) partitions could not be read",
                "the next run tries them again; 'zcat DIR/failures.ndjson.gz' names them")
        }
    }
}
