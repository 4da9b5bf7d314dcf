import System

/// What a new connection needs before it writes: its settings, and the tables, made or taken to the format of this version.
struct Session {
    private let connection: Connection
    private let name: DatabaseName
    private var place: String { connection.description }

    init(_ connection: Connection, _ name: DatabaseName) {
        self.connection = connection
        self.name = name
    }

    /// Nobody's statement of ours may be ended by a default of the role while it waits for input, and every statement finds rows by their
    /// keys, whatever the planner thinks of a table that was empty a moment ago.
    func prepare() throws {
        try connection.execute(
            """
            set row_security = off; set idle_in_transaction_session_timeout = 0;
            set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
            set plan_cache_mode = force_generic_plan; set jit = off; set bytea_output = hex;
            select set_config('lock_timeout', '30s', false) where current_setting('lock_timeout') = '0';
            select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
            """)
        try makeTables()
    }

    /// Makes the tables, or takes them to the format of this version.
    private func makeTables() throws {
        let schema = PostgreSQLSchema(name.schema, serverVersion: connection.serverVersion)
        guard connection.serverVersion >= 110000 else {
            throw Failure(.configuration, "\(place) is older than PostgreSQL 11", "use a newer server")
        }
        guard try connection.query("show server_encoding").first?.text(0) == "UTF8" else {
            throw Failure(.configuration, "\(place) is not in UTF-8", "make a database with the encoding UTF8")
        }
        try connection.execute("set search_path = \(schema.name), pg_temp")
        if try format(schema) != PostgreSQLSchema.format {
            try connection.execute("begin; select pg_advisory_xact_lock(\(name.lock))")
            let format = try format(schema) ?? makeSchema(schema)
            guard format <= PostgreSQLSchema.format else {
                throw Failure(
                    .configuration,
                    "the schema '\(name.schema)' of \(place) has format \(format), and this version knows "
                        + "\(PostgreSQLSchema.format)", "use the version that wrote it, or a newer one")
            }
            for step in schema.steps.dropFirst(Int(format)) { try connection.execute(step) }
            try connection.execute("update sluice set format = \(PostgreSQLSchema.format); commit")
        }
        guard let wanted = name.search.map({ $0 == "on" }) else { return }
        let isOn = "select search from sluice"
        if try connection.query(isOn).first?.bool(0) == wanted { return }
        try connection.execute("begin; select pg_advisory_xact_lock(\(name.lock))")
        if try connection.query(isOn).first?.bool(0) != wanted { try connection.execute(schema.search(wanted)) }
        try connection.execute("commit")
    }

    /// - Returns: the format of no tables.
    private func makeSchema(_ schema: PostgreSQLSchema) throws -> Int64 {
        let relations =
            "select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 limit 1"
        guard try connection.query(relations, [.text(name.schema)]).isEmpty else {
            throw Failure(
                .configuration, "the schema '\(name.schema)' of \(place) holds tables of another program",
                "name a schema of its own, as in schema=sluice")
        }
        if try connection.query("select from pg_namespace where nspname = $1", [.text(name.schema)]).isEmpty {
            try connection.execute("create schema \(schema.name)")
        }
        return 0
    }

    /// The format of the tables that are there; nil where there are none.
    private func format(_ schema: PostgreSQLSchema) throws -> Int64? {
        guard try connection.query("select to_regclass($1)", [.text(schema.name + ".sluice")]).first?.text(0) != nil
        else {
            return nil
        }
        return try connection.query("select format from sluice").first?.int(0)
    }
}

extension DatabaseName {
    /// The lock that the writer of a schema holds.
    var lock: Int64 { Int64(bitPattern: fnv("sluice \(schema)")) }
}
