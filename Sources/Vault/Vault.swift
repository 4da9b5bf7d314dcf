import Crypto
import Glibc
import JSON
import Synchronization
import System

/// A file of secrets, each under a name. Whoever can read the file sees the names, and how long each secret is, and nothing else.
///
/// The file is text (see `Sheet`): a header, a line a record, a closing line. It is replaced in one step, under a lock. What can be
/// wrong with it is told apart, and refused: another key, damage, a record that was altered or put under another name, records
/// that were taken away or taken from an older copy, and a whole file that is older than the one last seen on this machine.
public final class Vault: Sendable {
    public let path: String
    private let keys: Mutex<Keys>
    /// The folder where the newest generation seen of each vault is kept, on this machine and not beside the vault.
    private let memory: String
    private let time: any TimeSource

    private init(_ path: String, _ keys: Keys, _ memory: String, _ time: any TimeSource) {
        self.path = path
        self.keys = Mutex(keys)
        self.memory = memory
        self.time = time
    }

    /// Opens a vault that is there.
    /// - Parameters:
    ///   - key: called once, with what the vault was sealed under.
    ///   - memory: a folder outside of the vault's own.
    /// - Throws: `Failure`: 78 for another key, for a file or folder that others can use and for a newer format; 74 for damage, for
    ///   what was altered and for an older copy.
    public static func open(
        _ path: String, memory: String, time: any TimeSource = SystemTime(), key: (KeyKind) throws -> VaultKey
    ) throws -> Vault {
        let sheet = try Sheet(try contents(path), path)
        let vault = Vault(path, try Keys(try key(sheet.sealing.kind), sheet.sealing, sheet.id), memory, time)
        _ = try vault.sheet()
        return vault
    }

    /// Makes a vault.
    /// - Throws: `Failure` where there is one.
    public static func create(
        _ path: String, memory: String, time: any TimeSource = SystemTime(), key: VaultKey
    ) throws -> Vault {
        try Files.makeFolder(folder(of: path))
        try checkFolder(of: path)
        let lock = try Lock(path + ".lock")
        defer { _ = lock }
        guard !Files.exists(path) else { throw Failure(.configuration, "there is a vault at \(path)", "open that one") }
        let sealing = try Sealing(for: key)
        let id = try SecureRandom.bytes(16).hexadecimal
        let vault = Vault(path, try Keys(key, sealing, id), memory, time)
        try vault.write(Sheet(id: id, generation: 1, sealing: sealing, records: []), vault.keys.withLock { $0 })
        return vault
    }

    public static func exists(_ path: String) -> Bool { Files.exists(path) }

    // MARK: Records

    /// Sorted.
    public func names() throws -> [String] { try sheet().records.map(\.name) }

    /// What is kept under a name; nil where there is no such.
    public func read(_ name: String) throws -> [UInt8]? {
        let sheet = try sheet()
        guard let record = sheet.records.first(where: { $0.name == name }) else { return nil }
        return try open(record, sheet)
    }

    /// Keeps bytes under a name. When it returns they survive a loss of power.
    public func write(_ name: String, _ bytes: [UInt8]) async throws {
        try await update { sheet, keys in
            let version = (sheet.records.first { $0.name == name }?.version ?? 0) + 1
            sheet.records.removeAll { $0.name == name }
            sheet.records.append(try Record(name, version, bytes, id: sheet.id, keys))
        }
    }

    /// - Returns: false where there was none.
    @discardableResult public func remove(_ name: String) async throws -> Bool {
        var found = false
        try await update { sheet, _ in
            found = sheet.records.contains { $0.name == name }
            sheet.records.removeAll { $0.name == name }
        }
        return found
    }

    /// Seals everything under another key.
    public func rekey(_ key: VaultKey) async throws {
        let lock = try await waitForLock(path + ".lock")
        defer { _ = lock }
        var sheet = try sheet()
        let plain = try sheet.records.map { ($0, try open($0, sheet)) }
        sheet.sealing = try Sealing(for: key)
        let new = try Keys(key, sheet.sealing, sheet.id)
        let id = sheet.id
        sheet.records = try plain.map { try Record($0.name, $0.version + 1, $1, id: id, new) }
        // Whichever of the two files stands after a crash, its own key finds itself in the memory.
        try remember(id, sheet.generation, [keys.withLock { $0 }, new])
        sheet.generation += 1
        try write(sheet, new)
        keys.withLock { $0 = new }
    }

    /// Takes the file for the newest, though a newer one was seen here.
    public func accept() throws {
        let lock = try Lock(path + ".lock")
        defer { _ = lock }
        let sheet = try Sheet(try Vault.contents(path), path)
        let keys = keys.withLock { $0 }
        try sheet.verify(keys, path)
        try remember(sheet.id, sheet.generation, [keys])
    }

    /// Opens a vault only to accept it.
    public static func accept(_ path: String, memory: String, key: (KeyKind) throws -> VaultKey) throws {
        let sheet = try Sheet(try contents(path), path)
        let keys = try Keys(try key(sheet.sealing.kind), sheet.sealing, sheet.id)
        try Vault(path, keys, memory, SystemTime()).accept()
    }

    /// Runs `body` while nobody else, in no process, does the same for this name. Waits for its turn.
    public func exclusively<T: Sendable>(_ name: String, _ body: @Sendable () async throws -> T) async throws -> T {
        let folder = path + ".locks"
        try Files.makeFolder(folder)
        let digest = try SHA256.digest(Array(name.utf8))[..<16]
        let lock = try await waitForLock("\(folder)/\(digest.hexadecimal)")
        defer { _ = lock }
        return try await body()
    }

    // MARK: The file

    private func update(_ change: (inout Sheet, Keys) throws -> Void) async throws {
        let lock = try await waitForLock(path + ".lock")
        defer { _ = lock }
        var sheet = try sheet()
        let keys = keys.withLock { $0 }
        try change(&sheet, keys)
        sheet.records.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        sheet.generation += 1
        try write(sheet, keys)
    }

    /// The file as it is now, verified.
    private func sheet() throws -> Sheet {
        let sheet = try Sheet(try Vault.contents(path), path)
        let keys = keys.withLock { $0 }
        guard sheet.sealing == keys.sealing, sheet.id == keys.id else {
            throw Failure(
                .tryAgain, "\(path) was sealed under another key in the meantime", "run the same command again")
        }
        try sheet.verify(keys, path)
        let newest = try remembered(sheet.id, keys)
        guard sheet.generation >= newest else {
            throw Failure(
                .ioError,
                "\(path) is older than the one last seen here (generation \(sheet.generation), and not \(newest)): a refresh token "
                    + "in it may be spent",
                "put the newer file back; or, if this is a backup that you restored, run 'auth accept'")
        }
        // Who writes at the moment remembers what is written.
        if sheet.generation > newest, let lock = try? Lock(path + ".lock") {
            defer { _ = lock }
            if sheet.generation > (try remembered(sheet.id, keys)) { try remember(sheet.id, sheet.generation, [keys]) }
        }
        return sheet
    }

    private func write(_ sheet: Sheet, _ keys: Keys) throws {
        try Files.replace(path, with: sheet.bytes(keys))
        try remember(sheet.id, sheet.generation, [keys])
    }

    private func open(_ record: Record, _ sheet: Sheet) throws -> [UInt8] {
        guard let bytes = try record.open(id: sheet.id, keys.withLock { $0 }) else {
            throw Sheet.altered(path, "the record of '\(record.name)' can't be opened")
        }
        return bytes
    }

    private func waitForLock(_ file: String) async throws -> Lock {
        let deadline = time.now() + .seconds(120)
        while true {
            do { return try Lock(file) } catch let failure as Failure {
                guard failure.status == .tryAgain, time.now() < deadline else { throw failure }
            }
            try await time.sleep(for: .milliseconds(5))
        }
    }

    /// What is in the file, where nobody else may read or replace it.
    private static func contents(_ path: String) throws -> [UInt8] {
        try Permissions.check(path, isSecret: true)
        try checkFolder(of: path)
        return try Files.read(path, limit: 64 << 20)
    }
    private static func checkFolder(of path: String) throws {
        try Permissions.check(folder(of: path), isSecret: false)
    }
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    // MARK: The newest generation seen

    /// 0 where this machine has not seen the vault.
    /// - Throws: `Failure` for a memory that was written under another key.
    private func remembered(_ id: String, _ keys: Keys) throws -> Int {
        guard let bytes = try Files.readIfPresent("\(memory)/\(id)", limit: 4096) else { return 0 }
        if let json = try? JSON(parsing: bytes), let generation = json["generation"]?.int.map({ Int($0) }) {
            let mine = try keys.code(ofGeneration: generation)
            for name in ["mac", "next"] {
                if let code = json[name: name]?.string, ConstantTime.equal(mine, code) { return generation }
            }
        }
        throw Failure(
            .ioError,
            "what was last seen here of \(path) is not of this key: the file may be older than the last 'auth rekey'",
            "put the newer file back; or, if it got another key on another machine, run 'auth accept'")
    }

    /// Under the vault's lock.
    /// - Parameter keys: the one of now, and while that changes the next one.
    private func remember(_ id: String, _ generation: Int, _ keys: [Keys]) throws {
        let codes = try keys.map { try $0.code(ofGeneration: generation) }
        var w = JSONWriter()
        w.object { w in
            w.member("generation", generation)
            for (name, code) in zip(["mac", "next"], codes) { w.member(name, code) }
        }
        w.endLine()
        do {
            try Files.makeFolder(memory)
            try Files.replace("\(memory)/\(id)", with: w.bytes)
        } catch {
            throw Failure(
                .ioError, "the newest generation of the vault can't be kept: \(error)",
                "let \(memory) be written, or name another folder in XDG_STATE_HOME")
        }
    }
}

/// Who else may use a file or a folder.
enum Permissions {
    /// - Parameter isSecret: nobody else may even read it; else nobody may write it.
    static func check(_ path: String, isSecret: Bool) throws {
        var st = stat()
        guard stat(path, &st) == 0 else { throw SystemError("open", path) }
        let mode = st.st_mode & 0o777
        let isMine = st.st_uid == geteuid() || st.st_uid == 0
        if isMine, mode & (isSecret ? 0o077 : 0o022) == 0 { return }
        let what = isMine ? "others can \(isSecret ? "use" : "write in") \(path)" : "\(path) belongs to somebody else"
        throw Failure(
            .configuration, "\(what) (mode \(String(mode, radix: 8)))",
            isMine ? "run: chmod \(isSecret ? "600" : "700") \(path)" : "name a file of your own")
    }
}
