import CommandLine
import Crypto
import Glibc
import JSON
import OAuth
import System
import Vault

extension Accounts {
    /// What `fetch` chooses its credentials with, beside those of the vault.
    public static let optionsOfFetch: [Command.Option] = [
        .init("account", "NAME", "the account of the vault that reads (the connection's name, else SOURCE)"),
        .init(
            "credentials", "FILE",
            "credentials in JSON (access_token, refresh_token, client_id, …) in place of the vault's"),
        .init("subject", "ADDRESS", "for whom the service account of --credentials acts"),
    ]

    /// The credentials of a run: of `--credentials FILE`, else of the environment (`SLUICE_ACCESS_TOKEN`, …), else of the vault.
    /// - Parameters:
    ///   - source: also the name of its account, unless told.
    ///   - scopes: what a service account asks for, where its file does not say.
    /// - Throws: `Failure` where there are none, or the vault can't be opened.
    public static func chosen(for source: String, scopes: [String], _ arguments: Arguments) throws
        -> any CredentialStore
    {
        if let file = arguments["credentials"] { return try store(in: file, scopes, arguments["subject"]) }
        if let credentials = try ofEnvironment() { return UnkeptCredentials(credentials) }
        let account = arguments["account"] ?? arguments["name"] ?? source
        guard Vault.exists(try Place(arguments).path) else {
            throw Failure(
                .configuration, "there are no credentials for \(source)",
                "sign in: auth login \(source); or give --credentials FILE, or SLUICE_ACCESS_TOKEN in the environment")
        }
        return try open(arguments).store(of: account)
    }

    /// True where there may be credentials, which `chosen` would find.
    public static func areThere(_ arguments: Arguments) throws -> Bool {
        try arguments["credentials"] != nil || ofEnvironment() != nil || Vault.exists(Place(arguments).path)
    }

    /// Whose pace it is: the account that was drawn at sign-in; else a digest of what stays when the token is renewed. That is the
    /// file which a rotated token is written back to, with the client; a token that is not renewed stands for itself.
    public static func identity(of credentials: Credentials, _ arguments: Arguments) throws -> String {
        if let account = credentials.accountID { return account }
        var parts = [credentials.clientID ?? ""]
        if credentials.canRenew, let path = arguments["credentials"].flatMap(Files.realPath) {
            parts.append(path)
        } else {
            parts.append((credentials.refreshToken ?? credentials.accessToken)?.reveal() ?? "")
        }
        let digest = try HMACSHA256.code(of: Array(parts.joined(separator: "\n").utf8), key: Array("sluice pace".utf8))
        return digest.prefix(8).hexadecimal
    }

    /// A service account's key stays as it is: its tokens cost nothing to ask for again.
    private static func store(in file: String, _ scopes: [String], _ subject: String?) throws -> any CredentialStore {
        let store = FileCredentials(file)
        var credentials = try store.load()
        if let subject { try credentials.act(for: subject) }
        guard case .jwtBearer = credentials.grant else { return store }
        if credentials.scope == nil { credentials.scope = scopes.joined(separator: " ") }
        return UnkeptCredentials(credentials)
    }

    private static func ofEnvironment() throws -> Credentials? {
        var w = JSONWriter()
        w.object { w in
            for name in ["access_token", "refresh_token", "client_id", "client_secret", "token_url", "expires_at"] {
                if let value = getenv("SLUICE_" + name.uppercased()) { w.member(name, String(cString: value)) }
            }
        }
        let json = try JSON(parsing: w.bytes)
        // A client alone is what `auth login` is told in the same way.
        guard json["access_token"] != nil || json["refresh_token"] != nil else { return nil }
        return try Credentials(json)
    }
}
