import System

/// What a Google Drive holds: files in My Drive and in shared drives, who may read them, groups, and a log of changes for the user
/// and for each shared drive. Nothing here knows of HTTP.
public struct World: Sendable {
    public struct File: Sendable {
        public let id: String
        public let created: Timestamp
        /// An upload may keep an old one, and so does what comes back from the trash.
        public var modified: Timestamp
        public var version = 1
        public var text: Int
        public var readers: Readers
        /// The shared drive; nil for My Drive.
        public var drive: String?
        public var isTrashed = false
        /// It is a Docs file, and is exported.
        public let isExported: Bool
        /// The account may not read who may read it.
        public let hidesReaders: Bool

        public var content: String { "text \(text) of \(id)" }
        /// The principals that must be found for it.
        public var principals: [String] { hidesReaders ? [] : readers.principals }
    }

    /// What the order of a listing goes by.
    struct Place: Comparable {
        let created: Timestamp
        let id: String
        static func < (a: Place, b: Place) -> Bool { (a.created, a.id) < (b.created, b.id) }
    }

    /// The logical clock.
    public private(set) var now: Timestamp
    public private(set) var files: [String: File] = [:]
    public private(set) var drives: [String]
    /// Shared drives that the account is not a member of for the time being.
    public private(set) var hidden: [String] = []
    public private(set) var groups: [String: Set<String>] = ["team@example.com": ["ann@example.com"]]
    /// Positions in all logs are drawn from one counter.
    public private(set) var position = 1
    private var logs: [String?: [(position: Int, file: String)]] = [:]
    private var drivesChanged: [(position: Int, drive: String)] = []
    private var created = 0
    private let tellsUserOfDrives: Bool

    /// - Parameters:
    ///   - drives: the ids of the shared drives.
    ///   - files: how many files there are at first.
    ///   - tellsUserOfDrives: the user's log also names what changes in shared drives.
    public init(
        at now: Timestamp, drives: [String], files: Int, tellsUserOfDrives: Bool,
        using random: inout some RandomNumberGenerator
    ) {
        self.now = now
        self.drives = drives
        self.tellsUserOfDrives = tellsUserOfDrives
        for _ in 0..<files { _ = create(using: &random) }
    }

    /// The clock goes on: by a second for each answer and each change.
    public mutating func tick(_ time: Duration = .seconds(1)) { now = now + time }

    // MARK: What can be asked

    /// True for a file that the account can open, trashed or not.
    func sees(_ file: File) -> Bool { file.drive.map { drives.contains($0) } ?? true }

    /// The files of a place in the order of a listing, after one.
    func listing(of drive: String?, after: Place?, from begin: Timestamp?) -> [File] {
        files.values.filter { file in
            file.drive == drive && !file.isTrashed && (begin.map { file.created >= $0 } ?? true)
                && (after.map { file.place > $0 } ?? true)
        }.sorted { $0.place < $1.place }
    }

    /// What changed since a position, each file once, at the position of its last change.
    func changes(of drive: String?, since: Int) -> [(position: Int, file: String)] {
        var last: [String: Int] = [:]
        for entry in logs[drive] ?? [] where entry.position > since { last[entry.file] = entry.position }
        return last.map { ($0.value, $0.key) }.sorted { $0.0 < $1.0 }
    }
    /// The shared drives that came or went since a position, in the user's log.
    func driveChanges(since: Int) -> [(position: Int, drive: String)] {
        var last: [String: Int] = [:]
        for entry in drivesChanged where entry.position > since { last[entry.drive] = entry.position }
        return last.map { ($0.value, $0.key) }.sorted { $0.0 < $1.0 }
    }

    // MARK: What can happen

    /// One random change.
    /// - Parameter isLoud: every change of access is told by the log; else one in two.
    /// - Returns: what happened, for a person; nil where nothing could.
    public mutating func mutate(isLoud: Bool, using random: inout some RandomNumberGenerator) -> String? {
        tick()
        let kinds = [
            "create", "edit", "edit", "access", "access", "delete", "restore", "move", "vanish", "return", "purge",
            "group",
        ]
        let kind = kinds.randomElement(using: &random) ?? ""
        let living = files.values.filter { !$0.isTrashed && sees($0) }.sorted { $0.place < $1.place }
        switch kind {
        case "create": return create(using: &random)
        case "vanish":
            guard Double.random(in: 0..<1, using: &random) < 0.4, let drive = drives.randomElement(using: &random)
            else {
                return nil
            }
            drives.removeAll { $0 == drive }
            hidden.append(drive)
            position += 1
            drivesChanged.append((position, drive))
            return "\(drive) vanishes"
        case "return":
            guard let drive = hidden.randomElement(using: &random) else { return nil }
            hidden.removeAll { $0 == drive }
            drives = (drives + [drive]).sorted()
            position += 1
            drivesChanged.append((position, drive))
            return "\(drive) returns"
        case "restore":
            let trash = files.values.filter { $0.isTrashed && sees($0) }.sorted { $0.place < $1.place }
            guard var file = trash.randomElement(using: &random) else { return nil }
            file.isTrashed = false
            put(file)
            return "restore \(file.id) in \(file.drive ?? "my_drive")"
        case "group":
            let member = ["ann@example.com", "bob@example.com", "cy@example.com"].randomElement(using: &random) ?? ""
            groups["team@example.com", default: []].formSymmetricDifference([member])
            return "group \(member)"
        default: break
        }
        guard var file = living.randomElement(using: &random) else { return nil }
        let told = "\(kind) \(file.id) in \(file.drive ?? "my_drive")"
        switch kind {
        case "edit":
            file.text = 1 - file.text
            file.version += 1
            file.modified = now
            put(file)
        case "access":
            file.readers = Readers.allCases.filter { $0 != file.readers }.randomElement(using: &random) ?? .ann
            file.version += 1
            let isTold = isLoud || Bool.random(using: &random)
            put(file, isTold: isTold)
            return "\(told) to \(file.readers)\(isTold ? "" : ", untold")"
        case "delete":
            file.isTrashed = true
            put(file)
        case "purge":
            files[file.id] = nil
            note(file.id, in: file.drive)
        case "move":
            let places = ([nil] + drives).filter { $0 != file.drive }
            guard let to = places.randomElement(using: &random) else { return nil }
            note(file.id, in: file.drive)
            file.drive = to
            put(file)
            return "\(told) to \(to ?? "my_drive")"
        default: return nil
        }
        return told
    }

    private mutating func create(using random: inout some RandomNumberGenerator) -> String {
        created += 1
        // Two files in three have a moment of their own.
        if Int.random(in: 0..<3, using: &random) > 0 { tick() }
        let file = File(
            id: "d\(created)", created: now, modified: now, text: Int.random(in: 0...1, using: &random),
            readers: Readers.allCases.randomElement(using: &random) ?? .ann,
            drive: ([nil] + drives).randomElement(using: &random) ?? nil,
            isExported: Bool.random(using: &random), hidesReaders: Int.random(in: 0..<12, using: &random) == 0)
        put(file)
        return "create \(file.id) in \(file.drive ?? "my_drive")"
    }

    private mutating func put(_ file: File, isTold: Bool = true) {
        files[file.id] = file
        if isTold { note(file.id, in: file.drive) }
    }
    private mutating func note(_ file: String, in drive: String?) {
        position += 1
        logs[drive, default: []].append((position, file))
        if drive != nil, tellsUserOfDrives { logs[nil, default: []].append((position, file)) }
    }
}

extension World.File {
    var place: World.Place { World.Place(created: created, id: id) }
}

/// Who may read a file: what the service says, and what it means.
public enum Readers: CaseIterable, Sendable {
    case ann, annAndBob, team, domain, domainWithLink, link, everybody, annAndDeletedBob, published

    public var principals: [String] {
        switch self {
        case .ann, .domainWithLink, .annAndDeletedBob, .published: ["ann@example.com"]
        case .annAndBob: ["ann@example.com", "bob@example.com"]
        case .team: ["ann@example.com", "group:google_drive:team@example.com"]
        case .domain: ["ann@example.com", "domain:example.com"]
        case .link: ["ann@example.com", "link"]
        case .everybody: ["ann@example.com", "public"]
        }
    }
}
