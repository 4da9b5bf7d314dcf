import Glibc
import Gzip
import JSON
import State
import System

/// The compacted part of a memory: digests in shards, sorted by key, of which only those are read that are asked for.
///
///     index.gz    {"kind":"dedupe-index","format":1,"base":"base-2.gz","count":…,"marker":["RUN",CHECKPOINT]}, and then
///                 of each shard, one a line, its length in bytes and how many entries it has
///     base-2.gz   one gzip member a shard, of lines `+KEY CONTENT ACCESS`, as in the journal; nothing for an empty shard
///
/// The shard of a key is the number that its highest bits are. The index is replaced last, and names the other file: a kill leaves
/// the old pair or the new one.
final class Base {
    /// How many documents it knows.
    let count: Int
    /// The STATE to which it belongs.
    let marker: Position

    private let path: String
    private let file: Descriptor
    private let number: Int
    private let bits: Int
    /// Where each shard begins, and where the last one ends.
    private let offsets: [Int]
    private let counts: [Int]

    private var loaded: [Int: [Slot]] = [:]
    private var kept = 0
    private var reads = 0
    /// All of it, once so much was asked for that this costs less.
    private var whole: DigestTable?

    typealias Slot = DigestTable.Slot

    /// Digests kept of single shards: 32 MiB.
    private static let most = 1 << 20
    private static let perShard = 128

    var shards: Int { 1 << bits }

    /// - Parameter prefix: the folder, and what the names of the files begin with.
    /// - Returns: nil where nothing was compacted yet.
    /// - Throws: `Failure` where it is damaged, or of a newer format.
    static func open(_ prefix: String) throws -> Base? {
        let index = prefix + "index.gz"
        guard let bytes = try Files.readIfPresent(index) else {
            removeAll(prefix, but: nil)
            return nil
        }
        let lines: [ArraySlice<UInt8>]
        do { lines = try Gzip.decompress(bytes, limit: 1 << 28).split(separator: 0x0A) } catch {
            throw Journal.damaged(index, "\(error)")
        }
        guard let first = lines.first, let header = try? JSON(parsing: Array(first)),
            header["kind"]?.string == "dedupe-index", let format = header["format"]?.int
        else { throw Journal.damaged(index, "its first line does not say that it is an index") }
        guard format <= Journal.format else { throw Journal.newer(index, Int(format)) }
        guard let name = header["base"]?.string, let number = number(of: name), let count = header["count"]?.int,
            let marker = header["marker"].flatMap({ Position($0) })
        else { throw Journal.damaged(index, "its first line is not complete") }
        var (offsets, counts) = ([0], [Int]())
        offsets.reserveCapacity(lines.count)
        counts.reserveCapacity(lines.count)
        for line in lines.dropFirst() {
            let parts = line.split(separator: 0x20)
            guard parts.count == 2, let length = decimal(parts[0]), let entries = decimal(parts[1]) else {
                throw Journal.damaged(index, "line \(counts.count + 2) is not two numbers")
            }
            offsets.append(offsets[counts.count] + length)
            counts.append(entries)
        }
        guard counts.count >= 256, counts.count & (counts.count - 1) == 0 else {
            throw Journal.damaged(index, "\(counts.count) is no number of shards")
        }
        let path = prefix + name
        guard Files.exists(path) else { throw Journal.damaged(path, "it is missing") }
        let file = try Descriptor(opening: path, O_RDONLY)
        let size = try file.size()
        guard size == offsets[counts.count] else {
            throw Journal.damaged(path, "it has \(size) bytes, and should have \(offsets[counts.count])")
        }
        removeAll(prefix, but: name)
        return Base(Int(count), marker, path, file, number, offsets, counts)
    }

    private init(
        _ count: Int, _ marker: Position, _ path: String, _ file: consuming Descriptor, _ number: Int, _ offsets: [Int],
        _ counts: [Int]
    ) {
        self.count = count
        self.marker = marker
        self.path = path
        self.file = file
        self.number = number
        self.offsets = offsets
        self.counts = counts
        bits = counts.count.trailingZeroBitCount
    }

    /// Takes the files away.
    static func remove(_ prefix: String) throws {
        try Files.remove(prefix + "index.gz")
        removeAll(prefix, but: nil)
    }

    // MARK: Asking

    /// - Throws: `Failure` where the shard is damaged.
    func digests(of key: Key) throws -> Digests? {
        if let whole { return whole[key] }
        let shard = key.shard(bits)
        let slots: [Slot]
        if let known = loaded[shard] {
            slots = known
        } else {
            reads += 1
            // Shards that are asked for in no order are read again and again: an eighth of them is enough of that.
            if reads > max(64, shards / 8) { return try loadAll()[key] }
            slots = try read(shard)
            if kept > Base.most { loaded = [:] }
            kept = loaded.isEmpty ? slots.count : kept + slots.count
            loaded[shard] = slots
        }
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < slots.count && slots[low].key == key ? slots[low].digests : nil
    }

    private func loadAll() throws -> DigestTable {
        loaded = [:]
        var table = DigestTable()
        for shard in 0..<shards { for slot in try read(shard) { table[slot.key] = slot.digests } }
        whole = table
        return table
    }

    /// Reads all of it.
    /// - Throws: `Failure` for any damage.
    func verify() throws {
        for shard in 0..<shards { _ = try read(shard) }
        let found = counts.reduce(0, +)
        guard found == count else { throw Journal.damaged(path, "it has \(found) entries, and should have \(count)") }
    }

    private func bytes(_ shard: Int) throws -> [UInt8] {
        try file.read(from: offsets[shard], count: offsets[shard + 1] - offsets[shard])
    }

    private func read(_ shard: Int) throws -> [Slot] {
        let compressed = try bytes(shard)
        func damaged(_ why: String) -> Failure { Journal.damaged(path, "after byte \(offsets[shard]), \(why)") }
        let lines: [UInt8]
        do { lines = try Gzip.decompress(compressed, limit: 1 << 28) } catch { throw damaged("\(error)") }
        var slots: [Slot] = []
        slots.reserveCapacity(lines.count / Entry.length)
        for start in stride(from: 0, to: lines.count, by: Entry.length) {
            guard lines.count - start >= Entry.length, lines[start + Entry.length - 1] == 0x0A,
                case .keep(let key, let digests) = Entry(lines[start..<start + Entry.length - 1])
            else { throw damaged("a line is no entry") }
            guard key.shard(bits) == shard, slots.last.map({ $0.key < key }) ?? true else {
                throw damaged("the keys are not in order")
            }
            slots.append(Slot(key: key, digests: digests))
        }
        guard slots.count == counts[shard] else { throw damaged("there are not \(counts[shard]) entries") }
        return slots
    }

    /// The slots of a shard of another division.
    private func slots(_ shard: Int, bits other: Int) throws -> [Slot] {
        if other >= bits {
            let parent = shard >> (other - bits)
            if loaded[parent] == nil { loaded = [parent: try read(parent)] }
            return (loaded[parent] ?? []).filter { $0.key.shard(other) == shard }
        }
        let width = bits - other
        return try (shard << width..<(shard + 1) << width).flatMap { try read($0) }
    }

    // MARK: Compacting

    /// Puts a base with the changes made to it in the place of the one before. Shards that did not change are copied as they are.
    /// - Parameters:
    ///   - changes: sorted by key, of the keys whose highest byte is that number; nil for what is forgotten.
    ///   - about: how many changes there are.
    static func write(
        _ prefix: String, after old: Base?, marker: Position, about: Int,
        changes: (_ highest: Int) -> [(key: Key, digests: Digests?)]
    ) throws {
        let expected = ((old?.count ?? 0) + about) / perShard
        let bits = min(max(8, Int.bitWidth - expected.leadingZeroBitCount), 24)
        let name = "base-\((old?.number ?? 0) + 1).gz"
        let file = try Descriptor(opening: prefix + name, O_WRONLY | O_CREAT | O_TRUNC)
        var lengths: [UInt8] = []
        var pending: [UInt8] = []
        var count = 0
        for highest in 0..<256 {
            var rest = changes(highest)[...]
            for shard in highest << (bits - 8)..<(highest + 1) << (bits - 8) {
                let mine = rest.prefix { $0.key.shard(bits) == shard }
                rest = rest.dropFirst(mine.count)
                let member: [UInt8]
                let entries: Int
                if mine.isEmpty, let old, old.bits == bits {
                    member = try old.bytes(shard)
                    entries = old.counts[shard]
                } else {
                    let merged = Base.merge(try old?.slots(shard, bits: bits) ?? [], mine)
                    var lines: [UInt8] = []
                    lines.reserveCapacity(merged.count * Entry.length)
                    for slot in merged { Entry.keep(slot.key, slot.digests).write(to: &lines) }
                    member = lines.isEmpty ? [] : Gzip.compress(lines)
                    entries = merged.count
                }
                count += entries
                pending += member
                lengths += Array("\(member.count) \(entries)\n".utf8)
                if pending.count >= 1 << 20 {
                    try file.write(pending)
                    pending.removeAll(keepingCapacity: true)
                }
            }
        }
        try file.write(pending)
        try file.synchronize()
        var w = JSONWriter()
        w.object { w in
            w.member("kind", "dedupe-index")
            w.member("format", Journal.format)
            w.member("base", name)
            w.member("count", count)
            w.key("marker")
            marker.write(to: &w)
        }
        w.endLine()
        try Files.replace(prefix + "index.gz", with: Gzip.compress(w.bytes + lengths))
    }

    private static func merge(_ old: [Slot], _ changes: ArraySlice<(key: Key, digests: Digests?)>) -> [Slot] {
        var merged: [Slot] = []
        merged.reserveCapacity(old.count + changes.count)
        var rest = old[...]
        for change in changes {
            let before = rest.prefix { $0.key < change.key }
            merged += before
            rest = rest.dropFirst(before.count)
            if rest.first?.key == change.key { rest = rest.dropFirst() }
            if let digests = change.digests { merged.append(Slot(key: change.key, digests: digests)) }
        }
        return merged + rest
    }

    // MARK: Names

    private static func number(of name: String) -> Int? {
        guard name.hasPrefix("base-"), name.hasSuffix(".gz") else { return nil }
        return Int(name.dropFirst(5).dropLast(3))
    }

    private static func decimal(_ line: ArraySlice<UInt8>) -> Int? {
        line.count <= 10 ? Int(String(decoding: line, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil } : nil
    }

    /// Files that no index names are what a kill has left.
    private static func removeAll(_ prefix: String, but kept: String?) {
        guard let slash = prefix.lastIndex(of: "/") else { return }
        let start = String(prefix[prefix.index(after: slash)...])
        for name in Files.names(in: String(prefix[..<slash])) where name.hasPrefix(start + "base-") {
            if name != kept.map({ start + $0 }) { unlink(String(prefix[...slash]) + name) }
        }
    }
}

extension Key {
    fileprivate func shard(_ bits: Int) -> Int { Int(high >> UInt64(64 - bits)) }
}
