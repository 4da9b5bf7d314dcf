import Crypto
import JSON
import System

/// What stands in the file of a vault, a JSON object a line.
///
///     {"kind":"sluice-vault","format":1,"id":"…","generation":7,"key":{"kind":"scrypt","n":131072,"r":8,"p":1,"salt":"…"},"check":"…","records":1}
///     {"name":"google_drive","version":3,"nonce":"…","sealed":"…"}
///     {"sha256":"…","mac":"…"}
///
/// Each record is AES-256-GCM under a nonce of its own; vault, name and version are its associated data. `mac`, which needs
/// the key, is of all that stands before the last line, and tells what somebody altered; `sha256` is of the same followed by the
/// text of `mac`, and tells damage.
struct Sheet: Sendable {
    static let format = 1

    let id: String
    /// Grows with each change.
    var generation: Int
    var sealing: Sealing
    /// Sorted by name.
    var records: [Record]
    private var check: [UInt8] = []
    /// All before the last line, and the code that the last line has for it.
    private var body: [UInt8] = []
    private var code = ""

    init(id: String, generation: Int, sealing: Sealing, records: [Record]) {
        self.id = id
        self.generation = generation
        self.sealing = sealing
        self.records = records
    }

    /// Reads a file, without its key.
    /// - Throws: `Failure` for damage, and for a newer format.
    init(_ bytes: [UInt8], _ path: String) throws {
        func damaged(_ why: String) -> Failure {
            Failure(.ioError, "\(path) is damaged: \(why)", "restore it from a backup")
        }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard bytes.last == 0x0A, lines.popLast()?.isEmpty == true, let last = lines.popLast(), let first = lines.first
        else {
            throw damaged("it ends too early")
        }
        if let header = try? JSON(parsing: Array(first)), header["kind"]?.string == "sluice-vault",
            let format = header["format"]?.int, format > Sheet.format
        {
            throw Failure(
                .configuration, "\(path) has format \(format), and this version knows \(Sheet.format)",
                "use the version that wrote it, or a newer one")
        }
        body = Array(bytes[..<last.startIndex])
        guard let closing = try? JSON(parsing: Array(last)), let digest = closing["sha256"]?.string,
            let code = closing["mac"]?.string
        else { throw damaged("its last line is missing") }
        guard try SHA256.digest(body + Array(code.utf8)).hexadecimal == digest else {
            throw damaged("its checksum is wrong")
        }
        guard let header = try? JSON(parsing: Array(first)), header["kind"]?.string == "sluice-vault",
            header["format"]?.int == Int64(Sheet.format), let id = header["id"]?.string,
            let generation = header["generation"]?.int, generation > 0, let key = header["key"],
            let sealing = Sealing(key), let check = header["check"]?.string.flatMap({ Base64.decode($0) })
        else { throw damaged("its header can't be read") }
        self.code = code
        self.id = id
        self.generation = Int(generation)
        self.sealing = sealing
        self.check = check
        records = []
        for line in lines.dropFirst() {
            guard let json = try? JSON(parsing: Array(line)), let record = Record(json) else {
                throw damaged("line \(records.count + 2) is no record")
            }
            records.append(record)
        }
        guard header["records"]?.int == Int64(records.count), Set(records.map(\.name)).count == records.count else {
            throw damaged("it does not have the records that its header tells")
        }
    }

    /// - Throws: `Failure` for another key, and for what was altered.
    func verify(_ keys: Keys, _ path: String) throws {
        guard ConstantTime.equal(keys.check, check) else {
            throw Failure(
                .configuration,
                sealing.kind == .key ? "this is not the key of \(path)" : "this is not the passphrase of \(path)",
                "give the one under which it was made")
        }
        if ConstantTime.equal(try keys.code(ofFile: body), code) { return }
        for record in records where try record.open(id: id, keys) == nil {
            for other in records where other.name != record.name {
                if try record.open(id: id, keys, as: other) != nil {
                    throw Sheet.altered(path, "what stands under '\(record.name)' is the record of '\(other.name)'")
                }
            }
            throw Sheet.altered(path, "the record of '\(record.name)' was altered")
        }
        throw Sheet.altered(path, "records were taken away, or taken from another copy of it")
    }

    static func altered(_ path: String, _ what: String) -> Failure {
        Failure(.ioError, "somebody has changed \(path): \(what)", "restore it from a backup, and find out who did")
    }

    func bytes(_ keys: Keys) throws -> [UInt8] {
        var w = JSONWriter()
        w.object { w in
            w.member("kind", "sluice-vault")
            w.member("format", Sheet.format)
            w.member("id", id)
            w.member("generation", generation)
            w.key("key")
            sealing.write(to: &w)
            w.member("check", Base64.encodeURL(keys.check))
            w.member("records", records.count)
        }
        w.endLine()
        for record in records {
            record.write(to: &w)
            w.endLine()
        }
        let body = w.bytes
        var closing = JSONWriter()
        let code = try keys.code(ofFile: body)
        let digest = try SHA256.digest(body + Array(code.utf8)).hexadecimal
        closing.object { w in
            w.member("sha256", digest)
            w.member("mac", code)
        }
        closing.endLine()
        return body + closing.bytes
    }
}

/// A secret under its name.
struct Record: Sendable {
    let name: String
    /// Grows each time that the name is written.
    let version: Int
    private let nonce: [UInt8]
    private let sealed: [UInt8]

    init(_ name: String, _ version: Int, _ plain: [UInt8], id: String, _ keys: Keys) throws {
        self.name = name
        self.version = version
        nonce = try SecureRandom.bytes(AESGCM.nonceLength)
        sealed = try AESGCM.seal(
            plain, key: keys.records, nonce: nonce, associated: Record.associated(id, name, version))
    }

    init?(_ json: JSON) {
        guard let name = json["name"]?.string, let version = json["version"]?.int,
            let nonce = json["nonce"]?.string.flatMap({ Base64.decode($0) }), nonce.count == AESGCM.nonceLength,
            let sealed = json["sealed"]?.string.flatMap({ Base64.decode($0) })
        else { return nil }
        self.name = name
        self.version = Int(version)
        self.nonce = nonce
        self.sealed = sealed
    }

    func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("name", name)
            w.member("version", version)
            w.member("nonce", Base64.encodeURL(nonce))
            w.member("sealed", Base64.encodeURL(sealed))
        }
    }

    /// - Parameter other: whose name and version it is opened as; its own where nil.
    /// - Returns: nil where it is not what was sealed under that name.
    func open(id: String, _ keys: Keys, as other: Record? = nil) throws -> [UInt8]? {
        try AESGCM.open(
            sealed, key: keys.records, nonce: nonce,
            associated: Record.associated(id, other?.name ?? name, other?.version ?? version))
    }

    private static func associated(_ id: String, _ name: String, _ version: Int) -> [UInt8] {
        Array("sluice-vault \(Sheet.format)\n\(id)\n\(version)\n\(name)".utf8)
    }
}

extension Sealing {
    fileprivate init?(_ json: JSON) {
        switch json["kind"]?.string {
        case "key": self = .key
        case "scrypt":
            guard let n = json["n"]?.int, let r = json["r"]?.int, let p = json["p"]?.int, n > 0, r > 0, p > 0,
                let salt = json["salt"]?.string.flatMap({ Base64.decode($0) })
            else { return nil }
            self = .scrypt(Scrypt(n: UInt64(n), r: UInt64(r), p: UInt64(p)), salt: salt)
        default: return nil
        }
    }

    fileprivate func write(to w: inout JSONWriter) {
        w.object { w in
            switch self {
            case .key: w.member("kind", "key")
            case .scrypt(let scrypt, let salt):
                w.member("kind", "scrypt")
                w.member("n", Int64(scrypt.n))
                w.member("r", Int64(scrypt.r))
                w.member("p", Int64(scrypt.p))
                w.member("salt", Base64.encodeURL(salt))
            }
        }
    }
}
