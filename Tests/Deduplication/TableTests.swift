import State
import System
import Testing

@testable import Deduplication

@Suite struct TableTests {
    @Test(arguments: 0..<5 as Range<UInt64>) func agreesWithADictionary(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = DigestTable()
        var model: [Key: Digests] = [:]
        // Few homes, so that keys collide, wrap round and move back.
        let keys = (0..<300).map { _ in
            Key(
                high: UInt64.random(in: 0...2, using: &random),
                low: UInt64.random(in: 0...UInt64.max, using: &random) << 60)
        }
        for _ in 0..<20_000 {
            guard let key = keys.randomElement(using: &random) else { return }
            let digests = Digests(content: random.next(), access: random.next())
            let value = Bool.random(using: &random) ? digests : nil
            table[key] = value
            model[key] = value
            if table.count != model.count { Issue.record("\(table.count) keys, and not \(model.count)") }
            guard let other = keys.randomElement(using: &random) else { return }
            if table[other] != model[other] { Issue.record("a key has other digests") }
        }
        var all: [Key: Digests] = [:]
        for highest in 0..<256 { for slot in table.slots(highest: highest) { all[slot.key] = slot.digests } }
        #expect(all == model)
    }

    @Test func takesAtMost48BytesAKey() {
        var random = SeededRandom(seed: 1)
        var table = DigestTable()
        var most = 0.0
        for n in 1...200_000 {
            table[Key(high: random.next(), low: random.next())] = Digests(content: 1, access: 2)
            if n >= 50_000 && n % 100 == 0 { most = max(most, Double(table.bytes) / Double(n)) }
        }
        #expect(table.count == 200_000)
        #expect(most <= 48.5)
        print("dedupe: \(Double(table.bytes) / 200_000) bytes a key at 200000 keys, at most \(most) from 50000 on")
    }

    @Test func entriesReadBackAsTheyWereWritten() {
        let key = Key("g:1")
        let signature = Signature(Array("a b c d e f".utf8))
        let entries: [Entry] = [
            .text(key, 7), .text(key, nil), .leads(.max, signature), .follows(1, 2, matches: 128),
            .keep(key, Digests(content: 0, access: .max)), .forget(key), .leave(key),
            .place(key, Place(id: "g:\"1\"\n", partition: "é", time: Timestamp(seconds: -1))),
            .marker(Position(run: "a \"b\"\n", checkpoint: 7)),
        ]
        for entry in entries {
            var line: [UInt8] = []
            entry.write(to: &line)
            #expect(Entry(line.dropLast()) == entry)
            #expect(line.filter { $0 == 0x0A }.count == 1)
            for size in 0..<line.count - 1 { #expect(Entry(line[..<size]) != entry) }
        }
    }

    @Test func keysDifferByTheirCharactersAlone() {
        #expect(Key("g:1") == Key("g:1"))
        #expect(Key("g:1") != Key("g:2"))
        #expect(Key(high: 0, low: 0) == Key(high: 0, low: 1))
    }
}
