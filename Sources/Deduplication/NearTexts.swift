/// Signatures by which the nearest of many texts is found (locality-sensitive hashing): a text is compared with those alone that
/// have one of its 16 bands. Of two texts whose similarity is 0.9 these are 9,999 of 10,000, at 0.8 94 of 100.
///
/// 128 bytes a signature, and some 100 for its bands.
struct NearTexts {
    private var numbers: [UInt64: UInt32] = [:]
    /// Bands of all signatures, one after the other; those of a text that was removed stay until the table grows.
    private var bands: [UInt64] = []
    private var texts: [UInt64?] = []
    /// Open addressing, linear probing: one more than the number of a signature, at the home of each of its bands.
    private var table: [UInt32] = []

    /// The most signatures that are looked at for a band that is everywhere, such as a template's.
    private static let most = 64

    var count: Int { numbers.count }
    /// Bytes of signatures and bands.
    var bytes: Int { bands.count * 8 + table.count * 4 + texts.count * 16 }
    func contains(_ text: UInt64) -> Bool { numbers[text] != nil }

    mutating func insert(_ text: UInt64, _ signature: Signature) {
        if numbers[text] != nil { return }
        if (texts.count + 1) * Signature.bands * 3 > table.count * 2 { grow() }
        add(text, signature.numbers[...])
    }

    mutating func remove(_ text: UInt64) {
        guard let number = numbers.removeValue(forKey: text) else { return }
        texts[Int(number)] = nil
    }

    /// The text whose signature matches most, and the oldest of those that match alike; nil where none matches so much.
    func nearest(_ signature: Signature, atLeast least: Int) -> (text: UInt64, matches: Int)? {
        guard !table.isEmpty else { return nil }
        var seen: Set<UInt32> = []
        var best: (number: UInt32, matches: Int)?
        for band in 0..<Signature.bands {
            var at = home(signature.numbers[band], band)
            var looked = 0
            while table[at] != 0 && looked < NearTexts.most {
                let number = table[at] - 1
                at = at + 1 == table.count ? 0 : at + 1
                guard bands[Int(number) * Signature.bands + band] == signature.numbers[band] else { continue }
                looked += 1
                guard texts[Int(number)] != nil, seen.insert(number).inserted, let other = self.signature(number)
                else { continue }
                let matches = signature.matches(other)
                guard matches >= least else { continue }
                if let best, best.matches > matches || best.matches == matches && best.number < number { continue }
                best = (number, matches)
            }
        }
        guard let best, let text = texts[Int(best.number)] else { return nil }
        return (text, best.matches)
    }

    /// In the order in which they came.
    func forEach(_ body: (UInt64, Signature) -> Void) {
        for (number, text) in texts.enumerated() {
            if let text, let signature = signature(UInt32(number)) { body(text, signature) }
        }
    }

    private func signature(_ number: UInt32) -> Signature? {
        Signature(numbers: Array(bands[Int(number) * Signature.bands..<(Int(number) + 1) * Signature.bands]))
    }

    private func home(_ value: UInt64, _ band: Int) -> Int {
        let mixed = (value ^ UInt64(band)) &* 0x9E37_79B9_7F4A_7C15
        return Int((mixed ^ mixed >> 29).multipliedFullWidth(by: UInt64(table.count)).high)
    }

    private mutating func add(_ text: UInt64, _ signature: ArraySlice<UInt64>) {
        let number = UInt32(texts.count)
        numbers[text] = number
        texts.append(text)
        bands += signature
        for (band, value) in signature.enumerated() {
            var at = home(value, band)
            while table[at] != 0 { at = at + 1 == table.count ? 0 : at + 1 }
            table[at] = number + 1
        }
    }

    private mutating func grow() {
        let old = self
        self = NearTexts()
        table = [UInt32](repeating: 0, count: max(512, old.numbers.count * Signature.bands * 2 + 512))
        for (number, text) in old.texts.enumerated() {
            if let text { add(text, old.bands[number * Signature.bands..<(number + 1) * Signature.bands]) }
        }
    }
}
