import Glibc
import Processes
import System

@testable import Destinations

/// What a pipeline keeps: the database and the state folder.
final class Workspace: Sendable {
    private let scratch: Scratch
    var database: String { scratch.file("docs.db") }
    var state: String { scratch.file("S") }

    init() throws { scratch = try Scratch() }

    func file(_ name: String) -> String { scratch.file(name) }

    /// The files of the database while nobody has it open. A kill leaves a log beside it.
    private static let parts = ["", "-wal"]

    func backUp(as number: Int) throws {
        for part in Workspace.parts { try Scratch.copy(database + part, to: file("backup\(number)\(part)")) }
    }
    func restore(_ number: Int) throws {
        Scratch.remove(database + "-shm")
        for part in Workspace.parts { try Scratch.copy(file("backup\(number)\(part)"), to: database + part) }
    }
    func loseMemory() { Scratch.remove(state + "/dedupe") }

    /// A loss of power may cost the end of a journal.
    func cutMemory(by count: Int) throws {
        let journal = state + "/dedupe/journal.gz"
        guard let size = try Files.readIfPresent(journal)?.count else { return }
        try Descriptor(opening: journal, O_WRONLY).truncate(to: max(0, size - count))
    }

    struct Row: Equatable {
        var content: String?
        var partition: String?
        var principals: [String]
    }

    func rows() throws -> [String: Row] {
        guard Files.exists(database) else { return [:] }
        let database = try Database(database)
        var principals: [String: [String]] = [:]
        for (id, principal) in try database.rows(
            "select semantic_id, principal from document_principals",
            read: { ($0.text(0) ?? "", $0.text(1) ?? "") })
        { principals[id, default: []].append(principal) }
        var rows: [String: Row] = [:]
        for (key, id, content, partition) in try database.rows(
            "select semantic_id, id, content, partition from documents",
            read: { ($0.text(0) ?? "", $0.text(1) ?? "", $0.text(2), $0.text(3)) })
        {
            rows[id] = Row(content: content, partition: partition, principals: (principals[key] ?? []).sorted())
        }
        return rows
    }

    /// The members of each group.
    func groups() throws -> [String: Set<String>] {
        guard Files.exists(database) else { return [:] }
        let database = try Database(database)
        var groups: [String: Set<String>] = [:]
        for id in try database.rows("select id from groups", read: { $0.text(0) ?? "" }) { groups[id] = [] }
        for (id, member) in try database.rows(
            "select id, member from group_members", read: { ($0.text(0) ?? "", $0.text(1) ?? "") })
        { groups[id, default: []].insert(member) }
        return groups
    }
}
