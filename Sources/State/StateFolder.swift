import Glibc
import Gzip
import JSON
import Stream
import System

/// The state of one pipeline into one destination, on disk.
///
///     DIR/checkpoint.json.gz        a copy of the last STATE that the sink committed      sink alone
///     DIR/failures.ndjson.gz        the debts as committed, written just before it        sink alone
///     DIR/identity                  what the destination knows this folder by             sink alone
///     DIR/dedupe/…                  what was seen                                         dedupe alone
///     DIR/lock.PROGRAM              each program locks what it writes
///
/// Each file is replaced in one step, so that a reader and a kill meet the old one or the new one, whole. The destination is the
/// truth: what is lost here is written anew from there.
public struct StateFolder: Sendable {
    public let path: String

    /// Makes the folder if it is missing.
    public init(_ path: String) throws {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        try Files.makeFolder(self.path)
    }

    /// Takes the lock of a program, until the value ends.
    public func lock(_ program: String) throws -> Lock { try Lock("\(path)/lock.\(program)") }

    private var checkpointPath: String { path + "/checkpoint.json.gz" }
    private var debtsPath: String { path + "/failures.ndjson.gz" }

    /// The last STATE that the sink committed; nil before the first.
    public func checkpoint() throws -> JSON? {
        guard let bytes = try decompressed(checkpointPath) else { return nil }
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch { throw damaged(checkpointPath, "\(error)") }
        _ = try StateValue(value)
        return value
    }
    public func writeCheckpoint(_ value: ByteSlice) throws {
        try Files.replace(checkpointPath, with: Gzip.compress(value.array + [0x0A]))
    }
    /// Takes the copy away, where the destination has none: the next run begins anew.
    public func removeCheckpoint() throws { try Files.remove(checkpointPath) }

    /// The debts as committed, in the order of their keys.
    public func debts() throws -> [Debt] {
        guard let bytes = try decompressed(debtsPath) else { return [] }
        var debts: [Debt] = []
        for line in bytes.split(separator: 0x0A) {
            guard let json = try? JSON(parsing: Array(line)), let debt = Debt(json) else {
                throw damaged(debtsPath, "line \(debts.count + 1) is no debt")
            }
            debts.append(debt)
        }
        return debts
    }
    public func writeDebts(_ debts: some Sequence<Debt>) throws {
        var w = JSONWriter()
        for debt in debts {
            debt.write(to: &w)
            w.endLine()
        }
        try Files.replace(debtsPath, with: Gzip.compress(w.bytes))
    }

    /// What the destination knows this folder by: drawn once. A copy of a folder has the same, which the chain of its STATEs then
    /// tells apart.
    public func identity() throws -> String {
        let file = path + "/identity"
        if let bytes = try Files.readIfPresent(file, limit: 1024) {
            let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
            guard !text.isEmpty else { throw damaged(file, "it is empty") }
            return text
        }
        var random = SystemRandomNumberGenerator()
        let drawn = random.hexadecimal(bytes: 16)
        try Files.replace(file, with: Array((drawn + "\n").utf8))
        return drawn
    }

    private func decompressed(_ path: String) throws -> [UInt8]? {
        guard let bytes = try Files.readIfPresent(path) else { return nil }
        do { return try Gzip.decompress(bytes) } catch { throw damaged(path, "\(error)") }
    }
    private func damaged(_ path: String, _ why: String) -> Failure {
        Failure(
            .ioError, "\(path) is damaged: \(why)",
            "remove it, and run the same command again: sink writes it anew from the destination")
    }
}

/// What could not be read, and is tried again by the next runs until it was.
///
///     {"semantic_id":"google_drive:1AbC","partition":"drive:0A…","stage":"fetch","reason":"server_error","attempts":2,"at":"…"}
public struct Debt: Sendable, Equatable {
    public var semanticID: String
    public var partition: String?
    /// The program that could not read it.
    public var stage: String
    public var reason: String
    /// How often it was tried.
    public var attempts: Int
    /// When the last attempt was, by the stream's time.
    public var at: Timestamp?

    public init(
        semanticID: String, partition: String?, stage: String, reason: String, attempts: Int = 1, at: Timestamp? = nil
    ) {
        self.semanticID = semanticID
        self.partition = partition
        self.stage = stage
        self.reason = reason
        self.attempts = attempts
        self.at = at
    }

    /// Reads a record of the stream `failures`, or a line of the file.
    public init?(_ json: JSON, at: Timestamp? = nil) {
        guard let id = json["semantic_id"]?.string else { return nil }
        self.init(
            semanticID: id, partition: json["partition"]?.string, stage: json["stage"]?.string ?? "",
            reason: json["reason"]?.string ?? "", attempts: max(1, Int(json["attempts"]?.int ?? 1)),
            at: at ?? json["at"]?.string.flatMap { Timestamp($0) })
    }

    public func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("semantic_id", semanticID)
            w.member("partition", partition)
            w.member("stage", stage)
            w.member("reason", reason)
            w.member("attempts", attempts)
            if let at { w.member("at", at.description) }
        }
    }

    /// When it is worth another attempt: at once after the first, then with pauses that double from 5 minutes to a day.
    public var due: Timestamp? {
        guard let at, attempts > 1 else { return nil }
        let minutes = min(5 << Int64(min(attempts - 2, 12)), 24 * 60)
        return at + .seconds(minutes * 60)
    }
}
