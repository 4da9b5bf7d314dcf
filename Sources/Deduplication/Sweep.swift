import JSON
import State
import Stream
import System

/// The removals that `sink` makes by itself, written as tombstones for a target that can't.
///
/// With copies the same is followed, and nothing is written.
struct Sweep {
    /// Whether tombstones are written.
    private let writes: Bool
    /// The time of the newest line: lines come in the order of their times.
    private(set) var latest: Timestamp?
    private var last: (text: [UInt8], time: Timestamp)?
    private var swept: [String: [String: Timestamp]] = [:]
    /// 9999-12-31T23:59:59Z.
    private static let never = Timestamp(seconds: 253_402_300_799)

    init(writes: Bool) { self.writes = writes }

    /// Notes that a document was seen. One in no partition is never swept.
    mutating func seen(_ key: Key, partition: JSON?, _ message: Message, _ memory: inout Memory) throws {
        observe(message)
        let known = memory.places?[key]
        guard let id = known?.id ?? message.record["semantic_id"]?.string,
            let partition = partition?.string ?? known?.partition
        else { return }
        // A line without a time can't be older than any listing.
        let time = time(of: message) ?? Sweep.never
        try memory.see(key, Place(id: id, partition: partition, time: time))
    }

    /// A tombstone came: it covers what is attached to the document.
    mutating func left(_ key: Key, _ message: Message, _ memory: inout Memory, _ output: StageOutput) throws {
        observe(message)
        // It may have moved on: with copies it stays an original there, as its row stays.
        let partition = message.record["metadata"]?["partition"]?.string
        if !writes, let partition, memory.places?[key]?.partition != partition { return }
        try memory.leave(key)
        try remove(memory.places?.parts(of: key) ?? [], &memory, output)
    }

    /// Removes what was attached to a document that does not name it any more.
    mutating func keep(
        _ parts: JSON, of key: Key, _ message: Message, _ memory: inout Memory, _ output: StageOutput
    ) throws {
        let known = memory.places?.parts(of: key) ?? []
        if known.isEmpty || parts.kind != .array { return }
        try remove(known.subtracting(parts.elements.compactMap { Key($0) }), &memory, output)
    }

    /// Removes what a STATE shows to be gone.
    mutating func run(_ state: StateValue, _ memory: inout Memory, _ output: StageOutput) throws {
        let gone = memory.places?.gone(after: state) { swept[$0]?[$1] != $2 } ?? []
        for bookmark in state.bookmarks { swept[bookmark.connection] = bookmark.partitions.compactMapValues { $0 } }
        for (key, since) in gone { try remove(key, at: since, &memory, output) }
    }

    /// The lines of one answer have the same time: it is read once.
    private mutating func time(of message: Message) -> Timestamp? {
        guard let text = message.json["time_extracted"]?.raw else { return nil }
        if let last, text.withUnsafeBytes({ $0.elementsEqual(last.text) }) { return last.time }
        guard let time = message.timeExtracted else { return nil }
        last = (text.array, time)
        return time
    }

    private mutating func observe(_ message: Message) {
        if let time = time(of: message) { latest = max(time, latest ?? time) }
    }

    private func remove(_ keys: Set<Key>, _ memory: inout Memory, _ output: StageOutput) throws {
        let places = memory.places
        for key in keys.sorted(by: { (places?[$0]?.id ?? "") < (places?[$1]?.id ?? "") }) {
            try remove(key, at: nil, &memory, output)
        }
    }

    /// - Parameter time: when it was gone; else by the newest line.
    private func remove(_ key: Key, at time: Timestamp?, _ memory: inout Memory, _ output: StageOutput) throws {
        guard let place = memory.places?[key] else { return }
        try memory.forget(key)
        try memory.leave(key)
        if !writes { return }
        let extracted = try JSON(parsing: "\"\(latest ?? time ?? place.time)\"")
        try output.write(.documents, time: extracted) { w in
            w.member("semantic_id", place.id)
            w.key("metadata")
            w.object { $0.member("partition", place.partition) }
            w.member("_sdc_deleted_at", (time ?? latest ?? place.time).description)
        }
    }
}
