import HTTP
import System

/// Credentials that are renewed before they end, and once when they are refused. RFC 6749, section 6; RFC 6750.
///
/// However many calls need a new token, and in however many processes, one asks for it and all wait for that one. What is new
/// is stored before it is used: a refresh token that was replaced and then lost can only be had again from a person.
public actor BearerCredentials: Authoriser {
    private var current: Credentials
    /// New, and not yet stored.
    private var unsaved: Credentials?
    private var renewal: Task<Void, any Error>?
    /// Why there will be no other token in this run.
    private var refusal: Failure?
    /// When the token should be renewed and when it ends, by a clock that nobody sets.
    private var dueAt: Duration?
    private var endsAt: Duration?

    private nonisolated let allowed: AllowedHosts
    private let endpoint: TokenEndpoint
    private let time: any TimeSource
    private let store: any CredentialStore

    /// - Parameters:
    ///   - credentials: as `store` has them.
    ///   - store: keeps what is renewed.
    ///   - allowedHosts: the hosts that may see the token, each a name or `*.suffix`.
    ///   - transport: what the token is renewed through.
    public init(
        _ credentials: Credentials, store: any CredentialStore, allowedHosts: Set<String>, transport: any Transport,
        time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        current = credentials
        self.store = store
        allowed = AllowedHosts(allowedHosts)
        endpoint = TokenEndpoint(transport: transport, time: time, random: random)
        self.time = time
        (dueAt, endsAt) = BearerCredentials.moments(of: credentials, time)
    }

    /// Credentials that nothing keeps.
    public init(
        _ credentials: Credentials, allowedHosts: Set<String>, transport: any Transport,
        time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.init(
            credentials, store: UnkeptCredentials(credentials), allowedHosts: allowedHosts, transport: transport,
            time: time, random: random)
    }

    public nonisolated func allows(_ url: URL) -> Bool { allowed.contains(url) }

    public func authorise(_ request: inout Request) async throws {
        guard allows(request.url) else {
            throw CallFailure(
                reason: "host_not_allowed",
                message:
                    "\(request.summary) would show the token to \(request.url.host), which is none of the service's hosts"
            )
        }
        if unsaved != nil || (isDue && current.canRenew) {
            do {
                try await renew()
            } catch let failure as Failure where failure.status == .unavailable && unsaved == nil {
                // The old token is good for a while yet.
                guard let endsAt, endsAt > time.uptime(), current.accessToken != nil else { throw failure }
            }
        }
        request.headers["Authorization"] = try current.header()
    }

    public func renew(after response: Response, of request: Request) async throws -> Bool {
        // Another call has seen to it in the meantime.
        if request.headers["Authorization"] != (try? current.header()) { return true }
        guard current.canRenew else { return false }
        try await renew()
        return true
    }

    /// Renews now, whether it is due or not.
    /// - Returns: what is now stored.
    public func renewed() async throws -> Credentials {
        guard current.canRenew else {
            throw Failure(.noPermission, "these credentials can't be renewed", "sign in again")
        }
        try await renew()
        return current
    }

    private var isDue: Bool {
        guard current.accessToken != nil else { return true }
        return dueAt.map { $0 <= time.uptime() } ?? false
    }

    private static func moments(of credentials: Credentials, _ time: any TimeSource) -> (Duration?, Duration?) {
        let ahead = time.uptime() - (time.now() - Timestamp(seconds: 0))
        return (
            credentials.renewAt.map { $0 - Timestamp(seconds: 0) + ahead },
            credentials.expiresAt.map { $0 - Timestamp(seconds: 0) + ahead }
        )
    }

    /// Renews, or waits for the renewal that is under way. It is not cancelled with the call that began it: others wait too,
    /// and the old refresh token may be spent.
    private func renew() async throws {
        if let refusal { throw refusal }
        let task = renewal ?? Task { try await self.exchange() }
        renewal = task
        try await task.value
    }

    private func exchange() async throws {
        defer { renewal = nil }
        do {
            try await store.exclusively { try await self.exchangeAlone() }
        } catch let failure as Failure {
            if failure.status == .noPermission || failure.status == .configuration { refusal = failure }
            throw failure
        }
    }

    private func exchangeAlone() async throws {
        let kept = try await store.load()
        if let unsaved {
            // Somebody signed in, or renewed, after that was drawn: what is kept is the newer.
            if let theirs = kept.obtainedAt, let ours = unsaved.obtainedAt, theirs > ours { return use(kept) }
            return try await keep(unsaved, in: kept)
        }
        // Where nothing can be kept, what was renewed in memory is the newest.
        guard store.canSave else { return try await keep(try await endpoint.renew(current), in: current) }
        if kept.accessToken != nil, kept.accessToken != current.accessToken,
            kept.renewAt.map({ $0 > time.now() }) ?? true
        {
            return use(kept)
        }
        try await keep(try await endpoint.renew(kept), in: kept)
    }

    private func keep(_ new: Credentials, in old: Credentials) async throws {
        guard store.canSave else {
            guard new.refreshToken == old.refreshToken else {
                throw Failure(
                    .noPermission, "the service replaced the refresh token, and there is no place to keep the new one",
                    "sign in again, and keep the credentials in the vault or in a file that can be written")
            }
            return use(new)
        }
        unsaved = new
        try await store.save(new)
        use(new)
    }

    private func use(_ new: Credentials) {
        current = new
        unsaved = nil
        (dueAt, endsAt) = BearerCredentials.moments(of: new, time)
    }
}
