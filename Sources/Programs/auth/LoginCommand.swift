import Accounts
import CommandLine
import Connectors

extension Login {
    static let command = Command(
        "login", "signs in to a service, and keeps what it gave in the vault",
        operands: [.init("SOURCE", "one of: \(Sources.names.joined(separator: ", "))")],
        options: [
            .init("account", "NAME", "the account's name, where one source has many (SOURCE)"),
            .init("client-id", "ID", "the program that asks, as it is registered at the service"),
            .init(
                "client-secret-fd", "N",
                "its secret is read from descriptor N; else SLUICE_CLIENT_SECRET, else asked for"),
            .init("client-auth", "WAY", "how it proves who it is: 'basic' or 'body' (the service's own way)"),
            .init("scope", "S", repeatable: true, "ask for this scope in place of the source's own (repeatable)"),
            .init("manual", "print the page; what the browser ends on is pasted here"),
            .init("device", "print a code to enter at the service, on any device"),
            .init("client-credentials", "sign in as the program itself, without a person"),
            .init("service-account", "FILE", "sign in with the key file of a Google service account"),
            .init("subject", "ADDRESS", "for whom a service account, or --jwt, acts"),
            .init("jwt", "FILE", "sign an assertion with the private key in FILE (Salesforce)"),
            .init("github-app", "ID", "sign in as an installation of a GitHub App"),
            .init("installation", "ID", "which installation of the GitHub App"),
            .init("certificate", "FILE", "prove who the program is by a certificate in place of a secret (Entra)"),
            .init("key", "FILE", "the private key of --github-app or --certificate, PEM"),
            .init("token", "keep a token that the service shows; it is asked for"),
            .init("basic", "USER", "keep a password or API token of USER; it is asked for"),
            .init("token-fd", "N", "the token, or the password, is read from descriptor N"),
            .init("port", "N", "the port that the browser comes back to (any; 8484 where it must be registered)"),
            .init("redirect-uri", "URL", "with --manual: the redirect URI that is registered at the service"),
            .init("browser", "COMMAND", "open the page with COMMAND (xdg-open)"),
            .init("no-browser", "print the page, and open nothing"),
            .init("tenant", "T", "the Entra tenant: an id or a domain"),
            .init("base-url", "URL", "where the service is, if customers have a place of their own"),
            .init("issuer", "URL", "another OAuth server in place of the service's: its metadata say where to ask"),
            .init("login-hint", "ADDRESS", "who signs in, to fill in the service's form"),
        ] + Network.options + Accounts.options,
        notes: """
            Without an option for it, the way is the browser: it comes back to 127.0.0.1 on a port of this machine, which must be
            registered as http://127.0.0.1:8484/callback where the service takes no other.
            """,
        examples: [
            ("auth login google_drive --client-id ID.apps.googleusercontent.com", "with the browser"),
            ("auth login google_drive --manual", "on a machine without a browser"),
            ("auth login google_drive --service-account key.json --subject ann@example.com", "without a person"),
            ("auth login google_drive --account other --client-secret-fd 3 3<secret", "a second account"),
        ])
}
