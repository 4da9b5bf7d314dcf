import HTTP
import System

/// What a service may answer, and how the client goes on.

private let ok: [Step] = [.answer("ok")]
private let answered = Fault.Result.answer(200, "ok")
private let rateLimited = Fault.Result.failed("rate_limited", .item)
private let serverError = Fault.Result.failed("server_error", .item)
private func status(_ status: Int, _ fields: String = "", _ body: String = "") -> [Step] {
    [.answer(body, fields, status: status)]
}
private func slowly(_ after: String, date: String? = nil) -> [Step] {
    status(429, "Retry-After: \(after)\r\n" + (date.map { "Date: \($0)\r\n" } ?? ""))
}
private func moved(_ location: String, _ code: Int = 302) -> [Step] { status(code, "Location: \(location)\r\n") }
private func exactly(_ seconds: Double) -> ClosedRange<Duration> { .seconds(seconds) ... .seconds(seconds) }
/// Any of the first pauses that are drawn.
private let aPause: ClosedRange<Duration> = .zero ... .seconds(1)

let pauseFaults: [Fault] = [
    Fault("429", [status(429), ok], answered, calls: 2, takes: aPause),
    Fault("429 with seconds", [slowly("7"), ok], answered, calls: 2, takes: exactly(7)),
    Fault("429 with 0 seconds", [slowly("0"), ok], answered, calls: 2, takes: aPause),
    Fault("429 with negative seconds", [slowly("-5"), ok], answered, calls: 2, takes: aPause),
    Fault("429 with a fraction", [slowly("30.5"), ok], answered, calls: 2, takes: exactly(30.5)),
    Fault("429 with nonsense", [slowly("soon"), ok], answered, calls: 2, takes: aPause),
    Fault("429 with nothing", [slowly(""), ok], answered, calls: 2, takes: aPause),
    Fault(
        "429 of a number beyond all", [slowly("99999999999999999999999")], rateLimited, calls: 1, takes: exactly(600)),
    Fault("429 of an hour", [slowly("3600")], rateLimited, calls: 1, takes: exactly(600)),
    Fault("429 with a date", [slowly("Fri, 15 Jan 2027 08:00:30 GMT"), ok], answered, calls: 2, takes: exactly(30)),
    Fault(
        "429 with a date of RFC 850", [slowly("Friday, 15-Jan-27 08:00:30 GMT"), ok], answered, calls: 2,
        takes: exactly(30)),
    Fault(
        "429 with a date of asctime", [slowly("Fri Jan 15 08:00:30 2027"), ok], answered, calls: 2, takes: exactly(30)),
    Fault(
        "429 with a date in another zone", [slowly("Fri, 15 Jan 2027 09:00:30 +0100"), ok], answered, calls: 2,
        takes: exactly(30)),
    Fault(
        "429 with a date in a zone that nobody knows", [slowly("Fri, 15 Jan 2027 11:00:30 MSK"), ok], answered,
        calls: 2,
        takes: aPause),
    Fault("429 with a past date", [slowly("Fri, 15 Jan 2027 07:00:30 GMT"), ok], answered, calls: 2, takes: aPause),
    Fault(
        "429 with a date in a thousand years", [slowly("Fri, 15 Jan 3027 08:00:00 GMT")], rateLimited, calls: 1,
        takes: exactly(600)),
    Fault(
        "429 with a date, of a server an hour ahead",
        [slowly("Fri, 15 Jan 2027 09:00:30 GMT", date: "Fri, 15 Jan 2027 09:00:00 GMT"), ok], answered, calls: 2,
        takes: exactly(30)),
    Fault(
        "429 with a date, of a server an hour behind",
        [slowly("Fri, 15 Jan 2027 07:00:30 GMT", date: "Fri, 15 Jan 2027 07:00:00 GMT"), ok], answered, calls: 2,
        takes: exactly(30)),
    Fault(
        "429 whose Date is nonsense", [slowly("Fri, 15 Jan 2027 08:00:30 GMT", date: "now"), ok], answered, calls: 2,
        takes: exactly(30)),
    Fault(
        "the window is used up, of a server an hour ahead",
        [
            status(
                429,
                "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1800003640\r\nDate: Fri, 15 Jan 2027 09:00:00 GMT\r\n"),
            ok,
        ], answered, calls: 2, takes: .seconds(40) ... .seconds(41)),
    Fault("429 twice, each with its own pause", [slowly("3"), slowly("4"), ok], answered, calls: 3, takes: exactly(7)),
    Fault("429 for ever", status(429), rateLimited, calls: 8),
    Fault("503 with seconds", [status(503, "Retry-After: 7\r\n"), ok], answered, calls: 2, takes: exactly(7)),
    Fault(
        "a burst of 503", Array(repeating: status(503), count: 6) + [ok], answered, calls: 7,
        takes: .zero ... .seconds(63)),
    Fault("503 for ever", status(503), serverError, calls: 8),
    Fault("503 for ever, 100 s each", status(503, "Retry-After: 100\r\n"), serverError, calls: 7),
    Fault("503 for ever, to a call with one attempt", status(503), serverError, calls: 1) { $0.attempts = 1 },
    Fault("500, 502, 504, 408 and 425", [500, 502, 504, 408, 425].map { status($0) } + [ok], answered, calls: 6),
    Fault("501", status(501), serverError, calls: 1),
    Fault("a write that was answered 503", status(503), serverError, calls: 1) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
    },
    Fault("a write whose answer is lost", [], .failed("connection_lost", .item), calls: 1) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
    },
    Fault(
        "a write whose answer is half", [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")],
        .failed("connection_lost", .item)
    ) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
    },
    Fault("a reading by POST is sent again with its body", [status(503), [.reset], ok], answered, calls: 3) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
        $0.isIdempotent = true
    },
    Fault("a service's own pause", [status(403, "", #"{"error":"slow"}"#), ok], answered, calls: 2) {
        $0.rules = [Rule(403, reason: "slow", .retry)]
    },
    Fault("a service's own end of a run", status(403, "", #"{"error":"closed"}"#), .failed("closed", .run)) {
        $0.rules = [Rule(403, reason: "closed", .run)]
    },
    Fault("a service's own end of a cursor", status(410, "", "<html>"), .failed("gone", .cursorExpired)) {
        $0.rules = [Rule(410, .cursorExpired, name: "gone")]
    },
    Fault("400", status(400), .failed("bad_request", .item)),
    Fault("403", status(403), .failed("forbidden", .item)),
    Fault("404", status(404), .failed("not_found", .item)),
    Fault("410", status(410), .failed("gone", .item)),
]

let tokenFaults: [Fault] = [
    Fault("401 once", [status(401), ok], answered, calls: 2, takes: exactly(0)) { $0.tokens = ["t1", "t2"] },
    Fault("401 twice", status(401), .failed("unauthorised", .run), calls: 2) { $0.tokens = ["t1", "t2", "t3"] },
    Fault("401 and no other token", status(401), .failed("unauthorised", .run), calls: 1),
    Fault("401 with another token meanwhile", [status(401), ok], answered, calls: 2) {
        $0.tokens = ["t1", "t2"]
        $0.renewedMeanwhile = true
    },
    Fault(
        "401 of a revoked token, with its code", status(401, "", #"{"error":"token_revoked"}"#),
        .failed("token_revoked", .run)),
    Fault(
        "401, a pause, and 401 again", [status(401), status(503), status(401), ok], .failed("unauthorised", .run),
        calls: 3
    ) {
        $0.tokens = ["t1", "t2", "t3"]
    },
    Fault("401 of a link that carries its own permission", status(401), .failed("unauthorised", .item)) {
        $0.isAuthorised = false
    },
    Fault("401 of a write", [status(401), ok], answered, calls: 2) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
        $0.tokens = ["t1", "t2"]
    },
]

let redirectFaults: [Fault] = [
    Fault("a redirect", [moved("/there"), ok], answered, calls: 2),
    Fault("a redirect of each kind", [301, 302, 303, 307, 308].map { moved("/\($0)", $0) } + [ok], answered, calls: 6),
    Fault("a redirect without a place", status(302), .failed("redirect", .item)),
    Fault("a redirect to nothing", moved(""), .failed("too_many_redirects", .item), calls: 6),
    Fault(
        "a redirect to itself", moved("/"), .failed("too_many_redirects", .item), calls: 6, says: "more than 5 times"),
    Fault("300 and a place", moved("/x", 300), .failed("redirect", .item)),
    Fault("a redirect to a file", moved("file:///etc/passwd"), .failed("bad_redirect", .item)),
    Fault("a redirect to gopher", moved("gopher://127.0.0.1:{port}/"), .failed("bad_redirect", .item)),
    Fault(
        "a redirect with a name and a password", moved("http://a:b@127.0.0.1:{port}/"), .failed("bad_redirect", .item)),
    Fault(
        "a redirect to another host", moved("http://localhost:{port}/"), .failed("host_not_allowed", .item),
        says: "localhost is none of the hosts"),
    Fault(
        "a redirect to another host without a scheme", moved("//localhost:{port}/"), .failed("host_not_allowed", .item)),
    Fault("a redirect to another host by a backslash", [moved("/\\localhost:{port}/x"), ok], answered, calls: 2),
    Fault("a redirect to plain http elsewhere", moved("http://sluice.invalid/"), .failed("insecure_url", .item)),
    Fault("a redirect to a host of content", [moved("http://localhost:{port}/"), ok], answered, calls: 2) {
        $0.contentHosts = ["localhost"]
        $0.headers = ["X-Api-Key": "k"]
    },
    Fault(
        "401 of a host of content", [moved("http://localhost:{port}/"), status(401)], .failed("unauthorised", .item),
        calls: 2
    ) {
        $0.contentHosts = ["localhost"]
        $0.tokens = ["t1", "t2"]
    },
    Fault(
        "there and back", [moved("http://localhost:{port}/"), moved("http://127.0.0.1:{port}/"), ok], answered, calls: 3
    ) {
        $0.contentHosts = ["localhost"]
        $0.headers = ["X-Api-Key": "k"]
    },
    Fault("a reset behind a redirect", [moved("/there"), [.reset], ok], answered, calls: 3),
    Fault("303 after a write", moved("/there", 303), .failed("redirect", .item)) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
    },
    Fault("303 after a reading by POST", [moved("/there", 303), ok], answered, calls: 2) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
        $0.isIdempotent = true
    },
    Fault("307 after a reading by POST", moved("/there", 307), .failed("redirect", .item)) {
        $0.method = "POST"
        $0.body = [0x7B, 0x7D]
        $0.isIdempotent = true
    },
]

let faultTable = bodyFaults + headerFaults + pauseFaults + tokenFaults + redirectFaults
