import JSON
import State
import System

/// `postgres:…`: rows in a schema of a PostgreSQL database. See `PostgreSQLSchema` for its tables.
///
/// One sink writes at a time: each transaction holds a lock of the schema, so that what it read stays true. The `Loader` lets lines
/// wait until there is a STATE to commit, so a transaction is as long as the server needs, and not as the source. Rows go out many in
/// a statement and many statements in a pipeline. Where a row is refused, the transaction is made again, a row at a time.
public final class PostgreSQLDestination: Destination {
    private let name: DatabaseName
    private let password: Secret?
    private let window: Int
    private var waiting: Waiting
    private var connection: Connection?
    private var wasConnected = false
    private var place: String
    /// The transaction's number, while one is under way.
    private var transaction: String?
    private var isCareful = false
    private var known = Known()
    /// Rows that wait for more of their kind.
    private var pending: Writes?
    /// A change is made by itself, and its errors are its own.
    private var isAlone = false
    private var tables: Set<String> = []

    /// Connects, and makes or migrates the tables.
    /// - Parameters:
    ///   - password: where it does not come from libpq's environment.
    ///   - window: the most bytes of lines that wait to be worked together.
    /// - Throws: `Failure`: `usage` for a name that can't be read or holds a password, `configuration` for tables of a newer version
    ///   or of something else, `unavailable` or `noPermission` where the server does not let us in.
    public init(_ name: DatabaseName, password: Secret? = nil, window: Int = 8 << 20, waiting: Waiting) throws {
        self.name = name
        self.password = password
        self.window = window
        self.waiting = waiting
        place = "the database"
        try name.check()
        try asking { _ in }
        self.waiting.reset()
    }

    public var lookahead: Int { window }

    // MARK: The connection

    /// The connection, made where there is none.
    private func connected() throws -> Connection {
        if let connection { return connection }
        var settings = [
            ("application_name", "sluice"), ("tcp_user_timeout", "60000"), ("dbname", name.connection),
            ("client_encoding", "UTF8"),
        ]
        if let password { settings.append(("password", password.reveal())) }
        let new = try Connection(settings)
        place = new.description
        wasConnected = true
        try Session(new, name).prepare()
        connection = new
        return new
    }

    /// Calls the server. In a transaction, what passes by itself ends it, for the `Loader` to begin it again; else the call is made
    /// again here.
    private func asking<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        if isAlone { return try body(try connected()) }
        while true {
            do { return try body(try connected()) } catch let error as ServerError {
                let isOpen = transaction != nil
                let lost = try trouble(error)
                // A server that was never there is more likely misnamed than away.
                if isOpen { throw lost }
                if !wasConnected && error.code == nil { throw lost.failure }
                try recover(from: lost)
            }
        }
    }

    private func trouble(_ error: ServerError) throws -> TransactionLost {
        if error.isLost { connection = nil }
        switch Trouble(error, at: place) {
        case .lasting(let failure):
            // With the connection goes the transaction, and its lock.
            connection = nil
            throw failure
        case .passing(let failure): return TransactionLost(failure)
        case .row(let why):
            if transaction == nil || isCareful {
                throw Failure(.software, "\(place): \(why)", "this is a bug: please report it")
            }
            isCareful = true
            return TransactionLost(Failure(.dataError, "\(place) can't hold a row: \(why)", ""), isRow: true)
        }
    }

    public func recover(from lost: TransactionLost) throws {
        transaction = nil
        forget()
        // Before the pause: others may wait for what the transaction holds.
        do { try connection?.execute("rollback") } catch { connection = nil }
        if !lost.isRow && !waiting.wait() { throw lost.failure }
    }

    public func settle() throws {
        try flush()
        try asking { _ = try $0.sync() }
        isCareful = true
    }

    private func forget() {
        known = Known()
        pending = nil
        tables.removeAll()
    }

    // MARK: Transactions

    public func begin() throws {
        if transaction != nil { return }
        transaction = try asking { connection in
            try connection.send("begin isolation level read committed")
            try connection.send("select pg_advisory_xact_lock(\(name.lock))")
            try connection.send("savepoint mark")
            return try connection.query("select txid_current()").first?.text(0)
        }
    }
    public func mark() throws {
        try flush()
        try asking { connection in
            try connection.send("release savepoint mark")
            try connection.send("savepoint mark")
        }
    }
    public func rollBackToMark() throws {
        forget()
        if transaction != nil { try asking { try $0.send("rollback to savepoint mark") } }
    }
    public func commit() throws {
        guard let number = transaction else { return }
        try flush()
        try asking { _ = try $0.sync() }
        do {
            try connected().send("commit")
            try connected().sync()
        } catch let error as ServerError {
            let lost = try trouble(error)
            if !error.isLost { throw lost }
            try learnEnd(of: number, lost)
        }
        transaction = nil
        isCareful = false
        waiting.reset()
        forget()
    }

    /// The connection was lost with the answer to `commit`. The server knows what became of it; while it works on it, it holds the
    /// lock of the schema.
    private func learnEnd(of number: String, _ lost: TransactionLost) throws {
        try recover(from: lost)
        let end = try asking { connection in
            try connection.send("begin")
            try connection.send("select pg_advisory_xact_lock(\(name.lock))")
            let end = try connection.query("select txid_status($1::text::bigint)", [.text(number)]).first?.text(0)
            try connection.execute("commit")
            return end
        }
        if end != "committed" { throw lost }
    }

    // MARK: Reading

    public func expect(_ ids: [String]) throws {
        var unknown: [String] = []
        var seen: Set<String> = []
        for id in ids where !known.knows(id) && seen.insert(id).inserted { unknown.append(id) }
        if unknown.isEmpty { return }
        try flush()
        let rows = try asking { try $0.query(Statements.known, [.texts(unknown)]) }
        for (id, row) in zip(unknown, rows) {
            known.note(
                id,
                row: row.bool(0)
                    ? StoredRow(
                        partition: row.text(1), updatedAt: row.text(2),
                        extractedAt: Timestamp(microseconds: row.int(3) ?? 0)) : nil)
            known.note(id, hasAttached: row.bool(4))
            known.note(
                id,
                debt: row.bool(5)
                    ? Debt(
                        semanticID: id, partition: row.text(6), stage: row.text(7) ?? "", reason: row.text(8) ?? "",
                        attempts: Int(row.int(9) ?? 0), at: row.int(10).map { Timestamp(microseconds: $0) }) : nil)
        }
    }
    public func row(_ id: String) throws -> StoredRow? {
        if known.row(id) == nil { try expect([id]) }
        return known.row(id) ?? nil
    }
    public func debt(of id: String) throws -> Debt? {
        if known.debt(id) == nil { try expect([id]) }
        return known.debt(id) ?? nil
    }
    public func debts(of folder: String) throws -> [Debt] {
        let columns = "select semantic_id, partition, stage, reason, attempts, at from failures"
        return try ask(columns + " where folder = $1 order by semantic_id", [.text(folder)]).map { row in
            Debt(
                semanticID: row.text(0) ?? "", partition: row.text(1), stage: row.text(2) ?? "",
                reason: row.text(3) ?? "", attempts: Int(row.int(4) ?? 0),
                at: row.int(5).map { Timestamp(microseconds: $0) })
        }
    }
    public func count(of connection: String) throws -> Int {
        try number("select count(*) from documents where connection = $1", [.text(connection)])
    }
    public func removals(by sweep: Sweep) throws -> Int {
        let (which, parameters) = which(sweep)
        return try number("select count(*) from documents where \(which)", parameters)
    }
    public func tenant(of connection: String) throws -> String? {
        try ask("select tenant from connections where name = $1", [.text(connection)]).first?.text(0)
    }
    public func state(of folder: String) throws -> CommittedState? {
        try ask("select value, swept from states where folder = $1", [.text(folder)]).first.map { row in
            try CommittedState(
                value: ByteSlice(row.text(0) ?? ""), swept: try row.text(1).map { try JSON(parsing: $0) })
        }
    }

    /// Asks after all that was changed.
    func ask(_ sql: String, _ parameters: [Parameter]) throws -> [Connection.Row] {
        try flush()
        return try asking { try $0.query(sql, parameters) }
    }
    private func number(_ sql: String, _ parameters: [Parameter]) throws -> Int {
        Int(try ask(sql, parameters).first?.int(0) ?? 0)
    }

    private func which(_ sweep: Sweep) -> (String, [Parameter]) {
        switch sweep {
        case .partition(let connection, let name, let before):
            (
                "connection = $1 and partition = $2 and extracted_at < $3",
                [.text(connection), .text(name), .int(before.microseconds)]
            )
        case .partitions(let connection, let except):
            ("connection = $1 and partition <> all ($2::text[])", [.text(connection), .texts(except)])
        }
    }

    // MARK: Writing

    @discardableResult
    public func apply(_ change: Change) throws -> Int {
        if isCareful { return try applyAlone(change) }
        return try add(change)
    }

    /// Makes one change and waits for its answer, so that a refusal is this one's.
    private func applyAlone(_ change: Change) throws -> Int {
        try asking { connection in
            _ = try connection.query("savepoint one")
            isAlone = true
            defer { isAlone = false }
            do {
                let count = try add(change)
                try flush()
                _ = try connection.query("release savepoint one")
                return count
            } catch let error as ServerError {
                guard !error.isLost, case .row(let why) = Trouble(error, at: place) else { throw error }
                forget()
                _ = try connection.query("rollback to savepoint one")
                throw RowRefused(why)
            }
        }
    }

    private func add(_ change: Change) throws -> Int {
        switch change {
        case .document(let d):
            try add(to: .documents, d.semanticID) { writes in
                writes.add(d, mayHaveAttached: known.mayHaveAttached(d.semanticID))
            }
            known.forgetRows(under: d.semanticID)
            known.wrote(
                d.semanticID,
                StoredRow(partition: d.partition, updatedAt: d.updatedAt, extractedAt: d.extractedAt))
        case .touched(let id, let partition, let permissions, let at):
            try add(to: .touches, id) { writes in
                writes.add(
                    touched: id, partition, permissions, at: at, mayHaveAttached: known.mayHaveAttached(id))
            }
            known.forgetRows(under: id)
            if case .some(.some(let row)) = known.row(id) {
                known.note(
                    id,
                    row: StoredRow(partition: partition ?? row.partition, updatedAt: row.updatedAt, extractedAt: at))
            }
        case .removed(let id, let partition):
            known.forget(id)
            try send(Statements.debtsRemoved, [.text(id), .text(partition)])
            try send(Statements.documentsRemoved, [.text(id), .text(partition)])
        case .refused(let id):
            known.forget(id)
            try send("delete from documents where semantic_id = $1", [.text(id)])
        case .group(let group): try add(to: .groups, group.id) { $0.add(group) }
        case .groupRemoved(let id, let partition):
            try send(
                "delete from groups where id = $1 and ($2::text is null or partition = $2)",
                [.text(id), .text(partition)])
        case .debt(let debt, let folder):
            known.note(debt.semanticID, debt: debt)
            try send(
                Statements.debt,
                [
                    .text(debt.semanticID), .text(debt.partition), .text(debt.stage), .text(debt.reason),
                    .int(Int64(debt.attempts)), .int(debt.at?.microseconds), .text(folder),
                ])
        case .paid(let id):
            guard try debt(of: id) != nil else { return 0 }
            known.note(id, debt: nil)
            try send("delete from failures where semantic_id = $1", [.text(id)])
        case .record(let stream, let key, let record, let at):
            let table = try table(stream)
            try add(to: .records(table: table), key) { $0.add(record: record, key: key, at: at) }
        case .recordRemoved(let stream, let key):
            try send("delete from \(try table(stream)) where key = $1", [.text(key)])
        case .sweep(let sweep):
            known.forgetRows()
            let (which, parameters) = which(sweep)
            try send("delete from documents where \(which)", parameters)
        case .sweepGroups(let connection, let before):
            try send(
                "delete from groups where connection = $1 and partition is not null and extracted_at < $2",
                [.text(connection), .int(before.microseconds)])
        case .tenant(let connection, let tenant):
            try send("insert into connections values($1, $2)", [.text(connection), .text(tenant)])
        case .state(let state, let folder):
            var swept = JSONWriter()
            state.writeSwept(to: &swept)
            try send(
                Statements.state,
                [
                    .text(folder), .bytes(state.value.array), .text(state.position?.run),
                    .int(state.position.map { Int64($0.checkpoint) }), .text(swept.text),
                ])
        }
        return 1
    }

    /// Adds a row to those of its kind, after what it must follow.
    private func add(to kind: Writes.Kind, _ id: String?, _ body: (inout Writes) -> Void) throws {
        if let pending, pending.kind != kind || !pending.takes(id) { try flush() }
        var writes = pending.take() ?? Writes(kind)
        body(&writes)
        pending = writes
    }

    private func send(_ sql: String, _ parameters: [Parameter]) throws {
        try flush()
        try asking { try $0.send(sql, parameters) }
    }

    /// Sends the rows that wait for more of their kind.
    private func flush() throws {
        guard let writes = pending.take() else { return }
        try asking { try writes.send(to: $0) }
    }

    /// The name of a stream's table, quoted; it is made where it is missing.
    private func table(_ stream: String) throws -> String {
        let name = PostgreSQLSchema.quoted(PostgreSQLSchema.table(ofStream: stream))
        if tables.insert(name).inserted {
            try flush()
            try asking {
                try $0.sendOnce(
                    "create table if not exists \(name)(key text unique, record json not null, extracted_at bigint not null)"
                )
            }
        }
        return name
    }
}
