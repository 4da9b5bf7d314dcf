import JSON
import State
import System

/// A change as a line of a journal. See `JSONLinesDestination` for what a reader does with each.
extension Change {
    func write(to w: inout JSONWriter) {
        w.beginObject()
        switch self {
        case .document(let document):
            w.member("op", "document")
            w.member("record", document.record)
            w.member("at", document.extractedAt.description)
        case .touched(let id, let partition, let permissions, let at):
            w.member("op", "touched")
            w.member("semantic_id", id)
            w.member("partition", partition)
            if let permissions { w.member("permissions", permissions) }
            w.member("at", at.description)
        case .removed(let id, let partition):
            w.member("op", "removed")
            w.member("semantic_id", id)
            w.member("partition", partition)
        case .refused(let id):
            w.member("op", "refused")
            w.member("semantic_id", id)
        case .group(let group):
            w.member("op", "group")
            w.key("record")
            w.object { w in
                w.member("id", group.id)
                w.member("source", group.source)
                w.member("partition", group.partition)
                w.member("name", group.name)
                switch group.readers {
                case .members(let members): w.member("members", members)
                case .all(let clauses): w.member("all", clauses)
                }
            }
            w.member("at", group.extractedAt.description)
        case .groupRemoved(let id, let partition):
            w.member("op", "group_removed")
            w.member("id", id)
            w.member("partition", partition)
        case .debt(let debt, let folder):
            w.member("op", "debt")
            w.key("record")
            debt.write(to: &w)
            w.member("folder", folder)
        case .paid(let id):
            w.member("op", "paid")
            w.member("semantic_id", id)
        case .record(let stream, let key, let record, let at):
            w.member("op", "record")
            w.member("stream", stream)
            w.member("key", key)
            w.member("record", record)
            w.member("at", at.description)
        case .recordRemoved(let stream, let key):
            w.member("op", "record_removed")
            w.member("stream", stream)
            w.member("key", key)
        case .sweep(.partition(let connection, let partition, let before)):
            w.member("op", "sweep")
            w.member("connection", connection)
            w.member("partition", partition)
            w.member("before", before.description)
        case .sweep(.partitions(let connection, let except)):
            w.member("op", "sweep")
            w.member("connection", connection)
            w.member("except", except)
        case .sweepGroups(let connection, let before):
            w.member("op", "sweep_groups")
            w.member("connection", connection)
            w.member("before", before.description)
        case .tenant(let connection, let tenant):
            w.member("op", "tenant")
            w.member("connection", connection)
            w.member("tenant", tenant)
        case .state(let state, let folder):
            w.member("op", "state")
            w.member("folder", folder)
            w.key("value")
            w.raw(state.value)
            w.key("swept")
            state.writeSwept(to: &w)
        }
        w.endObject()
        w.endLine()
    }

    /// Reads a line that `write` wrote; nil for anything else.
    init?(_ line: JSON) throws {
        func text(_ name: StaticString) -> String? { line[name]?.string }
        func time(_ name: StaticString) -> Timestamp? { text(name).flatMap { Timestamp($0) } }
        let record = line["record"]
        switch text("op") {
        case "document":
            guard let record, let id = record["semantic_id"]?.string, let at = time("at") else { return nil }
            self = .document(try DocumentRow(record, semanticID: id, at: at))
        case "touched":
            guard let id = text("semantic_id"), let at = time("at") else { return nil }
            let permissions = try texts(line["permissions"], "permissions")
            self = .touched(id, partition: text("partition"), permissions: permissions, at: at)
        case "removed":
            guard let id = text("semantic_id") else { return nil }
            self = .removed(id, in: text("partition"))
        case "refused":
            guard let id = text("semantic_id") else { return nil }
            self = .refused(id)
        case "group":
            guard let record, let id = record["id"]?.string, let at = time("at") else { return nil }
            self = .group(try GroupRow(record, id: id, at: at))
        case "group_removed":
            guard let id = text("id") else { return nil }
            self = .groupRemoved(id, in: text("partition"))
        case "debt":
            guard let record, let debt = Debt(record), let folder = text("folder") else { return nil }
            self = .debt(debt, folder: folder)
        case "paid":
            guard let id = text("semantic_id") else { return nil }
            self = .paid(id)
        case "record":
            guard let record, let stream = text("stream"), let at = time("at") else { return nil }
            self = .record(stream: stream, key: text("key"), record, at: at)
        case "record_removed":
            guard let stream = text("stream"), let key = text("key") else { return nil }
            self = .recordRemoved(stream: stream, key: key)
        case "sweep":
            guard let connection = text("connection") else { return nil }
            if let partition = text("partition"), let before = time("before") {
                self = .sweep(.partition(connection: connection, partition, before: before))
            } else {
                guard let except = try texts(line["except"], "except") else { return nil }
                self = .sweep(.partitions(connection: connection, except: except))
            }
        case "sweep_groups":
            guard let connection = text("connection"), let before = time("before") else { return nil }
            self = .sweepGroups(connection: connection, before: before)
        case "tenant":
            guard let connection = text("connection"), let tenant = text("tenant") else { return nil }
            self = .tenant(connection: connection, tenant)
        case "state":
            guard let folder = text("folder"), let value = line["value"] else { return nil }
            let bytes = ByteSlice(value.raw.array)
            self = .state(
                try CommittedState(value: bytes, swept: line["swept"]), folder: folder)
        default: return nil
        }
    }
}
