import CommandLine
import Glibc
import HTTP
import OAuth
import Synchronization
import System
import Vault

/// The ways in which a person agrees at the service: the browser, a pasted address, a device code.
extension Login {
    private static let registeredPort = 8484

    func byBrowser() async throws -> Credentials {
        if provider.redirect == .https {
            throw Failure(
                .usage, "\(provider.title) does not come back to this machine",
                "give --manual, and --redirect-uri with the https URL that is registered there")
        }
        let isRegistered = provider.redirect == .registered
        let port = try arguments.int("port", in: 0...65535) ?? (isRegistered ? Login.registeredPort : 0)
        let client = try await client()
        let listener = try CallbackListener<Granted>(
            port: port, host: provider.redirect == .localhost ? "localhost" : nil)
        let begun = try begin(client, redirect: listener.redirectURI)
        let waiting = Waiting(begun.pending)
        try show(begun.url)
        let granted = try await listener.wait(atMost: PendingAuthorization.life) { url in
            let now = SystemTime().now()
            guard let pending = waiting.take(url.description, at: now) else {
                return .stray("it is not to this login, or not its first")
            }
            do { return .granted(Granted(pending, try pending.code(from: url.description, at: now))) } catch {
                return .refused(error as? Failure ?? Failure(.software, "\(error)"))
            }
        }
        return try await exchange(granted, client)
    }

    /// The browser is elsewhere, and ends on an address that nobody answers: it is pasted here.
    func byPasting() async throws -> Credentials {
        let client = try await client()
        let redirect = arguments["redirect-uri"] ?? "http://127.0.0.1:\(Login.registeredPort)/callback"
        let begun = try begin(client, redirect: redirect)
        try tell(
            "open this page, and paste the address that the browser ends on, which need not load:",
            begun.url.description)
        let pasted =
            Descriptor.standardInput.isTerminal
            ? try Terminal(toAsk: "the address", otherwise: "give it on standard input").secret("address: ")
            : try KeySource.line(from: 0)
        let text = String(decoding: pasted, as: UTF8.self).filter { !$0.isWhitespace }
        let code = try begun.pending.code(from: text, at: SystemTime().now())
        return try await exchange(Granted(begun.pending, code), client)
    }

    struct Granted: Sendable {
        let pending: PendingAuthorization
        let code: Secret
        init(_ pending: PendingAuthorization, _ code: Secret) {
            self.pending = pending
            self.code = code
        }
    }

    /// The program that asks, and where.
    struct AskingClient {
        let id: String
        let endpoints: Provider.Endpoints
        let credentials: Credentials
    }

    private func begin(_ client: AskingClient, redirect: String) throws -> (url: URL, pending: PendingAuthorization) {
        try PendingAuthorization.begin(
            provider, at: client.endpoints, clientID: client.id, scopes: scopes, redirect: redirect,
            hint: arguments["login-hint"], now: SystemTime().now())
    }

    private func exchange(_ granted: Granted, _ client: AskingClient) async throws -> Credentials {
        try await TokenEndpoint(transport: transport).exchange(
            granted.code, of: granted.pending, as: client.credentials)
    }

    /// Opens the page, and prints it for whom no browser opens.
    private func show(_ url: URL) throws {
        try tell("open this page to sign in:", url.description)
        if arguments.has("no-browser") { return }
        if let command = arguments["browser"] {
            try Child.launch(["sh", "-c", command + " \"$1\"", "sh", url.description])
        } else if getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil {
            do { try Child.launch(["xdg-open", url.description]) } catch { if !error.isMissing { throw error } }
        }
    }

    /// Says something to the person, and gives what they need on a line of its own.
    func tell(_ what: String, _ value: String) throws {
        log.event("sign_in") { w in
            w.member("message", what)
            w.member("value", value)
        }
        if log.form == .text { try Descriptor.standardError.write(Array("auth: \(what)\n\(value)\n".utf8)) }
    }
}

/// The login that waits for its answer, for the threads of the listener.
private final class Waiting: Sendable {
    private let logins: Mutex<PendingAuthorizations>

    init(_ pending: PendingAuthorization) {
        var logins = PendingAuthorizations()
        logins.add(pending)
        self.logins = Mutex(logins)
    }

    func take(_ callback: String, at now: Timestamp) -> PendingAuthorization? {
        logins.withLock { $0.take(callback, at: now) }
    }
}
