import CommandLine
import Glibc
import JSON
import OAuth
import System
import Vault

/// The accounts that `auth login` made: each is a record of the vault, its credentials in JSON.
public struct Accounts: Sendable {
    let vault: Vault

    init(_ vault: Vault) { self.vault = vault }

    /// Opens the vault that the command line, or the environment, names.
    /// - Parameter isNew: makes one where there is none.
    /// - Throws: `Failure`: 78 where there is no vault, or it is another key's; 74 where it is damaged.
    public static func open(_ arguments: Arguments, makingOne isNew: Bool = false) throws -> Accounts {
        let place = try Place(arguments)
        if !Vault.exists(place.path) {
            guard isNew else {
                throw Failure(
                    .configuration, "there is no vault at \(place.path)",
                    "sign in first: auth login SOURCE; or name another with --vault")
            }
            return Accounts(
                try Vault.create(place.path, memory: place.memory, key: try place.key(of: nil)))
        }
        return Accounts(
            try Vault.open(place.path, memory: place.memory) { try place.key(of: $0) })
    }

    /// Takes the vault for the newest, though a newer one was seen on this machine.
    public static func accept(_ arguments: Arguments) throws {
        let place = try Place(arguments)
        try Vault.accept(place.path, memory: place.memory) { try place.key(of: $0) }
    }

    /// Sorted by name.
    public func all() throws -> [(name: String, credentials: Credentials)] {
        try vault.names().map { ($0, try credentials(of: $0)) }
    }

    public func has(_ account: String) throws -> Bool { try vault.names().contains(account) }

    /// - Throws: `Failure` with status `configuration` where there is no such account.
    public func credentials(of account: String) throws -> Credentials {
        guard let bytes = try vault.read(account) else {
            let names = try vault.names()
            throw Failure(
                .configuration, "there is no account '\(account)'",
                names.isEmpty
                    ? "sign in first: auth login SOURCE" : Command.suggestion(for: account, among: names))
        }
        guard let json = try? JSON(parsing: bytes) else {
            throw Failure(.ioError, "the record of '\(account)' is no JSON", "sign in again: auth login")
        }
        return try Credentials(json)
    }

    /// Keeps credentials. When it returns they survive a loss of power.
    public func keep(_ credentials: Credentials, as account: String) async throws {
        var w = JSONWriter()
        credentials.write(to: &w)
        try await vault.write(account, w.bytes)
    }

    /// - Throws: `Failure` with status `configuration` where there is no such account.
    public func remove(_ account: String) async throws {
        guard try await vault.remove(account) else { return try _ = credentials(of: account).scope }
    }

    public func store(of account: String) -> any CredentialStore { VaultCredentials(self, account) }

    /// Seals the vault under another key: that of `newKeyOptions`, or a passphrase that is asked for.
    public func rekey(_ arguments: Arguments) async throws {
        try await vault.rekey(try KeySource(arguments, .new).key(nil, vault: vault.path))
    }

    /// Where the vault is, and where the newest generation that was seen of it is kept.
    struct Place {
        let path: String
        let memory: String
        private let source: KeySource

        func key(of kind: KeyKind?) throws -> VaultKey {
            if kind == .key, source == .person {
                throw Failure(
                    .configuration, "\(path) is sealed under a key, and none was given",
                    "give --key-file FILE, or SLUICE_VAULT_KEY_FILE in the environment")
            }
            return try source.key(kind, vault: path)
        }

        /// XDG Base Directory Specification.
        init(_ arguments: Arguments) throws {
            func folder(_ variable: String, _ below: String) throws -> String {
                if let base = getenv(variable).map({ String(cString: $0) }), base.hasPrefix("/") { return base }
                guard let home = getenv("HOME").map({ String(cString: $0) }), !home.isEmpty else {
                    throw Failure(
                        .configuration, "there is no home folder", "name the vault with --vault, and set HOME")
                }
                return home + below
            }
            path = try arguments["vault"] ?? folder("XDG_DATA_HOME", "/.local/share") + "/sluice/vault"
            source = try KeySource(arguments, arguments.command.option("vault-passphrase-fd") == nil ? .own : .apart)
            memory = try folder("XDG_STATE_HOME", "/.local/state") + "/sluice/vaults"
        }
    }
}
