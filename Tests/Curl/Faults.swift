import Gzip
import HTTP
import System
import Testing

@testable import Curl

/// One row of the table: what a service does, and what must come of it for who called.
struct Fault: Sendable, CustomTestStringConvertible {
    enum Result: Equatable, Sendable {
        case answer(Int, String)
        case failed(String, CallFailure.Scope)
        case other(String)
    }
    let testDescription: String
    /// What the server does after it has read request `n`, each on a connection of its own; the last one for all that follow.
    var script: [[Step]]
    let result: Result
    /// How often the service is called.
    let calls: Int
    /// How long the call takes by the clock of the test: pauses only.
    var takes: ClosedRange<Duration>?
    var call = Call()
    /// Words that the failure must have.
    var says = ""

    /// What is sent, and by whom.
    struct Call: Sendable {
        var method = "GET"
        var path = "/"
        var body: [UInt8]?
        var isIdempotent: Bool?
        var isAuthorised = true
        var limit = 100_000
        /// The tokens that are to be had, one after the other.
        var tokens = ["t1"]
        /// Another call renews the first token while this one is under way.
        var renewedMeanwhile = false
        var headers: Headers = [:]
        /// Hosts beside 127.0.0.1 that may be read, without credentials.
        var contentHosts: Set<String> = []
        var attempts = 8
        var rules: [Rule] = []
        /// Limits in real time: near for a row whose server keeps still, and far for all others.
        var timeout = Duration.seconds(60)
        var stall = Duration.seconds(60)
    }

    init(
        _ name: String, _ script: [[Step]], _ result: Result, calls: Int, takes: ClosedRange<Duration>? = nil,
        says: String = "", _ change: (inout Call) -> Void = { _ in }
    ) {
        testDescription = name
        self.script = script
        self.result = result
        self.calls = calls
        self.takes = takes
        self.says = says
        change(&call)
    }
    /// A row of a service that always does the same.
    init(
        _ name: String, _ steps: [Step], _ result: Result, calls: Int = 1, says: String = "",
        _ change: (inout Call) -> Void = { _ in }
    ) {
        self.init(name, [steps], result, calls: calls, says: says, change)
    }
}

/// The clock of the tests begins at Fri, 15 Jan 2027 08:00:00 GMT.
private let start = Timestamp(seconds: 1_800_000_000)

@Suite struct FaultTableTests {
    @Test(arguments: faultTable) func ends(_ fault: Fault) async throws {
        let time = SimulatedTime(start)
        let call = fault.call
        let transport = try CurlTransport(options: .init(timeout: call.timeout, stall: call.stall), time: time)
        try await serving(fault.script.map { [.read] + $0 }) { server in
            let tokens = Tokens(call.tokens, renewedMeanwhile: call.renewedMeanwhile)
            let client = Client(
                transport: transport, authoriser: tokens, retry: RetryPolicy(attempts: call.attempts),
                rules: call.rules, hosts: AllowedHosts(call.contentHosts.union(["127.0.0.1"])), time: time,
                random: SeededRandom(seed: 1))
            let request = Request(
                call.method, try #require(URL(server.url(call.path))), headers: call.headers, body: call.body,
                limit: call.limit, isIdempotent: call.isIdempotent, isAuthorised: call.isAuthorised)
            var words = ""
            let result: Fault.Result
            do {
                let response = try await client.send(request)
                result = .answer(response.status, response.body.text)
            } catch let failure as CallFailure {
                result = .failed(failure.reason, failure.scope)
                words = failure.message
            } catch { result = .other("\(error)") }
            #expect(result == fault.result, "\(words)")
            #expect(words.contains(fault.says))
            // Where a limit of real time is near, a call may end before the server has seen it.
            let isHasty = min(call.timeout, call.stall) < .seconds(1)
            #expect(server.seen.requests.count == fault.calls || (isHasty && server.seen.requests.count < fault.calls))
            #expect(client.statistics.calls == fault.calls)
            let taken = time.now() - start
            #expect((fault.takes ?? .zero ... .seconds(600)).contains(taken), "\(taken)")
            // The token went to no other host, and no word of it is in what is said.
            for seen in server.seen.requests where seen.contains("Host: localhost") {
                #expect(!seen.contains("Bearer") && !seen.contains("X-Api-Key"))
            }
            #expect(!words.contains("Bearer"))
        }
    }

    @Test func theTableIsWhole() {
        #expect(faultTable.count >= 120)
        #expect(Set(faultTable.map(\.testDescription)).count == faultTable.count)
    }
}

/// Tokens one after the other.
private actor Tokens: Authoriser {
    private var tokens: ArraySlice<String>
    private var renewedMeanwhile: Bool

    init(_ tokens: [String], renewedMeanwhile: Bool) {
        self.tokens = tokens[...]
        self.renewedMeanwhile = renewedMeanwhile
    }
    nonisolated func allows(_ url: URL) -> Bool { url.host == "127.0.0.1" }
    func authorise(_ request: inout Request) throws {
        guard allows(request.url) else { throw CallFailure(reason: "host_not_allowed", message: "no token") }
        request.headers["Authorization"] = "Bearer \(tokens.first ?? "")"
        if renewedMeanwhile { tokens = tokens.dropFirst() }
        renewedMeanwhile = false
    }
    func renew(after response: Response, of request: Request) -> Bool {
        if request.headers["Authorization"] != "Bearer \(tokens.first ?? "")" { return true }
        guard tokens.count > 1 else { return false }
        tokens = tokens.dropFirst()
        return true
    }
}
