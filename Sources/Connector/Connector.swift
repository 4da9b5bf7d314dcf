import Documents
import HTTP
import JSON
import Pacing
import System

/// A source of documents. One type for each service, written in four files that are alike in all of them:
///
///     Fetching.swift    the calls: check, partitions, listing, changes, content, groups
///     Extracting.swift  item → document
///     Access.swift      item → principals, group → members
///     Events.swift      webhook: verify, handshake, event → item ids (where `about.hasWebhooks`)
///
/// A connector holds no state and knows nothing of tokens, retries, rates, checkpoints or time: it says which calls to make and
/// what their answers mean. Each method is given the `API` to call with.
public protocol Connector: Sendable {
    static var about: About { get }
    /// What an answer means, where it differs from `Rule.standard`: rows of status and code.
    static var rules: [Rule] { get }
    /// The same where it takes more of the body than a code; nil leaves it to the rows.
    static func verdict(on response: Response) -> Verdict?
    /// What an answer tells of the pace beside its headers (GitHub's `rateLimit{cost remaining resetAt}`); by itself nothing.
    static func rateWindows(in response: Response) -> [RateWindow]

    /// - Throws: `Failure` for a setting that can't be used.
    init(_ settings: Settings) throws

    // MARK: Fetching

    /// Who the credentials are, with one cheap call.
    func check(_ api: API) async throws -> Account
    /// Where items live, as units of work that are listed and followed apart.
    func partitions(_ api: API) async throws -> Partitions
    /// The position of the change feed now. Asked for before the listing that it continues; nil for a source without a feed.
    func position(_ partition: Partition, _ api: API) async throws -> String?
    /// A page of everything in a partition, in an order that does not change.
    func list(_ partition: Partition, of all: Partitions, from point: ListingPoint, _ api: API) async throws -> Page
    /// A page of what changed since a cursor: one of `position`, or of the page before.
    func changes(_ partition: Partition, of all: Partitions, since cursor: String, _ api: API) async throws -> Page
    /// The present entry of an id, wherever it is now; nil where there is none.
    func find(_ id: String, in all: Partitions, _ api: API) async throws -> Entry?
    /// All that the entry's document needs: content, comments, access.
    func item(_ entry: Entry, _ depth: Depth, _ api: API) async throws -> ItemDraft
    /// A page of the groups that may be granted access.
    func groups(from page: String?, _ api: API) async throws -> GroupPage
    /// The members of a group, as the service names them.
    func members(_ group: GroupEntry, _ api: API) async throws -> [JSON]

    // MARK: Extracting

    /// The fields of the document that an item makes; nil where the item is not of this source.
    static func document(_ item: Item) -> Document?

    // MARK: Access

    /// The members of `raw` that `principals` reads: `extract` hands them on beside the item's own `access`.
    static var accessFields: [String] { get }
    /// Who may read, from what the service said of access; nil where that could not be established.
    /// - Parameter time: the line's time, by which an expiry is judged.
    static func principals(_ access: JSON, connection: String, at time: Timestamp?) -> [Principal]?
    /// The group that a record of `<source>_group` makes.
    static func group(_ record: JSON, connection: String) -> Group?
}

extension Connector {
    public static var rules: [Rule] { [] }
    public static func verdict(on response: Response) -> Verdict? { nil }
    public static func rateWindows(in response: Response) -> [RateWindow] { [] }
}

/// A unit of work: where items live (a drive, a channel, a repository), never who saw them.
public struct Partition: Sendable, Hashable {
    public let id: String
    /// For a person.
    public let name: String?
    public init(_ id: String, name: String? = nil) {
        self.id = id
        self.name = name
    }
}

public struct Partitions: Sendable {
    public let all: [Partition]
    /// False where there may be more that could not be listed.
    public let isComplete: Bool
    private let ids: Set<String>

    public init(_ all: [Partition], isComplete: Bool = true) {
        self.all = all.sorted { $0.id < $1.id }
        self.isComplete = isComplete
        ids = Set(all.map(\.id))
    }
    public func contains(_ id: String) -> Bool { ids.contains(id) }
}

/// How much of each item is asked for.
public enum Depth: String, Sendable, CaseIterable {
    /// Content, access, everything.
    case full
    /// That it is there.
    case ids
    /// Who may read it.
    case access
}

/// Where a listing goes on.
public struct ListingPoint: Sendable {
    /// The token of the next page; nil to begin.
    public var page: String?
    /// The sort key from which the listing's query begins, that item and its equals included: where a page token was lost. It
    /// stays with each page of that query. Nil lists everything.
    public var from: String?
    public init(page: String? = nil, from: String? = nil) {
        self.page = page
        self.from = from
    }
}

/// A page of a listing or of a change feed.
public struct Page: Sendable {
    public enum Next: Sendable {
        /// More follows.
        case page(String)
        /// This was the last. A feed names the cursor from which the next run goes on.
        case end(cursor: String?)
    }
    public var entries: [Entry]
    public var next: Next
    /// The sort key of the last entry.
    public var after: String?
    /// The service says that it left something out: nothing may be taken for gone.
    public var isPartial = false
    /// Something changed that may change who reads the items below it: an access listing is due.
    public var accessMayDiffer = false

    public init(_ entries: [Entry], next: Next, after: String? = nil) {
        self.entries = entries
        self.next = next
        self.after = after
    }
}

/// One thing that a listing or a feed named.
public struct Entry: Sendable {
    public enum Presence: Sendable {
        case there
        /// It is not in this partition any more.
        case gone
        /// It is there, and makes no document, for a reason.
        case skipped(String)
    }
    public var id: String
    /// The kind of the item: with the source's name, its stream.
    public var kind: String
    public var partition: String
    public var presence: Presence
    /// What the service said of it.
    public var raw: JSON?

    public init(_ id: String, kind: String, partition: String, _ presence: Presence = .there, raw: JSON? = nil) {
        self.id = id
        self.kind = kind
        self.partition = partition
        self.presence = presence
        self.raw = raw
    }
}

/// An item as a connector assembles it.
public struct ItemDraft: Sendable {
    /// Where it is the item of another id than the entry's (a shortcut's target).
    public var id: String?
    /// The main answer. Nil leaves the entry's own.
    public var raw: JSON?
    /// What other calls told, by name: each a list of values.
    public var parts: [(name: String, values: [JSON])] = []
    public var content: ItemContent?
    /// Entries of access that `raw` does not hold, by name.
    public var access: [(name: String, values: [JSON])] = []
    /// Why something of it could not be read, though it is sent as far as it could: a debt beside the item.
    public var shortfall: String?
    /// It makes no document after all.
    public var skipped: String?

    public init(raw: JSON? = nil) { self.raw = raw }
    /// No document, for this reason.
    public static func skip(_ reason: String) -> ItemDraft {
        var draft = ItemDraft()
        draft.skipped = reason
        return draft
    }
}

/// A group as it was listed.
public struct GroupEntry: Sendable {
    public var id: String
    public var raw: JSON
    public init(_ id: String, raw: JSON) {
        self.id = id
        self.raw = raw
    }
}

/// A page of groups. With its members, each becomes a record of `<source>_group`: `{"id":…,"raw":{…},"members":[{…},…]}`.
public struct GroupPage: Sendable {
    public var groups: [GroupEntry]
    public var next: String?
    public init(_ groups: [GroupEntry], next: String?) {
        self.groups = groups
        self.next = next
    }
}

/// Who the credentials are.
public struct Account: Sendable {
    /// The organisation or account that is mirrored: another one under the same state is refused.
    public var tenant: String
    /// For a person.
    public var user: String?
    public init(tenant: String, user: String?) {
        self.tenant = tenant
        self.user = user
    }
}

/// What to sync, as the user named it.
public struct Settings: Sendable {
    private let lists: [String: [String]]
    /// The longest content that is fetched, in bytes.
    public let maxContent: Int
    public init(_ lists: [String: [String]] = [:], maxContent: Int = 25 << 20) {
        self.lists = lists
        self.maxContent = maxContent
    }
    /// The values of a setting; none means everything.
    public subscript(_ name: String) -> [String] { lists[name] ?? [] }
}
