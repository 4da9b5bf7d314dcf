import Gzip
import HTTP
import System
import Testing

@testable import Capture

/// Files as others write them. The first is of mitmproxy 11.0.2, in front of a server that answered behind a `--via` prefix.
@Suite struct HARTests {
    private let mitmproxy = #"""
        {"log":{"version":"1.2","creator":{"name":"mitmproxy","version":"11.0.2","comment":""},"pages":[],"entries":[
        {"startedDateTime":"2026-11-24T05:50:20.841893+00:00","time":3.809213638305664,"request":{"method":"GET","url":"http://127.0.0.1:18080/slack.com/api/users.list?limit=2","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Host","value":"127.0.0.1:18080"},{"name":"User-Agent","value":"curl/7.88.1"},{"name":"Accept","value":"*/*"},{"name":"Accept-Encoding","value":"deflate, gzip, br, zstd"},{"name":"Authorization","value":"Bearer xoxb-1"}],"queryString":[{"name":"limit","value":"2"}],"headersSize":180,"bodySize":0},"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Server","value":"BaseHTTP/0.6 Python/3.11.7"},{"name":"Date","value":"Tue, 24 Nov 2026 05:50:20 GMT"},{"name":"Content-Encoding","value":"gzip"},{"name":"Content-Type","value":"application/json"},{"name":"Content-Length","value":"80"}],"content":{"size":80,"compression":-17,"mimeType":"application/json","text":"{\"ok\":true,\"members\":[],\"response_metadata\":{\"next_cursor\":\"\"}}"},"redirectURL":"","headersSize":196,"bodySize":80},"cache":{},"timings":{"connect":0.8943080902099609,"ssl":-1.0,"send":0.5397796630859375,"receive":0.4119873046875,"wait":1.9631385803222656},"serverIPAddress":"127.0.0.1"},
        {"startedDateTime":"2026-11-24T05:50:20.868817+00:00","time":2.457141876220703,"request":{"method":"GET","url":"http://127.0.0.1:18080/files.slack.com/files-pri/T-F/a.zip","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Host","value":"127.0.0.1:18080"},{"name":"User-Agent","value":"curl/7.88.1"},{"name":"Accept","value":"*/*"}],"queryString":[],"headersSize":92,"bodySize":0},"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","cookies":[],"headers":[{"name":"Server","value":"BaseHTTP/0.6 Python/3.11.7"},{"name":"Date","value":"Tue, 24 Nov 2026 05:50:20 GMT"},{"name":"Content-Type","value":"application/zip"},{"name":"Content-Length","value":"12"}],"content":{"size":12,"compression":0,"mimeType":"application/zip","text":"UEsDBBQACAj//oAA","encoding":"base64"},"redirectURL":"","headersSize":163,"bodySize":12},"cache":{},"timings":{"connect":0.8208751678466797,"ssl":-1.0,"send":0.4763603210449219,"receive":0.3325939178466797,"wait":0.8273124694824219},"serverIPAddress":"127.0.0.1"}]}}
        """#

    @Test func ofMitmproxy() throws {
        let recording = try Recording(parsing: Array(mitmproxy.utf8), name: "m.har")
        #expect(recording.run == nil)
        let exchanges = try recording.exchanges
        #expect(
            exchanges.map(\.url.description) == [
                "https://slack.com/api/users.list?limit=2", "https://files.slack.com/files-pri/T-F/a.zip",
            ])
        let (first, second) = (exchanges[0].response, exchanges[1].response)
        #expect(first.body.text == #"{"ok":true,"members":[],"response_metadata":{"next_cursor":""}}"#)
        #expect(first.headers["Content-Encoding"] == nil)
        #expect(first.headers["Content-Length"] == nil)
        #expect(first.headers["Content-Type"] == "application/json")
        #expect(first.date == Timestamp("2026-11-24T05:50:20Z"))
        #expect(exchanges[0].started == Timestamp("2026-11-24T05:50:20.841893Z"))
        #expect(exchanges[0].requestHeaders["authorization"] == "Bearer xoxb-1")
        #expect(second.body.array == [0x50, 0x4B, 3, 4, 0x14, 0, 8, 8, 0xFF, 0xFE, 0x80, 0])
    }

    /// As Playwright writes it: extras with `_`, pseudo headers of HTTP/2, a request that was blocked.
    @Test func ofABrowser() throws {
        let text = #"""
            {
              "log": {
                "version": "1.2",
                "creator": { "name": "Playwright", "version": "1.65.2" },
                "browser": { "name": "chromium", "version": "156" },
                "pages": [ { "startedDateTime": "2026-11-24T05:50:20.841Z", "id": "page@1", "title": "", "pageTimings": {} } ],
                "entries": [
                  { "pageref": "page@1", "startedDateTime": "2026-11-24T05:50:21.002Z", "time": 4.5, "_monotonicTime": 17,
                    "request": { "method": "GET", "url": "https://acme.example/blocked", "headers": [] },
                    "response": { "status": 0, "statusText": "", "headers": [], "content": { "size": -1 } } },
                  { "startedDateTime": "2026-11-24T05:50:21.002Z", "time": -1, "_resourceType": "fetch",
                    "request": { "method": "post", "url": "https://acme.example/api/x?a=1#top", "httpVersion": "HTTP/2.0",
                      "headers": [ { "name": ":method", "value": "POST" }, { "name": "content-type", "value": "application/x-www-form-urlencoded" } ],
                      "postData": { "mimeType": "application/x-www-form-urlencoded", "params": [ { "name": "q", "value": "a b" }, { "name": "r", "value": "é" } ] } },
                    "response": { "status": 200, "httpVersion": "HTTP/2.0",
                      "headers": [ { "name": ":status", "value": "200" }, { "name": "transfer-encoding", "value": "chunked" }, { "name": "content-encoding", "value": "br" }, { "name": "x-a", "value": "1" } ],
                      "content": { "size": 3, "mimeType": "text/plain", "text": "é€" } } },
                  { "startedDateTime": "2026-11-24T05:50:22.002Z", "time": 1,
                    "request": { "method": "GET", "url": "https://acme.example/none", "headers": [] },
                    "response": { "status": 304, "headers": [], "content": { "size": 0, "mimeType": "x-unknown" } } }
                ]
              }
            }
            """#
        let recording = try Recording(parsing: Array(text.utf8), name: "b.har")
        let exchanges = try recording.exchanges
        #expect(exchanges.count == 2)
        let posted = exchanges[0]
        #expect(posted.method == "POST")
        #expect(posted.url.description == "https://acme.example/api/x?a=1")
        #expect(posted.requestBody.map { String(decoding: $0, as: UTF8.self) } == "q=a%20b&r=%C3%A9")
        #expect(posted.requestHeaders.fields.count == 1)
        #expect(posted.response.headers.fields.map(\.name) == ["x-a"])
        #expect(posted.response.body.text == "é€")
        #expect(posted.response.date == Timestamp("2026-11-24T05:50:21.002Z"))
        #expect(exchanges[1].response.status == 304)
        #expect(exchanges[1].response.body.isEmpty)
    }

    /// A file of Chromium, by Tests/Peers/browser.
    private func chromium() throws -> [UInt8] {
        let root = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
        return try Files.read(root + "/Replay/browser.har")
    }

    @Test func ofChromium() throws {
        let whole = try chromium()
        let exchanges = try Recording(parsing: whole, name: "b.har").exchanges
        // Without a blob and what was aborted.
        #expect(exchanges.count == 14)
        #expect(exchanges.allSatisfy { $0.url.authority == "acme.example" && $0.url.scheme == "https" })
        func body(_ path: String) -> [UInt8]? { exchanges.first { $0.url.path == path }?.response.body.array }
        #expect(body("/file.bin") == Array(0...255))
        #expect(body("/latin.txt") == Array("Gr".utf8) + [0xF6, 0xDF] + Array("e".utf8))
        #expect(body("/plain.txt") == Array("é".utf8))
        #expect(exchanges.filter { $0.url.target == "/data.json?page=1" }.count == 2)
        // Compressed, after a byte order mark, and what was a line each is one document and back.
        let packed = try Recording(parsing: Gzip.compress([0xEF, 0xBB, 0xBF] + whole), name: "b.har.gz")
        #expect(try packed.exchanges.map(\.response.body.array) == exchanges.map(\.response.body.array))
    }

    /// A browser lists what came in as it ended; the order that counts is that of the requests.
    @Test func entriesAreSorted() throws {
        func entry(_ time: String, _ text: String) -> String {
            #"{"startedDateTime":"\#(time)","request":{"method":"GET","url":"https://h.example/a"},"response":{"status":200,"content":{"text":"\#(text)"}}}"#
        }
        let entries = [
            entry("2026-01-02T03:04:07Z", "third"), entry("2026-01-02T03:04:05.5Z", "first"),
            entry("2026-01-02T05:04:06+02:00", "second"),
        ]
        let recording = try Recording(
            parsing: Array(#"{"log":{"entries":[\#(entries.joined(separator: ","))]}}"#.utf8), name: "h")
        #expect(try recording.exchanges.map(\.response.body.text) == ["first", "second", "third"])
        #expect(recording.clock == Timestamp("2026-01-02T03:04:05.5Z"))
        #expect(try recording.exchanges.first?.response.date == Timestamp("2026-01-02T03:04:05.5Z"))
    }

    @Test func anAddressAsItWasTyped() throws {
        let entry =
            #"{"request":{"method":"GET","url":"https://h.example/größe a|b?q=\u3042"},"response":{"status":200}}"#
        let recording = try Recording(parsing: Array(#"{"log":{"entries":[\#(entry)]}}"#.utf8), name: "h")
        #expect(try recording.exchanges.first?.url.target == "/gr%C3%B6%C3%9Fe%20a|b?q=%E3%81%82")
    }

    /// What is no exchange over HTTP is passed over.
    @Test(arguments: [
        (#""data:text/plain,x""#, 200), (#""blob:https://h.example/1""#, 200), (#""wss://h.example/""#, 101),
        (#""chrome-extension://a/b""#, 200), (#""https://h.example/""#, 0), (#""https://h.example/""#, -1),
    ])
    func whatIsNoExchange(_ url: String, _ status: Int) throws {
        let entry = #"{"request":{"method":"GET","url":\#(url)},"response":{"status":\#(status)}}"#
        #expect(try Recording(parsing: Array(#"{"log":{"entries":[\#(entry)]}}"#.utf8), name: "h").count == 0)
    }

    /// A file that was damaged in any way is read, or refused in words; and what is read can be served and printed.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func damagedFilesAreRefused(_ seed: UInt64) throws {
        var random = SeededRandom(seed: 11 + seed)
        let compact = try chromium()
        var lines: [UInt8] = Array(
            #"{"log":{"version":"1.2"},"_run":{"clock":"2026-01-02T03:04:05Z"}}"#.utf8)
        try HARDocument.write([Recording(parsing: compact, name: "b")], version: "1") { bytes in
            // Its lines but the first and the last are entries.
            for line in bytes.split(separator: 0x0A).dropFirst().dropLast() {
                lines += [0x0A] + line.prefix(line.last == 0x2C ? line.count - 1 : line.count)
            }
        }
        let wholes = [Array(mitmproxy.utf8), compact, lines, Gzip.compress(lines)]
        let whole = wholes[Int(seed)]
        #expect(try Recording(parsing: whole, name: "m").count > 0)
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 3: bytes.insert(contentsOf: Array(#"\udc80"#.utf8), at: at)
                case 4: bytes.removeLast(Int.random(in: 0...min(20, bytes.count - 1), using: &random))
                default: bytes.insert(contentsOf: bytes[at...].prefix(20), at: at)
                }
                if bytes.isEmpty { break }
            }
            do {
                let recording = try Recording(parsing: bytes, name: "m")
                try HARDocument.write([recording], version: "1") { #expect(!$0.isEmpty) }
                _ = Library([recording])
            } catch {
                #expect((error as? Failure)?.status == .dataError)
                #expect((error as? Failure)?.what.hasPrefix("m") == true)
            }
        }
    }

    private func response(_ type: String, _ text: String, creator: String = "WebInspector") throws -> Response {
        let entry =
            #"{"request":{"method":"GET","url":"https://h.example/"},"response":{"status":200,"headers":[{"name":"Content-Type","value":"\#(type)"}],"content":{"text":"\#(text)"}}}"#
        let recording = try Recording(
            parsing: Array(#"{"log":{"creator":{"name":"\#(creator)"},"entries":[\#(entry)]}}"#.utf8), name: "h")
        return try #require(recording.exchanges.first).response
    }
    private func body(_ type: String, _ text: String, creator: String = "WebInspector") throws -> [UInt8] {
        try response(type, text, creator: creator).body.array
    }

    /// A text file in Latin-1 came out of a replay as UTF-8.
    @Test func aTextThatIsNotUTF8() throws {
        #expect(
            try body("text/plain", "gr\u{f6}\u{df}er", creator: "mitmproxy") == Array("gr".utf8) + [0xF6, 0xDF]
                + Array("er".utf8))
        #expect(try body("text/plain; charset=ISO-8859-1", "\u{f6}") == [0xF6])
        #expect(
            try response("text/plain; charset=ISO-8859-1", "\u{f6}").headers["content-type"]
                == "text/plain; charset=ISO-8859-1")
        // What can't be encoded again says what it is now.
        let other = try response("text/html; charset=Shift_JIS", "\u{3042}")
        #expect(other.body.text == "\u{3042}")
        #expect(other.headers["content-type"] == "text/html; charset=utf-8")
    }

    @Test func aBinaryThatWasReadAsLatin1() throws {
        #expect(
            try body("application/pdf", #"%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\u0000"#) == Array("%PDF-1.7\n%".utf8) + [
                0xE2, 0xE3, 0xCF, 0xD3, 0,
            ])
        #expect(try body("text/plain", "\u{c3}\u{a9}") == [0xC3, 0xA9])
        // What a browser decoded itself.
        #expect(try body("text/plain", "é") == [0xC3, 0xA9])
        #expect(try body("application/octet-stream", "あ") == Array("あ".utf8))
        #expect(try body("application/json", #"\u00e9"#) == [0xC3, 0xA9])
        #expect(try body("application/x-thing; charset=utf-8", "é") == [0xC3, 0xA9])
    }

    @Test func bytesThatStandAsLoneSurrogates() throws {
        #expect(
            try body("application/json", #"{\"a\":\"\udcff\"}"#) == Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        )
        #expect(try body("text/html", #"\udc80\ud83d\ude00\\udcff\udcfe"#) == [0x80] + Array("😀\\udcff".utf8) + [0xFE])
        // No byte stands for these: they are characters that can't be.
        #expect(try body("text/html", #"\udc00\ud800"#) == Array("\u{FFFD}\u{FFFD}".utf8))
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/slack.com/api/x?a=1", "https://slack.com/api/x?a=1"),
        ("http://localhost/graph.microsoft.com/v1.0/me", "https://graph.microsoft.com/v1.0/me"),
        ("http://127.0.0.1:8080/acme.example:8443/x", "https://acme.example:8443/x"),
        ("http://127.0.0.1:8080/api/users", "http://127.0.0.1:8080/api/users"),
        ("http://127.0.0.1:8080/style.css", "http://127.0.0.1:8080/style.css"),
        ("https://acme.example/slack.com/x", "https://acme.example/slack.com/x"),
    ])
    func aPrefixIsTakenOff(_ url: String, _ expected: String) throws {
        let entry = #"{"request":{"method":"GET","url":"\#(url)"},"response":{"status":200}}"#
        let recording = try Recording(parsing: Array(#"{"log":{"entries":[\#(entry)]}}"#.utf8), name: "h")
        #expect(try recording.exchanges.first?.url.description == expected)
    }
}
