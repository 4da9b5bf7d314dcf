import JSON
import State
import Stream
import System
import Testing

@testable import Deduplication

/// A text long enough to count.
private func text(_ n: Int) -> String { "text \(n) " + String(repeating: "of some length ", count: 5) }

private func document(_ id: String, text: String, access: Int = 0, in partition: String = "p", at minute: Int = 0)
    -> String
{
    #"{"type":"RECORD","stream":"documents","record":{"id":"\#(id)","semantic_id":"g:\#(id)","content":"\#(text)","#
        + #""metadata":{"title":"\#(id)","partition":"\#(partition)","permissions":["a\#(access)@x.org"]}},"#
        + #""time_extracted":"\#(time(minute))"}"#
}

/// What each line says, its mark included.
private func marks(_ lines: [String]) -> [String] {
    lines.compactMap { line in
        guard let json = try? JSON(parsing: line), let id = json["record"]?["semantic_id"]?.string else { return nil }
        let metadata = json["record"]?["metadata"]
        let mark =
            metadata?["copy_of"]?.string.map { " = " + $0 } ?? metadata?["near_copy_of"]?.string.map { " ~ " + $0 }
        return "\(json["stream"]?.string ?? "") \(id)\(mark ?? "")"
    }
}

@Suite struct CopyTests {
    private let mark = Memory.Mode.copies(near: nil)

    @Test func marksTheLaterOne() throws {
        let lines = [
            document("1", text: text(1)), document("2", text: text(1)), document("3", text: text(2)),
            document("2", text: text(1)), document("2", text: text(1), access: 1), document("1", text: text(1)),
        ]
        #expect(
            marks(try Scratch().run(lines, mark)) == [
                "documents g:1", "documents g:2 = g:1", "documents g:3", "seen g:2", "permissions g:2", "seen g:1",
            ])
        let out = try Scratch().run(lines, mark)
        #expect(
            out[1]
                == #"{"type":"RECORD","stream":"documents","record":{"id":"2","semantic_id":"g:2","content":"\#(text(1))","metadata":{"title":"2","partition":"p","permissions":["a0@x.org"],"copy_of":"g:1"}},"time_extracted":"2026-01-01T00:00:00Z"}"#
        )
        #expect(marks(try Scratch().run(lines)).allSatisfy { !$0.contains("=") }, "nothing unless it is asked for")
    }

    @Test(arguments: [
        ("", ""), ("short", "short"), (String(repeating: "é", count: 63), String(repeating: "é", count: 63)),
        (text(1), text(2)),
    ]) func whatIsNoCopy(_ a: String, _ b: String) throws {
        let lines = [document("1", text: a), document("2", text: b)]
        #expect(marks(try Scratch().run(lines, mark)) == ["documents g:1", "documents g:2"])
    }

    @Test func blanksAndEscapesMakeNoDifference() throws {
        let lines = [
            document("1", text: text(1)),
            document("2", text: "\\n" + text(1).split(separator: " ").joined(separator: "\\r\\n  ")),
            document("3", text: text(1).split(separator: "o").joined(separator: "\\u006f")),
        ]
        #expect(
            marks(try Scratch().run(lines, mark)) == ["documents g:1", "documents g:2 = g:1", "documents g:3 = g:1"])
    }

    @Test func aCopyIsADebtWhenItsOriginalGoesOrChanges() throws {
        let lines = [
            document("1", text: text(1)), document("2", text: text(1)), document("3", text: text(1)), deleted("1"),
            document("2", text: text(1)), document("3", text: text(1)), document("2", text: text(2)),
        ]
        let out = marks(try Scratch().run(lines, mark))
        #expect(
            Array(out[3...]) == [
                "documents g:1", "failures g:2", "failures g:3", "documents g:2", "documents g:3 = g:2",
                "documents g:2",
                "failures g:3",
            ])
    }

    @Test func whatAListingDoesNotMeetIsNoOriginal() throws {
        let lines = [
            document("1", text: text(1)), document("2", text: text(1)), document("2", text: text(1), at: 5),
            state("r", 1, complete: ["p": 4]), document("1", text: text(1), at: 6),
        ]
        #expect(
            marks(try Scratch().run(lines, mark)) == [
                "documents g:1", "documents g:2 = g:1", "seen g:2", "failures g:2", "documents g:1 = g:2",
            ])
    }

    @Test func anOriginalThatMovedIsStillThere() throws {
        let lines = [
            document("1", text: text(1)), document("2", text: text(1)), document("1", text: text(1), in: "q"),
            deleted("1", in: "p"), document("2", text: text(1)),
        ]
        #expect(
            marks(try Scratch().run(lines, mark)) == [
                "documents g:1", "documents g:2 = g:1", "documents g:1", "documents g:1", "seen g:2",
            ])
    }

    @Test func theFirstStaysTheOriginalAcrossRuns() throws {
        let scratch = try Scratch()
        _ = try scratch.run([document("1", text: text(1)), document("2", text: text(1)), state("r", 1)], mark)
        try scratch.commit(("r", 1))
        let lines = [document("3", text: text(1)), document("2", text: text(1)), document("1", text: text(1))]
        #expect(marks(try scratch.run(lines, mark)) == ["documents g:3 = g:1", "seen g:2", "seen g:1"])
        // What was seen after the STATE is cut off with the rest.
        #expect(marks(try scratch.run([document("4", text: text(1))], mark)) == ["documents g:4 = g:1"])
        // A run that does not mark knows nothing of copies: its STATE is none of theirs.
        _ = try scratch.run([deleted("1"), state("s", 1, after: "[\"r\",1]")])
        try scratch.commit(("s", 1))
        #expect(marks(try scratch.run([document("2", text: text(1))], mark)) == ["documents g:2"])
    }

    @Test func isTheSameAfterCompaction() throws {
        let scratch = try Scratch()
        let first = (0..<1200).map { document("\($0)", text: text($0 / 2)) }
        let other = (0..<1200).map { document("\($0)", text: text($0 / 2), access: 1) }
        _ = try scratch.run(first + other + first + [state("r", 1)], mark)
        try scratch.commit(("r", 1))
        for _ in 0..<2 {
            let out = marks(try scratch.run([document("a", text: text(5)), document("11", text: text(5))], mark))
            #expect(out == ["documents g:a = g:10", "seen g:11"])
        }
        #expect(try Memory.verify(scratch.folder(), mark)?.compacted == 1200)
    }

    /// Documents that change their texts and go, against lists: marks are true, what turned wrong is named, and what is written down
    /// reads back as the same.
    @Test(arguments: 0..<10 as Range<UInt64>) func agreesWithLists(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var copies = Copies()
        let keys = (0..<12).map { Key("g:\($0)") }
        var holders: [UInt64: [Key]] = [:]
        var marks: [Key: Copies.Mark] = [:]
        for step in 0..<500 {
            guard let key = keys.randomElement(using: &random) else { return }
            let text: UInt64? = Bool.random(using: &random) ? UInt64.random(in: 1...4, using: &random) : nil
            let wrong = copies.set(key, text)
            if !(text.map { holders[$0]?.contains(key) == true } ?? false) {
                for text in holders.keys { holders[text]?.removeAll { $0 == key } }
                if let text { holders[text, default: []].append(key) }
            }
            // Texts 3 and 4 are near to 1 where it leads.
            if let text, copies.needsSignature(text, of: key) {
                if text > 2 && copies.near.contains(1) {
                    copies.follow(text, 1, matches: 120)
                } else {
                    copies.lead(text, Signature(Array("text number \(text)".utf8)))
                }
            }
            var now: [Key: Copies.Mark] = [:]
            for key in keys { now[key] = copies.mark(of: key) }
            for (text, list) in holders {
                for copy in list.dropFirst() { #expect(now[copy] == list.first.map { .copy(of: $0) }, "step \(step)") }
                if let first = list.first, case .copy = now[first] {
                    Issue.record("the first of \(text) is marked, step \(step)")
                }
            }
            for other in keys where other != key && now[other] != marks[other] {
                #expect(wrong.contains(other), "step \(step)")
            }
            marks = now
            if step % 100 == 0 {
                var read = Copies()
                copies.write { entry in
                    switch entry {
                    case .text(let key, let text): _ = read.set(key, text)
                    case .leads(let text, let signature): read.lead(text, signature)
                    case .follows(let text, let leader, let matches): read.follow(text, leader, matches: matches)
                    default: Issue.record("\(entry)")
                    }
                }
                for key in keys { #expect(read.mark(of: key) == marks[key]) }
                #expect(read.entries == copies.entries)
            }
        }
    }

    /// Random streams, kills and restored states against a dictionary: in the end, when debts were read again, each document is
    /// marked with the first that has its text.
    @Test(arguments: 0..<20 as Range<UInt64>) func marksAreTrueInTheEnd(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        var source: [String: Int] = [:]
        var rows: [String: String?] = [:]
        var committed = "null"
        func read(_ id: String) -> String { source[id].map { document(id, text: text($0)) } ?? deleted(id) }
        for step in 0..<10 {
            // Debts are read first, and the changes after them.
            var lines = try scratch.folder().debts().map { read(String($0.semanticID.dropFirst(2))) }
            if step < 9 {
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    let id = "\(Int.random(in: 0..<8, using: &random))"
                    source[id] =
                        Int.random(in: 0..<4, using: &random) == 0 ? nil : Int.random(in: 0..<3, using: &random)
                    lines.append(read(id))
                }
            }
            let isKilled = step < 7 && Int.random(in: 0..<3, using: &random) == 0
            let out = try scratch.run(lines + [state("run\(step)", 1, after: committed)], mark)
            if isKilled {
                // Nothing was committed: the next run reads all that changed.
                for (id, _) in rows where source[id] == nil { rows[id] = nil }
                try scratch.folder().writeDebts(
                    (0..<8).map { Debt(semanticID: "g:\($0)", partition: "p", stage: "x", reason: "x") })
                continue
            }
            var debts: Set<String> = []
            for line in out {
                let json = try JSON(parsing: line)
                guard let record = json["record"], let id = record["semantic_id"]?.string else { continue }
                if json["stream"]?.string == "failures" {
                    debts.insert(id)
                    continue
                }
                debts.remove(id)
                guard json["stream"]?.string == "documents" else { continue }
                let isGone = record["_sdc_deleted_at"] != nil
                rows[String(id.dropFirst(2))] = isGone ? nil : .some(record["metadata"]?["copy_of"]?.string)
            }
            try scratch.folder().writeDebts(
                debts.sorted().map { Debt(semanticID: $0, partition: "p", stage: "dedupe", reason: "x") })
            try scratch.commit(("run\(step)", 1))
            committed = "[\"run\(step)\",1]"
        }
        #expect(Set(rows.keys) == Set(source.keys))
        for text in 0..<3 {
            let holders = source.filter { $0.value == text }.keys
            let originals = holders.filter { rows[$0] == .some(nil) }
            #expect(originals.count == min(holders.count, 1), "text \(text): \(originals)")
            for id in holders where !originals.contains(id) {
                #expect(rows[id] == .some("g:" + (originals.first ?? "")), "document \(id)")
            }
        }
    }
}
