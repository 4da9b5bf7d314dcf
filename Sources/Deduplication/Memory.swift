import JSON
import State
import Stream
import System

/// What was sent of each document: two digests a key, in memory, and in a journal where there is a state folder.
///
/// What a journal of some length says is compacted into a base at the start of a run, of which a run reads what it touches: memory
/// and time follow the changes, not the corpus.
///
/// It may be lost, but never wrong. So what it holds at a STATE is durable before that STATE is passed on, under a marker
/// (run and checkpoint); at the start it is cut back to the marker of the STATE that the destination committed. Without such a
/// marker it starts empty.
public struct Memory {
    /// What is newer than the base.
    private var table = DigestTable()
    /// What the base knows, and is not known any more.
    private var forgotten: Set<Key> = []
    private var base: Base?
    /// Kept for `--tombstones` and `--copies`.
    private(set) var places: Places?
    /// Kept for `--copies` alone.
    private(set) var copies: Copies?
    let mode: Mode
    /// Documents whose marks are not those that were sent.
    private var mismarked: [Key] = []
    private var journal: Journal?
    private var pending: [UInt8] = []
    /// The STATE that the next one must follow.
    private var last: Position?
    private let folder: StateFolder?
    private let log: Log?

    private static let batch = 1 << 20

    /// What is remembered beside digests. Each has files of its own, so that one never goes on from what another left out.
    public enum Mode: Equatable, Sendable {
        case digests
        /// Where documents were seen, for a target that removes nothing by itself.
        case tombstones
        /// Where documents were seen, and which have the same text.
        /// - Parameter near: the least similarity of what is marked as nearly the same, in hundredths, 80 to 100; nil: it is not
        ///   looked for.
        case copies(near: Int?)

        /// What the names of its files begin with.
        fileprivate var name: String {
            switch self {
            case .digests: ""
            case .tombstones: "tombstones"
            case .copies(nil): "copies"
            case .copies(let near?): "near-\(near)"
            }
        }
        fileprivate init?(name: String) {
            switch name {
            case "journal": self = .digests
            case "tombstones": self = .tombstones
            case "copies": self = .copies(near: nil)
            default:
                guard name.hasPrefix("near-"), let near = Int(name.dropFirst(5)) else { return nil }
                self = .copies(near: near)
            }
        }
        var places: Places? { self == .digests ? nil : Places() }
        var copies: Copies? {
            if case .copies = self { Copies() } else { nil }
        }
    }

    /// A memory that ends with the run.
    public init(_ mode: Mode = .digests) {
        self.mode = mode
        places = mode.places
        copies = mode.copies
        folder = nil
        log = nil
    }

    /// The memory of a state folder, as it was at the STATE that `checkpoint.json.gz` names; empty where it has none such.
    /// What is a debt is forgotten.
    /// - Throws: `Failure` where the journal, the checkpoint or the debts are damaged.
    public init(of folder: StateFolder, _ mode: Mode = .digests, log: Log) throws {
        self.mode = mode
        self.folder = folder
        self.log = log
        last = try folder.checkpoint().flatMap { try StateValue($0).position }
        try Files.makeFolder(folder.path + "/dedupe")
        let (name, prefix) = Memory.names(folder, mode)
        base = try Base.open(prefix)
        var replay = Replay(until: last, mode)
        let journal = try Journal(name, kind: Memory.kind(mode)) { lines, end in
            replay.apply(lines, end)
        }
        self.journal = journal
        if let end = replay.end, let last {
            let entries = replay.entries
            table = replay.table
            forgotten = replay.forgotten
            places = replay.places
            copies = replay.copies
            if end < journal.end { try journal.cut(to: end) }
            replay = Replay(until: nil, mode)
            let kept = (places?.all.count ?? 0) + (copies?.entries ?? 0)
            if entries > 1000 + (base?.count ?? 0) / 8 + 2 * kept {
                try compact(journal, prefix, last)
            }
        } else {
            places = mode.places
            copies = mode.copies
            base = nil
            if journal.end > journal.start { try journal.cut(to: journal.start) }
            try Base.remove(prefix)
        }
        try forgetDebts()
    }

    /// The memories that a folder holds.
    public static func modes(in folder: StateFolder) -> [Mode] {
        Files.names(in: folder.path + "/dedupe").compactMap { name in
            name.hasSuffix(".gz") ? Mode(name: String(name.dropLast(3))) : nil
        }
    }

    /// Reads the whole memory of a folder, as `init` does, and every shard of its base.
    /// - Returns: how many documents are in its base, and how many entries of the journal are newer; nil where it has none.
    /// - Throws: `Failure` for any damage.
    public static func verify(_ folder: StateFolder, _ mode: Mode = .digests) throws -> (compacted: Int, newer: Int)? {
        let (name, prefix) = names(folder, mode)
        guard Files.exists(name) else { return nil }
        let base = try Base.open(prefix)
        try base?.verify()
        var replay = Replay(until: Position(run: "", checkpoint: -1), mode)
        _ = try Journal(name, kind: kind(mode)) { lines, end in replay.apply(lines, end) }
        return (base?.count ?? 0, replay.entries)
    }

    private static func kind(_ mode: Mode) -> String { mode == .digests ? "dedupe-journal" : "dedupe-" + mode.name }

    /// The journal, and what the names of the base's files begin with.
    private static func names(_ folder: StateFolder, _ mode: Mode) -> (journal: String, prefix: String) {
        let path = folder.path + "/dedupe/"
        return mode == .digests ? (path + "journal.gz", path) : ("\(path)\(mode.name).gz", "\(path)\(mode.name)-")
    }

    subscript(key: Key) -> Digests? {
        get throws {
            if let known = table[key] { return known }
            return forgotten.contains(key) ? nil : try base?.digests(of: key)
        }
    }

    mutating func keep(_ key: Key, _ digests: Digests) throws {
        table[key] = digests
        forgotten.remove(key)
        try note(.keep(key, digests))
    }
    mutating func forget(_ key: Key) throws {
        guard try self[key] != nil else { return }
        table[key] = nil
        if base != nil { forgotten.insert(key) }
        try note(.forget(key))
    }
    mutating func see(_ key: Key, _ place: Place) throws {
        if places == nil || places?[key] == place { return }
        places?[key] = place
        try note(.place(key, place))
    }
    mutating func leave(_ key: Key) throws {
        guard places?[key] != nil else { return }
        places?[key] = nil
        try note(.leave(key))
        try setText(key, nil)
    }

    // MARK: Copies

    /// A document has this text now, or none that counts.
    mutating func setText(_ key: Key, _ text: UInt64?) throws {
        guard copies != nil, copies?.text(of: key) != text else { return }
        mismarked += copies?.set(key, text) ?? []
        try note(.text(key, text))
    }

    /// Decides what a text is near to, unless that was done.
    /// - Parameter utf8: the text.
    mutating func compare(_ text: UInt64, of key: Key, _ utf8: [UInt8]) throws {
        guard case .copies(let near?) = mode, copies?.needsSignature(text, of: key) == true else { return }
        let signature = Signature(utf8)
        if let found = copies?.near.nearest(signature, atLeast: Signature.matches(hundredths: near)) {
            copies?.follow(text, found.text, matches: found.matches)
            try note(.follows(text, found.text, matches: found.matches))
        } else {
            copies?.lead(text, signature)
            try note(.leads(text, signature))
        }
    }

    /// The documents whose marks turned wrong since the last call, and are there.
    mutating func takeMismarked() -> [(key: Key, place: Place)] {
        if mismarked.isEmpty { return [] }
        var taken: Set<Key> = []
        defer { mismarked = [] }
        return mismarked.compactMap { key in
            guard taken.insert(key).inserted, copies?.text(of: key) != nil, let place = places?[key] else { return nil }
            return (key, place)
        }
    }

    /// Forgets what the debts name, so that it passes when it comes.
    mutating func forgetDebts() throws {
        for debt in try folder?.debts() ?? [] { try forget(Key(debt.semanticID)) }
    }

    /// Makes what was noted durable under the marker of a STATE, which may be passed on then.
    ///
    /// The STATE of a foreign tap has no position: it gets no marker. One that does not follow the STATE before it belongs to
    /// another history than this memory: nothing is kept from there on.
    mutating func mark(_ state: StateValue) throws {
        guard let journal, let position = state.position else { return }
        guard state.after == last else {
            try journal.cut(to: journal.start)
            self.journal = nil
            pending = []
            log?.warn(
                "STATE \(position) does not follow \(last.map(\.description) ?? "an empty state"), from which the memory went on",
                "the memory of this folder starts anew with the next run")
            return
        }
        Entry.marker(position).write(to: &pending)
        try journal.append(pending)
        pending.removeAll(keepingCapacity: true)
        last = position
    }

    private mutating func note(_ entry: Entry) throws {
        guard let journal else { return }
        entry.write(to: &pending)
        guard pending.count >= Memory.batch else { return }
        try journal.append(pending, durable: false)
        pending.removeAll(keepingCapacity: true)
    }

    /// Puts what the journal says into the base. Until the journal is emptied it says the same once more.
    private mutating func compact(_ journal: Journal, _ prefix: String, _ marker: Position) throws {
        var gone = forgotten.sorted()[...]
        try Base.write(prefix, after: base, marker: marker, about: table.count) { highest in
            let mine = gone.prefix { Int($0.high >> 56) == highest }
            gone = gone.dropFirst(mine.count)
            let changes = table.slots(highest: highest).map { (key: $0.key, digests: Optional($0.digests)) }
            return mine.isEmpty ? changes : (changes + mine.map { ($0, nil) }).sorted { $0.key < $1.key }
        }
        try journal.replace { append in
            var lines: [UInt8] = []
            func add(_ entry: Entry) {
                entry.write(to: &lines)
                guard lines.count >= Memory.batch else { return }
                append(lines)
                lines.removeAll(keepingCapacity: true)
            }
            for (key, place) in places?.all ?? [:] { add(.place(key, place)) }
            copies?.write(add)
            Entry.marker(marker).write(to: &lines)
            append(lines)
        }
        base = try Base.open(prefix)
        table = DigestTable()
        forgotten = []
    }
}
