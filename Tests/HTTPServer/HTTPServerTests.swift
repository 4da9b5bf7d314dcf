import HTTP
import JSON
import System
import Testing

@testable import HTTPServer

@Suite struct HTTPServerTests {
    @Test func keepsAConnectionAndTellsTheRequestAsItCame() throws {
        let server = try HTTPServer { request in
            .text(
                200,
                [
                    request.method, request.target, request.headers["x-a"] ?? "",
                    String(decoding: request.body, as: UTF8.self),
                ]
                .joined(separator: "|"))
        }
        defer { server.stop() }
        #expect(server.port > 0)
        #expect(server.url == "http://127.0.0.1:\(server.port)")
        let client = RawClient(port: server.port)
        #expect(client.get("/a%2Fb//c?q=%20+x&y", "X-A: 1\r\n")?.text == "GET|/a%2Fb//c?q=%20+x&y|1|")
        #expect(client.post("/p", "hello")?.text == "POST|/p||hello")
        client.send("PUT /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(client.answer()?.text == "PUT|/c||abcde")
        #expect(!client.isAtEnd)
    }

    @Test func theDateIsTheHandlers() throws {
        let server = try HTTPServer { request in
            ServerResponse(200, headers: request.path == "/with" ? ["Date": "Thu, 01 Jan 2026 00:00:00 GMT"] : [:])
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        #expect(client.get("/without")?.header("Date") == nil)
        #expect(client.get("/with")?.header("Date") == "Thu, 01 Jan 2026 00:00:00 GMT")
    }

    @Test func headHasNoBody() throws {
        let server = try HTTPServer { _ in .text(200, "hello") }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n")
        let answer = client.answer(hasBody: false)
        #expect(answer?.header("Content-Length") == "5")
        #expect(client.get("/")?.text == "hello")
    }

    @Test func aWaitingHandlerHoldsUpNobody() throws {
        let asked = Signal()
        let freed = Signal()
        let server = try HTTPServer { request in
            if request.path == "/slow" {
                asked.send()
                _ = freed.wait()
            }
            return .text(200, String(request.path))
        }
        defer { server.stop() }
        let slow = RawClient(port: server.port)
        slow.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
        _ = asked.wait()
        #expect(RawClient(port: server.port).get("/fast")?.text == "/fast")
        freed.send()
        #expect(slow.answer()?.text == "/slow")
    }

    @Test func aDelayHoldsUpNobodyAndEndsWithTheServer() throws {
        let asked = Signal()
        let server = try HTTPServer { request in
            guard request.path == "/slow" else { return .text(200, "fast") }
            asked.send()
            return ServerResponse(200, delay: .seconds(86_400))
        }
        let slow = RawClient(port: server.port)
        slow.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
        _ = asked.wait()
        #expect(RawClient(port: server.port).get("/fast")?.text == "fast")
        server.stop()
        #expect(slow.answer() == nil)
        #expect(slow.isAtEnd)
    }

    @Test func aDelayedAnswerComes() throws {
        let server = try HTTPServer { _ in ServerResponse(200, body: ByteSlice("late"), delay: .milliseconds(1)) }
        defer { server.stop() }
        #expect(RawClient(port: server.port).get("/")?.text == "late")
    }

    @Test func aConnectionIsClosedWithoutAnAnswer() throws {
        let ended = Signal()
        let server = try HTTPServer { _ in
            ServerResponse(200, delivery: .closed, completion: { ended.send($0 ? 1 : 2) })
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        #expect(client.get("/") == nil)
        #expect(client.isAtEnd)
        #expect(ended.wait() == 2)
    }

    @Test(arguments: [0, 1, 100, 70_000])
    func anAnswerIsCut(after count: Int) throws {
        let ended = Signal()
        let server = try HTTPServer { _ in
            ServerResponse(
                200, body: ByteSlice(Array(repeating: UInt8(ascii: "x"), count: 100_000)),
                delivery: .truncated(after: count), completion: { ended.send($0 ? 1 : 2) })
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        let answer = client.get("/")
        #expect(answer?.status == 200)
        #expect(answer?.header("Content-Length") == "100000")
        #expect(answer?.body.count == count)
        #expect(client.isAtEnd)
        #expect(ended.wait() == 2)
    }

    @Test func whatIsCutAfterItsEndIsWhole() throws {
        let server = try HTTPServer { _ in ServerResponse(200, body: ByteSlice("abc"), delivery: .truncated(after: 3)) }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        #expect(client.get("/")?.text == "abc")
        #expect(client.get("/")?.text == "abc")
    }

    @Test func aStalledAnswerEndsWhenThePeerHangsUp() throws {
        let asked = Signal()
        let ended = Signal()
        let server = try HTTPServer { request in
            if request.path == "/other" { return .text(200, "other") }
            asked.send()
            return ServerResponse(200, delivery: .stalled, completion: { ended.send($0 ? 1 : 2) })
        }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        _ = asked.wait()
        #expect(RawClient(port: server.port).get("/other")?.text == "other")
        client.hangUp()
        #expect(ended.wait() == 2)
    }

    @Test func aStalledAnswerEndsWithTheServer() throws {
        let asked = Signal()
        let server = try HTTPServer { _ in
            asked.send()
            return .stalled
        }
        let client = RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        _ = asked.wait()
        server.stop()
        #expect(client.readsEnd())
    }

    @Test func aLongBodyIsRefused() throws {
        var limits = HTTPServer.Limits()
        limits.body = 1000
        let calls = Signal()
        let server = try HTTPServer(limits: limits) { request in
            calls.send(UInt8(request.body.count / 100))
            return .text(200, "\(request.body.count)")
        }
        defer { server.stop() }
        let bytes = { (count: Int) in String(repeating: "x", count: count) }
        #expect(RawClient(port: server.port).post("/", bytes(1000))?.text == "1000")
        #expect(RawClient(port: server.port).post("/", bytes(1001))?.status == 413)
        let chunked = RawClient(port: server.port)
        chunked.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunked.send("3e8\r\n\(bytes(1000))\r\n1\r\nx\r\n0\r\n\r\n")
        #expect(chunked.answer()?.status == 413)
        // The handler has seen the body that was not too long, and no other.
        #expect(calls.wait() == 10)
        #expect(RawClient(port: server.port).post("/", bytes(300))?.text == "300")
        #expect(calls.wait() == 3)
    }

    @Test func anEndlessBodyIsCutOff() throws {
        var limits = HTTPServer.Limits()
        limits.body = 1000
        let server = try HTTPServer(limits: limits) { _ in .text(200, "") }
        defer { server.stop() }
        let client = RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "x", count: 65536) + "\r\n"
        for _ in 0..<64 { client.send(chunk) }
        #expect(client.readsEnd())
    }

    @Test func longHeadersAreRefused() throws {
        var limits = HTTPServer.Limits()
        limits.headers = 4096
        let server = try HTTPServer(limits: limits) { _ in .text(200, "") }
        defer { server.stop() }
        let status = RawClient(port: server.port).get("/", "X: \(String(repeating: "x", count: 8192))\r\n")?.status
        #expect(status.map { $0 >= 400 } ?? true)
        #expect(RawClient(port: server.port).get("/")?.status == 200)
    }

    @Test func aLongTargetIsTaken() throws {
        let server = try HTTPServer { .text(200, "\($0.target.count)") }
        defer { server.stop() }
        #expect(RawClient(port: server.port).get("/?q=" + String(repeating: "x", count: 30_000))?.text == "30004")
    }

    @Test func aTakenPortIsSaidInWords() throws {
        let server = try HTTPServer { _ in .text(200, "") }
        defer { server.stop() }
        let failure = #expect(throws: Failure.self) { try HTTPServer(port: server.port) { _ in .text(200, "") } }
        #expect(failure?.status == .unavailable)
        #expect(failure?.description.contains("\(server.port)") == true)
        #expect(throws: Failure.self) { try HTTPServer(port: 70_000) { _ in .text(200, "") } }
        #expect(throws: Failure.self) { try HTTPServer(address: "example.com") { _ in .text(200, "") } }
    }

    @Test func nothingIsHeldAfterTheEnd() throws {
        final class Token: Sendable {}
        weak var inHandler: Token?
        weak var inCompletion: Token?
        do {
            let token = Token()
            let other = Token()
            inHandler = token
            inCompletion = other
            let server = try HTTPServer { [other] request in
                withExtendedLifetime(token) {}
                return ServerResponse(
                    200, body: ByteSlice("x"), delivery: request.path == "/cut" ? .truncated(after: 0) : .whole,
                    completion: { _ in withExtendedLifetime(other) {} })
            }
            _ = RawClient(port: server.port).get("/")
            _ = RawClient(port: server.port).get("/cut")
            // A request that never becomes one, and one whose sender goes before its body has come.
            RawClient(port: server.port).send("NONSENSE\r\n\r\n")
            RawClient(port: server.port).send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
        }
        #expect(inHandler == nil)
        #expect(inCompletion == nil)
    }

    @Test func startsAndStopsOften() throws {
        for _ in 0..<50 {
            let server = try HTTPServer { _ in .text(200, "x") }
            #expect(RawClient(port: server.port).get("/")?.text == "x")
            server.stop()
            server.stop()
        }
    }
}
