import Curl
import Gzip
import HTTP
import Synchronization
import System
import Testing

/// How a request ends.
enum End: Equatable, Sendable {
    case answer(Int, String)
    case lost, unreachable, timedOut, truncated, refused
    case tooLarge(Int)
    case cancelled
    case other(String)
}

func end(_ request: Request, _ transport: CurlTransport) async -> End {
    do {
        let response = try await transport.send(request)
        return .answer(response.status, response.body.text)
    } catch let error as TransportError {
        return switch error {
        case .lost: .lost
        case .unreachable: .unreachable
        case .timedOut: .timedOut
        case .truncated: .truncated
        case .tooLarge(let limit): .tooLarge(limit)
        case .refused: .refused
        }
    } catch is CancellationError { return .cancelled } catch { return .other("\(error)") }
}

/// One row: what the server says on a connection, and what must come of it.
struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [Step]
    let end: End
    var method = "GET"
    var limit = 100_000

    init(_ name: String, _ steps: [Step], _ end: End, method: String = "GET", limit: Int = 100_000) {
        testDescription = name
        self.steps = [.read] + steps
        self.end = end
        self.method = method
        self.limit = limit
    }
}

private let zip = Gzip.compress(Array(String(repeating: "text ", count: 100).utf8))
private let bomb = Gzip.compress([UInt8](repeating: 0x20, count: 20 << 20), level: 9)
private let text = String(repeating: "text ", count: 100)
private func gzipped(_ bytes: [UInt8], length: Int? = nil) -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(length ?? bytes.count)\r\n\r\n".utf8) + bytes
}
private let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
private func header(_ lines: Int, of size: Int) -> String {
    (0..<lines).map { "X-\($0): " + String(repeating: "a", count: size) + "\r\n" }.joined()
}
/// A deflate block that holds nothing, and is not the last one.
private let nothing: [UInt8] = [0, 0, 0, 0xFF, 0xFF]

private let cases: [Case] = [
    Case("with its length", [.answer("body")], .answer(200, "body")),
    Case("empty", [.answer("")], .answer(200, "")),
    Case("no content", [.send("HTTP/1.1 204 X\r\n\r\n")], .answer(204, "")),
    Case("an error is an answer", [.answer("no", status: 503)], .answer(503, "no")),
    Case("a redirect is an answer", [.answer("", "Location: /x\r\n", status: 302)], .answer(302, "")),
    Case("up to the end of the connection", [.send("HTTP/1.1 200 OK\r\n\r\nbody")], .answer(200, "body")),
    Case("in chunks", [.send(chunked + "2\r\nbo\r\n"), .send("2;x=y\r\ndy\r\n0\r\n\r\n")], .answer(200, "body")),
    Case("in chunks, with trailers", [.send(chunked + "2\r\nbo\r\n0\r\nX: y\r\n\r\n")], .answer(200, "bo")),
    Case("100 Continue first", [.send("HTTP/1.1 100 Continue\r\n\r\n"), .answer("body")], .answer(200, "body")),
    Case(
        "103 Early Hints first", [.send("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"), .answer("body")], .answer(200, "body")
    ),
    Case("gzip", [.send(gzipped(zip))], .answer(200, text)),
    Case("half a body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")], .truncated),
    Case(
        "half a body, then a reset", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), .reset], .truncated),
    Case("no last chunk", [.send(chunked + "2\r\nbo\r\n")], .truncated),
    Case("half a chunk", [.send(chunked + "20\r\nbo")], .truncated),
    Case("a chunk of no length", [.send(chunked + "zz\r\nbo\r\n0\r\n\r\n")], .truncated),
    Case("what is not gzip", [.send(gzipped(Array("plain text".utf8)))], .truncated),
    Case("half of a gzip, and of its length", [.send(gzipped(Array(zip[..<20]), length: zip.count))], .truncated),
    Case("a gzip cut off, its length right", [.send(gzipped(Array(zip[..<20])))], .truncated),
    Case("a gzip with a wrong sum", [.send(gzipped(zip.dropLast(8) + [1, 2, 3, 4] + zip.suffix(4)))], .truncated),
    Case(
        "too long by its length", [.send("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"), .hang],
        .tooLarge(100_000)),
    Case(
        "a length beyond all numbers",
        [.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"), .hang], .tooLarge(100_000)),
    Case(
        "endless", [.send("HTTP/1.1 200 OK\r\n\r\n"), .flood([UInt8](repeating: 0x20, count: 5000))], .tooLarge(100_000)
    ),
    Case("endless chunks", [.send(chunked), .flood(Array("5\r\nabcde\r\n".utf8))], .tooLarge(100_000)),
    Case("just as long as it may be", [.answer("0123456789")], .answer(200, "0123456789"), limit: 10),
    Case("a byte too long", [.answer("0123456789")], .tooLarge(9), limit: 9),
    Case("a byte too long, in chunks", [.send(chunked + "a\r\n0123456789\r\n0\r\n\r\n")], .tooLarge(9), limit: 9),
    Case("a gzip bomb", [.send(gzipped(bomb))], .tooLarge(100_000)),
    Case(
        "an endless gzip of nothing",
        [
            .send(
                Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".utf8) + [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]),
            .flood(Array(repeatElement(nothing, count: 500).joined())),
        ], .tooLarge(100_000)),
    Case("a header of many lines", [.send("HTTP/1.1 200 OK\r\n" + header(501, of: 1)), .hang], .refused),
    Case("a header of many bytes", [.send("HTTP/1.1 200 OK\r\n" + header(50, of: 6000)), .hang], .refused),
    Case("an endless header", [.send("HTTP/1.1 200 OK\r\n"), .flood(Array("X: y\r\n".utf8))], .refused),
    Case(
        "an endless line of a header",
        [.send("HTTP/1.1 200 OK\r\nX: "), .flood([UInt8](repeating: 0x61, count: 9999))],
        .refused),
    Case("endless answers 100", [.flood(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))], .refused),
    Case("a header just as long as it may be", [.answer("ok", header(490, of: 400))], .answer(200, "ok")),
    Case("no answer", [], .lost),
    Case("a reset", [.reset], .lost),
    Case("half a header", [.send("HTTP/1.1 200 OK\r\nConte")], .lost),
    Case("half a header, then nothing", [.send("HTTP/1.1 200 OK\r\nConte"), .hang], .timedOut),
    Case("half a body, then nothing", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), .hang], .timedOut),
    Case("silence", [.hang], .timedOut),
    Case("not HTTP", [.send("SSH-2.0-x\r\n")], .refused),
    Case("HEAD", [.send("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")], .answer(200, ""), method: "HEAD"),
]

@Suite struct CurlTests {
    @Test(arguments: cases) func ends(_ item: Case) async throws {
        // Only those that wait for nothing ever get near this time.
        let patience = item.end == .timedOut ? Duration.milliseconds(200) : .seconds(60)
        let transport = try CurlTransport(options: .init(timeout: patience))
        try await serving([item.steps]) { server in
            let request = Request(item.method, try #require(URL(server.url())), limit: item.limit)
            #expect(await end(request, transport) == item.end)
        }
    }

    @Test func aRequestIsSentAsItIs() async throws {
        let transport = try CurlTransport(options: .init(userAgent: "sluice/1"))
        try await serving([[.read, .answer(), .read, .answer(), .read, .answer()]]) { server in
            let url = try #require(URL(server.url("/a%2Fb/%2E%2E/c?d=e%20f")))
            _ = try await transport.send(Request("GET", url, headers: ["X-One": "1", "X-Empty": ""]))
            _ = try await transport.send(
                Request(
                    "POST", url, headers: ["Content-Type": "application/json"], body: Array("{\0}".utf8),
                    isIdempotent: true))
            _ = try await transport.send(Request("PROPFIND", url, isIdempotent: true))
            let requests = server.seen.requests
            let host = "Host: 127.0.0.1:\(server.port)"
            #expect(
                requests[0].hasPrefix("GET /a%2Fb/%2E%2E/c?d=e%20f HTTP/1.1\r\n\(host)\r\nUser-Agent: sluice/1\r\n"))
            #expect(requests[0].contains("\r\nX-One: 1\r\n") && requests[0].contains("\r\nX-Empty:"))
            #expect(requests[0].lowercased().contains("accept-encoding: ") && requests[0].contains("gzip"))
            #expect(requests[1].hasPrefix("POST /") && requests[1].hasSuffix("\r\n\r\n{\0}"))
            #expect(
                requests[1].contains("Content-Type: application/json\r\n")
                    && requests[1].contains("Content-Length: 3\r\n"))
            #expect(requests[2].hasPrefix("PROPFIND /") && !requests[2].contains("Content-"))
        }
    }

    @Test func theHeaderOfTheAnswerIsReadAndTrailersAreNot() async throws {
        let transport = try CurlTransport()
        let answer =
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-A: 1\r\nx-a:  2 \r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-B: 3\r\n\r\n"
        try await serving([[.read, .send("HTTP/1.1 103 Early\r\nX-C: 4\r\n\r\n"), .send(answer)]]) { server in
            let response = try await transport.send(.get(try #require(URL(server.url()))))
            #expect(response.date.description == "1994-11-06T08:49:37Z")
            #expect(response.headers.fields.filter { $0.name.lowercased() == "x-a" }.map(\.value) == ["1", "2"])
            #expect(response.headers["x-b"] == nil && response.headers["x-c"] == nil)
        }
    }

    @Test func withoutADateTheClockTells() async throws {
        struct Stopped: TimeSource {
            func now() -> Timestamp { Timestamp(seconds: 1_800_000_000) }
            func sleep(for duration: Duration) async throws {}
        }
        let transport = try CurlTransport(time: Stopped())
        try await serving([[.read, .answer("", "Date: nonsense\r\n")]]) { server in
            let response = try await transport.send(.get(try #require(URL(server.url()))))
            #expect(response.date == Timestamp(seconds: 1_800_000_000))
        }
    }

    @Test func aConnectionIsUsedAgain() async throws {
        let transport = try CurlTransport()
        try await serving([Array(repeating: [.read, .answer()], count: 50).flatMap { $0 }]) { server in
            let request = Request.get(try #require(URL(server.url())))
            for _ in 0..<50 { #expect(await end(request, transport) == .answer(200, "ok")) }
            #expect(server.seen.connections == 1)
            #expect(server.seen.requests.count == 50)
        }
    }

    @Test func connectionsHaveABound() async throws {
        let transport = try CurlTransport(options: .init(maxConnections: 4))
        try await serving([Array(repeating: [.read, .answer()], count: 200).flatMap { $0 }]) { server in
            let request = Request.get(try #require(URL(server.url())))
            await withTaskGroup { group in
                for _ in 0..<200 { group.addTask { await end(request, transport) } }
                for await result in group { #expect(result == .answer(200, "ok")) }
            }
            #expect(server.seen.connections <= 4)
            #expect(server.seen.requests.count == 200)
        }
    }

    @Test func aWriteIsNotSentAgainOnAConnectionThatEnded() async throws {
        let transport = try CurlTransport()
        // The first connection answers once, takes a second request, and ends without a word.
        try await serving([[.read, .answer(), .read], [.read], [.read, .answer()]]) { server in
            let url = try #require(URL(server.url()))
            #expect(await end(.get(url), transport) == .answer(200, "ok"))
            #expect(await end(Request("POST", url, body: [1]), transport) == .lost)
            #expect(server.seen.requests.filter { $0.hasPrefix("POST") }.count == 1)
        }
    }

    @Test func nothingListens() async throws {
        let transport = try CurlTransport()
        let url = try await serving([[]]) { try #require(URL($0.url())) }
        #expect(await end(.get(url), transport) == .unreachable)
        #expect(await end(Request("POST", url, body: [1]), transport) == .unreachable)
    }

    @Test func tlsIsNotOptional() async throws {
        let transport = try CurlTransport()
        try await serving([[.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]]) { server in
            let url = try #require(URL("https://127.0.0.1:\(server.port)/"))
            #expect(await end(.get(url), transport) == .unreachable)
        }
    }

    @Test func aCancelledTaskBreaksTheTransferOff() async throws {
        let transport = try CurlTransport()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        try await serving([[.read, .hang]], onRequest: { arrived.yield() }) { server in
            let request = Request.get(try #require(URL(server.url())))
            let task = Task { await end(request, transport) }
            for await _ in arrivals { break }
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }

    @Test func aTaskThatWasCancelledBeforeSendsNothing() async throws {
        let transport = try CurlTransport()
        try await serving([[.read, .hang]]) { server in
            let request = Request.get(try #require(URL(server.url())))
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await end(request, transport)
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(server.seen.requests.isEmpty)
        }
    }

    @Test func cancellingHurtsNoOther() async throws {
        let transport = try CurlTransport(options: .init(maxConnections: 8))
        try await serving([Array(repeating: [.read, .answer()], count: 400).flatMap { $0 }]) { server in
            let request = Request.get(try #require(URL(server.url())))
            await withTaskGroup { group in
                for number in 0..<400 {
                    group.addTask {
                        let task = Task { await end(request, transport) }
                        if number % 3 == 0 {
                            for _ in 0..<(number % 50) { await Task.yield() }
                            task.cancel()
                        }
                        let result = await task.value
                        #expect(result == .answer(200, "ok") || (number % 3 == 0 && result == .cancelled))
                    }
                }
            }
        }
    }

    static let hostile: [(String, Headers)] = [
        ("GET / HTTP/1.1\r\nX:", [:]), ("", [:]), ("G T", [:]), ("GET", ["X": "a\r\nY: b"]), ("GET", ["X": "a\nb"]),
        ("GET", ["X": "a\0b"]), ("GET", ["X\r\nY": "a"]), ("GET", ["": "a"]), ("GET", ["X:": "a"]),
        ("GET", ["X Y": "a"]),
    ]

    @Test(arguments: hostile) func nothingSlipsIntoTheHeader(method: String, headers: Headers) async throws {
        let transport = try CurlTransport()
        try await serving([[.read, .answer()]]) { server in
            let request = Request(method, try #require(URL(server.url())), headers: headers)
            #expect(await end(request, transport) == .refused)
            #expect(server.seen.connections == 0)
        }
    }

    @Test func theClientFollowsRedirectsAndTriesAgain() async throws {
        let client = Client(transport: try CurlTransport(), retry: RetryPolicy(base: .milliseconds(1)))
        try await serving([
            [.read, .reset], [.read, .answer("", "Location: /there\r\n", status: 302), .read, .answer("found")],
        ]) {
            server in
            let response = try await client.send(.get(try #require(URL(server.url("/here")))))
            #expect(response.body.text == "found")
            #expect(
                server.seen.requests.compactMap { $0.split(separator: " ").dropFirst().first } == [
                    "/here", "/here", "/there",
                ])
            #expect(client.statistics.retries == 1 && client.statistics.calls == 3)
        }
    }
}
