import JSON

/// The names under which one service hands out what lets its owner read more, as its connector declares them: `resourceKey`.
///
/// Such a secret has the same placeholder in every run, so that an item does not change between two of them, nor between a
/// captured run and its replay. The digits are a digest that anybody can make: declare only what the service draws at random,
/// too long to be guessed. Names are compared in small letters, without `_` and `-`.
public struct SecretFields: Sendable, ExpressibleByArrayLiteral {
    let names: Set<String>
    /// The last two letters of each name, large and small.
    private let ends: BytePairs
    static let key = Array("sluice secret field".utf8)

    public init(_ names: [String]) {
        self.names = Set(names.map { SecretNames.normalized($0) })
        var ends = BytePairs()
        for name in self.names {
            let end = Array(name.utf8.suffix(2))
            for first in 0...1 as ClosedRange<UInt8> {
                for second in 0...1 as ClosedRange<UInt8> where end.count == 2 {
                    ends.insert([end[0] ^ first << 5, end[1] ^ second << 5])
                }
            }
        }
        self.ends = ends
    }
    public init(arrayLiteral names: String...) { self.init(names) }

    /// A JSON text in which a placeholder stands for what these names hold: as members, in queries, and in text.
    public func redacted(_ json: [UInt8]) -> [UInt8] {
        guard !names.isEmpty, areNamed(in: ByteSlice(json)) else { return json }
        return Redactor(only: self).body(json, mediaType: "application/json")
    }

    /// False for most texts, which name none of them.
    private func areNamed(in text: ByteSlice) -> Bool {
        var at = 0
        while let found = ends.first(in: text, from: at) {
            let word = text[max(0, found - 62)..<found + 2].text
            if names.contains(where: SecretNames.normalized(word).hasSuffix) { return true }
            at = found + 1
        }
        return false
    }
}
