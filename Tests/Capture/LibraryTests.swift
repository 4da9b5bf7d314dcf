import HTTP
import JSON
import System
import Testing

@testable import Capture
@testable import Redaction

private func library(_ exchanges: [Exchange]) -> Library { Library([Recording(run: run, exchanges: exchanges)]) }

/// One request recorded or asked: `POST https://… form a=b` or `… json {…}`.
private func parts(_ text: String) throws -> (method: String, url: URL, type: String?, body: String?) {
    let words = text.split(separator: " ", maxSplits: 3).map(String.init)
    let types = [
        "form": "application/x-www-form-urlencoded", "json": "application/json; charset=utf-8", "text": "text/plain",
    ]
    return (
        words[0], try #require(URL("https://" + words[1])), words.count > 2 ? types[words[2]] : nil,
        words.count > 3 ? words[3] : nil
    )
}

struct Case: Sendable, CustomStringConvertible {
    let description: String
    let recorded: [String]
    /// A request, and the number of the entry that answers it; 0 for none.
    let asked: [(String, Int)]
    init(_ description: String, _ recorded: [String], _ asked: [(String, Int)]) {
        self.description = description
        self.recorded = recorded
        self.asked = asked
    }
}

private let s1 = "[secret:aaaaaaaa]"
private let s2 = "[secret:bbbbbbbb]"

@Suite struct LibraryTests {
    @Test(arguments: [
        Case(
            "method, host and path", ["GET h/a", "POST h/a", "GET i/a", "GET h:81/a", "GET h/a/"],
            [
                ("GET h/a", 1), ("POST h/a", 2), ("GET i/a", 3), ("GET h:81/a", 4), ("GET h/a/", 5), ("PUT h/a", 0),
                ("GET h/b", 0),
            ]),
        Case(
            "segments are decoded", ["GET h/a%20b/c%2Fd", "GET h/%E3%81%82"],
            [("GET h/a%20b/c%2fd", 1), ("GET h/%61%20b/c%2Fd", 1), ("GET h/a%20b/c/d", 0), ("GET h/%e3%81%82", 2)]),
        Case(
            "a field that is always the same does not count", ["GET h/a?limit=2&v=1", "GET h/a?limit=2&v=1&page=2"],
            [("GET h/a?limit=100", 1), ("GET h/a?page=2", 2), ("GET h/a?v=9&page=2&limit=1", 2)]),
        Case(
            "a field that varies counts", ["GET h/a?page=1", "GET h/a?page=2"],
            [("GET h/a?page=2", 2), ("GET h/a?page=1", 1), ("GET h/a?page=3", 0), ("GET h/a", 0)]),
        Case(
            "a field that is sometimes absent counts", ["GET h/a", "GET h/a?cursor=x"],
            [("GET h/a", 1), ("GET h/a?cursor=x", 2), ("GET h/a?cursor=y", 0), ("GET h/a?cursor=", 0)]),
        Case(
            "a field that a later one lacks counts", ["GET h/a?cursor=x", "GET h/a"],
            [("GET h/a", 2), ("GET h/a?cursor=x", 1), ("GET h/a?cursor=y", 0)]),
        Case(
            "a field that nothing has does not count", ["GET h/a?page=1", "GET h/a?page=2"],
            [("GET h/a?new=x&page=2", 2), ("GET h/a?page=1&page2=1", 1)]),
        Case(
            "fields in any order, and more than once", ["GET h/a?f=1&f=2&g=1", "GET h/a?f=1&g=2"],
            [("GET h/a?g=1&f=2&f=1", 1), ("GET h/a?f=1&g=1", 0), ("GET h/a?g=2&f=1", 2), ("GET h/a?f=1&f=1&g=2", 0)]),
        Case(
            "a field is decoded", ["GET h/a?q=a%20b", "GET h/a?q=c"], [("GET h/a?q=a+b", 1), ("GET h/a?%71=%63", 2)]),
        Case(
            "one request alone is answered whatever its query", ["GET h/a?page=1"],
            [("GET h/a?page=7", 1), ("GET h/a", 1)]),
        Case(
            "the same request again and again", ["GET h/a", "GET h/a", "GET h/b", "GET h/a"],
            [("GET h/a", 1), ("GET h/b", 3), ("GET h/a", 2), ("GET h/a", 4), ("GET h/a", 4), ("GET h/b", 3)]),
        Case(
            "each of two pages in its own order", ["GET h/a?p=1", "GET h/a?p=2", "GET h/a?p=1", "GET h/a?p=2"],
            [("GET h/a?p=2", 2), ("GET h/a?p=2", 4), ("GET h/a?p=1", 1), ("GET h/a?p=2", 4), ("GET h/a?p=1", 3)]),
        Case(
            "forms", ["POST h/a form channel=C1&limit=2", "POST h/a form channel=C2&limit=2"],
            [
                ("POST h/a form limit=9&channel=C2", 2), ("POST h/a form channel=C1", 1),
                ("POST h/a form channel=C3", 0), ("POST h/a", 0),
            ]),
        Case(
            "credentials in forms do not count",
            [
                "POST h/t form grant_type=refresh_token&refresh_token=\(s1)&client_secret=x",
                "POST h/t form grant_type=code&client_secret=y",
            ],
            [("POST h/t form grant_type=refresh_token&refresh_token=real", 1), ("POST h/t form grant_type=code", 2)]),
        Case(
            "JSON is compared by members",
            [
                #"POST h/q json {"query":"q","variables":{"a":1,"b":"é"}}"#,
                #"POST h/q json {"query":"q","variables":{"a":2}}"#,
            ],
            [
                (#"POST h/q json { "variables" : {"b":"\u00e9", "a":1}, "query":"other" }"#, 1),
                (#"POST h/q json {"variables":{"a":2}}"#, 2),
                (#"POST h/q json {"variables":{"a":3}}"#, 0), (#"POST h/q json {"variables":{"a":2,"b":1}}"#, 0),
            ]),
        Case(
            "other bodies are compared whole", ["POST h/x text one", "POST h/x text two", "POST h/x json [1, 2]"],
            [
                ("POST h/x text two", 2), ("POST h/x text three", 0), ("POST h/x json [1,2]", 3),
                ("POST h/x text one", 1),
            ]),
        Case(
            "a placeholder is equal to anything", ["GET h/a?token=\(s1)&p=1", "GET h/a?token=\(s2)&p=2"],
            [
                ("GET h/a?token=real&p=2", 2), ("GET h/a?token=real&p=1", 1), ("GET h/a?token=\(s2)&p=2", 2),
                ("GET h/a?p=1", 1), ("GET h/a?token=real&p=3", 0),
            ]),
        Case(
            "the same placeholder before any other",
            ["GET h/a?token=\(s1)", "GET h/a?token=\(s2)", "GET h/a?token=latest"],
            [("GET h/a?token=\(s2)", 2), ("GET h/a?token=latest", 3), ("GET h/a?token=\(s1)", 1)]),
        Case(
            "a placeholder in a path", ["GET h/s/\(s1)/name", "GET h/s/plain/name"],
            [("GET h/s/plain/name", 2), ("GET h/s/real/name", 1), ("GET h/s/\(s1)/name", 1), ("GET h/s/real/other", 0)]),
        Case(
            "a placeholder inside a value", ["GET h/a?u=x-\(s1)-z&p=1", "GET h/a?u=y&p=2"],
            [("GET h/a?u=x-real-z&p=1", 1), ("GET h/a?u=x-real-w&p=1", 0), ("GET h/a?u=y&p=2", 2)]),
    ])
    func matching(_ example: Case) throws {
        for _ in 0..<2 {  // a library made twice answers alike
            let library = library(
                try example.recorded.map {
                    let (method, url, type, body) = try parts($0)
                    return try exchange(method, url.description, type: type, body: body)
                })
            for (asked, number) in example.asked {
                let (method, url, type, body) = try parts(asked)
                let match = try library.answer(
                    method, url, headers: type.map { ["content-type": $0] } ?? [:], body: body.map { Array($0.utf8) })
                #expect(match?.number ?? 0 == number, "\(asked)")
            }
        }
    }

    @Test func theBoundaryOfPartsDoesNotCount() throws {
        func body(_ boundary: String, _ text: String) -> String { "--\(boundary)\r\n\r\n\(text)\r\n--\(boundary)--" }
        let library = library([
            try exchange("POST", "https://h/b", type: "multipart/mixed; boundary=one", body: body("one", "1")),
            try exchange("POST", "https://h/b", type: "multipart/mixed; boundary=two", body: body("two", "2")),
        ])
        let url = try #require(URL("https://h/b"))
        let match = try library.answer(
            "POST", url, headers: ["Content-Type": "multipart/mixed; boundary=\"x\""], body: Array(body("x", "2").utf8))
        #expect(match?.number == 2)
    }

    @Test func aLookDoesNotUseUpAnAnswer() throws {
        let library = library([try exchange("GET", "https://h/a"), try exchange("GET", "https://h/a")])
        let url = try #require(URL("https://h/a"))
        #expect(try library.answer("GET", url, advancing: false)?.number == 1)
        #expect(try library.answer("GET", url)?.number == 1)
        #expect(try library.answer("GET", url)?.number == 2)
    }

    @Test func manyCapturesAreOne() throws {
        let first = Recording(run: nil, exchanges: [try exchange("GET", "https://h/a")])
        let second = Recording(
            run: run, exchanges: [try exchange("GET", "https://h/a"), try exchange("GET", "https://h/b")])
        let library = Library([first, second])
        let url = try #require(URL("https://h/a"))
        #expect(library.count == 3)
        #expect([1, 2, 2] == (try (0..<3).map { _ in try library.answer("GET", url)?.number }))
    }
}

@Suite struct FaultTests {
    private func turns(_ line: String, _ count: Int = 4) throws -> [Bool] {
        let faults = try Faults(parsing: line, name: "f")
        return (0..<count).map { _ in faults.next("GET", path: "/h/a", query: []) != nil }
    }

    @Test func nthAndTimes() throws {
        #expect(try turns(#"{"do":{"close":true}}"#) == [true, true, true, true])
        #expect(try turns(#"{"nth":2,"do":{"close":true}}"#) == [false, true, false, false])
        #expect(try turns(#"{"nth":2,"times":2,"do":{"close":true}}"#) == [false, true, true, false])
        #expect(try turns(#"{"times":2,"do":{"close":true}}"#) == [true, true, false, false])
    }

    @Test func theFirstThatIsDueWinsAndEveryOneCounts() throws {
        let faults = try Faults(
            parsing:
                "{\"nth\":1,\"do\":{\"status\":500}}\n\n{\"nth\":2,\"do\":{\"status\":429}}\n{\"times\":2,\"do\":{\"status\":503}}\n",
            name: "f")
        let statuses = (0..<4).map { _ in faults.next("GET", path: "/h", query: [])?.status }
        #expect(statuses == [500, 429, nil, nil])
    }

    @Test func whatItMatches() throws {
        let faults = try Faults(
            parsing: #"{"match":{"method":"get","path":"/h/a%2fb/*","query":{"p":"x y"}},"do":{"stall":true}}"#,
            name: "f")
        func hit(_ method: String, _ path: String, _ query: [(name: String, value: String)]) -> Bool {
            faults.next(method, path: path, query: query) != nil
        }
        #expect(hit("GET", "/h/a%2Fb/c", [("q", "1"), ("p", "x y")]))
        #expect(!hit("POST", "/h/a%2Fb/c", [("p", "x y")]))
        #expect(!hit("GET", "/h/a/b/c", [("p", "x y")]))
        #expect(!hit("GET", "/h/a%2Fb/c", [("p", "x")]))
    }

    @Test func whatItDoes() throws {
        let faults = try Faults(
            parsing:
                #"{"do":{"status":429,"headers":{"Retry-After":"1"},"body":{"ok": false},"delay":"50ms","truncate":3}}"#,
            name: "f")
        let action = try #require(faults.next("GET", path: "/", query: []))
        #expect(action.status == 429)
        #expect(action.headers["retry-after"] == "1")
        #expect(action.body == Array(#"{"ok":false}"#.utf8))
        #expect(action.delay == .milliseconds(50))
        #expect(action.truncate == 3)
        #expect(action.replacesAnswer)
    }

    @Test(arguments: [
        "nonsense", "[]", "{}", #"{"do":{"stats":1}}"#, #"{"nth":0,"do":{}}"#, #"{"mach":{},"do":{}}"#,
        #"{"match":{"host":"x"},"do":{}}"#,
        #"{"do":{"delay":"50"}}"#, #"{"do":{"status":"429"}}"#, #"{"do":{"headers":{"a":1}}}"#,
    ])
    func aMistakeIsSaidWithItsLine(_ line: String) {
        let failure = #expect(throws: Failure.self) { try Faults(parsing: "\n" + line, name: "f.ndjson") }
        #expect(failure?.status == .configuration)
        #expect(failure?.what.hasPrefix("f.ndjson line 2: ") == true)
    }
}
