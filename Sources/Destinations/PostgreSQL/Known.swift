import State

/// What is known of documents inside one transaction, where nobody else writes: so that a question costs no way to the server.
struct Known {
    /// Nil in place of a row that is not there.
    private var rows: [String: StoredRow?] = [:]
    private var debts: [String: Debt?] = [:]
    /// Whether there may be something under a key.
    private var parents: [String: Bool] = [:]
    /// Keys that stand under another.
    private var attached: Set<String> = []

    func row(_ id: String) -> StoredRow?? { rows[id] }
    func debt(_ id: String) -> Debt?? { debts[id] }
    func mayHaveAttached(_ id: String) -> Bool { parents[id] ?? true }
    func knows(_ id: String) -> Bool { rows[id] != nil && debts[id] != nil && parents[id] != nil }

    mutating func note(_ id: String, row: StoredRow?) {
        rows[id] = .some(row)
        if id.utf8.contains(UInt8(ascii: "#")) { attached.insert(id) }
    }
    mutating func note(_ id: String, debt: Debt?) {
        debts[id] = .some(debt)
        if id.utf8.contains(UInt8(ascii: "#")) { attached.insert(id) }
    }
    mutating func note(_ id: String, hasAttached: Bool) { parents[id] = hasAttached }

    /// A document was written: those above it have something under them.
    mutating func wrote(_ id: String, _ row: StoredRow) {
        note(id, row: row)
        for parent in ancestors(of: id) { parents[parent] = true }
    }
    /// Forgets the rows under a key, which changed.
    mutating func forgetRows(under id: String) {
        for key in attached where key.hasPrefix(id + "#") { rows[key] = nil }
    }
    mutating func forget(_ id: String) {
        rows[id] = nil
        debts[id] = nil
        for key in attached where key.hasPrefix(id + "#") {
            rows[key] = nil
            debts[key] = nil
        }
    }
    mutating func forgetRows() { rows.removeAll() }
}

/// What stands before each `#` of a key: the documents that it is attached to.
func ancestors(of id: String) -> [String] {
    guard id.utf8.contains(UInt8(ascii: "#")) else { return [] }
    return id.indices.filter { id[$0] == "#" }.map { String(id[..<$0]) }
}
