import Accounts
import CommandLine
import Connector
import Connectors
import Glibc
import HTTP
import JSON
import OAuth
import Stream
import System
import Vault

/// `auth login`: has a service give credentials, in one of its ways, and keeps them in the vault.
struct Login {
    /// The ways that are named by an option of their own; without one it is the browser.
    static let ways = [
        "manual", "device", "client-credentials", "service-account", "jwt", "github-app", "certificate", "token",
        "basic",
    ]

    let arguments: Arguments
    let log: Log
    let source: String
    let account: String
    let about: About
    let provider: Provider
    let accounts: Accounts
    let transport: any Transport
    /// What the account was before, if it was.
    let before: Credentials?

    /// Opens the vault first: a wrong key is told before anybody signs in.
    init(_ arguments: Arguments, _ log: Log) throws {
        self.arguments = arguments
        self.log = log
        source = arguments.operands.first ?? ""
        guard let connector = Sources.named(source) else {
            throw Failure(
                .usage, "there is no source '\(source)'", Command.suggestion(for: source, among: Sources.names))
        }
        about = connector.about
        guard let provider = Provider.named(about.provider) else {
            throw Failure(.software, "\(source) names no provider that is known", "this is a bug: please report it")
        }
        self.provider = provider
        account = arguments["account"] ?? source
        guard !account.isEmpty, account.utf8.count <= 128, account.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Failure(.usage, "--account: the name of an account is one line", "give a shorter one")
        }
        let given = Login.ways.filter { arguments.isGiven($0) }
        if given.count > 1 {
            throw Failure(.usage, "--\(given[0]) and --\(given[1]) can't both be", "give one of them")
        }
        transport = try Network.transport(arguments)
        accounts = try Accounts.open(arguments, makingOne: true)
        before = try accounts.has(account) ? try accounts.credentials(of: account) : nil
    }

    func run() async throws {
        var credentials = try await signedIn()
        credentials.source = source
        credentials.provider = provider.name
        var random = SystemRandomNumberGenerator()
        credentials.accountID = before?.accountID ?? random.hexadecimal(bytes: 8)
        try await accounts.keep(credentials, as: account)
        warnOfMissing(in: credentials.scope)
    }

    private func signedIn() async throws -> Credentials {
        let way = Login.ways.first { arguments.isGiven($0) }
        let endpoint = TokenEndpoint(transport: transport)
        switch way {
        case "token": return Credentials(accessToken: try secret("token", "the token"))
        case "basic":
            var credentials = Credentials(accessToken: try secret("token", "the password, or the API token"))
            credentials.scheme = .basic(username: try value("basic"))
            return credentials
        case "service-account": return try await endpoint.renew(try serviceAccount())
        case "github-app": return try await endpoint.renew(try await gitHubApp())
        case "jwt": return try await endpoint.renew(try await assertion())
        case "client-credentials", "certificate": return try await endpoint.renew(try await clientCredentials())
        case "device": return try await byDevice()
        case "manual": return try await byPasting()
        default: return try await byBrowser()
        }
    }

    /// Scopes that were asked for and not granted: what needs them will be refused later, and far from here.
    private func warnOfMissing(in granted: String?) {
        guard let granted, !arguments.isGiven("service-account") else { return }
        let had = Set(granted.split { $0 == " " || $0 == "," }.map(String.init))
        let missing = scopes.filter { !had.contains($0) }
        if !missing.isEmpty {
            log.warn(
                "the service did not grant \(missing.joined(separator: ", "))",
                "see what that stops: auth test \(account)")
        }
    }

    // MARK: What was given

    var scopes: [String] {
        let asked = arguments.all("scope").flatMap { $0.split(separator: " ").map(String.init) }
        return asked.isEmpty ? about.scopes : asked
    }

    func value(_ name: String) throws -> String {
        guard let value = arguments[name], !value.isEmpty else {
            throw Failure(.usage, "--\(name) is missing", "see --help")
        }
        return value
    }

    func url(_ name: String) throws -> URL? {
        guard let text = arguments[name] else { return nil }
        guard let url = URL(text), url.isSafe else {
            throw Failure(.usage, "--\(name): '\(text)' is no https URL", "give one with https://")
        }
        return url
    }

    func file(_ name: String) throws -> [UInt8] {
        do { return try Files.read(try value(name), limit: 1 << 20) } catch let error as SystemError {
            throw Failure(.configuration, "--\(name): \(error)", "name a file that can be read")
        }
    }

    func pem(_ name: String) throws -> Secret { Secret(String(decoding: try file(name), as: UTF8.self)) }

    /// A secret from the descriptor that `--NAME-fd` names, else from a person.
    private func secret(_ name: String, _ what: String) throws -> Secret {
        let text: [UInt8]
        if let descriptor = try arguments.int(name + "-fd", in: 0...1023) {
            text = try KeySource.line(from: Int32(descriptor))
        } else {
            text = try Terminal(toAsk: what, otherwise: "give --\(name)-fd N").secret("\(what) for \(provider.title): ")
        }
        guard !text.isEmpty else { throw Failure(.usage, "\(what) is empty", "give one") }
        return Secret(String(decoding: text, as: UTF8.self))
    }

    func clientID() throws -> String {
        guard let id = arguments["client-id"] ?? before?.clientID, !id.isEmpty else {
            throw Failure(
                .configuration, "there is no client id for \(provider.title)",
                "register a program there (\(provider.page)), and give --client-id ID")
        }
        return id
    }

    /// From a descriptor, the environment, the account as it was, or a person, who may say that there is none.
    func clientSecret(of id: String) throws -> Secret? {
        if arguments["client-secret-fd"] != nil { return try secret("client-secret", "the client's secret") }
        if let value = getenv("SLUICE_CLIENT_SECRET").map({ String(cString: $0) }), !value.isEmpty {
            return Secret(value)
        }
        if let before, before.clientID == id { return before.clientSecret }
        guard let terminal = try? Terminal(toAsk: "the client's secret", otherwise: "") else { return nil }
        let text = try terminal.secret("The secret of \(id), empty if it has none: ")
        return text.isEmpty ? nil : Secret(String(decoding: text, as: UTF8.self))
    }
}
