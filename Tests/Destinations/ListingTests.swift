import State
import System
import Testing

@testable import Destinations

/// What complete listings remove, and the guard before it.
@Suite struct ListingTests {
    private func filled(_ kind: Kind, _ count: Int, maxDelete: Int = 10) throws -> (Bench, Lines) {
        let bench = try Bench(kind)
        bench.options.maxDelete = maxDelete
        var stream = Lines()
        stream.bookmarks = ["s": ["p": nil, "q": nil, "groups": nil], "t": ["p": nil]]
        let lines = (0..<count).map { Lines.document("s:\($0)", in: $0 % 2 == 0 ? "p" : "q", at: 1) }
        let others = [
            Lines.document("t:1", at: 1), Lines.group("group:s:a", [], at: 1), Lines.group("group:s:b", [], at: 1),
            Lines.group("group:t:a", [], at: 1), Lines.group("group:s:all:1", ["link"], as: "all", at: 1),
            Lines.group("group:s:any:2", ["link"], at: 1),
        ]
        #expect(try bench.sink(lines + others + [stream.state(final: true)]).status == 0)
        return (bench, stream)
    }

    @Test(arguments: Kind.allCases) func whatAListingDidNotMeetGoes(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 6, maxDelete: 100)
        stream.newRun("r2")
        stream.bookmarks["s"] = ["p": 10, "q": nil, "groups": nil]
        // s:0 is there, s:2 could not be read, s:4 was not met; q was not listed, and neither was the other connection.
        let end = try bench.sink([Lines.seen("s:0", at: 10), Lines.failure("s:2", at: 11), stream.state(final: true)])
        #expect(end.status == 0)
        #expect(try bench.held().rows.keys.sorted() == ["s:0", "s:1", "s:2", "s:3", "s:5", "t:1"])
    }

    @Test(arguments: Kind.allCases) func partitionsThatAreNotNamedGo(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 6, maxDelete: 100)
        stream.newRun("r2")
        stream.bookmarks = ["s": ["q": nil, "groups": nil]]
        try bench.sink([Lines.document("s:9", in: nil, at: 5), stream.state(final: true)])
        #expect(try bench.held().rows.count == 8)
        try bench.sink([stream.state(final: true, all: true)])
        #expect(try bench.held().rows.keys.sorted() == ["s:1", "s:3", "s:5", "s:9", "t:1"])
    }

    @Test(arguments: Kind.allCases) func groupsThatAreNotListedGoAndRulesStay(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 2)
        stream.newRun("r2")
        stream.bookmarks["s"] = ["p": nil, "q": nil, "groups": 10]
        #expect(
            try bench.sink([Lines.group("group:s:a", ["ann@x.io"], at: 12), stream.state(final: true)]).status == 0)
        #expect(try bench.held().groups.keys.sorted() == ["group:s:a", "group:s:all:1", "group:s:any:2", "group:t:a"])
    }

    @Test(arguments: Kind.allCases) func anOldListingIsNotWorkedAgain(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 6, maxDelete: 100)
        stream.newRun("r2")
        stream.bookmarks["s"] = ["p": 10, "q": nil, "groups": nil]
        try bench.sink([stream.state(final: true)])
        stream.newRun("r3")
        // A line of before the listing, which only a stream out of order has: the listing that was worked does not see it.
        try bench.sink([Lines.document("s:8", at: 5), stream.state(final: true)])
        #expect(try bench.held().rows["s:8"] != nil)
        stream.bookmarks["s"] = ["p": 20, "q": nil, "groups": nil]
        stream.newRun("r4")
        try bench.sink([stream.state(final: true)])
        #expect(try bench.held().rows["s:8"] == nil)
    }

    @Test(arguments: Kind.allCases) func theGuardHoldsUntilItIsTold(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 40)
        let all = try bench.held().rows
        stream.bookmarks["s"] = ["p": 10, "q": nil, "groups": nil]
        for run in ["r2", "r3"] {
            stream.newRun(run)
            // The STATE is committed all the same, and so is what the run brought.
            #expect(
                try bench.sink([stream.state(), Lines.document("s:0", "new", at: 11), stream.state(final: true)]).status
                    == 65)
            #expect(try bench.held().rows.count == all.count)
            #expect(try bench.copied() == stream.after)
        }
        bench.options.maxDelete = 100
        stream.newRun("r4")
        #expect(try bench.sink([stream.state(final: true)]).status == 0)
        #expect(try bench.held().rows.count == 41 - 19)
        bench.options.maxDelete = 10
        stream.newRun("r5")
        #expect(try bench.sink([stream.state(final: true)]).status == 0)
    }

    @Test(arguments: Kind.allCases) func theGuardCountsBothKindsOfListingTogether(_ kind: Kind) throws {
        // 40 documents; 2 of p and 2 of the partition that is gone are 10 percent, a third is more.
        for (third, status) in [(false, 0), (true, 65)] {
            var (bench, stream) = try filled(kind, 38)
            stream.newRun("r2")
            stream.bookmarks["s"] = ["p": nil, "q": nil, "z": nil]
            try bench.sink([
                Lines.document("s:x", in: "z", at: 2), Lines.document("s:y", in: "z", at: 2), stream.state(final: true),
            ])
            stream.newRun("r3")
            stream.bookmarks["s"] = ["p": 10, "q": nil]
            let met = stride(from: 0, to: 38, by: 2).dropFirst(third ? 3 : 2).map { Lines.seen("s:\($0)", at: 12) }
            #expect(try bench.sink(met + [stream.state(final: true, all: true)]).status == Int32(status))
            #expect(try bench.held().rows.count == (third ? 41 : 37))
        }
    }

    @Test(arguments: Kind.allCases) func aFewDocumentsMayLoseOne(_ kind: Kind) throws {
        for (met, status) in [(["s:0", "s:2"], 0), (["s:0"], 65)] {
            var (bench, stream) = try filled(kind, 6)
            stream.newRun("r2")
            stream.bookmarks["s"]?["p"] = 10
            let lines = met.map { Lines.seen($0, at: 12) } + [stream.state(final: true)]
            #expect(try bench.sink(lines).status == Int32(status))
            #expect(try bench.held().rows.count == (status == 0 ? 6 : 7))
        }
    }

    @Test(arguments: Kind.allCases) func tombstonesAreNotGuarded(_ kind: Kind) throws {
        var (bench, stream) = try filled(kind, 6)
        stream.newRun("r2")
        let lines = (0..<6).map { Lines.gone("s:\($0)", from: nil, at: 5) }
        #expect(try bench.sink(lines + [stream.state(final: true)]).status == 0)
        #expect(try bench.held().rows.keys.sorted() == ["t:1"])
    }
}
