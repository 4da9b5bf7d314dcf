import HTTP
import Scripts
import System
import Testing

@Suite struct MessageTests {
    static let urls: [(String, String?)] = [
        ("https://a.test", "https://a.test/"),
        ("HTTPS://A.Test:443/P?q#f", "https://a.test/P?q"),
        ("http://a.test:80/", "http://a.test/"),
        ("http://a.test:8080/x", "http://a.test:8080/x"),
        ("https://a.test?q=1", "https://a.test/?q=1"),
        ("https://a.test#f", "https://a.test/"),
        ("https://a.test/%2e%2E/x", "https://a.test/%2e%2E/x"),
        ("https://a.test/a/../b/./c", "https://a.test/b/c"),
        ("https://a.test/../../x", "https://a.test/x"),
        ("https://a.test/a/..", "https://a.test/"),
        ("https://a.test/a/.", "https://a.test/a/"),
        ("https://a.test/a//b", "https://a.test/a//b"),
        ("https://[::1]:8080/", "https://[::1]:8080/"),
        ("https://a.test/x?u=https://b.test/@", "https://a.test/x?u=https://b.test/@"),
        ("https://a.test/@b.test", "https://a.test/@b.test"),
        ("", nil), ("a.test", nil), ("//a.test/", nil), ("https://", nil), ("https:///x", nil), ("https:a.test", nil),
        ("ftp://a.test/", nil), ("file:///etc/passwd", nil), ("javascript:alert(1)", nil), ("gopher://a.test/", nil),
        ("https://user@a.test/", nil), ("https://user:pass@a.test/", nil), ("https://a.test\\@b.test/", nil),
        ("https://a.test\\.b.test/", nil), ("https://a.test /", nil), ("https://a.test/ x", nil),
        ("https://a.test/\r\nX: y", nil),
        ("https://a.test/\u{0}", nil), ("https://ä.test/", nil), ("https://a%2etest/", nil), ("https://a..test/", nil),
        ("https://./", nil), ("https://../", nil), ("https://a.test./", nil), ("https://a.test:/", nil),
        ("https://a.test:0/", nil),
        ("https://a.test:65536/", nil), ("https://a.test:+80/", nil), ("https://a.test:8a/", nil),
        ("https://a.test:1:2/", nil),
        ("https://[::1/", nil), ("https://::1/", nil), ("https://[]/", nil), ("https://[a.test]/", nil),
        ("https://a,b.test/", nil),
        ("https://*.test/", nil), ("https://a.test;b/", nil),
    ]

    @Test(arguments: urls) func urlsAreReadInOneWayOrNotAtAll(text: String, expected: String?) {
        #expect(URL(text)?.description == expected)
    }

    static let references: [(String, String?)] = [
        ("https://b.test/x", "https://b.test/x"), ("//b.test/x", "https://b.test/x"), ("/x?y", "https://a.test:1/x?y"),
        ("?y", "https://a.test:1/d/e?y"), ("#f", "https://a.test:1/d/e?q"), ("", "https://a.test:1/d/e?q"),
        ("x", "https://a.test:1/d/x"), ("../x", "https://a.test:1/x"), ("./x/", "https://a.test:1/d/x/"),
        ("x:y", nil), ("javascript:1", nil), ("x/y:z", "https://a.test:1/d/x/y:z"), ("/a b", nil),
        ("//user@b.test/", nil),
    ]

    @Test(arguments: references) func aLocationIsReadFromWhereItStands(text: String, expected: String?) {
        #expect(url("https://a.test:1/d/e?q").resolving(text)?.description == expected)
    }

    static let loopback: [(String, Bool)] = [
        ("http://localhost/", true), ("http://127.0.0.1/", true), ("http://127.255.1.2:80/", true),
        ("http://[::1]/", true),
        ("http://localhost.evil.test/", false), ("http://127.0.0.1.evil.test/", false), ("http://128.0.0.1/", false),
        ("http://127.1/", false), ("http://0.0.0.0/", false), ("http://[::ffff:127.0.0.1]/", false),
        ("http://2130706433/", false),
    ]

    @Test(arguments: loopback) func thisMachineIsKnown(text: String, expected: Bool) {
        #expect(url(text).isLoopback == expected)
    }

    static let texts: [(String, String)] = [
        ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b", "a%20b"), ("a/b?c#d&e=f+g%", "a%2Fb%3Fc%23d%26e%3Df%2Bg%25"),
        ("ä€😀", "%C3%A4%E2%82%AC%F0%9F%98%80"), ("\u{0}\r\n", "%00%0D%0A"), ("..", ".."),
    ]

    @Test(arguments: texts) func anyTextIsEncodedAndComesBack(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    static let decoded: [(String, String)] = [
        ("%41", "A"), ("%4", "%4"), ("%", "%"), ("%zz", "%zz"), ("%%41", "%A"), ("%e4", "\u{FFFD}"), ("a+b", "a+b"),
        ("%2B", "+"),
    ]

    @Test(arguments: decoded) func whatIsNoEncodingStaysAsItIs(text: String, expected: String) {
        #expect(PercentEncoding.decode(text) == expected)
    }

    @Test func formsAndQueriesComeBack() {
        let fields = [("a b", "c&d"), ("e", ""), ("e", "=+")]
        let form = PercentEncoding.form(fields)
        #expect(form == "a%20b=c%26d&e=&e=%3D%2B")
        #expect(PercentEncoding.fields(of: form).map { [$0.name, $0.value] } == fields.map { [$0.0, $0.1] })
        #expect(PercentEncoding.fields(of: "a+b=c&&d").map { [$0.name, $0.value] } == [["a b", "c"], ["d", ""]])
    }

    @Test func idsDoNotChangeTheShapeOfAURL() {
        let base = url("https://a.test/v1")
        #expect(base.appending("a/b", "?", "#x").description == "https://a.test/v1/a%2Fb/%3F/%23x")
        #expect(base.appending("..", ".", "...").path == "/v1/%2E%2E/%2E/...")
        #expect(
            base.query([("q", "a&b=c")]).query([("r", "é")]).description == "https://a.test/v1?q=a%26b%3Dc&r=%C3%A9")
    }

    @Test func headersAreFoundWhateverTheirCase() {
        var headers: Headers = ["A-b": "1", "a-B": "2", "C": "3"]
        #expect(headers["A-B"] == "1")
        headers["a-b"] = "4"
        #expect(headers.fields.map { [$0.name, $0.value] } == [["C", "3"], ["a-b", "4"]])
        headers["c"] = nil
        headers.append("A-B", "5")
        #expect(headers["a-b"] == "4" && headers.fields.count == 2)
    }

    @Test func theMediaTypeHasNoParameters() {
        for (text, expected) in [
            ("Text/HTML; charset=x", "text/html"), ("application/json", "application/json"), ("", ""),
        ] {
            let response = Response(
                status: 200, headers: ["content-type": text], body: .init(""), date: ManualTime.start)
            #expect(response.mediaType == expected)
        }
    }

    static let dates: [(String, String?)] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"), ("Thu, 29 Feb 2024 23:59:60 GMT", "2024-02-29T23:59:59Z"),
        ("Thu, 30 Feb 2024 00:00:00 GMT", nil), ("Sun, 06 Nov 1994", nil), ("", nil), ("tomorrow", nil), ("120", nil),
        ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
        ("Sun, 06 Nov 1994 08:49 GMT", nil),
    ]

    @Test(arguments: dates) func httpDatesAreRead(text: String, expected: String?) {
        #expect(Timestamp(httpDate: text)?.description == expected)
    }

    @Test func httpDatesComeBack() {
        for seconds in stride(from: Int64(-86_400 * 800), to: 4_000_000_000, by: 86_400 * 37 + 3671) {
            let moment = Timestamp(seconds: seconds)
            guard seconds >= 0 else { continue }
            #expect(Timestamp(httpDate: moment.httpDate) == moment)
        }
        #expect(Timestamp(seconds: 784_111_777).httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    static let pauses: [(String?, Duration?)] = [
        (nil, nil), ("", nil), ("0", nil), ("5", .seconds(5)), (" 5 ", .seconds(5)), ("-5", nil), ("1.5", nil),
        ("5s", nil),
        ("99999999999999999999", .seconds(604_800)), ("0x10", nil), ("nan", nil),
        ("Fri, 15 Jan 2027 08:01:00 GMT", .seconds(60)), ("Fri, 15 Jan 2027 07:59:00 GMT", nil),
        ("Fri, 15 Jan 2099 08:01:00 GMT", .seconds(604_800)), ("Fri, 15 Foo 2027 08:01:00 GMT", nil),
    ]

    @Test(arguments: pauses) func retryAfterIsReadOrIgnored(text: String?, expected: Duration?) {
        var headers = Headers()
        headers["Retry-After"] = text
        let response = Response(status: 429, headers: headers, body: .init(""), date: ManualTime.start)
        #expect(response.retryAfter == expected)
    }

    static let codes: [(String, String?)] = [
        (#"{"error":{"errors":[{"reason":"notFound"}],"code":404,"status":"NOT_FOUND"}}"#, "notFound"),
        (#"{"error":{"code":404,"status":"NOT_FOUND"}}"#, "NOT_FOUND"),
        (#"{"error":{"code":"itemNotFound"}}"#, "itemNotFound"),
        (#"{"ok":false,"error":"channel_not_found"}"#, "channel_not_found"),
        (#"{"code":"object_not_found"}"#, "object_not_found"),
        (#"[{"errorCode":"INVALID_SESSION_ID"}]"#, "INVALID_SESSION_ID"), (#"{"error":"a long sentence"}"#, nil),
        (#"{"error":"a\r\nb"}"#, nil), ("<html>", nil), ("", nil), ("[]", nil), ("3", nil),
    ]

    @Test(arguments: codes) func theServicesCodeIsFound(body: String, expected: String?) {
        let response = Response(status: 404, headers: [:], body: .init(body), date: ManualTime.start)
        #expect(response.errorReason == expected)
    }
}
