import JSON
import OAuth
import System

/// What may be shown of an account's credentials: which secrets there are, and none of them.
public struct Summary: Sendable {
    public let account: String
    private let credentials: Credentials

    public init(_ account: String, _ credentials: Credentials) {
        self.account = account
        self.credentials = credentials
    }

    /// `refresh_token`, `client_credentials`, `jwt_bearer`, `github_app`; for a token that is never renewed `token`, or `basic`.
    public var kind: String {
        if case .basic = credentials.scheme { return "basic" }
        return credentials.grant?.name ?? "token"
    }

    /// Account, source, kind, when the token ends, scope, with tabs between them; `-` is unknown or never.
    public var line: String {
        [account, credentials.source, kind, credentials.expiresAt?.description, credentials.scope]
            .map { $0 ?? "-" }.joined(separator: "\t")
    }

    /// The members that may be shown. What is not named here is not: a new secret is no leak.
    private static let shown: Set<String> = [
        "api_base", "app_id", "audience", "account_id", "client_auth", "client_id", "encoding", "expires_at", "extras",
        "grant", "installation_id", "issuer", "key_id", "obtained_at", "provider", "redirect_uri",
        "refresh_expires_at", "revoke_url", "scheme", "scope", "source", "subject", "token_url", "username",
    ]

    /// A JSON object: the members that may be shown, and the names of those that may not.
    public func write(to w: inout JSONWriter) throws {
        var all = JSONWriter()
        credentials.write(to: &all)
        let members = try JSON(parsing: all.bytes).members
        w.object { w in
            w.member("account", account)
            w.member("kind", kind)
            for (name, value) in members where Summary.shown.contains(name.string ?? "") {
                w.member(name.string ?? "", value)
            }
            w.member("hidden", members.compactMap(\.name.string).filter { !Summary.shown.contains($0) })
        }
    }
}
