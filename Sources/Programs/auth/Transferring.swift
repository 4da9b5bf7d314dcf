import Accounts
import CommandLine
import Glibc
import System

/// The commands that take accounts to another machine.
enum Transferring {
    private static let passphrase = Command.Option(
        "passphrase-fd", "N", variable: "SLUICE_EXPORT_PASSPHRASE_FD",
        "the export's passphrase is read from descriptor N; else it is asked for")

    static let export = Command(
        "export", "writes accounts on standard output, sealed under a passphrase",
        operands: [.init("ACCOUNT", repeatable: true, "an account; 'auth list' prints them")],
        options: [
            passphrase, .init("plain", "write them as they are: a JSON object for each, one a line, with its secrets"),
        ]
            + Accounts.optionsOfTransfer,
        examples: [
            ("auth export google_drive > drive.sealed", "take an account elsewhere"),
            ("auth export google_drive --plain | jq .credentials > drive.json", "make a file for fetch --credentials"),
        ])

    static let `import` = Command(
        "import", "takes up what 'auth export' wrote",
        operands: [.init("FILE", "the file; - is standard input")],
        options: [passphrase, .init("replace", "replace accounts of the same name")] + Accounts.optionsOfTransfer,
        examples: [("auth import drive.sealed", "take up an account from elsewhere")])

    static func export(_ arguments: Arguments) async throws {
        if Descriptor.standardOutput.isTerminal {
            throw Failure(.usage, "secrets are not written to a terminal", "send them to a file or a pipe")
        }
        let accounts = try Accounts.open(arguments)
        let bytes =
            arguments.has("plain")
            ? try accounts.plain(arguments.operands)
            : try await accounts.sealed(arguments.operands, passphraseFrom: try descriptor(arguments))
        try Descriptor.standardOutput.write(bytes)
    }

    static func `import`(_ arguments: Arguments) async throws {
        let name = arguments.operands.first ?? "-"
        let bytes = try Files.read(name == "-" ? "/dev/stdin" : name, limit: 64 << 20)
        let imported = try Accounts.imported(
            bytes, name == "-" ? "standard input" : name, passphraseFrom: try descriptor(arguments))
        let accounts = try Accounts.open(arguments, makingOne: true)
        let taken = try arguments.has("replace") ? [] : imported.map(\.name).filter { try accounts.has($0) }
        if let taken = taken.first {
            throw Failure(.usage, "there is an account '\(taken)' already", "give --replace to replace it")
        }
        for account in imported { try await accounts.keep(account.credentials, as: account.name) }
    }

    private static func descriptor(_ arguments: Arguments) throws -> Int32? {
        try arguments.int("passphrase-fd", in: 0...1023).map { Int32($0) }
    }
}
