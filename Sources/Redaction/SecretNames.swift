import JSON

/// The names under which services hand out secrets. Names are compared in small letters, without `_` and `-`.
package enum SecretNames {
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

    /// What is known of one name.
    struct Kind: Sendable {
        /// A field that a connector declares.
        let isDeclared: Bool
        let isCredential: Bool
        /// Secret as the name of a member, credentials included.
        fileprivate let isSecret: Bool
        /// A code of an exchange, if it is one.
        fileprivate let isCode: Bool
        /// Secret in a query, members included.
        fileprivate let isParameter: Bool
        fileprivate let standsBesideSignature: Bool
        fileprivate let marksSignature: Bool
        fileprivate let marksExchange: Bool
        /// Secret in running text where a quote or an equals sign stands between name and value; else credentials are alone.
        let isSecretInText: Bool

        /// - Parameter only: true where nothing else than what is declared is a secret.
        init(_ name: some StringProtocol, declared: SecretFields = [], only: Bool = false) {
            let name = normalized(name)
            isDeclared = declared.names.contains(name)
            guard !only else {
                isCredential = false
                isSecret = isDeclared
                isCode = false
                isParameter = isDeclared
                standsBesideSignature = false
                marksSignature = false
                marksExchange = false
                isSecretInText = isDeclared
                return
            }
            isCredential = credentials.contains(name) || credentialEndings.contains { name.hasSuffix($0) }
            isSecret =
                isCredential || isDeclared || members.contains(name) || name.hasSuffix("secret")
                || name.hasSuffix("token") && !places.contains { name.contains($0) }
            isCode = name == "code"
            marksSignature = parameters.contains(name)
            isParameter = isSecret || marksSignature || name.hasPrefix("xamz") || name.hasPrefix("xgoog")
            standsBesideSignature = besideSignature.contains(name)
            marksExchange = besideCode.contains(name)
            isSecretInText = isSecret || marksSignature || name.hasPrefix("xamzs")
        }

        /// True where no neighbour makes it a secret, and it makes none of them one.
        var isInnocent: Bool { !isParameter && !isCode && !standsBesideSignature && !marksExchange }
    }

    package static func isCredential(_ name: String) -> Bool { Kind(name).isCredential }

    /// The names that stand beside each other, whose meaning depends on the others: these are looked at once, and only where
    /// it matters.
    struct Neighbours {
        private let kinds: [Kind]
        private var areSigned: Bool?
        private var areExchange: Bool?

        init(_ kinds: [Kind]) { self.kinds = kinds }

        private mutating func haveExchange() -> Bool {
            if let areExchange { return areExchange }
            let found = kinds.contains { $0.marksExchange }
            areExchange = found
            return found
        }
        private mutating func haveSignature() -> Bool {
            if let areSigned { return areSigned }
            let found = kinds.contains { $0.marksSignature }
            areSigned = found
            return found
        }

        /// True for the name of a secret member.
        mutating func isMember(_ index: Int) -> Bool {
            kinds[index].isSecret || kinds[index].isCode && haveExchange()
        }
        /// True for the name of a secret in a query.
        mutating func isParameter(_ index: Int) -> Bool {
            isMember(index) || kinds[index].isParameter || kinds[index].standsBesideSignature && haveSignature()
        }
        func isCredential(_ index: Int) -> Bool { kinds[index].isCredential }
        func isDeclared(_ index: Int) -> Bool { kinds[index].isDeclared }
    }

    /// The kinds of names that were seen: the same few come again and again.
    struct Memory {
        private let declared: SecretFields
        private let only: Bool
        private var kinds: [String: Kind] = [:]
        private static let most = 4096

        init(declared: SecretFields, only: Bool) {
            self.declared = declared
            self.only = only
        }

        mutating func kind(_ name: String) -> Kind {
            if let known = kinds[name] { return known }
            let kind = Kind(name, declared: declared, only: only)
            if kinds.count < Memory.most, name.utf8.count <= 64 { kinds[name] = kind }
            return kind
        }
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

    private static let hosts = Set(known.map(\.host) + ["sharepoint.com"]).map { Array($0.utf8) }

    /// True for a host whose links may be secret, in any case of letters. Compared from its end, where most differ.
    static func isHost(_ host: ByteSlice) -> Bool {
        host.withUnsafeBytes { host in
            hosts.contains { known in
                var left = known.count
                let more = host.count - left
                while more >= 0, left > 0, host[more + left - 1] | 0x20 == known[left - 1] | 0x20 { left -= 1 }
                return left == 0
            }
        }
    }

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
