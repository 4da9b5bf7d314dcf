import Connector
import Documents
import HTTP
import JSON
import Redaction
import State
import System

/// What became of one entry: a record to write, a debt, or a reason.
struct Outcome: Sendable {
    enum Fate: Sendable {
        case emitted
        case skipped(String)
        case failed
    }
    var fate: Fate
    /// Records in order, each with its stream.
    var records: [(stream: String, record: [UInt8])] = []
    /// Written after the records, so that what they pay is owed again.
    var debt: Debt?
    var date: Timestamp?
    /// For a person.
    var note: String?

    var bytes: Int { records.reduce(0) { $0 + $1.record.count } }
}

/// Makes outcomes of entries: calls the connector, and writes what it brings as the records of the stream.
struct Assembler: Sendable {
    let connector: any Connector
    let options: SyncOptions
    /// The attempts made so far at what is owed, by semantic id.
    let owed: [String: Debt]
    private let secrets: SecretFields

    init(connector: any Connector, options: SyncOptions, owed: [String: Debt]) {
        self.connector = connector
        self.options = options
        self.owed = owed
        secrets = SecretFields(type(of: connector).about.secretFields)
    }

    private var source: String { type(of: connector).about.source }

    func outcome(of entry: Entry, _ depth: Depth, _ api: API) async throws -> Outcome {
        var outcome = Outcome(fate: .emitted)
        do {
            switch entry.presence {
            case .skipped(let reason): outcome.fate = .skipped(reason)
            case .gone: outcome.records = [tombstone(entry, at: api.date)]
            case .there:
                // What is owed is read whole, or what was only seen would pay for what was never read.
                var depth = isOwed(entry.id) ? .full : depth
                var draft = try await connector.item(entry, depth, api)
                if depth != .full, let id = draft.id, isOwed(id) {
                    depth = .full
                    draft = try await connector.item(entry, depth, api)
                }
                if let reason = draft.skipped {
                    outcome.fate = .skipped(reason)
                } else if let record = record(entry, draft, depth) {
                    outcome.records = [record]
                    if let reason = draft.shortfall {
                        outcome.fate = .failed
                        outcome.debt = debt(draft.id ?? entry.id, entry.partition, reason)
                    }
                } else {
                    outcome.fate = .skipped("too_large")
                }
            }
        } catch let failure as CallFailure where failure.scope != .run {
            if isGone(entry.id, failure) {
                outcome.records = [tombstone(entry, at: api.date)]
            } else {
                outcome.fate = .failed
                outcome.debt = debt(entry.id, entry.partition, failure.status == 404 ? "not_found" : failure.reason)
                if failure.status != 404 { outcome.records = try await access(of: entry, depth, api) }
            }
        }
        outcome.date = api.date
        return outcome
    }

    /// Who may read what could not be read: access goes on without the content, so that whom it was taken from does not keep it.
    /// Where it can't be read either there is none in the record, and nobody may read it.
    private func access(of entry: Entry, _ failed: Depth, _ api: API) async throws -> [(String, [UInt8])] {
        var draft = ItemDraft()
        if failed == .full {
            do { draft = try await connector.item(entry, .access, api) } catch let failure as CallFailure
                where failure.scope != .run
            { draft = ItemDraft() }
        }
        return draft.skipped == nil ? record(entry, draft, .access).map { [$0] } ?? [] : []
    }

    /// A second look at what is owed. What is there no more, or makes no document any more, is removed.
    func outcome(ofDebt debt: Debt, id: String, in all: Partitions, _ api: API) async throws -> Outcome {
        let gone = Entry(id, kind: "", partition: debt.partition ?? "", .gone)
        // Its place is gone: it need not be found in another.
        let isHomeless = all.isComplete && debt.partition.map { !all.contains($0) } ?? false
        do {
            guard let found = try await connector.find(id, in: all, api) else {
                if debt.reason == "not_found" || isHomeless {
                    return Outcome(fate: .emitted, records: [tombstone(gone, at: api.date)], date: api.date)
                }
                return Outcome(fate: .failed, debt: self.debt(id, debt.partition, "not_found"), date: api.date)
            }
            if case .there = found.presence {
                let outcome = try await outcome(of: found, .full, api)
                if case .skipped = outcome.fate {} else { return outcome }
            }
            return Outcome(fate: .emitted, records: [tombstone(gone, at: api.date)], date: api.date)
        } catch let failure as CallFailure where failure.scope != .run {
            if isHomeless { return Outcome(fate: .emitted, records: [tombstone(gone, at: api.date)], date: api.date) }
            return Outcome(fate: .failed, debt: self.debt(id, debt.partition, failure.reason), date: api.date)
        }
    }

    /// A group with its members, or without any where they could not be read.
    func outcome(of group: GroupEntry, _ api: API) async throws -> Outcome {
        var members: [JSON] = []
        var failed: CallFailure?
        do { members = try await connector.members(group, api) } catch let failure as CallFailure
            where failure.scope != .run
        { failed = failure }
        var w = JSONWriter()
        w.object { w in
            header(group.id, kind: nil, partition: Mark.groups, to: &w)
            w.member("raw", group.raw)
            w.key("members")
            w.array { w in for member in members { w.value(of: member) } }
        }
        let fate = failed == nil ? Outcome.Fate.emitted : .failed
        var outcome = Outcome(fate: fate, records: [("\(source)_group", secrets.redacted(w.bytes))], date: api.date)
        outcome.note = failed.map { "the members of group \(group.id) can't be read (\($0)): nobody is taken for one" }
        return outcome
    }

    /// 410 says that it was deleted; a bare 404 says so when a run before met it too.
    private func isGone(_ id: String, _ failure: CallFailure) -> Bool {
        failure.status == 410 || (failure.status == 404 && owed[semanticID(id)]?.reason == "not_found")
    }

    private func isOwed(_ id: String) -> Bool { owed[semanticID(id)] != nil }

    private func semanticID(_ id: String) -> String { "\(options.connection):\(id)" }

    private func debt(_ id: String, _ partition: String?, _ reason: String) -> Debt {
        let semanticID = semanticID(id)
        return Debt(
            semanticID: semanticID, partition: partition, stage: "fetch", reason: reason,
            attempts: (owed[semanticID]?.attempts ?? 0) + 1)
    }

    private func header(_ id: String, kind: String?, partition: String, to w: inout JSONWriter) {
        w.member("id", id)
        w.member("source", source)
        w.member("connection", options.connection)
        if let kind { w.member("kind", kind) }
        w.member("partition", partition)
    }

    private func tombstone(_ entry: Entry, at date: Timestamp?) -> (String, [UInt8]) {
        let kind = entry.kind.isEmpty ? type(of: connector).about.kinds[0] : entry.kind
        var w = JSONWriter()
        w.object { w in
            header(entry.id, kind: kind, partition: entry.partition, to: &w)
            w.member("_sdc_deleted_at", (date ?? Timestamp(microseconds: 0)).description)
        }
        return ("\(source)_\(kind)", w.bytes)
    }

    /// The item's record; without its content where the line would be too long, and nil where that does not help.
    private func record(_ entry: Entry, _ draft: ItemDraft, _ depth: Depth) -> (String, [UInt8])? {
        func build(_ content: ItemContent?) -> [UInt8] {
            var w = JSONWriter()
            w.object { w in
                header(draft.id ?? entry.id, kind: entry.kind, partition: entry.partition, to: &w)
                if let raw = draft.raw ?? entry.raw { w.member("raw", raw) }
                if !draft.parts.isEmpty { lists(draft.parts, "parts", to: &w) }
                if let content {
                    w.key("content")
                    content.write(to: &w)
                }
                if !draft.access.isEmpty { lists(draft.access, "access", to: &w) }
                if depth == .ids { w.member("ids_only", true) }
                if depth == .access { w.member("access_only", true) }
            }
            return secrets.redacted(w.bytes)
        }
        let room = options.maxLine - 1024
        var bytes = build(draft.content)
        if bytes.count > room, let content = draft.content {
            bytes = build(ItemContent(mediaType: content.mediaType, body: .absent("too_large")))
        }
        return bytes.count > room ? nil : ("\(source)_\(entry.kind)", bytes)
    }

    private func lists(_ all: [(name: String, values: [JSON])], _ name: String, to w: inout JSONWriter) {
        w.key(name)
        w.object { w in
            for part in all {
                w.key(part.name)
                w.array { w in for value in part.values { w.value(of: value) } }
            }
        }
    }
}

extension Mark {
    /// The name of the partition that groups are.
    static let groups = "groups"
}
