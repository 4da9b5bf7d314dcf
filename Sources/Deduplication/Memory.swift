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
    /// Kept for `--tombstones` alone.
    private(set) var places: Places?
    private var journal: Journal?
    private var pending: [UInt8] = []
    /// The STATE that the next one must follow.
    private var last: Position?
    private let folder: StateFolder?
    private let log: Log?

    private static let batch = 1 << 20

    /// A memory that ends with the run.
    public init(tombstones: Bool = false) {
        places = tombstones ? Places() : nil
        folder = nil
        log = nil
    }

    /// The memory of a state folder, as it was at the STATE that `checkpoint.json.gz` names; empty where it has none such.
    /// What is a debt is forgotten.
    /// - Throws: `Failure` where the journal, the checkpoint or the debts are damaged.
    public init(of folder: StateFolder, tombstones: Bool = false, log: Log) throws {
        self.folder = folder
        self.log = log
        last = try folder.checkpoint().flatMap { try StateValue($0).position }
        try Files.makeFolder(folder.path + "/dedupe")
        let (name, prefix) = Memory.names(folder, tombstones)
        base = try Base.open(prefix)
        var replay = Replay(until: last, places: tombstones ? Places() : nil)
        let journal = try Journal(name, kind: Memory.kind(tombstones)) { lines, end in
            replay.apply(lines, end)
        }
        self.journal = journal
        if let end = replay.end, let last {
            table = replay.table
            forgotten = replay.forgotten
            places = replay.places
            if end < journal.end { try journal.cut(to: end) }
            if replay.entries > 1000 + (base?.count ?? 0) / 8 + 2 * (places?.all.count ?? 0) {
                try compact(journal, prefix, last)
            }
        } else {
            places = tombstones ? Places() : nil
            base = nil
            if journal.end > journal.start { try journal.cut(to: journal.start) }
            try Base.remove(prefix)
        }
        try forgetDebts()
    }

    /// Reads the whole memory of a folder, as `init` does, and every shard of its base.
    /// - Returns: how many documents are in its base, and how many entries of the journal are newer; nil where it has none.
    /// - Throws: `Failure` for any damage.
    public static func verify(_ folder: StateFolder, tombstones: Bool = false) throws -> (compacted: Int, newer: Int)? {
        let (name, prefix) = names(folder, tombstones)
        guard Files.exists(name) else { return nil }
        let base = try Base.open(prefix)
        try base?.verify()
        var replay = Replay(until: Position(run: "", checkpoint: -1), places: tombstones ? Places() : nil)
        _ = try Journal(name, kind: kind(tombstones)) { lines, end in replay.apply(lines, end) }
        return (base?.count ?? 0, replay.entries)
    }

    private static func kind(_ tombstones: Bool) -> String { tombstones ? "dedupe-tombstones" : "dedupe-journal" }

    /// The journal, and what the names of the base's files begin with.
    private static func names(_ folder: StateFolder, _ tombstones: Bool) -> (journal: String, prefix: String) {
        let path = folder.path + "/dedupe/"
        return tombstones ? (path + "tombstones.gz", path + "tombstones-") : (path + "journal.gz", path)
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
            for (key, place) in places?.all ?? [:] {
                Entry.place(key, place).write(to: &lines)
                guard lines.count >= Memory.batch else { continue }
                append(lines)
                lines.removeAll(keepingCapacity: true)
            }
            Entry.marker(marker).write(to: &lines)
            append(lines)
        }
        base = try Base.open(prefix)
        table = DigestTable()
        forgotten = []
    }
}

/// The journal read up to a marker.
private struct Replay {
    private let wanted: Position?
    var table = DigestTable()
    var forgotten: Set<Key> = []
    var places: Places?
    var entries = 0
    /// Where the batch of the marker ends; nil while it was not met.
    var end: Int?

    init(until wanted: Position?, places: Places?) {
        self.wanted = wanted
        self.places = places
    }

    /// - Returns: why the lines can't be read, or nil.
    mutating func apply(_ lines: [UInt8], _ end: Int) -> String? {
        if wanted == nil || self.end != nil { return nil }
        var start = 0
        while let feed = lines[start...].firstIndex(of: 0x0A) {
            guard let entry = Entry(lines[start..<feed]) else { return "a line is no entry" }
            start = feed + 1
            entries += 1
            switch entry {
            case .keep(let key, let digests):
                table[key] = digests
                forgotten.remove(key)
            case .forget(let key):
                table[key] = nil
                forgotten.insert(key)
            case .place(let key, let place): places?[key] = place
            case .leave(let key): places?[key] = nil
            case .marker(let position):
                guard start == lines.count else { return "a marker does not end its batch" }
                if position == wanted { self.end = end }
            }
        }
        return nil
    }
}
