/// Who may read: written in `permissions` and in the `members` of a group.
///
/// | text | who |
/// |---|---|
/// | `ann@example.com` | a user, by address, in small letters |
/// | `user:<connection>:<id>` | a user whose address the service does not tell |
/// | `group:<connection>:<id>` | whoever is in that group |
/// | `domain:<name>` | everybody of a domain |
/// | `link` | anyone who has the link |
/// | `public` | everybody |
public struct Principal: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String
    private init(text: String) { description = text }

    /// - Returns: nil for what is no address.
    public static func user(address: String?) -> Principal? {
        guard let address = address?.lowercased(), let at = address.lastIndex(of: "@"), at != address.startIndex,
            address.index(after: at) != address.endIndex,
            !address.contains(where: { $0.isWhitespace || $0 == ":" })
        else { return nil }
        return Principal(text: address)
    }
    public static func user(connection: String, id: String) -> Principal { Principal(text: "user:\(connection):\(id)") }
    public static func group(connection: String, id: String) -> Principal {
        Principal(text: "group:\(connection):\(id)")
    }
    /// - Returns: nil where there is no name.
    public static func domain(_ name: String?) -> Principal? {
        guard let name = name?.lowercased(), !name.isEmpty, !name.contains(where: { $0.isWhitespace }) else {
            return nil
        }
        return Principal(text: "domain:\(name)")
    }
    public static let link = Principal(text: "link")
    public static let everybody = Principal(text: "public")

    public static func < (a: Principal, b: Principal) -> Bool {
        a.description.utf8.lexicographicallyPrecedes(b.description.utf8)
    }
}

extension Sequence<Principal> {
    /// As `permissions` are written: sorted by their bytes, each once.
    public var sortedUnique: [String] { Set(self).sorted().map(\.description) }
}

/// A group as `perms` writes it: members that are joined (`members`), or clauses that must all hold (`all`).
public struct Group: Sendable {
    public enum Readers: Sendable {
        /// Whoever is one of these.
        case members([Principal])
        /// Whoever is in each of these.
        case all([Principal])
    }
    public var id: Principal
    public var name: String?
    public var readers: Readers

    public init(id: Principal, name: String?, readers: Readers) {
        self.id = id
        self.name = name
        self.readers = readers
    }
}
