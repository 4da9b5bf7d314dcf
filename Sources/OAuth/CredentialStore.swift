import System

/// Where the credentials of one account are kept.
public protocol CredentialStore: Sendable {
    /// False where what is new can't be kept (the environment): then a refresh token that the service replaces is refused in
    /// words.
    var canSave: Bool { get }
    /// As they are kept now.
    func load() async throws -> Credentials
    /// Makes them durable: when it returns they survive a loss of power.
    func save(_ credentials: Credentials) async throws
    /// Runs `body` while no other process, and no other task, renews this account.
    func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T
}

/// Credentials that came from where nothing can be written: they are renewed in memory, for this run.
public struct UnkeptCredentials: CredentialStore {
    private let credentials: Credentials

    public init(_ credentials: Credentials) { self.credentials = credentials }

    public var canSave: Bool { false }
    public func load() -> Credentials { credentials }
    public func save(_ credentials: Credentials) throws {
        throw Failure(.noPermission, "there is no place to keep the credentials", "keep them in the vault or in a file")
    }
    public func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T { try await body() }
}
