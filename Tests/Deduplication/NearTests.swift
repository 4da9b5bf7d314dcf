import State
import System
import Testing

@testable import Deduplication

@Suite struct NearTests {
    private static func words(_ count: Int, _ random: inout SeededRandom) -> [String] {
        (0..<count).map { _ in "w\(Int.random(in: 0..<5000, using: &random))" }
    }

    /// The similarity as it is defined, by sets of shingles.
    private static func jaccard(_ a: [String], _ b: [String]) -> Double {
        func shingles(_ words: [String]) -> Set<[String]> {
            Set((0...words.count - 5).map { Array(words[$0..<$0 + 5]) })
        }
        let (x, y) = (shingles(a), shingles(b))
        return Double(x.intersection(y).count) / Double(x.union(y).count)
    }

    @Test func findsWhatIsNear() throws {
        var random = SeededRandom(seed: 7)
        var texts = NearTexts()
        var originals: [[String]] = []
        for n in 0..<1500 {
            let words = Self.words(200, &random)
            originals.append(words)
            texts.insert(UInt64(n), Signature(Array(words.joined(separator: " ").utf8)))
        }
        var (found, near, wrong, said, error) = (0, 0, 0, 0, 0.0)
        let least = Signature.matches(hundredths: 90)
        for (n, words) in originals.enumerated() {
            var changed = words
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = "new\(random.next())"
            }
            let actual = Self.jaccard(words, changed)
            let answer = texts.nearest(Signature(Array(changed.joined(separator: " ").utf8)), atLeast: least)
            // Between 0.85 and 0.95 the estimate may say either.
            if actual >= 0.95 {
                near += 1
                if answer?.text == UInt64(n) { found += 1 }
            }
            if let answer {
                said += 1
                if answer.text != UInt64(n) || actual < 0.85 { wrong += 1 }
                error = max(error, abs(Signature.similarity(matches: answer.matches) - actual))
            }
        }
        print(
            "near: recall \(Double(found) / Double(near)) of \(near) at 0.95 or more, precision \(1 - Double(wrong) / Double(said)) of \(said), largest error \(error), \(texts.bytes / 1500) bytes a text"
        )
        #expect(near > 200 && Double(found) / Double(near) >= 0.95)
        #expect(said > 200 && Double(wrong) / Double(said) <= 0.02)
        #expect(error < 0.15)
    }

    @Test func wordsAreThoseOfUnicode() {
        func shingles(_ text: String) -> [UInt32] { Signature.shingles(Array(text.utf8)) }
        #expect(shingles("One, two - three; four (five)!") == shingles("one two three four five"))
        #expect(shingles("один два три, четыре пять") == shingles("один два три четыре—пять"))
        #expect(shingles("один два три четыре пять") != shingles("один два три четыре шесть"))
        #expect(shingles("日本語文書です").count == 3, "each character is a word")
        #expect(shingles("a b c d e f g").count == 3)
        #expect(shingles("a b").count == 1)
        #expect(shingles("...").count == 1)
    }

    @Test func matchesAreCountedAsBytes() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            let a = (0..<128).map { _ in UInt8.random(in: 0...2, using: &random) }
            let b = (0..<128).map { _ in UInt8.random(in: 0...2, using: &random) }
            func signature(_ bytes: [UInt8]) -> Signature? {
                Signature(numbers: (0..<16).map { n in bytes[n * 8..<n * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } })
            }
            #expect(signature(b).map { signature(a)?.matches($0) } == zip(a, b).filter { $0 == $1 }.count)
        }
        #expect(Signature.similarity(matches: 128) == 1)
        #expect(Signature.matches(hundredths: 100) == 128)
    }

    /// Random texts that come and go, against a dictionary.
    @Test(arguments: 0..<4 as Range<UInt64>) func knowsWhichTextsAreThere(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var texts = NearTexts()
        var model: [UInt64: Signature] = [:]
        for _ in 0..<3000 {
            let text = UInt64.random(in: 0..<200, using: &random)
            if Bool.random(using: &random) {
                let bands = (0..<16).map { _ in UInt64.random(in: 0..<40, using: &random) }
                guard let signature = Signature(numbers: bands) else { return }
                texts.insert(text, signature)
                if model[text] == nil { model[text] = signature }
            } else {
                texts.remove(text)
                model[text] = nil
            }
        }
        #expect(texts.count == model.count)
        var found: [UInt64: Signature] = [:]
        texts.forEach { found[$0] = $1 }
        #expect(found == model)
    }

    @Test func marksWhatIsNearAndOwesItWhenTheFirstChanges() throws {
        var random = SeededRandom(seed: 11)
        let words = Self.words(300, &random)
        var near = words
        near[150] = "other"
        func line(_ id: String, _ words: [String]) -> String {
            #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:\#(id)","content":"\#(words.joined(separator: " "))","metadata":{"partition":"p"}}}"#
        }
        let scratch = try Scratch()
        let mode = Memory.Mode.copies(near: 90)
        let lines = [line("1", words), line("2", near), line("3", near), line("2", near), state("r", 1)]
        let out = try scratch.run(lines, mode)
        #expect(out[1].contains(#","near_copy_of":"g:1","similarity":0.9"#) && !out[0].contains("copy_of"))
        #expect(out[2].contains(#","copy_of":"g:2"}"#))
        #expect(out.filter { $0.contains(#""stream":"seen","record":{"semantic_id":"g:2""#) }.count == 1)
        try scratch.commit(("r", 1))
        let next = try scratch.run([line("4", words), line("2", near), deleted("1"), deleted("4")], mode)
        #expect(next[0].contains(#","copy_of":"g:1"}"#))
        #expect(
            summary(next, of: []) == ["doc 4", "seen 2", "gone 1", "failure 4", "failure 2", "gone 4", "failure 2"])
    }
}
