extension SQLiteDestination: AccessSource {
    public func access(of id: String) throws -> DocumentAccess? {
        let principals = try texts("select principal from document_principals where semantic_id = ?", id)
        return try database.rows("select title, partition, parent from documents where semantic_id = ?", .text(id)) {
            DocumentAccess(title: $0.text(0), partition: $0.text(1), parent: $0.text(2), principals: principals)
        }.first
    }

    public func group(_ id: String) throws -> GroupAccess? {
        let clauses = try texts("select clause from group_rules where id = ?", id)
        let members = try texts("select member from group_members where id = ?", id)
        return try database.rows("select name from groups where id = ?", .text(id)) {
            GroupAccess(name: $0.text(0), readers: clauses.isEmpty ? .members(members) : .all(clauses))
        }.first
    }

    public func groups(with principal: String) throws -> [String] {
        try texts("select id from group_members where member = ?", principal)
    }
    public func rules(with principal: String) throws -> [String] {
        try texts("select id from group_rules where clause = ?", principal)
    }

    public func documents(for principal: String, _ body: (_ semanticID: String, _ title: String?) throws -> Void) throws
    {
        let found = try database.rows(
            """
            select d.semantic_id, d.title from document_principals p join documents d using (semantic_id)
            where p.principal = ? order by 1
            """, .text(principal)
        ) { ($0.text(0) ?? "", $0.text(1)) }
        for (id, title) in found { try body(id, title) }
    }

    private func texts(_ sql: String, _ value: String) throws -> [String] {
        try database.rows(sql, .text(value)) { $0.text(0) ?? "" }
    }
}
