import Connector
import JSON
import System
import Testing

@testable import Sync

@Suite struct BookmarkTests {
    private static func at(_ hours: Int64) -> Timestamp { Timestamp(seconds: 1_800_000_000 + hours * 3600) }

    private func text(_ bookmark: Bookmark) -> String {
        var w = JSONWriter()
        bookmark.write(to: &w)
        return w.text
    }

    @Test func whatWasWrittenIsReadAgain() throws {
        var bookmark = Bookmark()
        bookmark.lastSuccessfulSync = Self.at(0)
        bookmark.lastCursor = "c \"1\""
        bookmark.documentsSynced = 7
        bookmark.documentsFailed = 1
        bookmark.tenant = "t"
        bookmark.clock = Self.at(1)
        var mark = Mark()
        mark.cursor = "17"
        mark.complete = Self.at(2)
        mark.idsAt = Self.at(3)
        mark.accessAt = Self.at(4)
        mark.accessIsDue = true
        mark.counts.listed = 3
        mark.counts.emitted = 1
        mark.counts.skipped = ["folder": 1]
        mark.counts.failed = 1
        mark.listing = Mark.Listing(
            depth: .full, began: Self.at(5), position: "p", page: "~!!~x", from: "2025", after: "2026")
        bookmark.partitions = ["drive:ä/#\"": mark, "my_drive": Mark()]
        let first = text(bookmark)
        var again = Bookmark(try JSON(parsing: first))
        // What a run counts is its own.
        again.documentsSynced = bookmark.documentsSynced
        again.documentsFailed = bookmark.documentsFailed
        for name in again.partitions.keys {
            again.partitions[name]?.counts = bookmark.partitions[name]?.counts ?? .init()
        }
        #expect(text(again) == first)
    }

    @Test func anEmptyBookmarkIsTheBeginning() {
        let bookmark = Bookmark(nil)
        #expect(bookmark.partitions.isEmpty && bookmark.tenant == nil && bookmark.clock == nil)
    }

    struct Due: Sendable, CustomTestStringConvertible {
        var name: String
        var cursor: String? = "1"
        var underWay: Depth?
        var ids: Int64? = 0
        var access: Int64? = 0
        var accessIsDue = false
        var asked: Depth?
        var idsAge = 24
        var accessAge = 24
        var now: Int64 = 1
        var expected: Depth?
        var testDescription: String { name }
    }

    static let due: [Due] = [
        Due(name: "nothing", expected: nil),
        Due(name: "the first run", cursor: nil, expected: .full),
        Due(name: "the first run, asked for ids", cursor: nil, asked: .ids, expected: .full),
        Due(name: "a full listing under way", underWay: .full, expected: .full),
        Due(name: "a full listing under way goes before what is asked", underWay: .full, asked: .ids, expected: .full),
        Due(name: "an ids listing under way", underWay: .ids, expected: .ids),
        Due(name: "an access listing under way", underWay: .access, expected: .access),
        Due(name: "asked for everything, an ids listing under way", underWay: .ids, asked: .full, expected: .full),
        Due(name: "asked for access, an ids listing under way", underWay: .ids, asked: .access, expected: .access),
        Due(name: "asked for ids", asked: .ids, expected: .ids),
        Due(name: "asked for access", asked: .access, expected: .access),
        Due(name: "asked for everything", asked: .full, expected: .full),
        Due(name: "ids are old", access: 10, now: 24, expected: .ids),
        Due(name: "ids are nearly old", access: 10, now: 23, expected: nil),
        Due(name: "access is old, and is an ids listing too", now: 24, expected: .access),
        Due(name: "access is old", ids: 10, now: 24, expected: .access),
        Due(name: "ids never", access: 100, idsAge: 0, now: 100, expected: nil),
        Due(name: "access never", ids: 100, accessAge: 0, now: 100, expected: nil),
        Due(name: "nobody knows when ids were listed", ids: nil, access: 0, expected: .ids),
        Due(name: "nobody knows when access was listed", access: nil, expected: .access),
        Due(name: "a folder's access changed", accessIsDue: true, expected: .access),
        Due(
            name: "a folder's access changed, and access is never listed by age", accessIsDue: true, accessAge: 0,
            expected: .access),
        Due(name: "a folder's access changed, asked for ids", accessIsDue: true, asked: .ids, expected: .ids),
    ]

    @Test(arguments: BookmarkTests.due) func theListingThatIsDue(_ row: Due) {
        var mark = Mark()
        mark.cursor = row.cursor
        mark.listing = row.underWay.map { Mark.Listing(depth: $0, began: Self.at(0)) }
        mark.idsAt = row.ids.map(Self.at)
        mark.accessAt = row.access.map(Self.at)
        mark.accessIsDue = row.accessIsDue
        var options = SyncOptions(connection: "s", run: "r")
        options.listing = row.asked
        options.idsAge = .seconds(row.idsAge * 3600)
        options.accessAge = .seconds(row.accessAge * 3600)
        #expect(mark.listingDue(options, at: Self.at(row.now)) == row.expected)
    }

    @Test func anIDsListingLeavesCursorAndAccessAsTheyWere() {
        var mark = Mark()
        mark.cursor = "1"
        mark.accessAt = Self.at(0)
        mark.accessIsDue = true
        mark.listing = Mark.Listing(depth: .ids, began: Self.at(5))
        mark.endListing(cursorOfTime: "t")
        #expect(mark.cursor == "1" && mark.accessAt == Self.at(0) && mark.accessIsDue)
        #expect(mark.complete == Self.at(5) && mark.idsAt == Self.at(5))
    }

    @Test func aFullListingGoesOnFromThePositionBeforeIt() {
        for (position, cursor) in [("p", "p"), (nil, "t")] as [(String?, String)] {
            var mark = Mark()
            mark.listing = Mark.Listing(depth: .full, began: Self.at(5), position: position)
            mark.endListing(cursorOfTime: "t")
            #expect(mark.cursor == cursor && mark.complete == Self.at(5) && mark.accessAt == Self.at(5))
        }
    }
}
