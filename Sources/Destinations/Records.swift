import JSON
import State
import Stream
import System

/// What a RECORD does to the destination.
extension Loader {
    func schema(_ message: Message) {
        guard StandardStream(rawValue: message.stream) == nil else { return progress.isOurs = true }
        progress.keys[message.stream] = message.json["key_properties"]?.elements.compactMap(\.string) ?? []
    }

    /// - Throws: `BadRecord` for one without a key.
    func record(_ message: Message) throws -> Disposition {
        let now = message.timeExtracted ?? progress.clock ?? time.now()
        progress.clock = now
        let record = message.record
        guard let stream = StandardStream(rawValue: message.stream) else {
            return try foreign(record, of: message.stream, at: now)
        }
        progress.isOurs = true
        guard let key = record[name: stream.key]?.string, !key.isEmpty else {
            throw BadRecord("a record of \(stream) without \(stream.key)")
        }
        switch stream {
        case .documents: return try document(key, record, at: now)
        case .permissions: return try permissions(key, record, at: now)
        case .seen: return try present(key, record, permissions: nil, at: now)
        case .groups: return try group(key, record, at: now)
        case .failures:
            guard let debt = Debt(record, at: now) else { throw BadRecord("a failure of nothing") }
            try owe(debt)
            try destination.apply(.touched(key, partition: nil, permissions: nil, at: now))
            return .passed
        }
    }

    private func document(_ key: String, _ record: JSON, at now: Timestamp) throws -> Disposition {
        let partition = record["metadata"]?["partition"]?.string
        if record.isDeleted {
            try destination.apply(.removed(key, in: partition))
            progress.debtsChanged = true
            return .passed
        }
        if let row = try destination.row(key), isOlder(partition, now, than: row) {
            return try owe(key, partition, "older", at: now)
        }
        do {
            try destination.apply(.document(DocumentRow(record, semanticID: key, at: now)))
            try pay(key)
            return .passed
        } catch let refusal as RowRefused { return try refuse(key, partition, refusal, at: now) }
    }

    private func permissions(_ key: String, _ record: JSON, at now: Timestamp) throws -> Disposition {
        do {
            guard let readers = try texts(record["permissions"], "permissions") else {
                throw RowRefused("permissions are missing")
            }
            return try present(key, record, permissions: readers, at: now)
        } catch let refusal as RowRefused {
            return try refuse(key, record["partition"]?.string, refusal, at: now)
        }
    }

    /// A document is there. Whether the destination has it as it is now is told by `updated_at`, where the record knows it.
    private func present(_ key: String, _ record: JSON, permissions: [String]?, at now: Timestamp) throws -> Disposition
    {
        let partition = record["partition"]?.string
        guard let row = try destination.row(key) else {
            return try owe(key, partition, "row missing", at: now)
        }
        if isOlder(partition, now, than: row) { return try owe(key, partition, "older", at: now) }
        try destination.apply(.touched(key, partition: partition, permissions: permissions, at: now))
        if let updatedAt = record["updated_at"]?.string, !isSameMoment(updatedAt, row.updatedAt) {
            return try owe(key, partition ?? row.partition, "updated_at differs", at: now)
        }
        try pay(key)
        return .passed
    }

    /// True for a line that tells of a place which the document has left since, as another stream has told already.
    ///
    /// In one stream the last line of a document is true. `updated_at` does not say which is newer: a document that was restored at
    /// its source is older than its row, and true, and a changed access has the same. A partition is read by one stream. But a
    /// document may move between partitions of two, and the slower of them must not give back the readers of before: there the
    /// later `time_extracted` is true. What is held back is a debt, so that the next run of its stream reads it again and all agree.
    ///
    /// What is left: a line that comes after a removal later than itself brings the row back, until the next complete listing of its
    /// partition; a row that is gone has no time.
    private func isOlder(_ partition: String?, _ now: Timestamp, than row: StoredRow) -> Bool {
        partition != nil && row.partition != nil && partition != row.partition && now < row.extractedAt
    }

    private func group(_ key: String, _ record: JSON, at now: Timestamp) throws -> Disposition {
        if record.isDeleted {
            try destination.apply(.groupRemoved(key, in: record["partition"]?.string))
            return .passed
        }
        do {
            try destination.apply(.group(GroupRow(record, id: key, at: now)))
            return .passed
        } catch let refusal as RowRefused {
            warn("group \(key) can't be stored: \(refusal)", "nobody is in it until it is sent again")
            try destination.apply(.groupRemoved(key, in: nil))
            return .failed
        }
    }

    private func foreign(_ record: JSON, of stream: String, at now: Timestamp) throws -> Disposition {
        let properties = progress.keys[stream] ?? []
        var w = JSONWriter()
        w.array { w in
            for property in properties {
                let value = record[name: property]
                if let value, value.kind != .string { w.raw(value.minified) } else { w.string(value?.string) }
            }
        }
        let key = properties.isEmpty ? nil : w.text
        do {
            if let key, record.isDeleted {
                try destination.apply(.recordRemoved(stream: stream, key: key))
            } else {
                try destination.apply(.record(stream: stream, key: key, record, at: now))
            }
        } catch let refusal as RowRefused { throw BadRecord("a record of \(stream) that can't be stored: \(refusal)") }
        return .passed
    }

    // MARK: Debts

    private func owe(_ debt: Debt) throws {
        try destination.apply(.debt(debt, folder: identity))
        progress.debtsChanged = true
    }

    /// The destination and the stream disagree: the next run reads the document, and they agree again. A debt that is there keeps
    /// its attempts.
    private func owe(_ key: String, _ partition: String?, _ reason: String, at now: Timestamp) throws -> Disposition {
        var debt = Debt(semanticID: key, partition: partition, stage: "sink", reason: reason, at: now)
        if let old = try destination.debt(of: key) {
            debt.attempts = old.attempts
            debt.at = old.at
        }
        try owe(debt)
        return .dropped(reason)
    }

    private func pay(_ key: String) throws {
        if try destination.apply(.paid(key)) > 0 { progress.debtsChanged = true }
    }

    private func refuse(_ key: String, _ partition: String?, _ refusal: RowRefused, at now: Timestamp) throws
        -> Disposition
    {
        warn("\(key) can't be stored: \(refusal)", "it was removed, and is read again by the next runs")
        try destination.apply(.refused(key))
        let attempts = (try destination.debt(of: key)?.attempts ?? 0) + 1
        try owe(
            Debt(
                semanticID: key, partition: partition, stage: "sink", reason: refusal.description, attempts: attempts,
                at: now))
        return .failed
    }
}

/// Two texts of the same moment, however they are written.
private func isSameMoment(_ a: String, _ b: String?) -> Bool {
    guard let b, a != b else { return a == b }
    guard let x = Timestamp(a), let y = Timestamp(b) else { return false }
    return x == y
}

extension JSON {
    /// True for a tombstone.
    fileprivate var isDeleted: Bool { self["_sdc_deleted_at"].map { !$0.isNull } ?? false }
}
