import Accounts
import CommandLine
import Connectors
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
            Transfer.export,
            Transfer.import,
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
            Terminal.heedSignals()
            let accounts = try Accounts(arguments)
            switch arguments.command.name {
            case "login": try await Login(arguments, accounts, log).run()
            case "list": try await list(accounts, inJSON: arguments.has("json"))
            case "show": try await show(named(arguments), accounts)
            case "refresh": try await Service(named(arguments), accounts, arguments).refresh()
            case "revoke": try await Service(named(arguments), accounts, arguments).revoke(log)
            case "remove": try await accounts.remove(named(arguments))
            case "test": try await Service(named(arguments), accounts, arguments).test()
            case "export": try await Transfer.export(accounts, arguments)
            case "import": try await Transfer.import(accounts, arguments)
            case "rekey": try await accounts.rekey(arguments)
            case "accept": try await accounts.accept()
            default: throw Failure(.usage, "no command was given", "see --help")
            }
            return .done
        }
    }

    private static func named(_ arguments: Arguments) -> String { arguments.operands.first ?? "" }

    private static func list(_ accounts: Accounts, inJSON: Bool) async throws {
        for (name, credentials) in try await accounts.all() {
            let summary = Summary(name, credentials)
            try inJSON ? show(summary) : say(summary.line)
        }
    }

    private static func show(_ name: String, _ accounts: Accounts) async throws {
        try show(Summary(name, try await accounts.credentials(of: name)))
    }

    private static func show(_ summary: Summary) throws {
        var w = JSONWriter()
        try summary.write(to: &w)
        try say(w.text)
    }
}

/// A line on standard output.
func say(_ text: String) throws { try Descriptor.standardOutput.write(Array((text + "\n").utf8)) }
