import Curl
import Gzip
import HTTP
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

let curlCases: [Case] = [
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
    Case("gzip in two members", [.send(gzipped(zip + zip))], .answer(200, text + text)),
    Case(
        "gzip, byte by byte",
        [.send(chunked.replacing("\r\n\r\n", with: "\r\nContent-Encoding: x-gzip\r\n\r\n"))]
            + zip.map { .send(Array("1\r\n".utf8) + [$0] + Array("\r\n".utf8)) } + [.send("0\r\n\r\n")],
        .answer(200, text)),
    Case("gzip of nothing at all", [.send(gzipped([]))], .answer(200, "")),
    Case("gzip with something after it", [.send(gzipped(zip + [1]))], .truncated),
    Case("a coding that was not asked for", [.answer("body", "Content-Encoding: br\r\n")], .refused),
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
    Case("half a header", [.send("HTTP/1.1 200 OK\r\nConte")], .truncated),
    Case("half a status line", [.send("HTTP/1.1 20")], .lost),
    Case("half a header, then nothing", [.send("HTTP/1.1 200 OK\r\nConte"), .hang], .timedOut),
    Case("half a body, then nothing", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), .hang], .timedOut),
    Case("silence", [.hang], .timedOut),
    Case("not HTTP", [.send("SSH-2.0-x\r\n")], .refused),
    Case("HEAD", [.send("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")], .answer(200, ""), method: "HEAD"),
]
