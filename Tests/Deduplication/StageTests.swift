import Testing

/// A case: what comes, in lines, and what leaves.
struct StageCase: Sendable, CustomTestStringConvertible {
    let name: String
    let lines: [String]
    let expected: [String]
    var testDescription: String { name }
    init(_ name: String, _ lines: [String], _ expected: [String]) {
        self.name = name
        self.lines = lines
        self.expected = expected
    }
}

private let plain = [
    StageCase("a new document passes", [document("1")], ["=doc 1"]),
    StageCase("an unchanged one is seen", [document("1"), document("1")], ["=doc 1", "seen 1"]),
    StageCase("a later time is no change", [document("1"), document("1", at: 5)], ["=doc 1", "seen 1"]),
    StageCase("changed content passes", [document("1", 0), document("1", 1)], ["=doc 1", "=doc 1"]),
    StageCase("changed access alone", [document("1", 0, 0), document("1", 0, 1)], ["=doc 1", "access 1"]),
    StageCase("both changed", [document("1", 0, 0), document("1", 1, 1)], ["=doc 1", "=doc 1"]),
    StageCase("moved to another partition", [document("1"), document("1", in: "q")], ["=doc 1", "=doc 1"]),
    StageCase(
        "access and back", [document("1", 0, 0), document("1", 0, 1), document("1", 0, 0), document("1", 0, 0)],
        ["=doc 1", "access 1", "access 1", "seen 1"]),
    StageCase("permissions of an unknown key pass", [access("1", 0), access("1", 0)], ["=access 1", "=access 1"]),
    StageCase("unknown permissions are not remembered", [access("1", 0), document("1")], ["=access 1", "=doc 1"]),
    StageCase("equal permissions are seen", [document("1", 0, 1), access("1", 1)], ["=doc 1", "seen 1"]),
    StageCase(
        "changed permissions pass, and are remembered", [document("1"), access("1", 1), document("1", 0, 1)],
        ["=doc 1", "=access 1", "seen 1"]),
    StageCase(
        "permissions back again", [document("1"), access("1", 1), document("1")], ["=doc 1", "=access 1", "access 1"]),
    StageCase(
        "a tombstone passes and is forgotten",
        [document("1"), deleted("1"), document("1"), deleted("1"), deleted("1")],
        ["=doc 1", "=gone 1", "=doc 1", "=gone 1", "=gone 1"]),
    StageCase(
        "what is not ours passes", [document("1"), seen("1"), failure("1"), document("1")],
        ["=doc 1", "=seen 1", "=failure 1", "seen 1"]),
    StageCase(
        "an escape in the id is the same id",
        [document("\\u0031"), document("1"), document("1"), document("\\u0031")],
        ["=doc 1", "=doc 1", "seen 1", "=doc 1"]),
    StageCase(
        "a document without permissions", [open, open, document("1"), open],
        ["=doc 1", "seen 1", "=doc 1", "=doc 1"]),
    StageCase("no metadata", [bare, bare], ["=doc 1", "seen 1"]),
    StageCase("no semantic_id", [nameless, nameless], ["=doc ?", "=doc ?"]),
    StageCase("null is not deleted", [notDeleted, notDeleted], ["=doc 1", "seen 1"]),
    StageCase(
        "a STATE passes, after what stands before it", [document("1"), state("r", 1), document("1")],
        ["=doc 1", "=state", "seen 1"]),
]
private let open =
    #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:1","content":"c","metadata":{"partition":"p"}}}"#
private let bare = #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:1","content":"c"}}"#
private let nameless = #"{"type":"RECORD","stream":"documents","record":{"id":"1","content":"c"}}"#
private let notDeleted =
    #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:1","_sdc_deleted_at":null,"content":"c"}}"#

private let withTombstones = [
    StageCase("unchanged is dropped", [document("1"), document("1"), seen("1")], ["=doc 1"]),
    StageCase(
        "changed access sends the whole document", [document("1", 0, 0), document("1", 0, 1)], ["=doc 1", "=doc 1"]),
    StageCase(
        "permissions pass, and the target still has the old ones",
        [document("1", 0, 0), access("1", 1), document("1", 0, 1), document("1", 0, 1)],
        ["=doc 1", "=access 1", "=doc 1"]),
    StageCase(
        "a complete listing removes what it did not meet",
        [
            document("1"), document("2"), document("3", in: "q"), document("1", at: 5),
            state("r", 1, complete: ["p": 4, "q": nil]),
        ],
        ["=doc 1", "=doc 2", "=doc 3", "gone 2", "=state"]),
    StageCase(
        "it is removed once, and new when it comes back",
        [document("1"), state("r", 1, complete: ["p": 4]), state("r", 2, complete: ["p": 4]), document("1", at: 6)],
        ["=doc 1", "gone 1", "=state", "=state", "=doc 1"]),
    StageCase(
        "what a listing meets in any form stays",
        [
            document("1"), document("2"), document("3"), document("4"), seen("1", at: 5), access("2", 0, at: 5),
            failure("3", at: 5), document("4", 1, at: 5), state("r", 1, complete: ["p": 5]),
        ], ["=doc 1", "=doc 2", "=doc 3", "=doc 4", "=access 2", "=failure 3", "=doc 4", "=state"]),
    StageCase(
        "a move is no removal",
        [document("1"), document("1", in: "q", at: 1), state("r", 1, complete: ["p": 4, "q": nil])],
        ["=doc 1", "=doc 1", "=state"]),
    StageCase(
        "partitions that are named no more",
        [
            document("1"), document("2", in: "q"), state("r", 1, complete: ["p": nil]),
            state("r", 2, complete: ["p": nil], all: true),
        ],
        ["=doc 1", "=doc 2", "=state", "gone 2", "=state"]),
    StageCase(
        "a part is seen with its parent, and goes with it",
        [
            document("1"), document("1#a"), document("1", at: 5), state("r", 1, complete: ["p": 5]),
            state("r", 2, complete: ["p": 6]), deleted("1", at: 8),
        ], ["=doc 1", "=doc 1#a", "=state", "gone 1", "gone 1#a", "=state", "=gone 1"]),
    StageCase(
        "a tombstone covers the parts", [document("1"), document("1#a"), document("2#a"), deleted("1")],
        ["=doc 1", "=doc 1#a", "=doc 2#a", "=gone 1", "gone 1#a"]),
    StageCase(
        "a part that is named no more",
        [document("1", parts: ["1#a", "1#b"]), document("1#a"), document("1#b"), document("1", parts: ["1#b"])],
        ["=doc 1", "=doc 1#a", "=doc 1#b", "=doc 1", "gone 1#a"]),
    StageCase("a foreign STATE removes nothing", [document("1"), foreign], ["=doc 1", "=state"]),
]
private let foreign =
    #"{"type":"STATE","value":{"bookmarks":{"g":{"partitions":{"p":{"complete":"2030-01-01T00:00:00Z"}}}}}}"#

@Suite struct StageTests {
    @Test(arguments: plain) func plainly(_ c: StageCase) throws {
        let scratch = try Scratch()
        #expect(summary(try scratch.run(c.lines, keeping: false), of: c.lines) == c.expected)
        #expect(summary(try scratch.run(c.lines), of: c.lines) == c.expected, "the same with a state folder")
    }

    @Test(arguments: withTombstones) func tombstones(_ c: StageCase) throws {
        let scratch = try Scratch()
        #expect(summary(try scratch.run(c.lines, tombstones: true, keeping: false), of: c.lines) == c.expected)
        #expect(summary(try scratch.run(c.lines, tombstones: true), of: c.lines) == c.expected)
    }

    @Test func writesWhatTheContractSays() throws {
        let lines = [document("1", 0, 0), document("1", 0, 0, at: 1), document("1", 0, 1, at: 2)]
        let out = try Scratch().run(lines, keeping: false).filter { !$0.contains("SCHEMA") }
        #expect(
            Array(out.dropFirst()) == [
                #"{"type":"RECORD","stream":"seen","record":{"semantic_id":"g:1","partition":"p","updated_at":"u0"},"time_extracted":"2026-01-01T00:01:00Z"}"#,
                #"{"type":"RECORD","stream":"permissions","record":{"semantic_id":"g:1","partition":"p","updated_at":"u0","permissions":["a1@x.org"]},"time_extracted":"2026-01-01T00:02:00Z"}"#,
            ])
    }

    @Test func writesTombstonesAsTheContractSays() throws {
        let lines = [document("1"), document("2", at: 6), state("r", 1, complete: ["p": 5])]
        let out = try Scratch().run(lines, tombstones: true, keeping: false)
        #expect(
            out.contains(
                #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:1","metadata":{"partition":"p"},"_sdc_deleted_at":"2026-01-01T00:05:00Z"},"time_extracted":"2026-01-01T00:06:00Z"}"#
            ))
    }

    @Test func aLineThatCanNotBeReadRemovesNothing() throws {
        let lines = [document("1"), "{", state("r", 1, complete: ["p": 5])]
        #expect(summary(try Scratch().run(lines, tombstones: true), of: lines) == ["=doc 1"])
    }
}
