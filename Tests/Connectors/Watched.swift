import Connector
import Documents
import HTTP
import JSON
import Synchronization
import System

/// What a request is made for: the method of the connector that makes it, and on what.
enum Role: Hashable, Sendable {
    case none, check, partitions, groups
    case position(String), list(String), changes(String)
    case find(String), item(String), members(String)

    @TaskLocal static var current = Role.none

    /// A page of a listing or of a feed.
    var isPage: Bool {
        switch self {
        case .list, .changes, .groups: true
        default: false
        }
    }
}

/// What the connector is made to say, where a fault is not one of HTTP.
struct Tricks: Sendable {
    var tenant: String?
    /// Partitions that the service does not name.
    var hidden: Set<String> = []
    /// Called before each page of a listing; may throw.
    var beforeList: @Sendable (_ partition: String, ListingPoint) throws -> Void = { _, _ in }
    var beforeChanges: @Sendable (_ partition: String, _ cursor: String) throws -> Void = { _, _ in }
    /// Changes a page of a listing.
    var page: @Sendable (_ partition: String, ListingPoint, inout Page) -> Void = { _, _, _ in }
}

/// What a run's connector found, for the laws to be held against.
final class Findings: Sendable {
    struct Found: Sendable {
        /// Ids that a listing found to be there, by partition.
        var listed: [String: Set<String>] = [:]
        /// Partitions whose listing began in this run.
        var begun: Set<String> = []
        /// The id of the item that an entry makes; nil where it makes none.
        var items: [String: String?] = [:]
        var entriesOfChanges: [String] = []
    }
    private let state = Mutex(Found())
    var found: Found { state.withLock { $0 } }
    func note(_ body: (inout Found) -> Void) { state.withLock { body(&$0) } }
}

/// A connector that says what each of its requests is for.
struct Watched<Base: Connector>: Connector {
    let base: Base
    var tricks = Tricks()
    let findings: Findings

    static var about: About { Base.about }
    static var rules: [Rule] { Base.rules }
    static func verdict(on response: Response) -> Verdict? { Base.verdict(on: response) }
    static var accessFields: [String] { Base.accessFields }
    static func document(_ item: Item) -> Document? { Base.document(item) }
    static func principals(_ access: JSON, connection: String, at time: Timestamp?) -> [Principal]? {
        Base.principals(access, connection: connection, at: time)
    }
    static func group(_ record: JSON, connection: String) -> Group? { Base.group(record, connection: connection) }

    init(_ settings: Settings) throws {
        base = try Base(settings)
        findings = Findings()
    }
    init(_ settings: Settings, _ tricks: Tricks, _ findings: Findings) throws {
        base = try Base(settings)
        self.tricks = tricks
        self.findings = findings
    }

    func check(_ api: API) async throws -> Account {
        var account = try await Role.$current.withValue(.check) { try await base.check(api) }
        if let tenant = tricks.tenant { account.tenant = tenant }
        return account
    }
    func partitions(_ api: API) async throws -> Partitions {
        let all = try await Role.$current.withValue(.partitions) { try await base.partitions(api) }
        return Partitions(all.all.filter { !tricks.hidden.contains($0.id) }, isComplete: all.isComplete)
    }
    func position(_ partition: Partition, _ api: API) async throws -> String? {
        try await Role.$current.withValue(.position(partition.id)) { try await base.position(partition, api) }
    }
    func list(_ partition: Partition, of all: Partitions, from point: ListingPoint, _ api: API) async throws -> Page {
        try tricks.beforeList(partition.id, point)
        var page = try await Role.$current.withValue(.list(partition.id)) {
            try await base.list(partition, of: all, from: point, api)
        }
        tricks.page(partition.id, point, &page)
        let there = page.entries.filter { if case .there = $0.presence { true } else { false } }.map(\.id)
        findings.note { f in
            if point.page == nil && point.from == nil { f.begun.insert(partition.id) }
            f.listed[partition.id, default: []].formUnion(there)
        }
        return page
    }
    func changes(_ partition: Partition, of all: Partitions, since cursor: String, _ api: API) async throws -> Page {
        try tricks.beforeChanges(partition.id, cursor)
        let page = try await Role.$current.withValue(.changes(partition.id)) {
            try await base.changes(partition, of: all, since: cursor, api)
        }
        findings.note { $0.entriesOfChanges += page.entries.map(\.id) }
        return page
    }
    func find(_ id: String, in all: Partitions, _ api: API) async throws -> Entry? {
        try await Role.$current.withValue(.find(id)) { try await base.find(id, in: all, api) }
    }
    func item(_ entry: Entry, _ depth: Depth, _ api: API) async throws -> ItemDraft {
        let draft = try await Role.$current.withValue(.item(entry.id)) { try await base.item(entry, depth, api) }
        findings.note { $0.items[entry.id] = .some(draft.skipped == nil ? draft.id ?? entry.id : nil) }
        return draft
    }
    func groups(from page: String?, _ api: API) async throws -> GroupPage {
        try await Role.$current.withValue(.groups) { try await base.groups(from: page, api) }
    }
    func members(_ group: GroupEntry, _ api: API) async throws -> [JSON] {
        try await Role.$current.withValue(.members(group.id)) { try await base.members(group, api) }
    }
}

/// Makes the watched connector of a type that is known only when the tests run.
func watched<Base: Connector>(_ type: Base.Type, _ tricks: Tricks, _ findings: Findings) throws -> any Connector {
    try Watched<Base>(Settings(), tricks, findings)
}
