import Glibc
import Gzip
import HTTP
import JSON
import Synchronization
import System
import Testing

@testable import Capture
@testable import Redaction

/// A folder that ends with its test.
final class Folder {
    let path: String
    init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/tmp/sluice-capture-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(path)
    }
    deinit {
        for name in Files.names(in: path) { unlink(path + "/" + name) }
        rmdir(path)
    }
}

let began = Timestamp(seconds: 1_767_323_045)
let run = CapturedRun(
    version: "1.0", clock: began, seed: "9f2c", source: "slack", options: ByteSlice(#"{"channels":["C1"]}"#),
    state: ByteSlice(#"{"bookmarks":{}}"#))

func exchange(
    _ method: String, _ url: String, type: String? = nil, body: String? = nil, status: Int = 200,
    headers: Headers = ["Content-Type": "application/json"], answer: [UInt8] = Array("{}".utf8)
) throws -> Exchange {
    Exchange(
        Request(
            method, try #require(URL(url)), headers: type.map { ["Content-Type": $0] } ?? [:],
            body: body.map { Array($0.utf8) }),
        Response(status: status, headers: headers, body: ByteSlice(answer), date: began), started: began,
        duration: .milliseconds(12))
}

extension Recording {
    /// All of them, for tests.
    var exchanges: [Exchange] { get throws { try (0..<count).map { try exchange($0) } } }
}

@Suite struct RecordingTests {
    @Test func whatWasWrittenIsRead() throws {
        let folder = try Folder()
        let path = folder.path + "/c.har.gz"
        let writer = try CaptureWriter(path, run: run)
        let every = [UInt8](0...255)
        try writer.record(
            exchange(
                "POST", "https://slack.com/api/x?limit=2&a=%20b", type: "application/json", body: #"{"a":"\u00e9é"}"#,
                headers: [
                    "Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:06 GMT", "Content-Length": "9",
                ],
                answer: Array(#"{"ok":true,"é":"\ud83d\ude00"}"#.utf8)))
        try writer.flush()
        try writer.record(
            exchange("GET", "https://files.slack.com/a", headers: ["Content-Type": "application/zip"], answer: every))
        try writer.record(exchange("DELETE", "https://h.example:8443/x", status: 204, headers: [:], answer: []))
        try writer.flush()

        let recording = try Recording(reading: path)
        #expect(recording.run?.clock == began)
        #expect(recording.run?.seed == "9f2c")
        #expect(recording.run?.source == "slack")
        #expect(recording.run?.options.text == #"{"channels":["C1"]}"#)
        #expect(recording.run?.state?.text == #"{"bookmarks":{}}"#)
        let exchanges = try recording.exchanges
        #expect(exchanges.count == 3)
        let first = exchanges[0]
        #expect(first.method == "POST")
        #expect(first.url.description == "https://slack.com/api/x?limit=2&a=%20b")
        #expect(first.requestBody.map { String(decoding: $0, as: UTF8.self) } == #"{"a":"\u00e9é"}"#)
        #expect(first.response.body.text == #"{"ok":true,"é":"\ud83d\ude00"}"#)
        #expect(first.response.date.description == "2026-01-02T03:04:06Z")
        #expect(first.response.headers["content-length"] == nil)
        #expect(first.started == began)
        #expect(first.duration == .milliseconds(12))
        #expect(exchanges[1].response.body.array == every)
        #expect(exchanges[2].url.authority == "h.example:8443")
        #expect(exchanges[2].response.status == 204)
        #expect(exchanges[2].response.date == began)
        var st = stat()
        stat(path, &st)
        #expect(st.st_mode & 0o777 == 0o600)
    }

    @Test func noSecretIsInTheFile() throws {
        let folder = try Folder()
        let path = folder.path + "/c.har.gz"
        let canary = "canary-hunter2-Zq8"
        var told = run
        told.options = ByteSlice(#"{"client_secret":"\#(canary)"}"#)
        told.state = ByteSlice(#"{"link":"https://h.example/?access_token=\#(canary)"}"#)
        let writer = try CaptureWriter(path, run: told)
        var asked = try exchange(
            "POST", "https://u:\(canary)@h.example/t?token=\(canary)".replacing("u:\(canary)@", with: ""),
            type: "application/x-www-form-urlencoded", body: "grant_type=a&code=\(canary)&refresh_token=\(canary)2",
            headers: [
                "Content-Type": "application/json", "Set-Cookie": "s=\(canary)3",
                "Location": "https://h.example/?sig=\(canary)",
            ],
            answer: Array(#"{"access_token":"\#(canary)4","again":"\#(canary)4","next":"/\#(canary)5"}"#.utf8))
        asked.requestHeaders.append("Authorization", "Bearer \(canary)5")
        try writer.record(asked)
        try writer.record(exchange("GET", "https://h.example/\(canary)4/x", answer: Array("plain \(canary)3".utf8)))
        try writer.flush()
        let text = String(decoding: try Gzip.decompress(try Files.read(path)), as: UTF8.self)
        #expect(text.contains("[secret:"))
        #expect(!text.contains(canary))
        #expect(try Recording(reading: path).exchanges.count == 2)
    }

    @Test func aKillLeavesAReadableCapture() throws {
        let folder = try Folder()
        let path = folder.path + "/c.har.gz"
        let writer = try CaptureWriter(path, run: run)
        var ends = [try Files.read(path).count]
        for number in 1...3 {
            try writer.record(exchange("GET", "https://h.example/\(number)"))
            try writer.flush()
            ends.append(try Files.read(path).count)
        }
        let whole = try Files.read(path)
        for cut in ends[0]...whole.count {
            let recording = try Recording(parsing: Array(whole[..<cut]), name: "c")
            #expect(try recording.exchanges.count == ends.count { $0 <= cut } - 1)
        }
        let plain = try Gzip.decompress(whole)
        #expect(try Recording(parsing: plain, name: "c").exchanges.count == 3)
        #expect(try Recording(parsing: plain.dropLast(), name: "c").exchanges.count == 3)
        #expect(try Recording(parsing: plain.dropLast(5), name: "c").exchanges.count == 2)
    }

    @Test(arguments: [
        ("", "c is no capture"), ("nonsense", "c is no capture"), (#"{"log":{}}"#, "no log with entries"),
        (#"{"log":{"entries":[{}]}}"#, "entry 1 can't be read: it has no request"),
        (#"{"log":{"entries":[{"request":{"method":"GET","url":"//x"},"response":{"status":200}}]}}"#, "url"),
        ("HEADER\n{}\n", "line 2 is no entry"), ("HEADER\n\n{\"a\n{}\n", "line 3 is not JSON"),
        (
            "HEADER\n{\"request\":{\"method\":\"GET\",\"url\":\"http://h.example\"},\"response\":{\"status\":200,\"content\":{\"text\":\"!\",\"encoding\":\"base64\"}}}",
            "line 2 is no entry: the text of a body is not base64"
        ),
    ])
    func whatCanNotBeReadIsSaid(_ text: String, _ message: String) {
        let header = #"{"log":{"version":"1.2"},"_run":{"clock":"2026-01-02T03:04:05Z"}}"#
        let failure = #expect(throws: Failure.self) {
            try Recording(parsing: Array(text.replacing("HEADER", with: header).utf8), name: "c")
        }
        #expect(failure?.status == .dataError)
        #expect(failure?.description.contains(message) == true)
    }

    @Test func damageIsNotTakenForAKill() throws {
        var bytes = Gzip.compress(Array("{}".utf8))
        bytes[bytes.count - 6] ^= 1
        let failure = #expect(throws: Failure.self) { try Recording(parsing: bytes, name: "c") }
        #expect(failure?.what == "c is damaged in the gzip member that begins at byte 1")
    }

    /// A bit that flips anywhere in a capture is said, with the place; and a document that was cut is no shorter document.
    @Test func damageSaysWhere() throws {
        let folder = try Folder()
        let path = folder.path + "/c.har.gz"
        let writer = try CaptureWriter(path, run: run)
        try writer.record(exchange("GET", "https://h.example/1"))
        try writer.flush()
        let second = try Files.read(path).count
        try writer.record(exchange("GET", "https://h.example/2"))
        try writer.flush()
        try writer.record(exchange("GET", "https://h.example/3"))
        try writer.flush()
        var bytes = try Files.read(path)
        bytes[second + 30] ^= 4
        let failure = #expect(throws: Failure.self) { try Recording(parsing: bytes, name: "c") }
        #expect(failure?.what == "c is damaged in the gzip member that begins at byte \(second + 1)")
        var document: [UInt8] = []
        try HARDocument.write([Recording(reading: path)], version: "1") { document += $0 }
        #expect(try Recording(parsing: document, name: "c").run?.seed == run.seed)
        #expect(try Recording(parsing: document, name: "c").exchanges.map(\.url.path) == ["/1", "/2", "/3"])
        let third = try #require(String(decoding: document, as: UTF8.self).firstRange(of: "h.example/3"))
        let at = String(decoding: document, as: UTF8.self)[..<third.lowerBound].utf8.count
        let cases: [([UInt8], String)] = [
            (Array(document[..<at]), "c is no capture: it ends in the middle of entry 3"),
            (document.dropLast(3), "c is no capture: it ends too early, at byte \(document.count - 3)"),
            (
                Gzip.compress(document).dropLast(9),
                "c is no capture: it ends in the middle of the gzip member that begins at byte 1"
            ),
            (document + Array("x".utf8), "c is no capture: not JSON at byte \(document.count + 1)"),
            (
                Array(document[..<at]) + [0] + document[at...],
                "c: entry 3 can't be read: not JSON: not UTF-8, a control"
            ),
        ]
        for (bytes, message) in cases {
            let failure = #expect(throws: Failure.self) { try Recording(parsing: Array(bytes), name: "c") }
            #expect(failure?.what.hasPrefix(message) == true, "\(failure?.what ?? "")")
        }
    }

    @Test func aTransportIsRecorded() async throws {
        struct Inner: Transport {
            func send(_ request: Request) async throws -> Response {
                if request.url.path == "/lost" { throw TransportError.lost("x") }
                return Response(status: 500, headers: [:], body: ByteSlice("no"), date: began)
            }
        }
        struct Clock: TimeSource {
            func now() -> Timestamp { began }
            func sleep(for duration: Duration) async throws {}
        }
        let folder = try Folder()
        let writer = try CaptureWriter(folder.path + "/c", run: run)
        let transport = CapturingTransport(Inner(), writer: writer, time: Clock())
        #expect(try await transport.send(.get(try #require(URL("https://h.example/a")))).status == 500)
        await #expect(throws: TransportError.lost("x")) {
            try await transport.send(.get(try #require(URL("https://h.example/lost"))))
        }
        try writer.flush()
        let recording = try Recording(reading: folder.path + "/c")
        #expect(try recording.exchanges.map(\.url.path) == ["/a"])
        let replay = ReplayTransport(Library([recording]))
        #expect(try await replay.send(.get(try #require(URL("https://h.example/a")))).body.text == "no")
        let missing = try await replay.send(.get(try #require(URL("https://h.example/b?c=d"))))
        #expect(missing.status == 404)
        #expect(
            missing.body.text
                == #"{"error":{"code":404,"message":"replay: nothing recorded for GET h.example/b?c=d"}}"#)
        #expect(missing.date == began)
        var small = Request.get(try #require(URL("https://h.example/a")))
        small.limit = 1
        await #expect(throws: TransportError.tooLarge(limit: 1)) { try await replay.send(small) }
    }
}
