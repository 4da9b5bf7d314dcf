/// The names under which services hand out secrets. Names are compared in small letters, without `_` and `-`.
enum SecretNames {
    /// Credentials: secret in JSON, forms, queries and text, and never what tells one request from another.
    private static let credentials: Set<String> = [
        "accesstoken", "refreshtoken", "idtoken", "clientassertion", "assertion", "passwd", "passphrase", "devicecode",
        "usercode", "codeverifier", "privatekey", "sessiontoken", "sessionid", "jsessionid", "authtoken", "bearertoken",
        "oauthtoken", "oauthverifier", "securitytoken", "bottoken", "apptoken", "apitoken", "signingkey",
        "verificationtoken", "personalaccesstoken", "privatetoken", "jobtoken", "csrftoken", "xsrftoken",
        "authorization",
        "accountkey", "secretkey", "secretaccesskey", "awssecretaccesskey", "connectionstring", "samlresponse",
    ]
    private static let credentialEndings = ["clientsecret", "password", "apikey"]

    static func isCredential(normalized name: String) -> Bool {
        credentials.contains(name) || credentialEndings.contains { name.hasSuffix($0) }
    }
    static func isCredential(_ name: String) -> Bool { isCredential(normalized: normalized(name)) }

    /// Secret too, but the words have other uses: in running text only `name=value` and `"name":"value"` count.
    private static let members: Set<String> = [
        "pwd", "cookie", "setcookie", "resourcekey", "rlkey", "tempauth", "authkey", "jwt", "otp", "xamzsignature",
        "xamzcredential", "xgoogsignature", "xgoogcredential",
    ]

    /// A token is a secret unless its name says that it is a place in a list.
    private static let places = [
        "page", "sync", "delta", "skip", "continu", "next", "start", "cursor", "change", "resum", "offset", "marker",
        "position",
    ]

    private static func isSecretWord(normalized name: String) -> Bool {
        members.contains(name) || name.hasSuffix("secret")
            || name.hasSuffix("token") && !places.contains { name.contains($0) }
    }

    /// Secret in the query of a URL.
    private static let parameters: Set<String> = ["sig", "signature", "hmac"]

    /// Secret beside a signature: what it signs says who may read, and until when.
    private static let besideSignature: Set<String> = [
        "se", "sp", "sv", "st", "sr", "spr", "sip", "skoid", "sktid", "skt", "ske", "sks", "skv", "expires", "policy",
        "keypairid", "awsaccesskeyid", "googleaccessid",
    ]

    /// The code of an OAuth exchange is one only beside these: elsewhere `code` is an error's name.
    private static let besideCode: Set<String> = ["granttype", "state", "redirecturi"]

    static func normalized(_ name: some StringProtocol) -> String {
        var bytes = Array(name.utf8.lazy.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") })
        for i in bytes.indices where (0x41...0x5A).contains(bytes[i]) { bytes[i] |= 0x20 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands beside a name, looked at once for all of them and only where it matters.
    struct Neighbours {
        private let names: () -> [String]
        private lazy var normal = names().map { SecretNames.normalized($0) }
        fileprivate lazy var areSigned = normal.contains { parameters.contains($0) }
        fileprivate lazy var areExchange = normal.contains { besideCode.contains($0) }

        init(_ names: @escaping () -> [String]) { self.names = names }
    }

    static func isMember(_ name: String, beside others: inout Neighbours) -> Bool {
        isMember(normalized: normalized(name), beside: &others)
    }
    private static func isMember(normalized name: String, beside others: inout Neighbours) -> Bool {
        isCredential(normalized: name) || isSecretWord(normalized: name) || name == "code" && others.areExchange
    }

    static func isParameter(_ name: String, beside others: inout Neighbours) -> Bool {
        let name = normalized(name)
        return isMember(normalized: name, beside: &others) || parameters.contains(name) || name.hasPrefix("xamz")
            || name.hasPrefix("xgoog") || besideSignature.contains(name) && others.areSigned
    }

    /// - Parameter named: true where a quote or an equals sign stands between name and value.
    static func isInText(_ word: String, named: Bool) -> Bool {
        var name = normalized(word)
        if name.hasPrefix("u0026") { name.removeFirst(5) }
        if isCredential(normalized: name) { return true }
        return named && (isSecretWord(normalized: name) || parameters.contains(name) || name.hasPrefix("xamzs"))
    }

    static func isHeader(_ name: String) -> Bool {
        let name = normalized(name)
        if name.contains("page") || name.contains("continuation") { return false }
        return [
            "authorization", "cookie", "token", "secret", "apikey", "password", "signature", "credential",
            "resourcekey",
        ]
        .contains { name.contains($0) }
    }

    /// How tokens begin that can be told by their looks, as the services' secret-scanning pages list them.
    static let tokenPrefixes: [[UInt8]] = [
        "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxp-", "xoxr-", "xoxs-", "xapp-", "ghp_", "gho_",
        "ghu_",
        "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glsoat-", "glft-", "ya29.", "1//0", "AIza", "ntn_",
        "secret_", "pat-na1-", "pat-eu1-", "sl.", "ATATT3", "ATCTT3", "sk_live_", "rk_live_", "AKIA", "ASIA", "eyJ",
        "whsec_",
    ].map { Array($0.utf8) }
}

/// Addresses whose path is the permission: whoever has the link reads the document.
struct SharingLink {
    /// The host, or what it ends with after a full stop.
    private let host: String
    /// Segments: `*` is any, `!` is the secret one; more may follow.
    private let segments: [String]

    private init(_ host: String, _ path: String) {
        self.host = host
        segments = path.split(separator: "/").map(String.init)
    }

    private static let known = [
        SharingLink("dropbox.com", "s/!"), SharingLink("dropbox.com", "sh/*/!"), SharingLink("dropbox.com", "t/!"),
        SharingLink("dropbox.com", "scl/*/!"), SharingLink("dropboxusercontent.com", "s/!"),
        SharingLink("1drv.ms", "*/!"),
        SharingLink("hooks.slack.com", "services/*/*/!"), SharingLink("slack-files.com", "!"),
        SharingLink("join.slack.com", "t/*/shared_invite/!"), SharingLink("box.com", "s/!"),
        SharingLink("googleusercontent.com", "drive-storage/!"),
    ]

    /// Which segment of a path (without its first slash) is a secret.
    static func secretSegment(host: String, segments: [Substring]) -> Int? {
        if host.hasSuffix(".sharepoint.com"), let kind = segments.first, kind.hasPrefix(":") {
            // `/:w:/g/…/TOKEN`; `/:w:/r/…` is the document's own address, for those who may read it anyway.
            return segments.count > 2 && segments[1] != "r" ? segments.count - 1 : nil
        }
        for link in known where host == link.host || host.hasSuffix("." + link.host) {
            guard segments.count >= link.segments.count else { continue }
            let fits = zip(link.segments, segments).allSatisfy { $0 == "*" || $0 == "!" || $0 == $1 }
            if fits { return link.segments.firstIndex(of: "!") }
        }
        return nil
    }
}
