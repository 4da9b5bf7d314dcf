import JSON
import State
import System

/// Where a document was seen last, and when: what a tombstone needs.
struct Place: Equatable, Sendable {
    var id: String
    var partition: String
    var time: Timestamp

    /// The document that this one is attached to: its id is the parent's, `#`, and its own.
    var parent: Key? { id.firstIndex(of: "#").map { Key(String(id[..<$0])) } }

    func write(to bytes: inout [UInt8]) {
        var w = JSONWriter()
        w.array { w in
            w.string(id)
            w.string(partition)
            w.int(time.microseconds)
        }
        bytes += w.bytes
    }
    init?(_ text: ArraySlice<UInt8>) {
        guard let parts = (try? JSON(parsing: Array(text)))?.elements, parts.count == 3, let id = parts[0].string,
            let partition = parts[1].string, let time = parts[2].int
        else { return nil }
        self.init(id: id, partition: partition, time: Timestamp(microseconds: time))
    }
    init(id: String, partition: String, time: Timestamp) {
        self.id = id
        self.partition = partition
        self.time = time
    }
}

/// The places of all documents, for `--tombstones`: some hundred bytes a key, the text of its id among them.
struct Places: Sendable {
    private(set) var all: [Key: Place] = [:]
    private var attached: [Key: Set<Key>] = [:]

    subscript(key: Key) -> Place? {
        get { all[key] }
        set {
            let old = all[key]
            all[key] = newValue
            if old == nil, let parent = newValue?.parent { attached[parent, default: []].insert(key) }
            if newValue == nil, let parent = old?.parent {
                attached[parent]?.remove(key)
                if attached[parent]?.isEmpty == true { attached[parent] = nil }
            }
        }
    }

    /// What is attached to a document.
    func parts(of key: Key) -> Set<Key> { attached[key] ?? [] }

    /// What a STATE says is gone, in the order of the ids: of a partition that was listed to its end, what was seen last
    /// before that listing began (a part is seen with its parent); and all of a partition that is named no more.
    /// - Parameter isNew: true for a partition whose `complete` was not swept yet.
    func gone(after state: StateValue, _ isNew: (_ connection: String, _ partition: String, Timestamp) -> Bool)
        -> [(key: Key, since: Timestamp?)]
    {
        var gone: [(key: Key, since: Timestamp?)] = []
        for bookmark in state.bookmarks {
            var fresh: [String: Timestamp] = [:]
            for case (let partition, let complete?) in bookmark.partitions
            where isNew(bookmark.connection, partition, complete) { fresh[partition] = complete }
            if fresh.isEmpty && !state.partitionsComplete { continue }
            let prefix = Array((bookmark.connection + ":").utf8)
            for (key, place) in all where place.id.utf8.starts(with: prefix) {
                if bookmark.partitions[place.partition] == nil {
                    if state.partitionsComplete { gone.append((key, nil)) }
                } else if let since = fresh[place.partition], lastSeen(place) < since {
                    gone.append((key, since))
                }
            }
        }
        return gone.sorted { (all[$0.key]?.id ?? "") < (all[$1.key]?.id ?? "") }
    }

    private func lastSeen(_ place: Place) -> Timestamp {
        max(place.time, place.parent.flatMap { all[$0]?.time } ?? place.time)
    }
}
