import HTTP
import Scripts
import System
import Testing

/// One row: what the service does, and what must come of it.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [Step]
    let end: End
    let calls: Int
    var request = get()
    /// How long the call took by the clock; nil where chance has a part in it.
    var waited: Duration?

    init(_ name: String, _ steps: [Step], _ end: End, calls: Int, _ request: Request = get(), waited: Duration? = nil) {
        testDescription = name
        self.steps = steps
        self.end = end
        self.calls = calls
        self.request = request
        self.waited = waited
    }
}

private let post = Request("POST", url("https://api.test/items"), body: [1])
private let query = Request("POST", url("https://api.test/graphql"), body: [1], isIdempotent: true)
private let signed = Request("GET", url("https://files.test/x?sig=1"), isAuthorised: false)
private let ok = Step.answer(200)
private func google(_ reason: String) -> String { #"{"error":{"code":403,"errors":[{"reason":"\#(reason)"}]}}"# }
private func moved(_ location: String, _ status: Int = 302) -> Step { .answer(status, ["Location": location]) }

/// The clock of the tests begins at Fri, 15 Jan 2027 08:00:00 GMT.
private let faults: [Fault] = [
    Fault("success", [ok], .answer(200), calls: 1, waited: .zero),
    Fault("created", [.answer(201)], .answer(201), calls: 1),
    Fault("not modified", [.answer(304)], .answer(304), calls: 1),
    Fault("429, then success", [.answer(429), ok], .answer(200), calls: 2),
    Fault("429 with seconds", [.answer(429, ["Retry-After": "7"]), ok], .answer(200), calls: 2, waited: .seconds(7)),
    Fault(
        "429 with a date", [.answer(429, ["Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"]), ok], .answer(200), calls: 2,
        waited: .seconds(30)),
    Fault(
        "429 of an hour waits no longer than the call may take, and is not sent again in the pause",
        [.answer(429, ["Retry-After": "3600"]), ok], .failed("rate_limited", .item), calls: 1, waited: .seconds(600)),
    Fault(
        "429 of as long as the call may take is sent again at its end",
        [.answer(429, ["Retry-After": "600"]), ok], .answer(200), calls: 2, waited: .seconds(600)),
    Fault("429 for ever", [.answer(429)], .failed("rate_limited", .item), calls: 8),
    Fault("500 for ever", [.answer(500)], .failed("server_error", .item), calls: 8),
    Fault("500 once", [.answer(500), ok], .answer(200), calls: 2),
    Fault("502, 503, 504, 408", [.answer(502), .answer(503), .answer(504), .answer(408), ok], .answer(200), calls: 5),
    Fault("501 is no pause", [.answer(501)], .failed("server_error", .item), calls: 1),
    Fault("400", [.answer(400)], .failed("bad_request", .item), calls: 1),
    Fault("403", [.answer(403)], .failed("forbidden", .item), calls: 1),
    Fault(
        "403 with a reason", [.answer(403, [:], google("insufficientFilePermissions"))],
        .failed("insufficientFilePermissions", .item), calls: 1),
    Fault(
        "403 that the source calls a pause", [.answer(403, [:], google("rateLimitExceeded")), ok], .answer(200),
        calls: 2),
    Fault(
        "403 that the source calls a pause, for ever", [.answer(403, [:], google("rateLimitExceeded"))],
        .failed("rate_limited", .item), calls: 8),
    Fault(
        "403 that the source calls fatal", [.answer(403, [:], google("accessNotConfigured"))],
        .failed("accessNotConfigured", .run), calls: 1),
    Fault(
        "200 that the source calls an error", [.answer(200, [:], #"{"ok":false,"error":"ratelimited"}"#), ok],
        .answer(200), calls: 2),
    Fault("404", [.answer(404)], .failed("not_found", .item), calls: 1),
    Fault("410", [.answer(410)], .failed("gone", .item), calls: 1),
    Fault(
        "410 that the source calls an expired cursor", [.answer(410, [:], google("updatedMinTooLongAgo"))],
        .failed("cursor_expired", .cursorExpired), calls: 1),
    Fault("401 without credentials", [.answer(401)], .failed("unauthorised", .run), calls: 1),
    Fault("401 of a signed link", [.answer(401)], .failed("unauthorised", .item), calls: 1, signed),
    Fault("connection lost, then success", [.fail(.lost("reset")), ok], .answer(200), calls: 2),
    Fault("connection lost for ever", [.fail(.lost("reset"))], .failed("connection_lost", .item), calls: 8),
    Fault("timed out for ever", [.fail(.timedOut)], .failed("connection_lost", .item), calls: 8),
    Fault("truncated, then success", [.fail(.truncated("half")), ok], .answer(200), calls: 2),
    Fault("too large", [.fail(.tooLarge(limit: 10))], .failed("too_large", .item), calls: 1),
    Fault("refused", [.fail(.refused("certificate"))], .failed("refused", .item), calls: 1),
    Fault(
        "a write that was lost is not sent again", [.fail(.lost("reset")), ok], .failed("connection_lost", .item),
        calls: 1, post),
    Fault(
        "a write that timed out is not sent again", [.fail(.timedOut), ok], .failed("connection_lost", .item),
        calls: 1, post),
    Fault(
        "a write that was answered 503 is not sent again", [.answer(503), ok], .failed("server_error", .item),
        calls: 1, post),
    Fault(
        "a write that never left is sent again", [.fail(.unreachable("no route")), ok], .answer(200), calls: 2, post),
    Fault("a query by POST is sent again", [.answer(503), ok], .answer(200), calls: 2, query),
    Fault("redirect", [moved("https://cdn.test/x"), ok], .answer(200), calls: 2),
    Fault("redirect to a relative path", [moved("../other?a=1", 307), ok], .answer(200), calls: 2),
    Fault("five redirects", Array(repeating: moved("/next"), count: 5) + [ok], .answer(200), calls: 6),
    Fault(
        "six redirects", Array(repeating: moved("/next"), count: 6) + [ok], .failed("too_many_redirects", .item),
        calls: 6),
    Fault("redirect of a write", [moved("/next"), ok], .failed("redirect", .item), calls: 1, query),
    Fault("redirect to plain http", [moved("http://cdn.test/x"), ok], .failed("insecure_url", .item), calls: 1),
    Fault("redirect to a file", [moved("file:///etc/passwd"), ok], .failed("bad_redirect", .item), calls: 1),
    Fault("redirect without a place", [.answer(302)], .failed("redirect", .item), calls: 1),
    Fault("connection lost behind a redirect", [moved("/next"), .fail(.lost("reset")), ok], .answer(200), calls: 3),
    Fault("plain http", [ok], .failed("insecure_url", .item), calls: 0, get("http://api.test/")),
    Fault("plain http on this machine", [ok], .answer(200), calls: 1, get("http://127.0.0.1:80/")),
    Fault("cancelled", [.cancel], .cancelled, calls: 1),
    Fault("garbage in Retry-After", [.answer(503, ["Retry-After": "soon"]), ok], .answer(200), calls: 2),
    Fault("negative Retry-After", [.answer(503, ["Retry-After": "-5"]), ok], .answer(200), calls: 2),
]

@Suite struct FaultTests {
    @Test(arguments: faults) func ends(_ fault: Fault) async {
        let time = ManualTime()
        let script = Script(time, fault.steps)
        let client = Client(transport: script, refine: refine, time: time, random: SeededRandom(seed: 1))
        #expect(await end(of: fault.request, client) == fault.end)
        #expect(script.requests.count == fault.calls)
        #expect(client.statistics.calls == fault.calls)
        #expect(client.statistics.waited == time.elapsed)
        if let waited = fault.waited { #expect(time.elapsed == waited) }
        #expect(time.elapsed <= .seconds(600))
    }

    @Test func aConnectorCanSayWhatAnAnswerMeans() {
        let answer = Response(
            status: 403, headers: [:], body: .init(google("rateLimitExceeded")), date: ManualTime.start)
        #expect(Classifier(refine: refine).verdict(of: answer, to: get()) == .retry(after: nil))
        let plain = Classifier().verdict(of: answer, to: get())
        #expect(
            plain
                == .failed(
                    CallFailure(
                        status: 403, reason: "rateLimitExceeded",
                        message: "GET https://api.test/items/1 answered 403 (rateLimitExceeded)")))
    }

    @Test func messagesHoldNoQuery() async {
        let time = ManualTime()
        for steps in [[Step.answer(404)], [.fail(.refused("no"))], [.fail(.tooLarge(limit: 1))]] {
            let client = Client(transport: Script(time, steps), time: time)
            let failure = await #expect(throws: CallFailure.self) { try await client.send(signed) }
            #expect(failure?.message.contains("sig") == false)
            #expect(failure?.message.contains("https://files.test/x") == true)
        }
    }
}

/// What a source like Google or Slack says about its answers.
let refine: Classifier.Refinement = { response in
    switch (response.status, response.errorReason) {
    case (403, "rateLimitExceeded"), (200, "ratelimited"): .retry(after: nil)
    case (403, "accessNotConfigured"):
        .failed(CallFailure(status: 403, reason: "accessNotConfigured", scope: .run, message: "enable the API"))
    case (410, "updatedMinTooLongAgo"):
        .failed(CallFailure(status: 410, reason: "cursor_expired", scope: .cursorExpired, message: "list anew"))
    default: nil
    }
}
