import JSON
import State
import System
import Testing

@testable import Destinations

/// What each record does, for every destination.
@Suite struct ContractTests {
    private func end(_ kind: Kind, _ lines: [String]...) throws -> (held: Held, bench: Bench) {
        let bench = try Bench(kind)
        var stream = Lines()
        for (index, some) in lines.enumerated() {
            stream.newRun("run\(index)")
            #expect(try bench.sink(some + [stream.state(final: true)]).status == 0)
        }
        return (try bench.held(), bench)
    }

    @Test(arguments: Kind.allCases) func aDocumentIsWrittenWholeAndAgain(_ kind: Kind) throws {
        let held = try end(
            kind,
            [
                Lines.document("s:1", "one", for: ["bob@x.io", "group:s:a"], at: 1),
                Lines.document("s:2", nil, in: nil, at: 1),
            ],
            [Lines.document("s:1", "two", in: "q", for: ["ann@x.io"], updated: 5, at: 9)]
        ).held
        #expect(
            held.rows["s:1"]
                == .init(
                    content: "two", updatedAt: Lines.time(5), partition: "q", permissions: ["ann@x.io"],
                    at: 1_700_000_009))
        #expect(held.rows["s:2"]?.content == nil)
        #expect(held.rows["s:2"]?.partition == nil)
    }

    @Test(arguments: Kind.allCases) func permissionsAndSeenKeepTheContent(_ kind: Kind) throws {
        let held = try end(
            kind, [Lines.document("s:1", "one", at: 1), Lines.document("s:2", "two", at: 1)],
            [Lines.permissions("s:1", in: "q", ["bob@x.io"], at: 5), Lines.seen("s:2", in: "q", at: 6)]
        ).held
        #expect(
            held.rows["s:1"]
                == .init(
                    content: "one", updatedAt: Lines.time(0), partition: "q", permissions: ["bob@x.io"],
                    at: 1_700_000_005))
        #expect(
            held.rows["s:2"]
                == .init(
                    content: "two", updatedAt: Lines.time(0), partition: "q", permissions: ["ann@x.io"],
                    at: 1_700_000_006))
        #expect(held.debts.isEmpty)
    }

    @Test(arguments: Kind.allCases) func aRowThatIsMissingOrOlderIsADebtUntilItIsRead(_ kind: Kind) throws {
        let (held, bench) = try end(
            kind, [Lines.document("s:1", at: 1)],
            [
                Lines.seen("s:1", updated: 7, at: 5), Lines.seen("s:2", at: 5),
                Lines.permissions("s:3", ["bob@x.io"], at: 5), Lines.seen("s:4", updated: nil, at: 5),
            ])
        #expect(held.debts == ["s:1": "p", "s:2": "p", "s:3": "p", "s:4": "p"])
        #expect(
            try bench.folder.debts().map(\.reason) == [
                "updated_at differs", "row missing", "row missing", "row missing",
            ])
        #expect(held.rows.keys.sorted() == ["s:1"])
        var stream = Lines()
        stream.after = try bench.copied()
        stream.newRun("later")
        try bench.sink([
            Lines.document("s:1", updated: 7, at: 8), Lines.document("s:2", at: 8), Lines.gone("s:3", at: 8),
            Lines.gone("s:4", from: "elsewhere", at: 8), stream.state(final: true),
        ])
        #expect(try bench.held().debts == ["s:4": "p"])
    }

    /// A document moved, and the stream of its old partition came second: its readers were given back.
    @Test(arguments: Kind.allCases) func aPlaceThatWasLeftChangesNothing(_ kind: Kind) throws {
        for late in [
            Lines.document("s:1", "old", in: "p", for: ["bob@x.io"], at: 5),
            Lines.permissions("s:1", in: "p", ["bob@x.io"], at: 5),
            Lines.seen("s:1", in: "p", at: 5),
        ] {
            let (held, bench) = try end(kind, [Lines.document("s:1", "new", in: "q", for: ["ann@x.io"], at: 9)], [late])
            #expect(
                held.rows["s:1"]
                    == .init(
                        content: "new", updatedAt: Lines.time(0), partition: "q", permissions: ["ann@x.io"],
                        at: 1_700_000_009))
            #expect(try bench.folder.debts().map(\.reason) == ["older"])
        }
    }

    /// `updated_at` does not order versions: one that was restored at the source is older, and true.
    @Test(arguments: Kind.allCases) func aVersionRestoredAtTheSourceIsWritten(_ kind: Kind) throws {
        let held = try end(
            kind, [Lines.document("s:1", "new", updated: 8, at: 9)], [Lines.document("s:1", "old", updated: 1, at: 10)]
        ).held
        #expect(held.rows["s:1"]?.content == "old" && held.debts.isEmpty)
    }

    /// A captured stream that is sent again mends its rows, though later lines have said that they are there.
    @Test(arguments: Kind.allCases) func aStreamSentAgainIsWritten(_ kind: Kind) throws {
        let held = try end(
            kind, [Lines.document("s:1", "wrong", at: 1), Lines.seen("s:1", at: 9)],
            [Lines.document("s:1", "mended", at: 1), Lines.seen("s:1", at: 9)]
        ).held
        #expect(held.rows["s:1"]?.content == "mended" && held.debts.isEmpty)
    }

    @Test(arguments: Kind.allCases) func theSameMomentWrittenOtherwiseIsNoDifference(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        let seen = Lines.seen("s:1", updated: 0, at: 5).split(separator: Lines.time(0)).joined(
            separator: "2023-11-14T23:13:20.000+01:00")
        try bench.sink([Lines.document("s:1", at: 1), seen, stream.state(final: true)])
        #expect(try bench.held().debts.isEmpty)
    }

    @Test(arguments: Kind.allCases) func aTombstoneTakesARowOnlyFromItsPartition(_ kind: Kind) throws {
        let held = try end(
            kind, ["s:1", "s:2", "s:3"].map { Lines.document($0, in: "p", at: 1) },
            [
                Lines.gone("s:1", from: "p", at: 5), Lines.gone("s:2", from: "q", at: 5),
                Lines.gone("s:3", from: nil, at: 5),
            ]
        ).held
        #expect(held.rows.keys.sorted() == ["s:2"])
    }

    @Test(arguments: Kind.allCases) func whatIsAttachedFollowsItsDocument(_ kind: Kind) throws {
        let first = [
            Lines.document("s:1", at: 1), Lines.document("s:1#a", "a", at: 1), Lines.document("s:1#b", "b", at: 1),
            Lines.document("s:1#a#c", "c", at: 1), Lines.document("s:10", at: 1), Lines.document("s:1!", at: 1),
        ]
        let seen = try end(kind, first, [Lines.seen("s:1", in: "q", at: 9)]).held
        for id in ["s:1", "s:1#a", "s:1#b", "s:1#a#c"] {
            #expect(seen.rows[id]?.at == 1_700_000_009)
            #expect(seen.rows[id]?.partition == "q")
        }
        #expect(seen.rows["s:10"]?.at == 1_700_000_001)
        let access = try end(kind, first, [Lines.permissions("s:1", ["bob@x.io"], at: 9)]).held
        #expect(access.rows["s:1#a#c"]?.permissions == ["bob@x.io"])
        #expect(access.rows["s:10"]?.permissions == ["ann@x.io"])
        let parts = try end(kind, first, [Lines.document("s:1", in: "q", for: ["cy@x.io"], parts: ["s:1#a"], at: 9)])
            .held
        #expect(parts.rows.keys.sorted() == ["s:1", "s:1!", "s:1#a", "s:1#a#c", "s:10"])
        #expect(
            parts.rows["s:1#a"]
                == .init(
                    content: "a", updatedAt: Lines.time(0), partition: "q", permissions: ["cy@x.io"], at: 1_700_000_009)
        )
        #expect(try end(kind, first, [Lines.document("s:1", parts: [], at: 9)]).held.rows.count == 3)
        #expect(try end(kind, first, [Lines.document("s:1", at: 9)]).held.rows.count == 6)
        #expect(try end(kind, first, [Lines.gone("s:1", at: 9)]).held.rows.keys.sorted() == ["s:1!", "s:10"])
        #expect(try end(kind, first, [Lines.gone("s:1", from: "q", at: 9)]).held.rows.count == 6)
    }

    @Test(arguments: Kind.allCases) func aFailureIsADebtAndItsRowIsThere(_ kind: Kind) throws {
        let (held, bench) = try end(
            kind, [Lines.document("s:1", at: 1)],
            [Lines.failure("s:1", in: "q", attempts: 4, at: 6), Lines.failure("s:2", at: 6)],
            [Lines.seen("s:2", at: 8)])
        #expect(held.rows["s:1"]?.at == 1_700_000_006)
        #expect(held.rows["s:1"]?.partition == "p")
        let debts = try bench.folder.debts()
        #expect(debts.map(\.semanticID) == ["s:1", "s:2"])
        #expect(debts.first?.attempts == 4)
        #expect(debts.last?.at == Timestamp(seconds: 1_700_000_006))
    }

    @Test(arguments: Kind.allCases) func groupsAreReplacedAndRemoved(_ kind: Kind) throws {
        let gone = Lines.line("groups", 5) { w in
            w.member("id", "group:s:b")
            w.member("_sdc_deleted_at", Lines.time(5))
        }
        let held = try end(
            kind,
            [
                Lines.group("group:s:a", ["ann@x.io"], at: 1), Lines.group("group:s:b", ["ann@x.io"], at: 1),
                Lines.group("group:s:all:1", ["group:s:a", "bob@x.io"], as: "all", at: 1),
            ], [Lines.group("group:s:a", ["bob@x.io", "cy@x.io"], at: 4), gone]
        ).held
        #expect(
            held.groups == ["group:s:a": ["bob@x.io", "cy@x.io"], "group:s:all:1": ["all bob@x.io", "all group:s:a"]]
                || held.groups == [
                    "group:s:a": ["bob@x.io", "cy@x.io"], "group:s:all:1": ["all group:s:a", "all bob@x.io"],
                ])
    }

    @Test(arguments: Kind.allCases, ["content", "permissions", "metadata", "none"])
    func aRowThatCannotBeStoredIsRemovedAndOwed(_ kind: Kind, _ field: String) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        let broken = Lines.line("documents", 5) { w in
            w.member("semantic_id", "s:1")
            if field == "content" { w.member("content", 5) }
            if field == "metadata" {
                w.member("metadata", "text")
            } else {
                w.key("metadata")
                w.object { w in
                    w.member("partition", "p")
                    w.key("permissions")
                    if field == "permissions" {
                        w.raw(Array("[5]".utf8))
                    } else if field == "none" {
                        w.null()
                    } else {
                        w.strings([])
                    }
                }
            }
        }
        let status = try bench.sink([
            Lines.document("s:1", at: 1), Lines.document("s:2", at: 1), broken, stream.state(final: true),
        ]).status
        #expect(status == 65)
        #expect(try bench.held().rows.keys.sorted() == ["s:2"])
        #expect(try bench.folder.debts().map(\.semanticID) == ["s:1"])
        #expect(try bench.copied() == stream.after)
    }

    @Test(arguments: Kind.allCases) func aRecordWithoutATimeTakesTheLastOne(_ kind: Kind) throws {
        let held = try end(
            kind, [Lines.document("s:1", at: nil), Lines.document("s:2", at: 7), Lines.document("s:3", at: nil)]
        ).held
        #expect(held.rows["s:1"]?.at == 1_800_000_000)
        #expect(held.rows["s:3"]?.at == 1_700_000_007)
    }
}
