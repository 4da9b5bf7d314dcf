import Documents
import JSON
import System
import Testing

@testable import Connectors

/// Who may read a file of Google Drive. Each row names the page of the documentation on which it rests.
@Suite struct GoogleDriveAccessTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The page.
        var page: String
        var access: String
        /// Nil where the readers could not be established.
        var expected: [String]?

        init(_ what: String, _ page: String, _ permissions: String, _ expected: [String]) {
            self.init(what, page, access: #"{"permissions":[\#(permissions)]}"#, expected)
        }
        init(_ what: String, _ page: String, access: String, _ expected: [String]?) {
            testDescription = what
            self.page = page
            self.access = access
            self.expected = expected
        }
    }

    static let resource = "REST Resource: permissions"
    static let sharing = "Share files, folders and drives"
    static let drives = "Manage shared drives"
    static let now = "2026-03-02T10:00:00Z"

    static func role(_ role: String) -> Row {
        Row(
            "a user who is \(role)", sharing, #"{"type":"user","role":"\#(role)","emailAddress":"ann@x.example"}"#,
            ["ann@x.example"])
    }

    static let rows: [Row] =
        ["owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"].map { role($0) } + [
            Row(
                "an address in capitals", resource, #"{"type":"user","emailAddress":"Ann@X.Example"}"#,
                ["ann@x.example"]),
            Row(
                "the same user twice", resource,
                #"{"type":"user","emailAddress":"ann@x.example"},{"type":"user","role":"reader","emailAddress":"ANN@x.example"}"#,
                ["ann@x.example"]),
            Row(
                "a group", resource, #"{"type":"group","emailAddress":"Eng@x.example"}"#,
                ["group:google_drive:eng@x.example"]),
            Row(
                "a domain that finds it", resource,
                #"{"type":"domain","domain":"X.example","allowFileDiscovery":true}"#, ["domain:x.example"]),
            Row(
                "a domain that needs the link", resource,
                #"{"type":"domain","domain":"x.example","allowFileDiscovery":false}"#, []),
            Row("a domain, and nothing of discovery", resource, #"{"type":"domain","domain":"x.example"}"#, []),
            Row(
                "anyone who finds it", resource, #"{"type":"anyone","id":"anyone","allowFileDiscovery":true}"#,
                ["public"]),
            Row(
                "anyone who has the link", resource,
                #"{"type":"anyone","id":"anyoneWithLink","allowFileDiscovery":false}"#, ["link"]),
            Row("anyone, and nothing of discovery", resource, #"{"type":"anyone","id":"anyoneWithLink"}"#, ["link"]),
            Row("a deleted account", resource, #"{"type":"user","emailAddress":"ann@x.example","deleted":true}"#, []),
            Row("a deleted group", resource, #"{"type":"group","emailAddress":"eng@x.example","deleted":true}"#, []),
            Row(
                "not deleted", resource, #"{"type":"user","emailAddress":"ann@x.example","deleted":false}"#,
                ["ann@x.example"]),
            Row("a user without an address", resource, #"{"type":"user","id":"17"}"#, []),
            Row("a group without an address", resource, #"{"type":"group","id":"17"}"#, []),
            Row("a domain without a name", resource, #"{"type":"domain","allowFileDiscovery":true}"#, []),
            Row(
                "a grant that ended", "Set an expiration date to limit file access",
                #"{"type":"user","emailAddress":"ann@x.example","expirationTime":"2026-03-02T09:59:59.999Z"}"#, []),
            Row(
                "a grant that ends now", "Set an expiration date to limit file access",
                #"{"type":"user","emailAddress":"ann@x.example","expirationTime":"2026-03-02T10:00:00Z"}"#, []),
            Row(
                "a grant that ends later", "Set an expiration date to limit file access",
                #"{"type":"user","emailAddress":"ann@x.example","expirationTime":"2026-03-02T10:00:00.001Z"}"#,
                ["ann@x.example"]),
            Row(
                "an end with another offset", "Set an expiration date to limit file access",
                #"{"type":"user","emailAddress":"ann@x.example","expirationTime":"2026-03-02T10:30:00+01:00"}"#, []),
            Row(
                "an end that is no time", "Set an expiration date to limit file access",
                #"{"type":"user","emailAddress":"ann@x.example","expirationTime":"soon"}"#, []),
            Row(
                "a folder seen by its name only", resource,
                #"{"type":"user","emailAddress":"ann@x.example","view":"metadata"}"#, []),
            Row(
                "the published copy only", resource,
                #"{"type":"anyone","role":"publishedReader","view":"published","allowFileDiscovery":true}"#, []),
            Row(
                "an owner to be", "Transfer file ownership",
                #"{"type":"user","role":"writer","emailAddress":"bob@x.example","pendingOwner":true}"#,
                ["bob@x.example"]),
            Row(
                "inherited from the drive", drives,
                #"{"type":"group","role":"fileOrganizer","emailAddress":"legal@x.example","permissionDetails":[{"permissionType":"member","role":"fileOrganizer","inherited":true,"inheritedFrom":"0A"}]}"#,
                ["group:google_drive:legal@x.example"]),
            Row(
                "a role that is not known", resource,
                #"{"type":"user","role":"guardian","emailAddress":"ann@x.example"}"#, ["ann@x.example"]),
            Row("a type that is not known", resource, #"{"type":"robot","emailAddress":"ann@x.example"}"#, []),
            Row("an address that is none", resource, #"{"type":"user","emailAddress":"link"}"#, []),
            Row(
                "an address that looks like another principal", resource,
                #"{"type":"user","emailAddress":"domain:x.example@y"}"#, []),
            Row(
                "several, sorted", resource,
                #"{"type":"anyone","allowFileDiscovery":false},{"type":"user","emailAddress":"zoe@x.example"},{"type":"domain","domain":"x.example","allowFileDiscovery":true},{"type":"user","emailAddress":"ann@x.example"}"#,
                ["ann@x.example", "domain:x.example", "link", "zoe@x.example"]),
            Row("nobody", resource, "", []),
            Row("no list at all: it was not told", sharing, access: "{}", nil),
            Row("a list that is none", sharing, access: #"{"permissions":null}"#, nil),
        ]

    @Test(arguments: GoogleDriveAccessTests.rows) func principals(_ row: Row) throws {
        let found = GoogleDrive.principals(
            try JSON(parsing: row.access), connection: "google_drive", at: Timestamp(Self.now))
        #expect(found?.sortedUnique == row.expected, "\(row.page)")
    }

    /// Without a time nobody can say that a grant has not ended.
    @Test func anExpiryWithoutATimeGivesNothing() throws {
        let access =
            #"{"permissions":[{"type":"user","emailAddress":"a@x.example","expirationTime":"2099-01-01T00:00:00Z"}]}"#
        #expect(GoogleDrive.principals(try JSON(parsing: access), connection: "c", at: nil) == [])
    }

    static let members = "Directory API: Manage group members"
    static let groups: [Row] = [
        Row("a user", members, #"{"type":"USER","status":"ACTIVE","email":"Bo@x.example"}"#, ["bo@x.example"]),
        Row("a user of no status", members, #"{"type":"USER","email":"bo@x.example"}"#, ["bo@x.example"]),
        Row("a suspended user", members, #"{"type":"USER","status":"SUSPENDED","email":"bo@x.example"}"#, []),
        Row(
            "a group in the group", members, #"{"type":"GROUP","status":"ACTIVE","email":"Sub@x.example"}"#,
            ["group:c:sub@x.example"]),
        Row("the whole organisation, which has no address", members, #"{"type":"CUSTOMER","id":"C01"}"#, []),
        Row("somebody from outside", members, #"{"type":"EXTERNAL","email":"eve@y.example"}"#, []),
        Row("nobody", members, "", []),
    ]

    @Test(arguments: GoogleDriveAccessTests.groups) func group(_ row: Row) throws {
        let list = row.access.dropFirst(#"{"permissions":"#.utf8.count).dropLast()
        let record = #"{"id":"eng@x.example","raw":{"name":"Eng"},"members":\#(list)}"#
        let group = try #require(GoogleDrive.group(try JSON(parsing: record), connection: "c"))
        #expect(group.id.description == "group:c:eng@x.example" && group.name == "Eng")
        guard case .members(let members) = group.readers else {
            Issue.record("it is no list of members")
            return
        }
        #expect(members.sortedUnique == row.expected, "\(row.page)")
    }

    @Test func aGroupWithoutMembersIsThereAllTheSame() throws {
        let group = GoogleDrive.group(try JSON(parsing: #"{"id":"e@x.example","raw":{}}"#), connection: "c")
        #expect(group?.id.description == "group:c:e@x.example")
        #expect(GoogleDrive.group(try JSON(parsing: "{}"), connection: "c") == nil)
    }

    struct Fields: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var raw: String
        var check: @Sendable (Document) -> Bool
    }
    /// "REST Resource: files".
    static let documents: [Fields] = [
        Fields(
            testDescription: "the owner is the author",
            raw: #"{"owners":[{"emailAddress":"Ann@x.example"}],"lastModifyingUser":{"emailAddress":"bob@x.example"}}"#
        ) { $0.author == "ann@x.example" },
        Fields(
            testDescription: "in a shared drive, who changed it last",
            raw: #"{"lastModifyingUser":{"emailAddress":"bob@x.example"}}"#
        ) { $0.author == "bob@x.example" },
        Fields(testDescription: "an owner without an address", raw: #"{"owners":[{"displayName":"Ann"}]}"#) {
            $0.author == nil
        },
        Fields(testDescription: "nothing is made up", raw: "{}") {
            $0.title == nil && $0.createdAt == nil && $0.updatedAt == nil && $0.author == nil && $0.url == nil
                && $0.container == nil && $0.mediaType == nil
        },
        Fields(
            testDescription: "times in UTC",
            raw: #"{"createdTime":"2026-03-02T11:00:00+01:00","modifiedTime":"2026-03-02T10:00:00.250Z"}"#
        ) {
            $0.createdAt == "2026-03-02T10:00:00Z" && $0.updatedAt == "2026-03-02T10:00:00.250Z"
        },
        Fields(testDescription: "a time that is none", raw: #"{"createdTime":"yesterday"}"#) { $0.createdAt == nil },
        Fields(
            testDescription: "name, place, link, type",
            raw: #"{"name":"Plan","parents":["0F"],"webViewLink":"https://d.example/1","mimeType":"text/plain"}"#
        ) {
            $0.title == "Plan" && $0.container == "0F" && $0.url == "https://d.example/1"
                && $0.mediaType == "text/plain"
        },
    ]

    @Test(arguments: GoogleDriveAccessTests.documents) func document(_ row: Fields) throws {
        let item = Item(try JSON(parsing: #"{"id":"1","raw":\#(row.raw)}"#))
        #expect(row.check(try #require(GoogleDrive.document(item))))
    }
    @Test func anItemWithoutRawIsNoDocument() throws {
        #expect(GoogleDrive.document(Item(try JSON(parsing: #"{"id":"1"}"#))) == nil)
    }
}
