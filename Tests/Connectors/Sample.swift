import Capture
import Connector
import Connectors
import Glibc
import Gzip
import HTTP
import JSON
import OAuth
import System
import Testing

/// The sample of one connector: two captures, and what a mirror of them must hold.
struct Sample: Sendable, CustomTestStringConvertible {
    let type: any Connector.Type
    let first: Recording
    let second: Recording
    let expectedFirst: Expectation
    let expectedSecond: Expectation
    let credentials: Credentials

    var testDescription: String { about.source }
    var about: About { type.about }
    var source: String { about.source }

    /// One for each connector: a new one gets every test by being listed in `Sources.all`.
    static let all: [Sample] = Sources.all.compactMap { type in
        do { return try Sample(type) } catch {
            Issue.record("the sample of \(type.about.source) can't be read: \(error)")
            return nil
        }
    }

    private init(_ type: any Connector.Type) throws {
        self.type = type
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let folder = root + "/samples/" + type.about.source
        first = try Recording(reading: folder + "/first.har.ndjson.gz")
        second = try Recording(reading: folder + "/second.har.ndjson.gz")
        expectedFirst = try Expectation(reading: folder + "/expected.first.json")
        expectedSecond = try Expectation(reading: folder + "/expected.second.json")
        credentials = try Credentials(JSON(parsing: Files.read(folder + "/credentials.json")))
    }
}

/// What a destination must hold after a run.
struct Expectation: Sendable {
    struct Document: Sendable {
        var row: Held.Row
        var contains: [String]
        var lacks: [String]
        var isNull: Bool
        var reason: String?
    }
    var documents: [String: Document] = [:]
    var groups: [String: Held.Group] = [:]
    /// Debts: semantic id and reason.
    var failures: [String: String] = [:]
    /// The ids that had to go since the run before.
    var removed: Set<String> = []

    init(reading path: String) throws {
        let json = try JSON(parsing: Files.read(path))
        func texts(_ json: JSON?) -> [String] { json?.elements.compactMap(\.string) ?? [] }
        for (_, document) in json["documents"]?.members ?? [] {
            documents[document["semantic_id"]?.string ?? ""] = Document(
                row: Held.Row(
                    title: document["title"]?.string, createdAt: document["created_at"]?.string,
                    updatedAt: document["updated_at"]?.string, author: document["author"]?.string,
                    url: document["url"]?.string, partition: document["partition"]?.string,
                    permissions: texts(document["permissions"]), readers: texts(document["readers"])),
                contains: texts(document["content_contains"]), lacks: texts(document["content_lacks"]),
                isNull: document["content"]?.isNull ?? false, reason: document["extraction_reason"]?.string)
        }
        for (name, group) in json["groups"]?.members ?? [] {
            groups[name.string ?? ""] = Held.Group(name: group["name"]?.string, members: texts(group["members"]))
        }
        for failure in json["failures"]?.elements ?? [] {
            failures[failure["semantic_id"]?.string ?? ""] = failure["reason"]?.string ?? ""
        }
        removed = Set(texts(json["removed"]))
    }

    /// Says of each difference what it is; nothing where there is none.
    func differences(from held: Held) -> [String] {
        var wrong: [String] = []
        func differ(_ what: String, _ a: some Any, _ b: some Any) { wrong.append("\(what): expected \(a), found \(b)") }
        for id in Set(documents.keys).subtracting(held.rows.keys).sorted() { wrong.append("\(id) is missing") }
        for id in Set(held.rows.keys).subtracting(documents.keys).sorted() { wrong.append("\(id) is too many") }
        for (id, document) in documents.sorted(by: { $0.key < $1.key }) {
            guard var row = held.rows[id] else { continue }
            let content = row.content
            let reason = row.extraction
            row.content = nil
            row.extraction = nil
            if row != document.row { differ(id, document.row, row) }
            if document.isNull != (content == nil) { differ("\(id) content is null", document.isNull, content == nil) }
            if document.isNull, reason != document.reason {
                differ("\(id) reason", document.reason ?? "", reason ?? "")
            }
            for text in document.contains where content?.contains(text) != true {
                wrong.append("\(id) does not contain '\(text)'")
            }
            for text in document.lacks where content?.contains(text) == true {
                wrong.append("\(id) contains '\(text)'")
            }
        }
        if held.groups != groups { differ("groups", groups, held.groups) }
        if held.debts != failures { differ("debts", failures, held.debts) }
        return wrong
    }
}

/// What a destination holds.
struct Held: Equatable, Sendable {
    struct Row: Equatable, Sendable {
        var title, createdAt, updatedAt, author, url, partition: String?
        var permissions: [String] = []
        var readers: [String] = []
        var content: String?
        var extraction: String?
    }
    struct Group: Equatable, Sendable {
        var name: String?
        var members: [String] = []
    }
    var rows: [String: Row] = [:]
    var groups: [String: Group] = [:]
    var debts: [String: String] = [:]

    /// Says of each difference what it is.
    func differences(from other: Held) -> [String] {
        var wrong: [String] = []
        for id in Set(rows.keys).union(other.rows.keys).sorted() where rows[id] != other.rows[id] {
            wrong.append(
                "\(id): \(rows[id].map { "\($0)" } ?? "nothing"), not \(other.rows[id].map { "\($0)" } ?? "nothing")")
        }
        if groups != other.groups { wrong.append("groups: \(groups), not \(other.groups)") }
        if debts != other.debts { wrong.append("debts: \(debts), not \(other.debts)") }
        return wrong
    }
}

/// Records each difference, the first ones by name.
func expectNone(
    _ differences: [String], _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    for difference in differences.prefix(4) {
        Issue.record("\(what) \(String(difference.prefix(600)))", sourceLocation: sourceLocation)
    }
    if differences.count > 4 {
        Issue.record("\(what) and \(differences.count - 4) more", sourceLocation: sourceLocation)
    }
}
