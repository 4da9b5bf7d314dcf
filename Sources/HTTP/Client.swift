import Pacing
import Synchronization
import System

/// Sends the calls of a connector: authorised, paced, tried again, bounded in number and in time.
///
///     let client = Client(transport: CurlTransport(), authoriser: credentials, refine: googleVerdict)
///     let page = try await client.send(.get(url, bucket: "user"))
///
/// Each part can be replaced; what is here is their order.
public final class Client: Sendable {
    /// What the client did, for the summary of a run.
    public struct Statistics: Sendable, Equatable {
        /// Requests that were sent, with those that were sent again or elsewhere.
        public var calls = 0
        /// How many of them were sent again.
        public var retries = 0
        /// How many calls the service refused because there were too many.
        public var refusals = 0
        /// How long calls waited, taken together, for their pace.
        public var waitedForPace = Duration.zero
        /// The same, before another try.
        public var waitedForRetry = Duration.zero
        /// Bytes of the bodies that came, decompressed.
        public var bytes = 0
    }

    private let transport: any Transport
    private let authoriser: any Authoriser
    private let pacer: any Pacer
    private let retry: RetryPolicy
    private let classifier: Classifier
    private let hosts: AllowedHosts?
    private let slots: Slots
    private let time: any TimeSource
    private let random: Mutex<any RandomNumberGenerator & Sendable>
    private let counts = Mutex(Statistics())

    /// - Parameters:
    ///   - rules: what the service means by an answer where it differs from `Rule.standard`.
    ///   - refine: the same where it takes more than a status and a code.
    ///   - hosts: the only hosts that are called, with credentials or without, wherever a URL came from; nil is any.
    ///   - maxInFlight: how many requests are under way at once, fewer after a refusal; those that wait are served in order.
    public init(
        transport: any Transport, authoriser: any Authoriser = NoCredentials(), pacer: (any Pacer)? = nil,
        retry: RetryPolicy = RetryPolicy(), rules: [Rule] = [], refine: Classifier.Refinement? = nil,
        hosts: AllowedHosts? = nil, maxInFlight: Int = 16, time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.transport = transport
        self.authoriser = authoriser
        self.pacer = pacer ?? BucketPacer(time: time)
        self.retry = retry
        self.classifier = Classifier(rules, refine: refine)
        self.hosts = hosts
        self.slots = Slots(maxInFlight)
        self.time = time
        self.random = Mutex(random)
    }

    public var statistics: Statistics { counts.withLock { $0 } }

    /// The answer to a call, redirects followed.
    /// - Throws: `CallFailure` for a call that failed for good, `Failure` when no credentials are to be had, and
    ///   `CancellationError`.
    public func send(_ request: Request) async throws -> Response {
        let deadline = time.now() + retry.total
        var attempts = 0
        var mayRenew = true
        while true {
            let exchange = try await exchange(request, until: deadline)
            let after: Duration?
            switch exchange.verdict {
            case .success: return try exchange.result.get()
            case .failed(let failure): throw failure
            case .unauthorised:
                // RFC 9110, section 15.5.2: a request answered 401 was not applied, so any may be sent again.
                guard case .success(let response) = exchange.result, mayRenew,
                    try await authoriser.renew(after: response, of: exchange.sent)
                else { throw exchange.exhausted(classifier) }
                mayRenew = false
                counts.withLock { $0.retries += 1 }
                continue
            case .retry(let asked): after = asked
            }
            attempts += 1
            let left = deadline - time.now()
            guard left > .zero, attempts < retry.attempts else { throw exchange.exhausted(classifier) }
            let wait = after ?? random.withLock { retry.backoff(after: attempts, using: &$0) }
            try await pause(min(wait, left), \.waitedForRetry)
            counts.withLock { $0.retries += 1 }
        }
    }

    private func pause(
        _ duration: Duration, _ count: WritableKeyPath<Statistics, Duration> & Sendable
    ) async throws {
        try await time.sleep(for: duration)
        counts.withLock { $0[keyPath: count] += duration }
    }

    /// What the answer says about the pace, and about how many calls may be under way.
    private func learn(from response: Response?, of request: Request, _ ticket: Ticket) async -> Slots.Outcome {
        let isRefusal = response.map { classifier.isRefusal($0, of: request) } ?? false
        if isRefusal { counts.withLock { $0.refusals += 1 } }
        await pacer.learn(from: response, isRefusal: isRefusal, of: request, ticket)
        return isRefusal ? .refused : response?.isSuccess == true ? .taken : .unknown
    }

    /// One request, in its turn, with the redirects that it leads to.
    private func exchange(_ request: Request, until deadline: Timestamp) async throws -> Exchange {
        let (ticket, round) = try await enter(request, until: deadline)
        var outcome = Slots.Outcome.unknown
        defer { slots.release(round, outcome) }
        // `sent` is `hop` with the credentials, which must not go on to the next.
        var (hop, sent) = (request, request)
        var response: Response
        do { response = try await perform(&sent) } catch {
            _ = await learn(from: nil, of: request, ticket)
            guard let error = error as? TransportError else { throw error }
            return Exchange(sent, .failure(error), classifier)
        }
        outcome = await learn(from: response, of: request, ticket)
        var redirects = 0
        while let next = try redirect(response, of: hop, authorised: request.isAuthorised) {
            redirects += 1
            if redirects > 5 {
                throw CallFailure(
                    status: response.status, reason: "too_many_redirects",
                    message: "\(request.summary) was redirected more than 5 times")
            }
            (hop, sent) = (next, next)
            do { response = try await perform(&sent) } catch let error as TransportError {
                return Exchange(sent, .failure(error), classifier)
            }
        }
        return Exchange(sent, .success(response), classifier)
    }

    /// Waits until the call may go: for a slot, and for the pace, which is waited for without a slot.
    private func enter(_ request: Request, until deadline: Timestamp) async throws -> (Ticket, Slots.Round) {
        while true {
            let round = try await slots.acquire()
            let admission: Admission
            do { admission = try await pacer.admit(request) } catch {
                slots.release(round, .unknown)
                throw error
            }
            let wait: Duration
            switch admission {
            case .go(let ticket): return (ticket, round)
            case .wait(let time): wait = time
            }
            slots.release(round, .unknown)
            let left = deadline - time.now()
            guard left > .zero else {
                throw CallFailure(
                    reason: "rate_limited",
                    message: "\(request.summary): the service asks to wait \(wait.components.seconds) s more")
            }
            try await pause(min(wait, left), \.waitedForPace)
        }
    }

    /// Sends a request once, with credentials where it needs them.
    private func perform(_ request: inout Request) async throws -> Response {
        guard request.url.isSafe else {
            throw CallFailure(
                reason: "insecure_url", message: "\(request.summary) is neither https nor on this machine")
        }
        if let hosts, !hosts.contains(request.url) {
            throw CallFailure(
                reason: "host_not_allowed",
                message: "\(request.summary): \(request.url.host) is none of the hosts that the source declares")
        }
        if request.isAuthorised { try await authoriser.authorise(&request) }
        counts.withLock { $0.calls += 1 }
        let response = try await transport.send(request)
        counts.withLock { $0.bytes += response.body.count }
        return response
    }

    /// Where a request is to be sent next, if anywhere: a GET or HEAD as it is, a reading by POST that is answered 303 as a GET.
    /// Credentials go along only to a host that may see them. RFC 9110, section 15.4.
    private func redirect(_ response: Response, of hop: Request, authorised: Bool) throws -> Request? {
        let isGet = hop.method == "GET" || hop.method == "HEAD"
        guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers["location"],
            isGet || (response.status == 303 && hop.isIdempotent)
        else { return nil }
        guard let url = hop.url.resolving(location) else {
            throw CallFailure(
                status: response.status, reason: "bad_redirect",
                message: "\(hop.summary) was redirected to what is no http or https URL")
        }
        if hop.url.scheme == "https" && url.scheme != "https" {
            throw CallFailure(
                status: response.status, reason: "insecure_url",
                message: "\(hop.summary) was redirected to \(url.host) without TLS")
        }
        var next = hop
        next.url = url
        next.isAuthorised = authorised && authoriser.allows(url)
        if !isGet {
            next.method = "GET"
            next.body = nil
            next.headers["Content-Type"] = nil
        }
        let isSameOrigin = url.authority == hop.url.authority && url.scheme == hop.url.scheme
        if !isSameOrigin && !authoriser.allows(url) {
            // Whatever else is there may be a credential of the connector's own.
            next.headers = Headers(next.headers.fields.filter { ["accept", "range"].contains($0.name.lowercased()) })
        }
        return next
    }
}

/// What was sent, what came of it, and what that means.
private struct Exchange {
    let sent: Request
    let result: Result<Response, TransportError>
    let verdict: Verdict

    init(_ sent: Request, _ result: Result<Response, TransportError>, _ classifier: Classifier) {
        self.sent = sent
        self.result = result
        switch result {
        case .success(let response): verdict = classifier.verdict(of: response, to: sent)
        case .failure(let error): verdict = classifier.verdict(of: error, to: sent)
        }
    }

    /// What the call ends with when it is not tried again.
    func exhausted(_ classifier: Classifier) -> CallFailure {
        switch (result, verdict) {
        case (.success(let response), .unauthorised): classifier.refused(response, sent)
        case (.success(let response), _): classifier.exhausted(response, sent)
        case (.failure(let error), _): classifier.exhausted(error, sent)
        }
    }
}
