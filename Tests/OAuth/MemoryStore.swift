import OAuth
import Synchronization
import System

/// A store that two authorisers may share, as two processes share the vault.
final class MemoryStore: CredentialStore {
    private struct State {
        var kept = Credentials(accessToken: nil)
        var saved: [Credentials] = []
        var isFull = false
        var isHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    init(_ credentials: Credentials = Credentials(accessToken: nil)) { put(credentials) }

    var canSave: Bool { true }
    var saved: [Credentials] { state.withLock { $0.saved } }
    var isFull: Bool {
        get { state.withLock { $0.isFull } }
        set { state.withLock { $0.isFull = newValue } }
    }
    func put(_ credentials: Credentials) { state.withLock { $0.kept = credentials } }

    func load() -> Credentials { state.withLock { $0.kept } }
    func save(_ credentials: Credentials) throws {
        try state.withLock { state in
            if state.isFull { throw Failure(.ioError, "no space") }
            state.kept = credentials
            state.saved.append(credentials)
        }
    }
    func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isHeld else {
                    state.isHeld = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { release() }
        return try await body()
    }
    private func release() {
        let next = state.withLock { state in
            if state.waiting.isEmpty { state.isHeld = false }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.resume()
    }
}
