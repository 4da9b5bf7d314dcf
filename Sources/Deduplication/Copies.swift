import CXXHash
import JSON

/// Which documents have the same text, and which have one that is nearly the same.
///
/// A text is known by a digest. Of the documents that have it the first that was seen is its original, while it is there; the others
/// are copies of it. With signatures, a text that is near to no text before it leads: later ones that are near to it follow it. A
/// follower leads nobody, so that what is marked as near is near to the document that it names.
///
/// Copies are marked and never dropped. To drop one, its readers would join those of the original in the destination; and this
/// memory, which may be lost, would alone know whose readers they are. Lost, with an original that does not change: the copy is
/// deleted or closed at the source, its tombstone meets no row, and its readers keep the original until that is sent again. A union
/// would also show the original's title and path to who may read only the copy.
///
/// A mark gives nobody access, so that it may be late: after a loss the first to come is the original, and what is not sent again
/// keeps the mark it had until the next complete listing.
///
/// Of a document it takes some 90 bytes beside its place, of a text that leads some 400 more; what follows and what is a copy has no signature.
struct Copies {
    private var texts: [Key: UInt64] = [:]
    private var originals: [UInt64: Key] = [:]
    /// The copies of a text, in the order in which they were seen.
    private var later: [UInt64: [Key]] = [:]
    private var leaders: [UInt64: (text: UInt64, matches: Int)] = [:]
    private var followers: [UInt64: [UInt64]] = [:]
    private(set) var near = NearTexts()

    /// How many entries of the journal say all of it.
    var entries: Int { texts.count + leaders.count + near.count }

    /// What a document is marked with.
    enum Mark: Equatable {
        case copy(of: Key)
        case near(Key, matches: Int)
    }

    func text(of key: Key) -> UInt64? { texts[key] }

    func mark(of key: Key) -> Mark? {
        guard let text = texts[key], let original = originals[text] else { return nil }
        if original != key { return .copy(of: original) }
        guard let leader = leaders[text], let first = originals[leader.text] else { return nil }
        return .near(first, matches: leader.matches)
    }

    /// A document has this text now, or none.
    /// - Returns: the other documents whose marks are wrong by that.
    mutating func set(_ key: Key, _ text: UInt64?) -> [Key] {
        let old = texts[key]
        if old == text { return [] }
        var wrong: [Key] = []
        if let old { wrong = leave(key, old) }
        texts[key] = text
        guard let text else { return wrong }
        if originals[text] == nil { originals[text] = key } else { later[text, default: []].append(key) }
        return wrong
    }

    private mutating func leave(_ key: Key, _ text: UInt64) -> [Key] {
        guard originals[text] == key else {
            later[text]?.removeAll { $0 == key }
            if later[text]?.isEmpty == true { later[text] = nil }
            return []
        }
        var wrong = later[text] ?? []
        let behind = followers[text] ?? []
        wrong += behind.compactMap { originals[$0] }
        if let heir = wrong.first, let copies = later[text] {
            originals[text] = heir
            later[text] = copies.count > 1 ? Array(copies.dropFirst()) : nil
            return wrong
        }
        originals[text] = nil
        for follower in behind { leaders[follower] = nil }
        followers[text] = nil
        near.remove(text)
        if let leader = leaders.removeValue(forKey: text) {
            followers[leader.text]?.removeAll { $0 == text }
            if followers[leader.text]?.isEmpty == true { followers[leader.text] = nil }
        }
        return wrong
    }

    // MARK: Near texts

    /// True where it is not decided yet what the text of this original is near to. Its copies decide nothing, since they would change
    /// the mark of another document.
    func needsSignature(_ text: UInt64, of key: Key) -> Bool { originals[text] == key && !isDecided(text) }
    private func isDecided(_ text: UInt64) -> Bool { leaders[text] != nil || near.contains(text) }

    mutating func lead(_ text: UInt64, _ signature: Signature) {
        if originals[text] != nil && !isDecided(text) { near.insert(text, signature) }
    }
    mutating func follow(_ text: UInt64, _ leader: UInt64, matches: Int) {
        guard originals[text] != nil, near.contains(leader), !isDecided(text) else { return }
        leaders[text] = (leader, matches)
        followers[leader, default: []].append(text)
    }

    /// All of it as entries of the journal: of each text its original first.
    func write(_ body: (Entry) -> Void) {
        for (text, original) in originals {
            body(.text(original, text))
            for copy in later[text] ?? [] { body(.text(copy, text)) }
        }
        near.forEach { text, signature in body(.leads(text, signature)) }
        for (text, leader) in leaders { body(.follows(text, leader.text, matches: leader.matches)) }
    }
}

/// The digest of a text, by which copies are known: XXH3, 64 bits, of its characters, any run of blanks and line ends counted as one
/// blank, and none at its ends. Two extractors that break lines otherwise give the same.
///
/// - Parameter content: the value of the member `content` of a document.
/// - Returns: nil for a text of less than 64 characters, which says too little: empty files and templates are no copies.
func plainText(_ content: JSON?) -> (digest: UInt64, utf8: [UInt8])? {
    guard var text = content?.string else { return nil }
    return text.withUTF8 { bytes in
        var characters = 0
        // Written in place: every byte of every document comes through here.
        let plain = [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
            var isAfterBlank = true
            for byte in bytes {
                let isBlank = byte == 0x20 || byte &- 0x09 < 5
                if isBlank && isAfterBlank { continue }
                isAfterBlank = isBlank
                if byte & 0xC0 != 0x80 { characters += 1 }
                out[count] = isBlank ? 0x20 : byte
                count += 1
            }
            if isAfterBlank && count > 0 {
                count -= 1
                characters -= 1
            }
        }
        if characters < leastCharacters { return nil }
        return (plain.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }, plain)
    }
}
private let leastCharacters = 64
