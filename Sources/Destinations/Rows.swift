import JSON
import System

/// A document as a row: read from a record of the stream `documents`, every field that a destination has a place for checked.
public struct DocumentRow {
    public let semanticID: String
    /// What stands before the first colon of `semanticID`.
    public let connection: String
    public let id: String
    public let content: String?
    public let title: String?
    public let url: String?
    public let author: String?
    public let createdAt: String?
    public let updatedAt: String?
    public let partition: String?
    public let parent: String?
    /// The `semantic_id`s of what is attached to it; nil where it does not say.
    public let parts: [String]?
    /// As sent: groups are not resolved.
    public let permissions: [String]
    public let metadata: JSON
    public let record: JSON
    public let extractedAt: Timestamp

    /// - Throws: `RowRefused` where a field has a type that its place can't hold. Above all the readers must be a list of texts:
    ///   a document whose readers can't be read is kept from everybody.
    public init(_ record: JSON, semanticID: String, at time: Timestamp) throws {
        guard let metadata = record["metadata"], metadata.isObject else {
            throw RowRefused("metadata is not an object")
        }
        self.record = record
        self.metadata = metadata
        self.semanticID = semanticID
        connection = connectionName(ofDocument: semanticID)
        id = try text(record["id"], "id") ?? String(semanticID.dropFirst(connection.count + 1))
        content = try text(record["content"], "content")
        title = try text(metadata["title"], "title")
        url = try text(metadata["url"], "url")
        author = try text(metadata["author"], "author")
        createdAt = try text(metadata["created_at"], "created_at")
        updatedAt = try text(metadata["updated_at"], "updated_at")
        partition = try text(metadata["partition"], "partition")
        parent = try text(metadata["parent"], "parent")
        parts = try texts(metadata["parts"], "parts")
        guard let permissions = try texts(metadata["permissions"], "permissions") else {
            throw RowRefused("permissions are missing")
        }
        self.permissions = permissions
        extractedAt = time
    }
}

/// A group as a row: read from a record of the stream `groups`.
public struct GroupRow: Equatable {
    public enum Readers: Equatable {
        /// Whoever is one of these.
        case members([String])
        /// Whoever is in each of these.
        case all([String])
    }
    public let id: String
    /// The connection that the id names.
    public let connection: String
    public let source: String?
    /// Where a listing finds it: nil for a rule (`all`, `any`), which `perms` makes of a document's own entries and no listing
    /// meets. Its id is the hash of what it says, so that it can't be out of date.
    public let partition: String?
    public let name: String?
    public let readers: Readers
    public let extractedAt: Timestamp

    public init(_ record: JSON, id: String, at time: Timestamp) throws {
        let words = id.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        self.id = id
        connection = words.count > 2 ? String(words[1]) : ""
        source = try text(record["source"], "source")
        name = try text(record["name"], "name")
        extractedAt = time
        if let clauses = try texts(record["all"], "all") {
            readers = .all(clauses)
            partition = nil
        } else {
            readers = .members(try texts(record["members"], "members") ?? [])
            let isRule = words.count == 4 && words[0] == "group" && words[2] == "any"
            partition = isRule ? nil : try text(record["partition"], "partition") ?? "groups"
        }
    }
}

/// What stands before the first colon.
func connectionName(ofDocument semanticID: String) -> String {
    semanticID.firstIndex(of: ":").map { String(semanticID[..<$0]) } ?? ""
}

/// A text, or nil where there is none.
func text(_ json: JSON?, _ name: String) throws -> String? {
    guard let json, !json.isNull else { return nil }
    guard let text = json.string else { throw RowRefused("\(name) is not a string") }
    return text
}

/// A list of texts, or nil where there is none.
func texts(_ json: JSON?, _ name: String) throws -> [String]? {
    guard let json, !json.isNull else { return nil }
    let found = json.elements
    let read = found.compactMap(\.string)
    guard json.kind == .array, read.count == found.count else { throw RowRefused("\(name) is not a list of strings") }
    return read
}
