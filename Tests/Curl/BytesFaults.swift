import Gzip
import HTTP

/// What may go wrong with the bytes of an answer.

private let zip = Gzip.compress(Array(String(repeating: "text ", count: 100).utf8))
private let bomb = Gzip.compress([UInt8](repeating: 0x20, count: 20 << 20), level: 9)
private let text = String(repeating: "text ", count: 100)
private let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
private func gzipped(_ bytes: [UInt8], length: Int? = nil, coding: String = "gzip") -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(length ?? bytes.count)\r\n\r\n".utf8)
        + bytes
}
private func header(_ lines: Int, of size: Int) -> String {
    (0..<lines).map { "X-\($0): " + String(repeating: "a", count: size) + "\r\n" }.joined()
}
private func sent(_ head: String, _ body: String = "") -> [Step] { [.send("HTTP/1.1 \(head)\r\n\r\n\(body)")] }
/// A deflate block that holds nothing, and is not the last one.
private let nothing: [UInt8] = [0, 0, 0, 0xFF, 0xFF]

private let damaged = Fault.Result.failed("connection_lost", .item)
private let refused = Fault.Result.failed("refused", .item)
private let tooLarge = Fault.Result.failed("too_large", .item)

/// For a server that keeps still: the call is given up soon, and tried once more.
private func hasty(_ call: inout Fault.Call) {
    call.timeout = .milliseconds(60)
    call.attempts = 2
}

let bodyFaults: [Fault] = [
    Fault("a body with its length", [.answer("body")], .answer(200, "body")),
    Fault("an empty body", [.answer("")], .answer(200, "")),
    Fault("no content", sent("204 X"), .answer(204, "")),
    Fault("204 with a body", sent("204 X\r\nContent-Length: 4", "body"), .answer(204, "")),
    Fault("not modified", sent("304 X\r\nContent-Length: 9"), .answer(304, "")),
    Fault("up to the end of the connection", sent("200 OK", "body"), .answer(200, "body")),
    Fault("chunks", [.send(chunked + "2\r\nbo\r\n"), .send("2;x=y\r\ndy\r\n0\r\n\r\n")], .answer(200, "body")),
    Fault("chunks with trailers", [.send(chunked + "2\r\nbo\r\n0\r\nX: y\r\n\r\n")], .answer(200, "bo")),
    Fault(
        "a trailer that names another status", [.send(chunked + "2\r\nbo\r\n0\r\nHTTP/1.1 500: y\r\n\r\n")],
        .answer(200, "bo")),
    Fault(
        "endless trailers", [.send(chunked + "2\r\nbo\r\n0\r\n"), .flood(Array("X: y\r\n".utf8))], refused,
        says: "header of the answer is too long"),
    Fault("no last chunk", [.send(chunked + "2\r\nbo\r\n")], damaged, calls: 8),
    Fault("no last chunk, once", [[.send(chunked + "2\r\nbo\r\n")], [.answer("ok")]], .answer(200, "ok"), calls: 2),
    Fault("half a chunk", [.send(chunked + "20\r\nbo")], damaged, calls: 8),
    Fault("a chunk whose size is no number", [.send(chunked + "zz\r\nbo\r\n0\r\n\r\n")], damaged, calls: 8),
    Fault("a chunk of a negative size", [.send(chunked + "-2\r\nbo\r\n0\r\n\r\n")], damaged, calls: 8),
    Fault(
        "a chunk of a size beyond all numbers", [.send(chunked + "fffffffffffffffffff\r\nbo\r\n0\r\n\r\n")], damaged,
        calls: 8),
    Fault("a chunk longer than it says", [.send(chunked + "2\r\nbody\r\n0\r\n\r\n")], damaged, calls: 8),
    Fault("half a body", sent("200 OK\r\nContent-Length: 10", "half"), damaged, calls: 8, says: "damaged"),
    Fault(
        "half a body, then a whole one", [sent("200 OK\r\nContent-Length: 10", "half"), [.answer("whole")]],
        .answer(200, "whole"), calls: 2, takes: .zero ... .seconds(1)),
    Fault("half a body, then a reset", sent("200 OK\r\nContent-Length: 10", "half") + [.reset], damaged, calls: 8),
    Fault(
        "half a body, then nothing", sent("200 OK\r\nContent-Length: 10", "half") + [.hang], damaged, calls: 2, hasty),
    Fault(
        "a body that comes a byte now and then", sent("200 OK\r\nContent-Length: 1000") + [.drip([0x61], 5)], damaged,
        calls: 2, says: "no answer in time", hasty),
    Fault(
        "a body that stalls", sent("200 OK\r\nContent-Length: 10", "half") + [.hang], damaged, calls: 1,
        says: "nothing came for 0.1 seconds"
    ) {
        $0.stall = .milliseconds(100)
        $0.attempts = 1
    },
    Fault("a header that stalls", [.send("HTTP/1.1 200 OK\r\nConte"), .hang], damaged, calls: 2, says: "nothing came") {
        $0.stall = .milliseconds(50)
        $0.attempts = 2
    },
    Fault(
        "a body that comes slowly, but comes", sent("200 OK\r\nContent-Length: 30") + [.drip([0x61], 10)],
        .answer(200, String(repeating: "a", count: 30))
    ) { $0.stall = .seconds(30) },
    Fault("a body longer than its length", sent("200 OK\r\nContent-Length: 2", "body"), .answer(200, "bo")),
    Fault("a negative length", sent("200 OK\r\nContent-Length: -1", "body"), refused),
    Fault("a length that is no number", sent("200 OK\r\nContent-Length: many", "body"), refused),
    Fault("a length with a sign", sent("200 OK\r\nContent-Length: +4", "body"), refused),
    Fault("two lengths that differ", sent("200 OK\r\nContent-Length: 2\r\nContent-Length: 4", "body"), refused),
    Fault(
        "two lengths that agree", sent("200 OK\r\nContent-Length: 4\r\nContent-Length: 4", "body"), .answer(200, "body")
    ),
    Fault(
        "a length, and chunks",
        [.send(chunked.replacing("Transfer", with: "Content-Length: 3\r\nTransfer") + "2\r\nbo\r\n0\r\n\r\n")],
        .answer(200, "bo")),
    Fault("a length beyond what is taken", sent("200 OK\r\nContent-Length: 100001") + [.hang], tooLarge),
    Fault("a length beyond all numbers", sent("200 OK\r\nContent-Length: 99999999999999999999999") + [.hang], tooLarge),
    Fault("an endless body", sent("200 OK") + [.flood([UInt8](repeating: 0x20, count: 5000))], tooLarge),
    Fault("endless chunks", [.send(chunked), .flood(Array("5\r\nabcde\r\n".utf8))], tooLarge),
    Fault("an endless error", sent("500 X") + [.flood([UInt8](repeating: 0x20, count: 5000))], tooLarge),
    Fault("just as long as it may be", [.answer("0123456789")], .answer(200, "0123456789")) { $0.limit = 10 },
    Fault("a byte too long", [.answer("0123456789")], tooLarge) { $0.limit = 9 },
    Fault("a byte too long, in chunks", [.send(chunked + "a\r\n0123456789\r\n0\r\n\r\n")], tooLarge) { $0.limit = 9 },

    Fault("gzip", [.send(gzipped(zip))], .answer(200, text)),
    Fault("gzip in two members", [.send(gzipped(zip + zip))], .answer(200, text + text)),
    Fault(
        "gzip, byte by byte",
        [.send(chunked.replacing("\r\n\r\n", with: "\r\nContent-Encoding: x-gzip\r\n\r\n"))]
            + zip.map { .send(Array("1\r\n".utf8) + [$0] + Array("\r\n".utf8)) } + [.send("0\r\n\r\n")],
        .answer(200, text)),
    Fault("gzip of nothing at all", [.send(gzipped([]))], .answer(200, "")),
    Fault("gzip twice, said in one field", [.send(gzipped(Gzip.compress(zip), coding: "gzip, gzip"))], refused),
    Fault(
        "gzip twice, said in two fields",
        [.send(gzipped(Gzip.compress(zip), coding: "gzip\r\nContent-Encoding: gzip"))], refused),
    Fault("a gzip with something after it", [.send(gzipped(zip + [1]))], damaged, calls: 8),
    Fault("what is not gzip", [.send(gzipped(Array("plain text".utf8)))], damaged, calls: 8, says: "not gzip"),
    Fault(
        "half of a gzip, and of its length", [.send(gzipped(Array(zip[..<20]), length: zip.count))], damaged, calls: 8),
    Fault("a gzip cut off, its length right", [.send(gzipped(Array(zip[..<20])))], damaged, calls: 8),
    Fault(
        "a gzip with a wrong sum", [.send(gzipped(zip.dropLast(8) + [1, 2, 3, 4] + zip.suffix(4)))], damaged, calls: 8),
    Fault("a gzip bomb", [.send(gzipped(bomb))], tooLarge),
    Fault(
        "an endless gzip of nothing",
        sent("200 OK\r\nContent-Encoding: gzip") + [
            .send([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]), .flood(Array(repeatElement(nothing, count: 500).joined())),
        ], tooLarge),
    Fault("br, which was not asked for", [.answer("body", "Content-Encoding: br\r\n")], refused, says: "coded as br"),
    Fault("deflate, which was not asked for", [.answer("body", "Content-Encoding: deflate\r\n")], refused),
    Fault("identity", [.answer("body", "Content-Encoding: identity\r\n")], .answer(200, "body")),
]

let headerFaults: [Fault] = [
    Fault("100 Continue first", sent("100 Continue") + [.answer("body")], .answer(200, "body")),
    Fault("103 Early Hints first", sent("103 Early\r\nLocation: /x") + [.answer("body")], .answer(200, "body")),
    Fault("a flood of 100", [.flood(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))], refused),
    Fault("a flood of 103", [.flood(Array("HTTP/1.1 103 X\r\nLink: x\r\n\r\n".utf8))], refused),
    Fault("101, which was not asked for", sent("101 X\r\nUpgrade: x", "bytes"), refused),
    Fault("HTTP/0.9", [.send("<html>body</html>")], refused),
    Fault("not HTTP", [.send("SSH-2.0-x\r\n")], refused),
    Fault("HTTP of a version that is not known", [.send("HTTP/7.3 200 OK\r\n\r\nbody")], refused),
    Fault("no status", [.send("HTTP/1.1 OK\r\nContent-Length: 4\r\n\r\nbody")], refused),
    Fault("a status of four digits", [.send("HTTP/1.1 2000 OK\r\nContent-Length: 4\r\n\r\nbody")], refused),
    Fault("half a status line", [.send("HTTP/1.1 20")], damaged, calls: 8),
    Fault("half a header", [.send("HTTP/1.1 200 OK\r\nConte")], damaged, calls: 8),
    Fault("half a header, then a reset", [.send("HTTP/1.1 200 OK\r\nConte"), .reset], damaged, calls: 8),
    Fault("half a header, then nothing", [.send("HTTP/1.1 200 OK\r\nConte"), .hang], damaged, calls: 2, hasty),
    Fault(
        "a header that comes a byte now and then", [.drip(Array("HTTP/1.1 200 OK\r\nX: y".utf8), 5)], damaged, calls: 2,
        hasty),
    Fault("silence", [.hang], damaged, calls: 2, says: "no answer in time", hasty),
    Fault("no answer", [], damaged, calls: 8, says: "the connection was lost"),
    Fault("no answer, then one", [[], [.answer("ok")]], .answer(200, "ok"), calls: 2),
    Fault("a reset", [.reset], damaged, calls: 8),
    Fault(
        "resets, then an answer", [[.reset], [.reset], [.answer("ok")]], .answer(200, "ok"), calls: 3,
        takes: .zero ... .seconds(3)),
    Fault("a NUL in the header", sent("200 OK\r\nX: a\0b\r\nContent-Length: 2", "ok"), refused),
    Fault(
        "a bare CR in the header", sent("200 OK\r\nX: a\rContent-Length: 9\r\nContent-Length: 2", "ok"),
        .answer(200, "ok")),
    Fault("a folded field", sent("200 OK\r\nX: a\r\n b\r\nContent-Length: 2", "ok"), .answer(200, "ok")),
    Fault("a field without a colon", sent("200 OK\r\nnonsense\r\nContent-Length: 2", "ok"), refused),
    Fault("lines that end with LF alone", [.send("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")], .answer(200, "ok")),
    Fault(
        "a header that is not UTF-8",
        [.send(Array("HTTP/1.1 200 OK\r\nX: ".utf8) + [0xFF, 0xFE] + Array("\r\nContent-Length: 2\r\n\r\nok".utf8))],
        .answer(200, "ok")),
    Fault("a header just as long as it may be", [.answer("ok", header(490, of: 400))], .answer(200, "ok")),
    Fault("a header of 1000 fields", [.answer("ok", header(1000, of: 1))], refused, says: "too long"),
    Fault("a header of 300 KiB", [.answer("ok", header(50, of: 6144))], refused),
    Fault("a field of 300 KiB", [.answer("ok", header(1, of: 300 << 10))], refused),
    Fault("an endless header", [.send("HTTP/1.1 200 OK\r\n"), .flood(Array("X: y\r\n".utf8))], refused),
    Fault(
        "an endless field", [.send("HTTP/1.1 200 OK\r\nX: "), .flood([UInt8](repeating: 0x61, count: 9999))], refused),
    Fault("HEAD has no body", sent("200 OK\r\nContent-Length: 9999999"), .answer(200, "")) { $0.method = "HEAD" },
]
