import Curl
import HTTP
import System
import Testing

@Suite struct CurlTests {
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
            #expect(requests[0].contains("\r\nAccept-Encoding: gzip\r\n"))
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
            #expect(await end(Request("POST", url, body: [1]), transport) == .failed(.lost))
            #expect(server.seen.requests.filter { $0.hasPrefix("POST") }.count == 1)
        }
    }

    @Test func nothingListens() async throws {
        let transport = try CurlTransport()
        let url = try await serving([[]]) { try #require(URL($0.url())) }
        #expect(await end(.get(url), transport) == .failed(.unreachable))
        #expect(await end(Request("POST", url, body: [1]), transport) == .failed(.unreachable))
    }

    @Test func tlsIsNotOptional() async throws {
        let transport = try CurlTransport()
        try await serving([[.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]]) { server in
            let url = try #require(URL("https://127.0.0.1:\(server.port)/"))
            #expect(await end(.get(url), transport) == .failed(.unreachable))
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
            #expect(await end(request, transport) == .failed(.refused))
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

/// How a request ends.
enum End: Equatable, Sendable {
    case answer(Int, String)
    case failed(TransportError.Kind)
    case cancelled
    case other(String)
}

func end(_ request: Request, _ transport: CurlTransport) async -> End {
    do {
        let response = try await transport.send(request)
        return .answer(response.status, response.body.text)
    } catch let error as TransportError {
        return .failed(error.kind)
    } catch is CancellationError { return .cancelled } catch { return .other("\(error)") }
}
