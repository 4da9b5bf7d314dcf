import System

/// What a destination tells of access, a lookup at a time, for `--explain` and `--readable-by`.
public protocol AccessSource {
    /// Nil where there is no such document.
    func access(of semanticID: String) throws -> DocumentAccess?
    /// Nil where nobody has defined the group.
    func group(_ id: String) throws -> GroupAccess?
    /// The groups that name a principal as a member.
    func groups(with principal: String) throws -> [String]
    /// The rules that name a principal as a clause.
    func rules(with principal: String) throws -> [String]
    /// Calls `body` with each document that names a principal, in the order of their ids.
    func documents(for principal: String, _ body: (_ semanticID: String, _ title: String?) throws -> Void) throws
}

/// A document's own principals: groups are not resolved.
public struct DocumentAccess: Equatable {
    public var title: String?
    public var partition: String?
    public var parent: String?
    public var principals: [String]
}

public struct GroupAccess: Equatable {
    public var name: String?
    public var readers: GroupRow.Readers
}

/// Why each reader of a document may read it.
public struct Explanation {
    /// The way from a document to a reader: the groups on it, the document's own principal first; none where the document names
    /// the reader itself.
    public typealias Way = [String]

    public let document: DocumentAccess
    /// The shortest way to each reader.
    public private(set) var ways: [String: Way] = [:]
    /// Groups on the way that nobody has defined: nobody is taken for a member.
    public private(set) var unknown: Set<String> = []
    private let source: any AccessSource

    /// - Returns: nil where there is no such document.
    public init?(of semanticID: String, in source: any AccessSource) throws {
        guard let document = try source.access(of: semanticID) else { return nil }
        self.document = document
        self.source = source
        try walk(document.principals)
    }

    /// Breadth first, so that the first way found is the shortest; a group met before ends a cycle.
    private mutating func walk(_ principals: [String]) throws {
        var queue: [(principal: String, way: Way)] = principals.sorted().map { ($0, []) }
        var met: Set<String> = []
        var at = 0
        while at < queue.count {
            let (principal, way) = queue[at]
            at += 1
            guard principal.standsForOthers else {
                if ways[principal] == nil { ways[principal] = way }
                continue
            }
            guard met.insert(principal).inserted else { continue }
            switch try source.group(principal)?.readers {
            case nil: unknown.insert(principal)
            case .members(let members): queue += members.sorted().map { ($0, way + [principal]) }
            case .all(let clauses): queue += try inAll(clauses).sorted().map { ($0, way + [principal]) }
            }
        }
    }

    /// Whoever is in each clause. A rule inside of a clause is nobody, as in the destination's views.
    private mutating func inAll(_ clauses: [String]) throws -> Set<String> {
        let leaves = try clauses.map { try leaf($0) }
        return Set(leaves.joined()).filter { principal in
            leaves.allSatisfy { $0.contains { $0 == principal || $0.covers(principal) } }
        }
    }

    private mutating func leaf(_ clause: String) throws -> Set<String> {
        var (found, met): (Set<String>, Set<String>) = ([], [])
        var stack = [clause]
        while let next = stack.popLast() {
            guard next.standsForOthers else {
                found.insert(next)
                continue
            }
            guard met.insert(next).inserted else { continue }
            switch try source.group(next)?.readers {
            case nil: unknown.insert(next)
            case .members(let members): stack += members
            case .all: break
            }
        }
        return found
    }

    /// Lines for a person.
    public func text(_ semanticID: String) throws -> String {
        var text = semanticID + (document.title.map { " \"\($0)\"" } ?? "")
        if let partition = document.partition { text += ", in \(partition)" }
        text += "\n"
        if let parent = document.parent { text += "  it is attached to \(parent)\n" }
        if ways.isEmpty { text += "  nobody may read it\n" }
        for (reader, way) in ways.sorted(by: { $0.key < $1.key }) {
            let meaning = reader.meaning.map { " (\($0))" } ?? ""
            let names = try way.map { try described($0) }
            text += "  \(reader)\(meaning): "
            text += names.isEmpty ? "named by the document\n" : "through \(names.joined(separator: ", in it "))\n"
        }
        for group in unknown.sorted() { text += "  \(group) is not known here: nobody is taken for a member\n" }
        return text
    }

    private func described(_ id: String) throws -> String {
        guard let group = try source.group(id) else { return id }
        let name = group.name.map { "\"\($0)\" (\(id))" } ?? id
        guard case .all(let clauses) = group.readers else { return name }
        return "\(name), who are in each of \(clauses.sorted().joined(separator: " and "))"
    }
}

/// What one reader may read, and through which principal.
public struct Readable {
    /// The principals that the reader is.
    public let principals: [String]
    private let source: any AccessSource

    /// - Parameter reader: an address, or any other principal.
    public init(by reader: String, in source: any AccessSource) throws {
        self.source = source
        var plain = [reader, "public"]
        if let at = reader.lastIndex(of: "@"), !reader.contains(":") {
            plain.append("domain:" + reader[reader.index(after: at)...])
        }
        let direct = try Readable.closure(of: plain, in: source)
        // Only what is no rule can fulfil a clause.
        var rules: Set<String> = []
        for principal in direct {
            for rule in try source.rules(with: principal) where !rules.contains(rule) {
                if case .all(let clauses)? = try source.group(rule)?.readers, clauses.allSatisfy(direct.contains) {
                    rules.insert(rule)
                }
            }
        }
        principals = try direct.union(Readable.closure(of: Array(rules), in: source)).sorted()
    }

    /// The principals and every group that has one of them for a member, however deep.
    private static func closure(of principals: [String], in source: any AccessSource) throws -> Set<String> {
        var (found, stack) = (Set<String>(), principals)
        while let next = stack.popLast() {
            guard found.insert(next).inserted else { continue }
            stack += try source.groups(with: next)
        }
        return found
    }

    /// Calls `body` with each document once, and with the first principal that grants it.
    public func documents(_ body: (_ semanticID: String, _ title: String?, _ through: String) throws -> Void) throws {
        var seen: Set<String> = []
        for principal in principals {
            try source.documents(for: principal) { id, title in
                if seen.insert(id).inserted { try body(id, title, principal) }
            }
        }
    }
}

extension String {
    /// A group, or a user without an address.
    fileprivate var standsForOthers: Bool { hasPrefix("group:") || hasPrefix("user:") }

    /// Everybody is in `public`, and an address in its domain.
    fileprivate func covers(_ principal: String) -> Bool {
        if self == "public" { return true }
        guard hasPrefix("domain:"), let at = principal.firstIndex(of: "@"), at > principal.startIndex else {
            return false
        }
        return principal.hasSuffix("@" + dropFirst(7))
    }

    fileprivate var meaning: String? {
        switch self {
        case "public": "everybody"
        case "link": "anyone who has the link"
        default: hasPrefix("domain:") ? "everybody with an address there" : nil
        }
    }
}
