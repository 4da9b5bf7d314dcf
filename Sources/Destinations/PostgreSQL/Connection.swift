import CPQ
import Glibc
import System

/// A connection to a PostgreSQL server: the one place that calls libpq. Statements are prepared once, and go out in a pipeline: the
/// answers are read at `sync`.
///
///     try connection.send("insert into t select * from unnest($1::text[])", [.texts(names)])
///     try connection.sync()
final class Connection {
    /// One row of an answer.
    struct Row {
        fileprivate let values: [String?]
        func text(_ column: Int) -> String? { column < values.count ? values[column] : nil }
        func int(_ column: Int) -> Int64? { text(column).flatMap { Int64($0) } }
        func bool(_ column: Int) -> Bool { text(column) == "t" }
    }

    private let pq: pq_calls
    private let handle: OpaquePointer
    private var names: [String: String] = [:]
    private var prepared = 0
    /// What was sent since the last sync: for each command, the statement that it prepares, or nil.
    private var sent: [String?] = []
    private var unsyncedBytes = 0

    /// - Parameter settings: the names and values of libpq's settings ("Parameter Key Words"), a later one before an earlier.
    /// - Throws: `ServerError`, or `Failure` where libpq is not installed.
    init(_ settings: [(name: String, value: String)], timeout: Duration = .seconds(15)) throws {
        let pq = try libpq()
        let made = withStrings(settings.map(\.name)) { names in
            withStrings(settings.map(\.value)) { values in pq.connectStartParams(names, values, 1) }
        }
        guard let made else { throw Failure(.software, "out of memory") }
        self.pq = pq
        handle = made
        // Where this throws, `deinit` ends it.
        try connect(until: .now + timeout)
    }

    deinit { pq.finish(handle) }

    private func connect(until deadline: ContinuousClock.Instant) throws {
        if pq.status(handle) == CONNECTION_BAD { throw connectError() }
        // Errors of the connection have no code but in their text.
        _ = pq.setErrorVerbosity(handle, PQERRORS_VERBOSE)
        _ = pq.setNoticeProcessor(handle, { _, _ in }, nil)
        var wanted = Int16(POLLOUT)
        while true {
            let left = deadline - .now
            var waiting = pollfd(fd: pq.socket(handle), events: wanted, revents: 0)
            if left <= .zero || poll(&waiting, 1, Int32(clamping: left.microseconds / 1000 + 1)) == 0 {
                throw ServerError(code: nil, message: "no answer to the connection", isLost: true)
            }
            switch pq.connectPoll(handle) {
            case PGRES_POLLING_OK:
                guard pq.enterPipelineMode(handle) == 1 else { throw connectError() }
                return
            case PGRES_POLLING_READING: wanted = Int16(POLLIN)
            case PGRES_POLLING_WRITING: wanted = Int16(POLLOUT)
            default: throw connectError()
            }
        }
    }

    /// The code stands after the severity: `FATAL:  53300: sorry, too many clients already`.
    private func connectError() -> ServerError {
        let text = errorText
        let words = text.split(separator: ":").map { String($0.drop { $0 == " " }) }
        func isCode(_ word: String) -> Bool {
            word.utf8.count == 5 && word.contains(where: \.isNumber)
                && word.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
        }
        guard let at = words.dropFirst().firstIndex(where: isCode) else {
            return ServerError(code: nil, message: firstLine(text), isLost: true)
        }
        let message = words[(at + 1)...].joined(separator: ": ")
        return ServerError(code: words[at], message: firstLine(message), isLost: true)
    }
    private var errorText: String { pq.errorMessage(handle).map { String(cString: $0) } ?? "" }

    /// The server and its database, for messages.
    var description: String {
        let host = pq.host(handle).map { String(cString: $0) } ?? ""
        let database = pq.db(handle).map { String(cString: $0) } ?? ""
        return "database '\(database)' at \(host.isEmpty ? "localhost" : host)"
    }
    /// The version of the server: 150020 is 15.20.
    var serverVersion: Int { Int(pq.serverVersion(handle)) }

    // MARK: Statements

    /// Runs statements that give no rows, one after the other. The corresponding C function is `PQexec`.
    func execute(_ script: String) throws {
        try sync()
        guard pq.exitPipelineMode(handle) == 1 else { throw lost() }
        let result = pq.exec(handle, script)
        defer { pq.clear(result) }
        try check(result)
        guard pq.enterPipelineMode(handle) == 1 else { throw lost() }
    }

    /// Sends a statement, whose answer is read at the next sync.
    func send(_ sql: String, _ parameters: [Parameter] = []) throws {
        if unsyncedBytes > 4 << 20 || sent.count >= 256 { try sync() }
        let name = try names[sql] ?? prepare(sql, parameters.map(\.type))
        try send(parameters) { count, values, lengths, formats in
            pq.sendQueryPrepared(handle, name, count, values, lengths, formats, 0)
        }
    }

    /// Sends a statement and reads its answer.
    func query(_ sql: String, _ parameters: [Parameter] = []) throws -> [Row] {
        try send(sql, parameters)
        return try sync()
    }

    /// Sends a statement that will not come again.
    func sendOnce(_ sql: String) throws {
        try send([]) { count, values, lengths, formats in
            pq.sendQueryParams(handle, sql, count, nil, values, lengths, formats, 0)
        }
    }

    private func prepare(_ sql: String, _ types: [UInt32]) throws -> String {
        prepared += 1
        let name = "s\(prepared)"
        guard pq.sendPrepare(handle, name, sql, Int32(types.count), types) == 1 else { throw lost() }
        names[sql] = name
        sent.append(sql)
        return name
    }

    private func send(
        _ parameters: [Parameter],
        _ call: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> Int32
    ) throws {
        var bytes: [UInt8] = []
        var starts: [Int?] = []
        for parameter in parameters {
            starts.append(parameter.bytes == nil ? nil : bytes.count)
            bytes.append(contentsOf: parameter.bytes ?? [])
        }
        // An empty value needs an address too.
        bytes.append(0)
        let lengths = parameters.map { Int32(clamping: $0.bytes?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        let code = bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = starts.map { start in start.flatMap { at in base.map { $0 + at } } }
            return call(Int32(parameters.count), values, lengths, formats)
        }
        guard code == 1 else { throw lost() }
        sent.append(nil)
        unsyncedBytes += bytes.count
    }

    /// Reads the answers to all that was sent.
    /// - Returns: the rows of the last.
    /// - Throws: `ServerError`, the first that there was. Nothing after it was done.
    @discardableResult
    func sync() throws -> [Row] {
        if sent.isEmpty { return [] }
        guard pq.pipelineSync(handle) == 1 else { throw lost() }
        let commands = sent
        sent.removeAll(keepingCapacity: true)
        unsyncedBytes = 0
        var rows: [Row] = []
        var error: ServerError?
        for _ in commands {
            rows.removeAll()
            // After the end of the connection libpq must not be asked again: it has dropped its own list of commands.
            while pq.status(handle) == CONNECTION_OK, let result = pq.getResult(handle) {
                defer { pq.clear(result) }
                if pq.resultStatus(result) == PGRES_TUPLES_OK { rows = read(result) }
                do throws(ServerError) { try check(result) } catch let new { error = error ?? new }
            }
            if pq.status(handle) == CONNECTION_BAD { throw error?.asLost ?? lost() }
        }
        guard let end = pq.getResult(handle) else { throw error ?? lost() }
        pq.clear(end)
        if let error {
            for case let sql? in commands { names[sql] = nil }
            throw error
        }
        return rows
    }

    private func read(_ result: OpaquePointer) -> [Row] {
        (0..<pq.ntuples(result)).map { row in
            Row(
                values: (0..<pq.nfields(result)).map { column in
                    if pq.getisnull(result, row, column) == 1 { return nil }
                    let bytes = UnsafeRawBufferPointer(
                        start: pq.getvalue(result, row, column), count: Int(pq.getlength(result, row, column)))
                    return String(decoding: bytes, as: UTF8.self)
                })
        }
    }

    private func check(_ result: OpaquePointer?) throws(ServerError) {
        switch pq.resultStatus(result) {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            // 'C' and 'M' are PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY.
            guard let code = pq.resultErrorField(result, Int32(UInt8(ascii: "C"))) else { throw lost() }
            let message = pq.resultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? ""
            throw ServerError(
                code: String(cString: code), message: message, isLost: pq.status(handle) == CONNECTION_BAD)
        default: return
        }
    }

    private func lost() -> ServerError {
        ServerError(code: nil, message: firstLine(errorText), isLost: true)
    }
}

/// What the server or the connection to it answered instead.
struct ServerError: Error {
    /// The code of "PostgreSQL Error Codes"; nil where the connection is gone, or never came.
    let code: String?
    let message: String
    /// The connection can't be used any more.
    let isLost: Bool

    var asLost: ServerError { ServerError(code: code, message: message, isLost: true) }
}

/// The settings in a connection string or URI. The corresponding C function is `PQconninfoParse`.
/// - Throws: `Failure` where libpq can't read it. Its own message may hold a part of a password, and is not passed on.
func connectionSettings(_ text: String) throws -> [String: String] {
    let pq = try libpq()
    var message: UnsafeMutablePointer<CChar>?
    guard let options = pq.conninfoParse(text, &message) else {
        pq.freemem(message)
        throw Failure(
            .usage, "what follows 'postgres:' is no connection string",
            "give settings such as 'host=db.example.com dbname=docs schema=sluice', or a postgresql:// URI")
    }
    defer { pq.conninfoFree(options) }
    var settings: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
        if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
        option += 1
    }
    return settings
}

private func libpq() throws -> pq_calls {
    guard let calls = pq_load() else {
        throw Failure(.configuration, "libpq.so.5, PostgreSQL's library, is not there", "install the package libpq5")
    }
    return calls.pointee
}

private func firstLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? "the connection was lost"
}

private func withStrings<Result>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies.map { $0.map { UnsafePointer($0) } } + [nil])
}
