import HTTP
import System
import JSON
import Synchronization

/// Replaces secrets by placeholders: in headers, URLs, JSON, forms and running text.
///
///     let redactor = Redactor()
///     redactor.body(Array(#"{"access_token":"ya29.a0Af"}"#.utf8), mediaType: "application/json")
///     // {"access_token":"[secret:1f0a9c77]"}
///
/// A secret is known by the name that it stands under (`SecretNames`), by its looks, or because it was seen under such a name
/// before: then it is found wherever it stands alone, if it has 8 bytes or more. What is no secret stays byte for byte;
/// a placeholder is never replaced again, so redacting twice changes nothing.
public final class Redactor: Sendable {
    /// The shortest value that is replaced where no name says that it is a secret, in bytes.
    static let shortestFree = 8

    private let key: [UInt8]
    private let learned = Mutex(Needles())

    /// - Parameter key: what the digits of placeholders are made with; drawn anew unless given.
    public init(key: [UInt8]? = nil) {
        var random = SystemRandomNumberGenerator()
        self.key = key ?? (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Makes a secret known, so that it is replaced wherever it stands.
    public func learn(_ secret: String) { learned.withLock { $0.insert(Array(secret.utf8)) } }

    /// The placeholder of a secret; nothing for nothing.
    public func placeholder(for secret: String) -> String {
        secret.isEmpty || Placeholder.isAll(of: secret) ? secret : Placeholder.make(for: secret, key: key)
    }

    /// The placeholder of a secret that is a credential, and as such remembered.
    private func credential(_ secret: String) -> String {
        if !Placeholder.occurs(in: secret) { learn(secret) }
        return placeholder(for: secret)
    }

    // MARK: Headers

    /// A header's value. The scheme of an `Authorization` stays.
    public func header(_ name: String, _ value: String) -> String {
        guard SecretNames.isHeader(name) else { return text(value) }
        if name.lowercased().hasSuffix("authorization"), let blank = value.firstIndex(of: " ") {
            let secret = value[value.index(after: blank)...]
            if value[..<blank].lowercased() == "basic", let plain = Base64.decode(secret) {
                let parts = plain.split(separator: UInt8(ascii: ":"), maxSplits: 1)
                if parts.count == 2 { learn(String(decoding: parts[1], as: UTF8.self)) }
            }
            return value[...blank] + credential(String(secret))
        }
        if name.lowercased().hasSuffix("cookie") {
            for field in value.split(separator: ";") {
                if let equals = field.firstIndex(of: "=") { learn(String(field[field.index(after: equals)...])) }
            }
        }
        return credential(value)
    }

    public func headers(_ headers: Headers) -> Headers {
        Headers(headers.fields.map { ($0.name, header($0.name, $0.value)) })
    }

    // MARK: Addresses

    /// The text of a URL: what its query or its path permits is replaced, and a user name with its password.
    public func url(_ url: some StringProtocol) -> String { self.url(url, depth: 0) }

    func url(_ url: some StringProtocol, depth: Int) -> String {
        let hash = url.firstIndex(of: "#") ?? url.endIndex
        let question = url[..<hash].firstIndex(of: "?") ?? hash
        var result = address(url[..<question], depth: depth)
        if question < hash { result += "?" + form(url[url.index(after: question)..<hash], depth: depth) }
        if hash < url.endIndex {
            let fragment = url[url.index(after: hash)...]
            result += "#" + (fragment.contains("=") ? form(fragment, depth: depth) : String(fragment))
        }
        return result
    }

    /// Scheme, host and path.
    private func address(_ url: some StringProtocol, depth: Int) -> String {
        guard let scheme = url.firstRange(of: "://") else { return String(url) }
        let rest = url[scheme.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = String(rest[..<slash])
        if let at = authority.lastIndex(of: "@") {
            if let colon = authority[..<at].firstIndex(of: ":") {
                learn(PercentEncoding.decode(authority[authority.index(after: colon)..<at]))
            }
            authority = placeholder(for: String(authority[..<at])) + authority[at...]
        }
        var segments = rest[slash...].split(separator: "/", omittingEmptySubsequences: false).map { Substring($0) }
        let host = authority.lowercased().prefix { $0 != ":" }
        if let secret = SharingLink.secretSegment(host: String(host), segments: Array(segments.dropFirst())),
            segments.indices.contains(secret + 1)
        {
            segments[secret + 1] = Substring(placeholder(for: PercentEncoding.decode(segments[secret + 1])))
        }
        segments = segments.map { Substring(text(String($0), depth: depth + 1)) }
        return url[..<scheme.upperBound] + authority + segments.joined(separator: "/")
    }

    /// A query or a form body, still encoded: the values of secret names are replaced, the rest stays as it is.
    public func form(_ fields: some StringProtocol) -> String { form(fields, depth: 0) }

    private func form(_ fields: some StringProtocol, depth: Int) -> String {
        let pieces = fields.split(separator: "&", omittingEmptySubsequences: false)
        let names = pieces.map { piece in
            let name = PercentEncoding.decode(piece.prefix { $0 != "=" }, plusIsSpace: true)
            return name.hasPrefix("amp;") ? String(name.dropFirst(4)) : name
        }
        var neighbours = SecretNames.Neighbours { names }
        return zip(pieces, names).map { piece, name in
            guard let equals = piece.firstIndex(of: "=") else { return String(piece) }
            let value = PercentEncoding.decode(piece[piece.index(after: equals)...], plusIsSpace: true)
            if SecretNames.isParameter(name, beside: &neighbours) {
                return piece[...equals] + (SecretNames.isCredential(name) ? credential(value) : placeholder(for: value))
            }
            let clean = text(value, depth: depth + 1)
            return clean == value ? String(piece) : piece[...equals] + Placeholder.encodeAround(clean)
        }.joined(separator: "&")
    }

    /// Fields of a query for a log: secrets are shown as `[secret]`, which tells nothing, not even which are the same.
    public static func masked(_ fields: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var names = SecretNames.Neighbours { fields.map(\.name) }
        return fields.map { name, value in
            SecretNames.isParameter(name, beside: &names) && !Placeholder.isAll(of: value)
                ? (name, "[secret]") : (name, value)
        }
    }

    // MARK: Bodies

    /// A body. JSON stays JSON, and bytes that are no text keep their number.
    public func body(_ bytes: [UInt8], mediaType: String?) -> [UInt8] {
        if bytes.isEmpty { return bytes }
        if mediaType == "application/x-www-form-urlencoded" {
            return Array(form(String(decoding: bytes, as: UTF8.self)).utf8)
        }
        if let json = try? JSON(parsing: bytes) {
            return bytes[..<json.range.lowerBound] + self.json(json) + bytes[json.range.upperBound...]
        }
        let type = mediaType ?? ""
        let isText =
            type.hasPrefix("text/") || type.hasPrefix("multipart/")
            || ["json", "xml", "javascript", "form"].contains { type.contains($0) }
        if isText || String(validating: bytes, as: UTF8.self) != nil { return text(bytes) }
        return learned.withLock { $0 }.replacing(in: bytes) { $0.map { _ in UInt8(ascii: "*") } }
    }

    /// A JSON text. Strings are replaced where they stand; everything else stays byte for byte.
    public func json(_ json: JSON) -> [UInt8] {
        learnMembers(of: json)
        var edits: [(range: Range<Int>, with: [UInt8])] = []
        collect(json, isSecret: false, &edits)
        let range = json.range
        return json.text.withUnsafeBytes { source in
            var out: [UInt8] = []
            out.reserveCapacity(range.count)
            var at = range.lowerBound
            for edit in edits {
                out += source[at..<edit.range.lowerBound]
                out += edit.with
                at = edit.range.upperBound
            }
            return out + source[at..<range.upperBound]
        }
    }

    /// Makes the secrets of an object known before any of its text is looked at.
    private func learnMembers(of json: JSON) {
        let members = json.members
        var neighbours = Redactor.neighbours(members)
        for (name, value) in members {
            if let secret = value.string {
                if SecretNames.isMember(name.string ?? "", beside: &neighbours), !Placeholder.occurs(in: secret) {
                    learn(secret)
                }
            } else {
                learnMembers(of: value)
            }
        }
        for element in json.elements { learnMembers(of: element) }
    }

    private static func neighbours(_ members: [(name: JSON, value: JSON)]) -> SecretNames.Neighbours {
        SecretNames.Neighbours { members.map { $0.name.string ?? "" } }
    }

    private func collect(_ json: JSON, isSecret: Bool, _ edits: inout [(range: Range<Int>, with: [UInt8])]) {
        switch json.kind {
        case .string:
            let inside = json.insideOfString.array
            let plain = inside.contains(UInt8(ascii: "\\")) ? Array((json.string ?? "").utf8) : inside
            let clean = isSecret ? Array(placeholder(for: String(decoding: plain, as: UTF8.self)).utf8) : text(plain)
            guard clean != plain else { return }
            var w = JSONWriter()
            w.string(String(decoding: clean, as: UTF8.self))
            edits.append((json.range, w.bytes))
        case .number:
            guard isSecret else { return }
            var w = JSONWriter()
            w.string(placeholder(for: json.raw.text))
            edits.append((json.range, w.bytes))
        case .array: for element in json.elements { collect(element, isSecret: isSecret, &edits) }
        case .object:
            let members = json.members
            var neighbours = Redactor.neighbours(members)
            for (name, value) in members {
                collect(name, isSecret: false, &edits)
                // A number is a secret only under a name that has no other use: `token` may count something.
                let isSecret =
                    value.kind == .number
                    ? SecretNames.isCredential(name.string ?? "")
                    : SecretNames.isMember(name.string ?? "", beside: &neighbours)
                collect(value, isSecret: isSecret, &edits)
            }
        default: return
        }
    }

    /// Running text.
    public func text(_ text: String) -> String { self.text(text, depth: 0) }

    /// How often text may be encoded inside text: more is not looked into.
    private static let deepest = 4

    /// - Parameter depth: how often what this text was in had to be decoded.
    func text(_ text: String, depth: Int) -> String {
        if depth > Redactor.deepest { return text }
        let bytes = Array(text.utf8)
        let clean = self.text(bytes, depth: depth)
        return clean == bytes ? text : String(decoding: clean, as: UTF8.self)
    }

    private func text(_ bytes: [UInt8], depth: Int = 0) -> [UInt8] {
        if bytes.count < Redactor.shortestFree { return bytes }
        let known = learned.withLock { $0 }.replacing(in: bytes) {
            Array(placeholder(for: String(decoding: $0, as: UTF8.self)).utf8)
        }
        return TextScan.replacing(in: known, redactor: self, depth: depth)
    }
}
