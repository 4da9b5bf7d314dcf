import Glibc
import JSON
import OAuth
import System
import Vault

/// Accounts on their way to another machine: a JSON object for each, one a line, or a vault of their own under a passphrase.
///
///     {"account":"google_drive","credentials":{"access_token":"…",…}}
extension Accounts {
    /// Secrets and all, for whoever reads it.
    /// - Throws: `Failure` with status `configuration` where there is no such account.
    public func plain(_ names: [String]) throws -> [UInt8] {
        var w = JSONWriter()
        for name in names {
            let credentials = try credentials(of: name)
            w.object { w in
                w.member("account", name)
                w.key("credentials")
                credentials.write(to: &w)
            }
            w.endLine()
        }
        return w.bytes
    }

    /// The same, sealed.
    /// - Parameter descriptor: where the passphrase is read from; nil asks a person.
    public func sealed(_ names: [String], passphraseFrom descriptor: Int32?) async throws -> [UInt8] {
        let lines = try plain(names)
        let source: KeySource = descriptor.map { .passphrase($0) } ?? .person
        let key = try source.key(nil, vault: "of the export")
        let folder = try TemporaryFolder()
        let vault = try Vault.create(folder.file, memory: folder.memory, key: key)
        for line in lines.split(separator: 0x0A) {
            guard let name = try JSON(parsing: Array(line))["account"]?.string else { continue }
            try await vault.write(name, Array(line))
        }
        return try Files.read(folder.file)
    }

    /// What `plain` or `sealed` made.
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - descriptor: where the passphrase is read from, if it needs one; nil asks a person.
    /// - Throws: `Failure`: 74 for what is damaged, 78 for another passphrase; no value of it is in the words.
    public static func imported(_ bytes: [UInt8], _ name: String, passphraseFrom descriptor: Int32?) throws
        -> [(name: String, credentials: Credentials)]
    {
        let first = Array(bytes.prefix { $0 != 0x0A })
        guard (try? JSON(parsing: first))?["kind"]?.equals("sluice-vault") == true else {
            return try bytes.split(separator: 0x0A).map { try account(Array($0), name) }
        }
        let source: KeySource = descriptor.map { .passphrase($0) } ?? .person
        let folder = try TemporaryFolder()
        try Files.replace(folder.file, with: bytes)
        do {
            let vault = try Vault.open(folder.file, memory: folder.memory) { try source.key($0, vault: name) }
            return try vault.names().compactMap { try vault.read($0).map { try account($0, name) } }
        } catch let failure as Failure {
            throw Failure(
                failure.status, failure.what.replacing(folder.file, with: name),
                failure.remedy.replacing(folder.file, with: name))
        }
    }

    private static func account(_ line: [UInt8], _ file: String) throws -> (String, Credentials) {
        guard let json = try? JSON(parsing: line), let name = json["account"]?.string, !name.isEmpty,
            let credentials = json["credentials"]
        else {
            throw Failure(.ioError, "\(file) holds no exported accounts", "name what 'auth export' made")
        }
        return (name, try Credentials(credentials))
    }
}

/// A folder for a vault that is on its way, removed with all that is in it when this ends.
private final class TemporaryFolder {
    private let path: String
    var file: String { path + "/vault" }
    var memory: String { path + "/memory" }

    init() throws(SystemError) {
        var template = Array("/tmp/sluice-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make", "a temporary folder") }
        path = String(cString: made)
    }
    deinit {
        for folder in [memory, path] {
            for name in Files.names(in: folder) { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
    }
}
