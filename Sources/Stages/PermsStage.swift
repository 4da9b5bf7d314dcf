import Connector
import Connectors
import Documents
import JSON
import Stream

/// What a service said of access becomes principals, and its groups become groups. Where the readers could not be
/// established nobody is one, and that is a debt.
public struct PermsStage: Stage {
    private var connectors: [String: any Connector.Type] = [:]
    private var groups: [String: any Connector.Type] = [:]
    private var kinds: [String: any Connector.Type] = [:]

    public init() {
        for connector in Sources.all {
            let about = connector.about
            connectors[about.source] = connector
            groups["\(about.source)_group"] = connector
            for kind in about.kinds { kinds["\(about.source)_\(kind)"] = connector }
        }
    }

    public mutating func schema(_ message: Message, to output: StageOutput) throws {
        let stream = message.stream
        if stream == StandardStream.documents.rawValue {
            try output.announce(stream, StandardStream.documents.schema())
        } else if groups[stream] == nil && kinds[stream] == nil {
            try output.pass(message)
        }
    }

    public mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition {
        if message.json["stream"]?.equals("documents") == true { return try document(message, to: output) }
        let stream = message.stream
        if let connector = groups[stream] { return try group(message, connector, to: output) }
        if let connector = kinds[stream] { return try accessOnly(message, connector, to: output) }
        try output.pass(message)
        return .passed
    }

    /// A document with `access`: its principals take the place of it. One without is complete already.
    private func document(_ message: Message, to output: StageOutput) throws -> Disposition {
        let record = message.record
        guard let access = record["access"], let range = record.rangeOfMember("access"),
            let list = record["metadata"]?["permissions"]
        else {
            try output.pass(message)
            return .passed
        }
        guard let connector = connectors[record["metadata"]?["source"]?.string ?? ""],
            let id = record["semantic_id"]?.string, let connection = id.split(separator: ":").first
        else { return .rejected("a document of a source that is not known") }
        let principals = connector.principals(access, connection: String(connection), at: message.timeExtracted)
        var w = JSONWriter()
        w.strings((principals ?? []).sortedUnique)
        let edits = [(range: list.range, with: w.bytes), (range: range, with: [])]
        try output.splice(message, edits.sorted { $0.range.lowerBound < $1.range.lowerBound })
        if principals != nil { return .passed }
        try failure(id, record["metadata"]?["partition"]?.string, message, to: output)
        return .failed
    }

    private func accessOnly(_ message: Message, _ connector: any Connector.Type, to output: StageOutput) throws
        -> Disposition
    {
        let item = Item(message.record)
        guard item.isAccessOnly, let id = item.semanticID, let connection = item.connection,
            let document = connector.document(item)
        else { return .rejected("an item that 'extract' has not read") }
        let access = item.access?["permissions"] == nil ? item.raw : item.access
        let principals = access.flatMap { connector.principals($0, connection: connection, at: message.timeExtracted) }
        try output.write(.permissions, time: message.json["time_extracted"]) { w in
            w.member("semantic_id", id)
            w.member("partition", item.partition)
            w.member("updated_at", document.updatedAt)
            w.member("permissions", (principals ?? []).sortedUnique)
        }
        if principals != nil { return .passed }
        try failure(id, item.partition, message, to: output)
        return .failed
    }

    private func group(_ message: Message, _ connector: any Connector.Type, to output: StageOutput) throws
        -> Disposition
    {
        let record = message.record
        let connection = record["connection"]?.string ?? connector.about.source
        guard let group = connector.group(record, connection: connection) else {
            return .rejected("a group without an id")
        }
        try output.write(.groups, time: message.json["time_extracted"]) { w in
            w.member("id", group.id.description)
            w.member("source", connector.about.source)
            w.member("partition", record["partition"]?.string)
            w.member("name", group.name)
            switch group.readers {
            case .members(let members): w.member("members", members.sortedUnique)
            case .all(let clauses): w.member("all", clauses.sortedUnique)
            }
        }
        return .passed
    }

    private func failure(_ id: String, _ partition: String?, _ message: Message, to output: StageOutput) throws {
        try output.write(.failures, time: message.json["time_extracted"]) { w in
            w.member("semantic_id", id)
            w.member("partition", partition)
            w.member("stage", "perms")
            w.member("reason", "access_unknown")
            w.member("attempts", 1)
        }
    }
}
