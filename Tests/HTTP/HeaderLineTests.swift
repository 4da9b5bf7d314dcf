import HTTP
import Testing

@Suite struct HeaderLineTests {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n", HeaderLine.status(200)), ("HTTP/2 404 \r\n", .status(404)),
        ("HTTP/1.1 204", .status(204)),
        ("HTTP/1.1 20\r\n", .other), ("HTTP/1.1 2000 X", .other), ("HTTP/1.1 099 X", .other), ("HTTP/1.1", .other),
        ("HTTP/1.1  200 OK", .other), ("HTTP/1.1 2é0 OK", .other),
        ("Date: x\r\n", .field(name: "Date", value: "x")), ("a:\t b:c \t\r\n", .field(name: "a", value: "b:c")),
        ("a:\n", .field(name: "a", value: "")), ("\r\n", .end), ("", .end), ("\n", .end),
        (" more \r\n", .continuation("more")), ("\t\r\n", .continuation("")),
        ("a : b", .other), (": b", .other), ("é: b", .other), ("no colon", .other),
        ("a: \u{E9}", .field(name: "a", value: "\u{E9}")),
    ]) func means(_ text: String, _ line: HeaderLine) {
        #expect(HeaderLine(Array(text.utf8).span) == line)
    }

    @Test func whatIsNotUTF8IsReplaced() {
        #expect(HeaderLine([0x61, 0x3A, 0xFF].span) == .field(name: "a", value: "\u{FFFD}"))
    }

    @Test func aHeaderIsMadeOfItsLines() {
        var headers = Headers()
        for line in ["HTTP/1.1 100 C", "X: 0", "", "HTTP/1.1 200 OK", " lost", "A: 1", " 2", "a: 3", "B", ""] {
            headers.receive(HeaderLine(Array(line.utf8).span))
        }
        #expect(headers == ["A": "1 2", "a": "3"])
        #expect(headers.all("A") == ["1 2", "3"])
        #expect(headers["@"] == nil && headers["x"] == nil)
    }

    @Test func namesAreComparedByTheirLettersAlone() {
        let headers: Headers = ["X-[": "1", "Retry-After": "2"]
        #expect(headers["x-{"] == nil && headers["retry-AFTER"] == "2" && headers["retry\rafter"] == nil)
    }
}
