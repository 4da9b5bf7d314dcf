import HTTP
import JSON
import System

/// A login on another device: a person types a short code there. RFC 8628.
public struct DeviceFlow: Sendable {
    /// What a person is told.
    public struct Prompt: Sendable, Equatable {
        public let userCode: String
        public let verificationURL: URL
        /// The same with the code in it, where the service tells one.
        public let completeURL: URL?
        public let expiresAt: Timestamp
    }

    public let prompt: Prompt
    private let deviceCode: Secret
    private let interval: Duration
    private let credentials: Credentials
    private let endpoint: TokenEndpoint
    /// When it is over, by a clock that nobody sets.
    private let deadline: Duration

    /// Asks for a code. RFC 8628, section 3.1.
    /// - Parameter credentials: those of the client, as `Provider.credentials` makes them.
    public static func begin(
        _ provider: Provider, at endpoints: Provider.Endpoints, as credentials: Credentials, scopes: [String],
        through endpoint: TokenEndpoint
    ) async throws -> DeviceFlow {
        guard let url = endpoints.device else {
            throw Failure(
                .configuration, "\(provider.title) knows no login with a code on another device", "leave out --device")
        }
        let now = endpoint.time.now()
        // The device endpoint wants the client's id alone.
        var client = credentials
        client.authentication = .none
        let request = try endpoint.request(provider.scopeFields(scopes), to: url, of: client, at: now)
        let response = try await endpoint.send(request)
        let json = try? JSON(parsing: response.body)
        if let refusal = TokenRefusal(response, json, to: request, provider, ahead: .zero) { throw refusal.failure }
        let place = json?["verification_uri"] ?? json?["verification_url"] ?? json?["verification_uri_complete"]
        guard response.isSuccess, let device = json?["device_code"]?.string, !device.isEmpty,
            let user = json?["user_code"]?.string, isShowable(user), let url = place?.string.flatMap({ URL($0) }),
            url.isSafe
        else {
            throw Failure(.unavailable, "\(provider.title) gives no code for another device", "try again later")
        }
        let life = json?["expires_in"]?.lenientInt.flatMap { (1...86_400).contains($0) ? $0 : nil } ?? 900
        let interval = json?["interval"]?.lenientInt.flatMap { (1...600).contains($0) ? $0 : nil } ?? 5
        return DeviceFlow(
            prompt: Prompt(
                userCode: user, verificationURL: url,
                completeURL: json?["verification_uri_complete"]?.string.flatMap { URL($0) }.flatMap {
                    $0.isSafe && $0.host == url.host ? $0 : nil
                }, expiresAt: now + .seconds(life)),
            deviceCode: Secret(device), interval: .seconds(interval), credentials: credentials, endpoint: endpoint,
            deadline: endpoint.time.uptime() + .seconds(life))
    }

    /// Waits until the person has answered. RFC 8628, section 3.5.
    /// - Throws: `Failure`: 77 where the person refused or took too long; `CancellationError`.
    public func credentials() async throws -> Credentials {
        try credentials.checkTokenHost()
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", deviceCode.reveal()),
        ]
        var interval = interval
        while endpoint.time.uptime() + interval < deadline {
            try await endpoint.time.sleep(for: interval)
            let request = try endpoint.request(fields, of: credentials, at: endpoint.time.now(), isIdempotent: false)
            do {
                return credentials.begun(by: try await endpoint.answer(to: request, of: credentials))
            } catch let refusal as TokenRefusal {
                switch refusal.code {
                case "authorization_pending": continue
                case "slow_down": interval += .seconds(5)
                case _ where refusal.meaning == .later: interval *= 2
                default: throw refusal.failure
                }
            } catch let failure as Failure where failure.status == .unavailable {
                interval *= 2
            }
        }
        throw Failure(.noPermission, "the code was not used in time", "begin the login anew")
    }

    /// A person reads it on a terminal: no control characters.
    private static func isShowable(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }
}
