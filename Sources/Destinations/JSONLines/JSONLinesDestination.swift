import Glibc
import Gzip
import JSON
import State
import System

/// `jsonl:DIR`: a log of changes in files that `zcat` reads, for whatever has no connector of its own here.
///
///     DIR/0000000001.ndjson.gz      the changes of the first commit, in order, its STATE last
///     DIR/0000000002.ndjson.gz      …
///
/// A file is written under another name, made durable, and renamed: it is a transaction, and there is never half of one. A reader
/// folds the files by name, line by line, into what is so now. `op` says what happened; a name before `#` has under it the keys
/// that begin with it and `#`:
///
/// | op | a reader |
/// |---|---|
/// | `document` | writes `record` whole; gives what is under it its partition, readers and time; removes what is under it and not in `metadata.parts`, where that is there |
/// | `touched` | gives the row and what is under it the time `at` and, where they are given, the `partition` and the `permissions` |
/// | `removed` | removes the row and what is under it, each only while it is in `partition` (null: wherever it is) |
/// | `refused` | removes the row |
/// | `sweep` | removes the rows of `connection` in `partition` whose time is before `before`, or in any partition but `except` |
/// | `group`, `group_removed`, `sweep_groups` | does the same for groups; one without a partition is not swept |
/// | `record`, `record_removed` | writes or removes a row of another stream; without a key it is added |
/// | `debt`, `paid`, `tenant`, `state` | may pass over: what could not be read yet, and where the sync stands |
///
/// Only an index of keys is in memory, read from the files at the start.
public final class JSONLinesDestination: Destination {
    private static let block = 4 << 20

    private let path: String
    private let lock: Lock
    private let index = MemoryDestination(keepsContent: false)
    private var number = 0
    private var file: Descriptor?
    private var pending = JSONWriter()
    private var size = 0
    private var marked = 0

    /// Reads the folder, and makes it where it is missing.
    public init(_ path: String) throws {
        self.path = path
        try Files.makeFolder(path)
        lock = try Lock(path + "/lock")
        for name in Files.names(in: path) where name.hasSuffix(".ndjson.gz") {
            number = Int(name.prefix { $0.isNumber }) ?? number
            try replay(path + "/" + name)
        }
        index.mark()
    }

    private func replay(_ file: String) throws {
        var parser = JSONParser()
        do {
            let text = ByteSlice(try Gzip.decompress(try Files.read(file)))
            var start = 0
            for at in 0..<text.count where text[at] == 0x0A {
                guard let change = try Change(try parser.parse(text[start..<at])) else { throw RowRefused("no change") }
                index.apply(change)
                start = at + 1
            }
            index.mark()
        } catch let error as SystemError { throw error } catch {
            throw Failure(.dataError, "\(file) is damaged: \(error)", "restore it from a backup, or begin a new folder")
        }
    }

    public func begin() {}

    @discardableResult
    public func apply(_ change: Change) throws -> Int {
        let changed = index.apply(change)
        change.write(to: &pending)
        if pending.bytes.count >= JSONLinesDestination.block { try spill() }
        return changed
    }

    public func mark() throws {
        try spill()
        marked = size
        index.mark()
    }

    public func rollBackToMark() throws {
        index.rollBackToMark()
        pending = JSONWriter()
        try file?.truncate(to: marked)
        size = marked
    }

    public func commit() throws {
        try mark()
        guard size > 0 else { return }
        try file?.synchronize()
        file = nil
        size = 0
        marked = 0
        number += 1
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        try Files.rename(path + "/open", to: "\(path)/\(name).ndjson.gz")
    }

    /// Compresses what waits, and adds it to the file.
    private func spill() throws {
        if pending.bytes.isEmpty { return }
        if file == nil {
            file = try Descriptor(opening: path + "/open", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
        }
        let member = Gzip.compress(pending.bytes)
        try file?.write(member)
        size += member.count
        pending = JSONWriter()
    }

    public func row(_ id: String) -> StoredRow? { index.row(id) }
    public func debt(of id: String) -> Debt? { index.debt(of: id) }
    public func debts(of folder: String) -> [Debt] { index.debts(of: folder) }
    public func count(of connection: String) -> Int { index.count(of: connection) }
    public func removals(by sweep: Sweep) -> Int { index.removals(by: sweep) }
    public func tenant(of connection: String) -> String? { index.tenant(of: connection) }
    public func state(of folder: String) -> CommittedState? { index.state(of: folder) }
}
