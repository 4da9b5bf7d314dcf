extension PostgreSQLDestination: AccessSource {
    public func access(of id: String) throws -> DocumentAccess? {
        let principals = try texts("select principal from document_principals where semantic_id = $1", id)
        let rows = try ask("select title, partition, parent from documents where semantic_id = $1", [.text(id)])
        return rows.first.map {
            DocumentAccess(title: $0.text(0), partition: $0.text(1), parent: $0.text(2), principals: principals)
        }
    }

    public func group(_ id: String) throws -> GroupAccess? {
        let clauses = try texts("select clause from group_rules where id = $1", id)
        let members = try texts("select member from group_members where id = $1", id)
        return try ask("select name from groups where id = $1", [.text(id)]).first.map {
            GroupAccess(name: $0.text(0), readers: clauses.isEmpty ? .members(members) : .all(clauses))
        }
    }

    public func groups(with principal: String) throws -> [String] {
        try texts("select id from group_members where member = $1", principal)
    }
    public func rules(with principal: String) throws -> [String] {
        try texts("select id from group_rules where clause = $1", principal)
    }

    public func documents(for principal: String, _ body: (_ semanticID: String, _ title: String?) throws -> Void) throws
    {
        let rows = try ask(
            """
            select d.semantic_id, d.title from document_principals p join documents d using (semantic_id)
            where p.principal = $1 order by d.semantic_id collate "C"
            """, [.text(principal)])
        for row in rows { try body(row.text(0) ?? "", row.text(1)) }
    }

    private func texts(_ sql: String, _ value: String) throws -> [String] {
        try ask(sql, [.text(value)]).map { $0.text(0) ?? "" }
    }
}
