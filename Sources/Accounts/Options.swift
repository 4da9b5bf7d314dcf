import CommandLine
import Glibc
import System
import Vault

extension Accounts {
    private static let vaultOption = Command.Option("vault", "FILE", "the vault (~/.local/share/sluice/vault)")
    private static let keyOptions: [Command.Option] = [
        .init(
            "key-file", "FILE", variable: "SLUICE_VAULT_KEY_FILE", "the vault's key is in FILE: 32 bytes, also in hex"),
        .init("key-fd", "N", variable: "SLUICE_VAULT_KEY_FD", "the vault's key is read from descriptor N"),
        .init("key-command", "COMMAND", variable: "SLUICE_VAULT_KEY_COMMAND", "COMMAND prints the vault's key"),
    ]
    private static func passphrase(_ name: String) -> Command.Option {
        .init(
            name, "N", variable: "SLUICE_VAULT_PASSPHRASE_FD",
            "the vault's passphrase is read from descriptor N; else it is asked for")
    }

    /// Which vault, and what opens it.
    public static let options = [vaultOption] + keyOptions + [passphrase("passphrase-fd")]
    /// The same, where `--passphrase-fd` is that of another file.
    public static let optionsOfTransfer = [vaultOption] + keyOptions + [passphrase("vault-passphrase-fd")]
    /// What it is to be opened with.
    public static let newKeyOptions: [Command.Option] = [
        .init("new-key-file", "FILE", "the new key is in FILE"),
        .init("new-key-fd", "N", "the new key is read from descriptor N"),
        .init("new-passphrase-fd", "N", "the new passphrase is read from descriptor N; else it is asked for"),
    ]
}

extension KeySource {
    /// The names of the options that say where a key is.
    struct Names {
        let file: String
        let descriptor: String
        let command: String?
        let passphrase: String
        /// The variable that holds the key itself.
        var variable: String?

        static let own = Names(
            file: "key-file", descriptor: "key-fd", command: "key-command", passphrase: "passphrase-fd",
            variable: "SLUICE_VAULT_KEY")
        static let apart = Names(
            file: "key-file", descriptor: "key-fd", command: "key-command", passphrase: "vault-passphrase-fd",
            variable: "SLUICE_VAULT_KEY")
        static let new = Names(
            file: "new-key-file", descriptor: "new-key-fd", command: nil, passphrase: "new-passphrase-fd")
    }

    /// An option of the command line, else the environment, else a person.
    /// - Throws: `Failure` with status `usage` where two are given.
    init(_ arguments: Arguments, _ names: Names) throws {
        let all = [names.file, names.descriptor, names.command, names.passphrase].compactMap { $0 }
        let given = all.filter { arguments.isGiven($0) }
        if given.count > 1 {
            throw Failure(.usage, "--\(given[0]) and --\(given[1]) can't both be", "give one of them")
        }
        let sought = given.isEmpty ? all : given
        func value(_ name: String?) -> String? {
            name.flatMap { sought.contains($0) ? arguments[$0] : nil }.flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ name: String) throws -> Int32? {
            try value(name).flatMap { _ in try arguments.int(name, in: 0...1023) }.map { Int32($0) }
        }
        if let path = value(names.file) {
            self = .file(path)
        } else if given.isEmpty, let text = names.variable.flatMap({ getenv($0) }).map({ String(cString: $0) }),
            !text.isEmpty
        {
            self = .value(text)
        } else if let descriptor = try number(names.descriptor) {
            self = .descriptor(descriptor)
        } else if let command = value(names.command) {
            self = .command(command)
        } else if let descriptor = try number(names.passphrase) {
            self = .passphrase(descriptor)
        } else {
            self = .person
        }
    }
}
