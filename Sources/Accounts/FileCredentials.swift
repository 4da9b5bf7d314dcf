import Glibc
import JSON
import OAuth
import System

/// Credentials in a JSON file of their own, written back when they are renewed.
public struct FileCredentials: CredentialStore {
    private let path: String
    private let time: any TimeSource

    public init(_ path: String, time: any TimeSource = SystemTime()) {
        self.path = path
        self.time = time
    }

    public var canSave: Bool { true }

    /// - Throws: `Failure` with status `configuration`; no value of the file is in it.
    public func load() throws -> Credentials {
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            throw Failure(.configuration, "--credentials: \(error)", "name a file that can be read")
        }
        guard let json = try? JSON(parsing: bytes), json.isObject else {
            throw Failure(.configuration, "\(path) is not a JSON object", "write access_token, refresh_token, … in it")
        }
        return try Credentials(json)
    }

    public func save(_ credentials: Credentials) throws {
        var w = JSONWriter()
        credentials.write(to: &w)
        w.endLine()
        try Files.replace(path, with: w.bytes)
    }

    public func exclusively<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        let lock = try await Lock.waited(for: path + ".lock", time)
        let result = try await body()
        withExtendedLifetime(lock) {}
        return result
    }
}

extension Credentials {
    /// Makes a service account act for somebody. Google, "Delegating domain-wide authority".
    /// - Throws: `Failure` with status `usage` where the credentials are no service account's.
    public mutating func act(for subject: String) throws {
        guard case .jwtBearer(var jwt) = grant else {
            throw Failure(.usage, "--subject is for service accounts", "leave it out, or give a service account's key")
        }
        jwt.subject = subject
        grant = .jwtBearer(jwt)
    }
}

extension Lock {
    private static let step = Duration.milliseconds(20)

    /// Takes a lock when it is free, within two minutes: longer than any renewal.
    /// - Throws: `Failure` with status `tryAgain`, saying which process holds it; `CancellationError`.
    static func waited(for path: String, _ time: any TimeSource) async throws -> Lock {
        let deadline = time.now() + .seconds(120)
        while true {
            do { return try Lock(path) } catch let failure as Failure where failure.status == .tryAgain {
                guard time.now() < deadline else { throw failure }
            }
            try await time.sleep(for: step)
        }
    }
}
