/// Keys and their digests in 38 to 48 bytes each.
///
/// A slot is 32 bytes, and 67 to 83 % of the slots are in use. The table is made of 256 parts that grow one by one, so that
/// growing needs room for one part only. Open addressing, linear probing; a removal moves back what follows it.
struct DigestTable: Sendable {
    struct Slot {
        var key: Key
        var digests: Digests
    }
    fileprivate struct Part {
        var slots: [Slot] = []
        var used = 0
    }
    private var parts = [Part](repeating: Part(), count: 256)
    private(set) var count = 0

    /// The memory of all slots.
    var bytes: Int { parts.reduce(0) { $0 + $1.slots.count } * MemoryLayout<Slot>.stride }

    subscript(key: Key) -> Digests? {
        get {
            let part = parts[Int(key.high >> 56)]
            guard let at = part.find(key), !part.slots[at].key.isEmpty else { return nil }
            return part.slots[at].digests
        }
        set {
            let before = parts[Int(key.high >> 56)].used
            if let newValue {
                parts[Int(key.high >> 56)].set(key, newValue)
            } else {
                parts[Int(key.high >> 56)].remove(key)
            }
            count += parts[Int(key.high >> 56)].used - before
        }
    }

    mutating func removeAll() { self = DigestTable() }

    /// The slots whose keys have this highest byte, sorted by key.
    func slots(highest: Int) -> [Slot] { parts[highest].slots.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key } }
}

extension Key {
    fileprivate static let empty = Key()
    fileprivate var isEmpty: Bool { high == 0 && low == 0 }
    private init() {
        high = 0
        low = 0
    }
}

extension DigestTable.Part {
    private func home(_ key: Key) -> Int { Int(key.low.multipliedFullWidth(by: UInt64(slots.count)).high) }

    /// The slot of a key, or the empty one where it would stand; nil where there are no slots.
    func find(_ key: Key) -> Int? {
        if slots.isEmpty { return nil }
        var at = home(key)
        while !slots[at].key.isEmpty && slots[at].key != key { at = at + 1 == slots.count ? 0 : at + 1 }
        return at
    }

    mutating func set(_ key: Key, _ digests: Digests) {
        if let at = find(key), slots[at].key == key {
            slots[at].digests = digests
            return
        }
        if (used + 1) * 6 > slots.count * 5 { grow() }
        guard let at = find(key) else { return }
        slots[at] = DigestTable.Slot(key: key, digests: digests)
        used += 1
    }

    private mutating func grow() {
        let old = slots
        let free = DigestTable.Slot(key: .empty, digests: Digests(content: 0, access: 0))
        slots = [DigestTable.Slot](repeating: free, count: max(8, old.count * 5 / 4))
        for slot in old where !slot.key.isEmpty { if let at = find(slot.key) { slots[at] = slot } }
    }

    mutating func remove(_ key: Key) {
        guard var hole = find(key), slots[hole].key == key else { return }
        used -= 1
        var at = hole
        while true {
            at = at + 1 == slots.count ? 0 : at + 1
            if slots[at].key.isEmpty { break }
            // What stands here may move into the hole unless its home lies after the hole, on the way to here.
            let from = distance(home(slots[at].key), at)
            if from >= distance(hole, at) {
                slots[hole] = slots[at]
                hole = at
            }
        }
        slots[hole].key = .empty
    }

    private func distance(_ from: Int, _ to: Int) -> Int { to >= from ? to - from : to + slots.count - from }
}
