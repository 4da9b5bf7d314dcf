import State

/// The journal read up to a marker.
struct Replay {
    private let wanted: Position?
    var table = DigestTable()
    var forgotten: Set<Key> = []
    var places: Places?
    var copies: Copies?
    var entries = 0
    /// Where the batch of the marker ends; nil while it was not met.
    var end: Int?

    init(until wanted: Position?, _ mode: Memory.Mode) {
        self.wanted = wanted
        places = mode.places
        copies = mode.copies
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
            case .text(let key, let text): _ = copies?.set(key, text)
            case .leads(let text, let signature): copies?.lead(text, signature)
            case .follows(let text, let leader, let matches): copies?.follow(text, leader, matches: matches)
            case .marker(let position):
                guard start == lines.count else { return "a marker does not end its batch" }
                if position == wanted { self.end = end }
            }
        }
        return nil
    }
}
