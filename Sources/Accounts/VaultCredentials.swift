import JSON
import OAuth
import Vault

/// Credentials in the vault, under the account's name.
public struct VaultCredentials: CredentialStore {
    private let accounts: Accounts
    private let account: String

    init(_ accounts: Accounts, _ account: String) {
        self.accounts = accounts
        self.account = account
    }

    public var canSave: Bool { true }
    public func load() throws -> Credentials { try accounts.credentials(of: account) }
    public func save(_ credentials: Credentials) async throws { try await accounts.keep(credentials, as: account) }
    public func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        try await accounts.vault.exclusively(account, body)
    }
}
