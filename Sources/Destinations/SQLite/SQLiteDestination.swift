import Glibc
import JSON
import State
import System

/// `sqlite:FILE`: rows in a SQLite database. See `Schema` for its tables.
///
/// `synchronous` is FULL: what was committed must survive a loss of power, since the copy of STATE in the folder will name it; with
/// NORMAL the last commits may be gone. The price is an `fsync` a commit, which is a batch.
public final class SQLiteDestination: Destination {
    let database: Database
    private var isOpen = false
    private var tables: Set<String> = []

    /// Opens the database, and makes its tables where it has none.
    /// - Parameter patience: how long to wait for another program that writes, in milliseconds.
    /// - Throws: `Failure`: `configuration` for a database of a newer version or of something else.
    public convenience init(_ path: String, patience: Int32 = 30_000) throws {
        try self.init(path, patience: patience, longestValue: nil)
    }

    /// Opens a database that is there, to ask it.
    public convenience init(asking path: String) throws {
        guard Files.exists(path) else {
            throw Failure(.configuration, "there is no file \(path)", "name the database that sink wrote")
        }
        try self.init(path)
    }

    init(_ path: String, patience: Int32 = 30_000, longestValue: Int32?) throws {
        // Documents, and who reads them, are the owner's until they choose otherwise.
        if !Files.exists(path) { _ = try Descriptor(opening: path, O_RDWR | O_CREAT, mode: 0o600) }
        database = try Database(path, patience: patience)
        try database.execute("pragma journal_mode = wal; pragma synchronous = full")
        try database.execute("begin immediate")
        if try database.number("select count(*) from sqlite_schema where name = 'sluice'") == 0 {
            guard try database.number("select count(*) from sqlite_schema") == 0 else {
                throw Failure(
                    .configuration, "\(path) holds tables of another program", "name a file of its own, or a new one")
            }
            try database.execute(Schema.tables)
            try database.execute(Schema.views)
        }
        let format = try database.number("select format from sluice")
        guard format <= Schema.format else {
            throw Failure(
                .configuration, "\(path) has format \(format), and this version knows \(Schema.format)",
                "use the version that wrote it, or a newer one")
        }
        try database.execute("commit")
        if let longestValue { database.limitLength(longestValue) }
    }

    /// The most pages that the file may have, for a test of a full disk.
    func limitPages(_ count: Int) throws { try database.execute("pragma max_page_count = \(count)") }

    public func begin() throws {
        if isOpen { return }
        try database.execute("begin immediate; savepoint mark")
        isOpen = true
    }
    public func mark() throws { try database.execute("release mark; savepoint mark") }
    public func rollBackToMark() throws {
        tables.removeAll()
        if isOpen { try database.execute("rollback to mark") }
    }
    public func commit() throws {
        guard isOpen else { return }
        try database.execute("release mark; commit")
        isOpen = false
    }

    // MARK: Reading

    public func row(_ id: String) throws -> StoredRow? {
        try database.rows(
            "select partition, updated_at, extracted_at from documents where semantic_id = ?", .text(id)
        ) { StoredRow(partition: $0.text(0), updatedAt: $0.text(1), extractedAt: Timestamp(microseconds: $0.int(2))) }
        .first
    }
    public func debt(of id: String) throws -> Debt? {
        try database.rows(debtColumns + " where semantic_id = ?", .text(id), read: debt).first
    }
    public func debts(of folder: String) throws -> [Debt] {
        try database.rows(debtColumns + " where folder = ? order by semantic_id", .text(folder), read: debt)
    }
    private let debtColumns = "select semantic_id, partition, stage, reason, attempts, coalesce(at, -1) from failures"
    private func debt(_ row: Database.Columns) -> Debt {
        Debt(
            semanticID: row.text(0) ?? "", partition: row.text(1), stage: row.text(2) ?? "", reason: row.text(3) ?? "",
            attempts: Int(row.int(4)), at: row.int(5) < 0 ? nil : Timestamp(microseconds: row.int(5)))
    }
    public func count(of connection: String) throws -> Int {
        Int(try database.number("select count(*) from documents where connection = ?", .text(connection)))
    }
    public func removals(by sweep: Sweep) throws -> Int {
        switch sweep {
        case .partition(let connection, let name, let before):
            Int(
                try database.number(
                    "select count(*) from documents where connection = ? and partition = ? and extracted_at < ?",
                    .text(connection), .text(name), .int(before.microseconds)))
        case .partitions(let connection, let except):
            Int(
                try database.number(
                    """
                    select count(*) from documents
                    where connection = ? and partition not in (select value from json_each(?))
                    """, .text(connection), .text(list(except))))
        }
    }
    public func tenant(of connection: String) throws -> String? {
        try database.rows("select tenant from connections where name = ?", .text(connection)) { $0.text(0) }.first
            ?? nil
    }
    public func state(of folder: String) throws -> CommittedState? {
        try database.rows("select value, swept from states where folder = ?", .text(folder)) { row in
            let swept = try row.text(1).map { try JSON(parsing: $0) }
            return try CommittedState(value: ByteSlice(row.text(0) ?? ""), swept: swept)
        }.first
    }

    // MARK: Writing

    @discardableResult
    public func apply(_ change: Change) throws -> Int {
        switch change {
        case .document(let document): return try write(document)
        case .touched(let id, let partition, let permissions, let at):
            let changed = try touch(id, partition, permissions, at)
            for key in try keys(under: id) { try touch(key, partition, permissions, at) }
            return changed
        case .removed(let id, let partition): return try remove(id, partition)
        case .refused(let id): return try database.run("delete from documents where semantic_id = ?", .text(id))
        case .group(let group): return try write(group)
        case .groupRemoved(let id, let partition):
            return try database.run(
                "delete from groups where id = ?1 and (?2 is null or partition = ?2)", .text(id), .init(partition))
        case .debt(let debt, let folder):
            return try database.run(
                "insert or replace into failures values(?, ?, ?, ?, ?, ?, ?)", .text(debt.semanticID),
                .init(debt.partition), .text(debt.stage), .text(debt.reason), .int(Int64(debt.attempts)),
                debt.at.map { .int($0.microseconds) } ?? .null, .text(folder))
        case .paid(let id): return try database.run("delete from failures where semantic_id = ?", .text(id))
        case .record(let stream, let key, let record, let at):
            return try database.run(
                "insert or replace into \(try table(stream)) values(?, ?, ?)", .init(key),
                .bytes(record.minified.array), .int(at.microseconds))
        case .recordRemoved(let stream, let key):
            return try database.run("delete from \(try table(stream)) where key = ?", .text(key))
        case .sweep(.partition(let connection, let name, let before)):
            return try database.run(
                "delete from documents where connection = ? and partition = ? and extracted_at < ?",
                .text(connection), .text(name), .int(before.microseconds))
        case .sweep(.partitions(let connection, let except)):
            return try database.run(
                "delete from documents where connection = ? and partition not in (select value from json_each(?))",
                .text(connection), .text(list(except)))
        case .sweepGroups(let connection, let before):
            return try database.run(
                "delete from groups where connection = ? and partition is not null and extracted_at < ?",
                .text(connection), .int(before.microseconds))
        case .tenant(let connection, let tenant):
            return try database.run("insert into connections values(?, ?)", .text(connection), .text(tenant))
        case .state(let state, let folder): return try write(state, folder)
        }
    }

    private func write(_ d: DocumentRow) throws -> Int {
        try database.run(
            """
            insert into documents(semantic_id, connection, id, content, title, url, author, created_at, updated_at,
                partition, parent, metadata, extracted_at)
            values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict(semantic_id) do update set connection = excluded.connection, id = excluded.id,
                content = excluded.content, title = excluded.title, url = excluded.url, author = excluded.author,
                created_at = excluded.created_at, updated_at = excluded.updated_at, partition = excluded.partition,
                parent = excluded.parent, metadata = excluded.metadata, extracted_at = excluded.extracted_at
            """, .text(d.semanticID), .text(d.connection), .text(d.id), .init(d.content), .init(d.title), .init(d.url),
            .init(d.author), .init(d.createdAt), .init(d.updatedAt), .init(d.partition), .init(d.parent),
            .bytes(d.metadata.minified.array), .int(d.extractedAt.microseconds))
        try permit(d.semanticID, d.permissions)
        let attached = try keys(under: d.semanticID)
        if attached.isEmpty { return 1 }
        if let parts = d.parts {
            try database.run(
                """
                delete from documents where semantic_id >= ?1 || '#' and semantic_id < ?1 || '$' and not exists(
                    select 1 from json_each(?2)
                    where value = semantic_id or substr(semantic_id, 1, length(value) + 1) = value || '#')
                """, .text(d.semanticID), .text(list(parts)))
        }
        for key in attached { try touch(key, d.partition, d.permissions, d.extractedAt) }
        return 1
    }

    /// The keys of what is attached to a document. `$` is the byte after `#`.
    private func keys(under id: String) throws -> [String] {
        try database.rows(
            "select semantic_id from documents where semantic_id >= ?1 || '#' and semantic_id < ?1 || '$'", .text(id)
        ) { $0.text(0) ?? "" }
    }

    /// The row stays what a document of that partition and those readers would have made it, `metadata` too.
    @discardableResult
    private func touch(_ id: String, _ partition: String?, _ permissions: [String]?, _ at: Timestamp) throws -> Int {
        let readers = permissions.map(list)
        let changed = try database.run(
            """
            update documents set extracted_at = ?2, partition = coalesce(?3, partition), metadata = case
                when ?4 is not null then
                    json_set(metadata, '$.partition', coalesce(?3, partition), '$.permissions', json(?4))
                when ?3 is not null and partition is not ?3 then json_set(metadata, '$.partition', ?3)
                else metadata end
            where semantic_id = ?1
            """, .text(id), .int(at.microseconds), .init(partition), .init(readers))
        if changed > 0, let permissions { try permit(id, permissions) }
        return changed
    }

    private func permit(_ id: String, _ permissions: [String]) throws {
        try database.run("delete from document_principals where semantic_id = ?", .text(id))
        for principal in permissions {
            try database.run("insert or ignore into document_principals values(?, ?)", .text(id), .text(principal))
        }
    }

    private func remove(_ id: String, _ partition: String?) throws -> Int {
        let under = "(semantic_id = ?1 or (semantic_id >= ?1 || '#' and semantic_id < ?1 || '$'))"
        try database.run(
            "delete from failures where \(under) and (?2 is null or partition is null or partition = ?2)", .text(id),
            .init(partition))
        return try database.run(
            "delete from documents where \(under) and (?2 is null or partition = ?2)", .text(id), .init(partition))
    }

    private func write(_ group: GroupRow) throws -> Int {
        try database.run("delete from groups where id = ?", .text(group.id))
        try database.run(
            "insert into groups values(?, ?, ?, ?, ?, ?)", .text(group.id), .text(group.connection),
            .init(group.source),
            .init(group.partition), .init(group.name), .int(group.extractedAt.microseconds))
        switch group.readers {
        case .members(let members):
            for member in members {
                try database.run("insert or ignore into group_members values(?, ?)", .text(group.id), .text(member))
            }
        case .all(let clauses):
            for clause in clauses {
                try database.run("insert or ignore into group_rules values(?, ?)", .text(group.id), .text(clause))
            }
        }
        return 1
    }

    private func write(_ state: CommittedState, _ folder: String) throws -> Int {
        var swept = JSONWriter()
        state.writeSwept(to: &swept)
        return try database.run(
            "insert or replace into states values(?, ?, ?, ?, ?)", .text(folder), .bytes(state.value.array),
            .init(state.position?.run), state.position.map { .int(Int64($0.checkpoint)) } ?? .null,
            .text(swept.text))
    }

    /// The name of a stream's table, quoted; it is made where it is missing.
    private func table(_ stream: String) throws -> String {
        let name = Schema.table(ofStream: stream)
        if name.utf8.contains(0) { throw RowRefused("the name of the stream holds a zero byte") }
        let quoted =
            "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        if tables.insert(name).inserted {
            try database.execute(
                "create table if not exists \(quoted)(key text unique, record text not null, extracted_at integer not null)"
            )
        }
        return quoted
    }

    private func list(_ texts: [String]) -> String {
        var w = JSONWriter()
        w.strings(texts)
        return w.text
    }
}
