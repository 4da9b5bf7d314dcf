import CSQLite
import System

/// A SQLite database: the one place that calls the library. Statements are prepared once and kept.
final class Database {
    enum Value {
        case null
        case int(Int64)
        case text(String)
        case bytes([UInt8])

        init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    }

    private let handle: OpaquePointer
    private let path: String
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a file, and makes it if it is missing. The corresponding C function is `sqlite3_open_v2`.
    /// - Parameter patience: how long a call waits for another process that holds the lock, in milliseconds.
    init(_ path: String, patience: Int32 = 30_000) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil
        )
        guard code == SQLITE_OK, let opened else {
            let why = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw Failure(.ioError, "\(path) can't be opened: \(why)", "check the path, and that it may be written")
        }
        handle = opened
        self.path = path
        sqlite3_busy_timeout(handle, patience)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Runs statements that give no rows. The corresponding C function is `sqlite3_exec`.
    func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// Runs one statement to its end.
    /// - Returns: how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: Value...) throws -> Int {
        try step(sql, values) { _ in }
        return Int(sqlite3_changes64(handle))
    }

    /// What `read` makes of each row.
    func rows<Row>(_ sql: String, _ values: Value..., read: (Columns) throws -> Row) throws -> [Row] {
        var all: [Row] = []
        try step(sql, values) { all.append(try read($0)) }
        return all
    }

    /// The first column of the first row, as a number; 0 where there is no row.
    func number(_ sql: String, _ values: Value...) throws -> Int64 {
        var found: Int64 = 0
        try step(sql, values) { found = $0.int(0) }
        return found
    }

    /// The longest value that a row may hold, in bytes. The corresponding C function is `sqlite3_limit`.
    func limitLength(_ bytes: Int32) { sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, bytes) }

    /// The columns of the row at which a statement stands.
    struct Columns {
        fileprivate let statement: OpaquePointer

        func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        func text(_ column: Int32) -> String? {
            guard let start = sqlite3_column_text(statement, column) else { return nil }
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func step(_ sql: String, _ values: [Value], _ row: (Columns) throws -> Void) throws {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try check(bind(value, to: statement, at: Int32(index + 1))) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { return try check(code) }
            try row(Columns(statement: statement))
        }
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw Failure(.software, "there is no statement in '\(sql)'") }
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: Value, to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .int(let number): sqlite3_bind_int64(statement, index, number)
        case .text(var text):
            text.withUTF8 { sqlite_bind_text(statement, index, $0.baseAddress, UInt64($0.count)) }
        case .bytes(let bytes):
            bytes.withUnsafeBytes { sqlite_bind_text(statement, index, $0.baseAddress, UInt64($0.count)) }
        }
    }
    /// Sorts the errors of the library into those of a row, those that pass, and those that end the run.
    private func check(_ code: Int32) throws {
        if code == SQLITE_OK { return }
        let why = String(cString: sqlite3_errmsg(handle))
        switch code & 0xFF {
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE: throw RowRefused(why)
        case SQLITE_BUSY, SQLITE_LOCKED:
            throw Failure(.tryAgain, "\(path) is locked by another program", "run the same command again")
        case SQLITE_NOTADB, SQLITE_CORRUPT:
            throw Failure(.dataError, "\(path): \(why)", "name another file, or restore this one from a backup")
        case SQLITE_ERROR: throw Failure(.software, "\(path): \(why)", "this is a bug: please report it")
        default:
            throw Failure(
                .ioError, "\(path): \(why)",
                "mend that, and run the same command again: it goes on from the last checkpoint")
        }
    }
}
