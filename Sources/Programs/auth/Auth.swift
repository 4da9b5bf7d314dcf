import Accounts
import CommandLine
import JSON
import Stream
import System

@main
struct Auth {
    private static let account = Command.Operand("ACCOUNT", "the account's name; 'auth list' prints them")

    static let command = Command(
        "auth", "signs in to services, and keeps what they gave in an encrypted vault",
        subcommands: [
            Login.command,
            Command(
                "list", "prints the accounts: name, source, kind, when the token ends, scope",
                options: [.init("json", "print a JSON object for each, one a line")] + Accounts.options,
                examples: [("auth list", "see what there is")]),
            Command(
                "show", "prints all of an account but its secrets, in JSON", operands: [account],
                options: Accounts.options, examples: [("auth show google_drive", "see what was granted")]),
            Command(
                "refresh", "renews an account's token now", operands: [account],
                options: Network.options + Accounts.options,
                examples: [("auth refresh google_drive", "see whether the refresh token is good")]),
            Command(
                "revoke", "tells the service to forget an account, and removes it here whatever the service says",
                operands: [account], options: Network.options + Accounts.options,
                examples: [("auth revoke google_drive", "sign out")]),
            Command(
                "remove", "removes an account here; the service is told nothing", operands: [account],
                options: Accounts.options, examples: [("auth remove google_drive", "forget it")]),
            Command(
                "test", "asks the service who an account is, and what it may read", operands: [account],
                options: Network.options + Accounts.options,
                examples: [("auth test google_drive", "see whether the credentials work")]),
            Transferring.export,
            Transferring.import,
            Command(
                "rekey", "gives the vault another key", options: Accounts.options + Accounts.newKeyOptions,
                notes: "Without an option for the new key, a new passphrase is asked for.",
                examples: [
                    ("auth rekey --key-file old --new-key-file new", "from one key file to another"),
                    ("auth rekey --key-file old", "from a key file to a passphrase"),
                ]),
            Command(
                "accept", "accepts a vault that is older than the one last seen here, such as a restored backup",
                options: Accounts.options,
                notes: "Refresh tokens that were replaced since are dead: sign in again where a service says so.",
                examples: [("auth accept", "go on with the backup")]),
        ],
        notes: """
            A secret is never an argument: it is asked for on the terminal, or read from a descriptor (--client-secret-fd 3 3<FILE),
            or stands in the environment (SLUICE_CLIENT_SECRET).
            """,
        examples: [
            ("auth login google_drive --client-id ID.apps.googleusercontent.com", "sign in with the browser"),
            ("auth login google_drive --service-account key.json --subject ann@example.com", "let a robot act for ann"),
            ("auth list", "see what there is"),
        ])

    static func main() async {
        await Program.run(command) { arguments, log in
            try await untilSignalled { try await run(arguments, log) }
            return .done
        }
    }

    private static func run(_ arguments: Arguments, _ log: Log) async throws {
        let account = arguments.operands.first ?? ""
        switch arguments.command.name {
        case "login": try await Login(arguments, log).run()
        case "list": try list(Accounts.open(arguments), inJSON: arguments.has("json"))
        case "show": try show(Summary(account, Accounts.open(arguments).credentials(of: account)))
        case "refresh": try await Service(account, arguments).refresh()
        case "revoke": try await Service(account, arguments).revoke(log)
        case "remove": try await Accounts.open(arguments).remove(account)
        case "test": try await Service(account, arguments).test()
        case "export": try await Transferring.export(arguments)
        case "import": try await Transferring.import(arguments)
        case "rekey": try await Accounts.open(arguments).rekey(arguments)
        case "accept": try Accounts.accept(arguments)
        default: throw Failure(.usage, "no command was given", "see --help")
        }
    }

    /// Waits for a person and for services are long: the first signal ends them. A renewal that is under way is ended first.
    private static func untilSignalled(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: body)
            group.addTask {
                while true {
                    if let signal = Program.notedSignal { throw Failure(.signal(signal), "ended by a signal") }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func list(_ accounts: Accounts, inJSON: Bool) throws {
        for (name, credentials) in try accounts.all() {
            let summary = Summary(name, credentials)
            if inJSON { try show(summary) } else { try say(summary.line) }
        }
    }

    private static func show(_ summary: Summary) throws {
        var w = JSONWriter()
        try summary.write(to: &w)
        try say(w.text)
    }

    private static func say(_ line: String) throws {
        try Descriptor.standardOutput.write(Array((line + "\n").utf8))
    }
}
