import JSON
import State
import System

/// A destination in memory: the plainest form of what every destination does, and the index of the one that writes files.
public final class MemoryDestination: Destination {
    /// A document, without its content where only an index is kept.
    public struct Row: Equatable {
        public var connection: String
        public var content: String?
        public var updatedAt: String?
        public var partition: String?
        public var permissions: [String]
        public var extractedAt: Timestamp
    }

    public private(set) var rows: [String: Row] = [:]
    public private(set) var groups: [String: GroupRow] = [:]
    /// The records of other streams, by stream and key.
    public private(set) var records: [String: [String: [UInt8]]] = [:]
    private var debts: [String: (debt: Debt, folder: String)] = [:]
    private var tenants: [String: String] = [:]
    private var states: [String: CommittedState] = [:]
    /// For each key before a `#`, the keys of rows under it.
    private var under: [String: Set<String>] = [:]
    private let keepsContent: Bool
    /// How to undo what came after the mark, last change last.
    private var undo: [() -> Void] = []

    public init(keepsContent: Bool = true) { self.keepsContent = keepsContent }

    public func begin() {}
    public func mark() { undo.removeAll() }
    public func commit() { undo.removeAll() }
    public func rollBackToMark() {
        while let last = undo.popLast() { last() }
    }

    public func row(_ id: String) -> StoredRow? {
        rows[id].map { StoredRow(partition: $0.partition, updatedAt: $0.updatedAt, extractedAt: $0.extractedAt) }
    }
    public func debt(of id: String) -> Debt? { debts[id]?.debt }
    public func debts(of folder: String) -> [Debt] {
        debts.values.filter { $0.folder == folder }.map(\.debt).sorted {
            $0.semanticID.utf8.lexicographicallyPrecedes($1.semanticID.utf8)
        }
    }
    public func count(of connection: String) -> Int { rows.values.count { $0.connection == connection } }
    public func removals(by sweep: Sweep) -> Int { rows.values.count { sweep.takes($0) } }
    public func tenant(of connection: String) -> String? { tenants[connection] }
    public func state(of folder: String) -> CommittedState? { states[folder] }

    @discardableResult
    public func apply(_ change: Change) -> Int {
        switch change {
        case .document(let d):
            set(
                d.semanticID,
                Row(
                    connection: d.connection, content: keepsContent ? d.content : nil, updatedAt: d.updatedAt,
                    partition: d.partition, permissions: d.permissions, extractedAt: d.extractedAt))
            for key in under[d.semanticID] ?? [] {
                if let parts = d.parts, !parts.contains(where: { key == $0 || key.hasPrefix($0 + "#") }) {
                    set(key, nil)
                } else {
                    touch(key, d.partition, d.permissions, d.extractedAt)
                }
            }
            return 1
        case .touched(let id, let partition, let permissions, let at):
            for key in family(id) { touch(key, partition, permissions, at) }
            return rows[id] == nil ? 0 : 1
        case .removed(let id, let partition):
            for (key, held) in debts where key == id || key.hasPrefix(id + "#") {
                if partition == nil || held.debt.partition == nil || held.debt.partition == partition {
                    set(debt: key, nil)
                }
            }
            let gone = family(id).filter { rows[$0] != nil && (partition == nil || rows[$0]?.partition == partition) }
            for key in gone { set(key, nil) }
            return gone.count
        case .refused(let id):
            set(id, nil)
            return 1
        case .group(let group): set(group: group.id, group)
        case .groupRemoved(let id, let partition):
            if partition == nil || groups[id]?.partition == partition { set(group: id, nil) }
        case .debt(let debt, let folder): set(debt: debt.semanticID, (debt, folder))
        case .paid(let id):
            if debts[id] == nil { return 0 }
            set(debt: id, nil)
        case .record(let stream, let key, let record, _):
            let key = key ?? "#\(records[stream]?.count ?? 0)"
            set(record: key, of: stream, keepsContent ? record.minified.array : [])
        case .recordRemoved(let stream, let key): set(record: key, of: stream, nil)
        case .sweep(let sweep):
            let gone = rows.filter { sweep.takes($0.value) }.keys
            for key in gone { set(key, nil) }
            return gone.count
        case .sweepGroups(let connection, let before):
            let gone = groups.values.filter {
                $0.connection == connection && $0.partition != nil && $0.extractedAt < before
            }
            for group in gone { set(group: group.id, nil) }
            return gone.count
        case .tenant(let connection, let tenant):
            let old = tenants.updateValue(tenant, forKey: connection)
            undo.append { [unowned self] in tenants[connection] = old }
        case .state(let state, let folder):
            let old = states.updateValue(state, forKey: folder)
            undo.append { [unowned self] in states[folder] = old }
        }
        return 1
    }

    private func family(_ id: String) -> [String] { [id] + (under[id] ?? []) }

    private func touch(_ key: String, _ partition: String?, _ permissions: [String]?, _ at: Timestamp) {
        guard var row = rows[key] else { return }
        row.partition = partition ?? row.partition
        row.permissions = permissions ?? row.permissions
        row.extractedAt = at
        set(key, row)
    }

    private func set(_ key: String, _ row: Row?) {
        let old = rows[key]
        rows[key] = row
        if (old == nil) != (row == nil) { file(key, row != nil) }
        undo.append { [unowned self] in
            rows[key] = old
            if (old == nil) != (row == nil) { file(key, old != nil) }
        }
    }
    /// Notes a key under each key that it stands under, or takes it away.
    private func file(_ key: String, _ present: Bool) {
        for at in key.indices where key[at] == "#" {
            let parent = String(key[..<at])
            if present { under[parent, default: []].insert(key) } else { under[parent]?.remove(key) }
            if under[parent]?.isEmpty == true { under[parent] = nil }
        }
    }
    private func set(group key: String, _ group: GroupRow?) {
        let old = groups[key]
        groups[key] = group
        undo.append { [unowned self] in groups[key] = old }
    }
    private func set(debt key: String, _ debt: (debt: Debt, folder: String)?) {
        let old = debts[key]
        debts[key] = debt
        undo.append { [unowned self] in debts[key] = old }
    }
    private func set(record key: String, of stream: String, _ record: [UInt8]?) {
        let old = records[stream]?[key]
        records[stream, default: [:]][key] = record
        undo.append { [unowned self] in records[stream]?[key] = old }
    }
}

extension Sweep {
    func takes(_ row: MemoryDestination.Row) -> Bool {
        switch self {
        case .partition(let connection, let name, let before):
            row.connection == connection && row.partition == name && row.extractedAt < before
        case .partitions(let connection, let except):
            row.connection == connection && row.partition.map { !except.contains($0) } ?? false
        }
    }
}
