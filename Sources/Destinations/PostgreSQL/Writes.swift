import JSON
import System

/// Changes of one kind that go to the server together: many rows in one statement. No two of them are about the same document, or
/// about one and what is attached to it, so that their order does not matter.
struct Writes {
    enum Kind: Equatable { case documents, touches, groups, records(table: String) }

    /// The most rows of a statement, and bytes after which no row is added.
    static let rows = 50
    static let bytes = 1 << 20

    let kind: Kind
    private var texts: [Column]
    private var times = Column.ofInts
    private var ids: Set<String> = []
    private var above: Set<String> = []
    /// Of documents and touches that may have something attached: key, partition, readers, parts and time.
    private var attached = (texts: [Column](repeating: Column(), count: 4), times: Column.ofInts)

    init(_ kind: Kind) {
        self.kind = kind
        let columns =
            switch kind {
            case .documents: 13
            case .touches: 3
            case .groups: 7
            case .records: 2
            }
        texts = [Column](repeating: Column(), count: columns)
    }

    var isFull: Bool { times.count >= Writes.rows || texts.reduce(0) { $0 + $1.size } >= Writes.bytes }

    /// False where the change must wait for these.
    func takes(_ id: String?) -> Bool {
        guard let id else { return !isFull }
        return !isFull && !ids.contains(id) && !above.contains(id) && ancestors(of: id).allSatisfy { !ids.contains($0) }
    }

    private mutating func add(_ id: String, _ values: [String?], at time: Timestamp) {
        ids.insert(id)
        above.formUnion(ancestors(of: id))
        for (index, value) in values.enumerated() { texts[index].append(value) }
        times.append(time.microseconds)
    }

    mutating func add(_ d: DocumentRow, mayHaveAttached: Bool) {
        let readers = list(d.permissions)
        add(
            d.semanticID,
            [
                d.semanticID, d.connection, d.id, d.content, d.title, d.url, d.author, d.createdAt, d.updatedAt,
                d.partition, d.parent, readers,
            ], at: d.extractedAt)
        texts[12].append(d.metadata.storable)
        if mayHaveAttached { attach(d.semanticID, d.partition, readers, d.parts.map(list), d.extractedAt) }
    }

    mutating func add(
        touched id: String, _ partition: String?, _ permissions: [String]?, at time: Timestamp, mayHaveAttached: Bool
    ) {
        let readers = permissions.map(list)
        add(id, [id, partition, readers], at: time)
        if mayHaveAttached { attach(id, partition, readers, nil, time) }
    }

    private mutating func attach(
        _ id: String, _ partition: String?, _ readers: String?, _ parts: String?, _ time: Timestamp
    ) {
        for (index, value) in [id, partition, readers, parts].enumerated() { attached.texts[index].append(value) }
        attached.times.append(time.microseconds)
    }

    mutating func add(_ group: GroupRow) {
        let (members, clauses) =
            switch group.readers {
            case .members(let members): (list(members), "[]")
            case .all(let clauses): ("[]", list(clauses))
            }
        add(
            group.id,
            [group.id, group.connection, group.source, group.partition, group.name, members, clauses],
            at: group.extractedAt)
    }

    mutating func add(record: JSON, key: String?, at time: Timestamp) {
        if let key { ids.insert(key) }
        texts[0].append(key)
        texts[1].append(record.storable)
        times.append(time.microseconds)
    }

    /// Sends the statements.
    func send(to connection: Connection) throws {
        let parameters = texts.map(\.parameter) + [times.parameter]
        switch kind {
        case .documents:
            let readers = [parameters[0], parameters[11]]
            try connection.send(Statements.documents, parameters.without(11))
            try connection.send(Statements.readersGone, readers)
            try connection.send(Statements.readersNew, readers)
        case .touches:
            try connection.send(Statements.touches, parameters)
            let readers = [parameters[0], parameters[2]]
            try connection.send(Statements.readersGone, readers)
            try connection.send(Statements.readersNew, readers)
        case .groups:
            try connection.send(Statements.groups, parameters.without(6).without(5))
            try connection.send(Statements.membersGone, [parameters[0], parameters[5]])
            try connection.send(Statements.membersNew, [parameters[0], parameters[5]])
            try connection.send(Statements.clausesGone, [parameters[0], parameters[6]])
            try connection.send(Statements.clausesNew, [parameters[0], parameters[6]])
        case .records(let table): try connection.send(Statements.records(table), parameters)
        }
        guard attached.times.count > 0 else { return }
        let under = attached.texts.map(\.parameter)
        if kind == .documents { try connection.send(Statements.partsGone, [under[0], under[3]]) }
        try connection.send(Statements.touchesUnder, [under[0], under[1], under[2], attached.times.parameter])
        try connection.send(Statements.readersGoneUnder, [under[0], under[2]])
        try connection.send(Statements.readersNewUnder, [under[0], under[2]])
    }
}

private func list(_ texts: [String]) -> String {
    var w = JSONWriter()
    w.strings(texts.map(\.withoutZeros))
    return w.text
}

extension [Parameter] {
    fileprivate func without(_ index: Int) -> [Parameter] { enumerated().filter { $0.offset != index }.map(\.element) }
}

extension JSON {
    /// The value as PostgreSQL can read it again: strings without zeros and without half surrogates, which it refuses.
    var storable: [UInt8] {
        let bytes = minified.array
        guard bytes.contains(UInt8(ascii: "\\")) else { return bytes }
        let hasEscape = zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: "\\") && $1 == UInt8(ascii: "u") }
        guard hasEscape else { return bytes }
        var w = JSONWriter()
        write(storable: self, to: &w)
        return w.bytes
    }
}

/// The parser has bounded the depth.
private func write(storable json: JSON, to w: inout JSONWriter) {
    switch json.kind {
    case .object:
        w.object { w in
            for (name, value) in json.members {
                w.key((name.string ?? "").withoutZeros)
                write(storable: value, to: &w)
            }
        }
    case .array: w.array { w in for element in json.elements { write(storable: element, to: &w) } }
    case .string: w.string((json.string ?? "").withoutZeros)
    default: w.raw(json.minified)
    }
}

/// The statements. `$1`, … are arrays, a column of the rows each. What is under a key is the range from `key#` to `key$`.
enum Statements {
    static let documents = """
        insert into documents(semantic_id, connection, id, content, title, url, author, created_at, updated_at, partition, parent,
            metadata, extracted_at)
        select t.a, t.b, t.c, t.d, t.e, t.f, t.g, t.h, t.i, t.j, t.k, t.l::jsonb, t.m
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::bigint[]) t(a, b, c, d, e, f, g, h, i, j, k, l, m)
        on conflict(semantic_id) do update set connection = excluded.connection, id = excluded.id,
            content = excluded.content, title = excluded.title, url = excluded.url, author = excluded.author,
            created_at = excluded.created_at, updated_at = excluded.updated_at, partition = excluded.partition,
            parent = excluded.parent, metadata = excluded.metadata, extracted_at = excluded.extracted_at
        """
    static let touches = touch("d.semantic_id = t.id")
    static let touchesUnder = touch(under("d"))
    /// The row stays what a document of that partition and those readers would have made it, `metadata` too.
    private static func touch(_ which: String) -> String {
        """
        update documents d set extracted_at = t.at, partition = coalesce(t.partition, d.partition), metadata = case
            when t.readers is not null then d.metadata || jsonb_build_object(
                'partition', coalesce(t.partition, d.partition), 'permissions', t.readers::jsonb)
            when d.partition is distinct from t.partition and t.partition is not null
                then d.metadata || jsonb_build_object('partition', t.partition)
            else d.metadata end
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) t(id, partition, readers, at) where \(which)
        """
    }
    private static func under(_ table: String) -> String {
        "\(table).semantic_id >= t.id || '#' and \(table).semantic_id < t.id || '$'"
    }
    static let partsGone = """
        delete from documents d using unnest($1::text[], $2::text[]) t(id, parts)
        where \(under("d")) and t.parts is not null and not exists(
            select 1 from jsonb_array_elements_text(t.parts::jsonb) e(part)
            where d.semantic_id = e.part or starts_with(d.semantic_id, e.part || '#'))
        """

    static let readersGone = readersGone("p.semantic_id = t.id")
    static let readersGoneUnder = readersGone(under("p"))
    private static func readersGone(_ which: String) -> String {
        """
        delete from document_principals p using unnest($1::text[], $2::text[]) t(id, readers)
        where \(which) and t.readers is not null and not t.readers::jsonb ? p.principal
        """
    }
    static let readersNew = """
        insert into document_principals select d.semantic_id, e.reader
        from unnest($1::text[], $2::text[]) t(id, readers) join documents d on d.semantic_id = t.id
            cross join jsonb_array_elements_text(t.readers::jsonb) e(reader)
        on conflict do nothing
        """
    static let readersNewUnder = """
        insert into document_principals select d.semantic_id, e.reader
        from unnest($1::text[], $2::text[]) t(id, readers) join documents d on \(under("d"))
            cross join jsonb_array_elements_text(t.readers::jsonb) e(reader)
        on conflict do nothing
        """

    static let groups = """
        insert into groups select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
        on conflict(id) do update set connection = excluded.connection, source = excluded.source,
            partition = excluded.partition, name = excluded.name, extracted_at = excluded.extracted_at
        """
    static let membersGone = gone("group_members", "member")
    static let membersNew = new("group_members")
    static let clausesGone = gone("group_rules", "clause")
    static let clausesNew = new("group_rules")
    private static func gone(_ table: String, _ column: String) -> String {
        """
        delete from \(table) m using unnest($1::text[], $2::text[]) t(id, names)
        where m.id = t.id and not t.names::jsonb ? m.\(column)
        """
    }
    private static func new(_ table: String) -> String {
        """
        insert into \(table) select t.id, e.name
        from unnest($1::text[], $2::text[]) t(id, names) cross join jsonb_array_elements_text(t.names::jsonb) e(name)
        on conflict do nothing
        """
    }

    static func records(_ table: String) -> String {
        """
        insert into \(table) select t.key, t.record::json, t.at
        from unnest($1::text[], $2::text[], $3::bigint[]) t(key, record, at)
        on conflict(key) do update set record = excluded.record, extracted_at = excluded.extracted_at
        """
    }

    private static let family = "(semantic_id = $1 or (semantic_id >= $1 || '#' and semantic_id < $1 || '$'))"
    static let debtsRemoved =
        "delete from failures where \(family) and ($2::text is null or partition is null or partition = $2)"
    static let documentsRemoved = "delete from documents where \(family) and ($2::text is null or partition = $2)"

    static let debt = """
        insert into failures values($1, $2, $3, $4, $5, $6, $7) on conflict(semantic_id) do update set
            partition = excluded.partition, stage = excluded.stage, reason = excluded.reason,
            attempts = excluded.attempts, at = excluded.at, folder = excluded.folder
        """
    static let state = """
        insert into states values($1, $2, $3, $4, $5) on conflict(folder) do update set
            value = excluded.value, run = excluded.run, checkpoint = excluded.checkpoint, swept = excluded.swept
        """

    /// What is known of documents, in the order of the keys.
    static let known = """
        select d.semantic_id is not null, d.partition, d.updated_at, d.extracted_at,
            exists(select 1 from documents u where \(under("u"))),
            f.semantic_id is not null, f.partition, f.stage, f.reason, f.attempts, f.at
        from unnest($1::text[]) with ordinality t(id, n)
            left join documents d on d.semantic_id = t.id left join failures f on f.semantic_id = t.id
        order by t.n
        """
}
