import HTTP
import JSON
import Synchronization
import System

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
    /// False where only declared fields are secrets.
    let looksForAll: Bool
    private let learned = Mutex(Needles())
    private let declared = Mutex<Set<String>>([])
    private let names: Mutex<SecretNames.Memory>

    /// - Parameters:
    ///   - key: what the digits of placeholders are made with; drawn anew unless given.
    ///   - fields: names beside those that are secret everywhere.
    public init(key: [UInt8]? = nil, fields: SecretFields = []) {
        var random = SystemRandomNumberGenerator()
        self.key = key ?? (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        looksForAll = true
        names = Mutex(SecretNames.Memory(declared: fields, only: false))
    }

    /// Replaces what stands under these names, and nothing else.
    init(only fields: SecretFields) {
        key = []
        looksForAll = false
        names = Mutex(SecretNames.Memory(declared: fields, only: true))
    }

    /// Makes a secret known, so that it is replaced wherever it stands.
    public func learn(_ secret: String) { learned.withLock { $0.insert(Array(secret.utf8)) } }

    /// The placeholder of a secret; nothing for nothing.
    public func placeholder(for secret: String) -> String {
        if secret.isEmpty || Placeholder.isAll(of: secret) { return secret }
        let isDeclared = declared.withLock { $0.contains(secret) }
        return Placeholder.make(for: secret, key: isDeclared ? SecretFields.key : key)
    }

    /// The placeholder of a secret that is a credential, and as such remembered.
    private func credential(_ secret: String) -> String {
        if !Placeholder.occurs(in: secret) { learn(secret) }
        return placeholder(for: secret)
    }

    /// Makes a secret known that stands under a declared name.
    func declare(_ secret: String) {
        if !Placeholder.isAll(of: secret) { _ = declared.withLock { $0.insert(secret) } }
    }

    /// What is known of a name.
    func kind(_ name: String) -> SecretNames.Kind { names.withLock { $0.kind(name) } }

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
        if looksForAll, let at = authority.lastIndex(of: "@") {
            if let colon = authority[..<at].firstIndex(of: ":") {
                learn(PercentEncoding.decode(authority[authority.index(after: colon)..<at]))
            }
            authority = placeholder(for: String(authority[..<at])) + authority[at...]
        }
        var segments = rest[slash...].split(separator: "/", omittingEmptySubsequences: false).map { Substring($0) }
        let host = authority.lowercased().prefix { $0 != ":" }
        if looksForAll,
            let secret = SharingLink.secretSegment(host: String(host), segments: Array(segments.dropFirst())),
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
        var neighbours = SecretNames.Neighbours(names.map(kind))
        return pieces.enumerated().map { index, piece in
            guard let equals = piece.firstIndex(of: "=") else { return String(piece) }
            let value = PercentEncoding.decode(piece[piece.index(after: equals)...], plusIsSpace: true)
            if neighbours.isParameter(index) {
                if neighbours.isDeclared(index) { declare(value) }
                return piece[...equals] + (neighbours.isCredential(index) ? credential(value) : placeholder(for: value))
            }
            let clean = text(value, depth: depth + 1)
            return clean == value ? String(piece) : piece[...equals] + Placeholder.encodeAround(clean)
        }.joined(separator: "&")
    }

    /// Fields of a query for a log: secrets are shown as `[secret]`, which tells nothing, not even which are the same.
    public static func masked(_ fields: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var names = SecretNames.Neighbours(fields.map { SecretNames.Kind($0.name) })
        return fields.enumerated().map { index, field in
            names.isParameter(index) && !Placeholder.isAll(of: field.value) ? (field.name, "[secret]") : field
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
        if isText || String(validating: bytes, as: UTF8.self) != nil { return text(ByteSlice(bytes)) ?? bytes }
        return learned.withLock { $0 }.replacing(in: ByteSlice(bytes)) { $0.map { _ in UInt8(ascii: "*") } } ?? bytes
    }

    /// A JSON text. Strings are replaced where they stand; everything else stays byte for byte.
    public func json(_ json: JSON) -> [UInt8] {
        // The secrets of all members are known before any of the text is looked at.
        var values: [(range: Range<Int>, isSecret: Bool)] = []
        gather(json, isSecret: false, into: &values)
        let text = json.text
        var out: [UInt8] = []
        out.reserveCapacity(json.range.count)
        func copy(_ range: Range<Int>) { text[range].withUnsafeBytes { out.append(contentsOf: $0) } }
        var at = json.range.lowerBound
        for (range, isSecret) in values {
            guard let clean = isSecret ? secret(text[range]) : string(text[range]) else { continue }
            copy(at..<range.lowerBound)
            var w = JSONWriter()
            w.string(String(decoding: clean, as: UTF8.self))
            out += w.bytes
            at = range.upperBound
        }
        copy(at..<json.range.upperBound)
        return out
    }

    /// The strings of a value, and the numbers that are secrets, in order. Learns what stands under the names of secrets.
    private func gather(_ json: JSON, isSecret: Bool, into values: inout [(range: Range<Int>, isSecret: Bool)]) {
        switch json.kind {
        case .string: values.append((json.range, isSecret))
        case .number: if isSecret { values.append((json.range, true)) }
        case .array: for element in json.elements { gather(element, isSecret: isSecret, into: &values) }
        case .object:
            let members = json.members
            var neighbours = SecretNames.Neighbours(members.map { kind($0.name.string ?? "") })
            for (index, (name, value)) in members.enumerated() {
                values.append((name.range, false))
                // A number is a secret only under a name that has no other use: `token` may count something.
                let isSecret = value.kind == .number ? neighbours.isCredential(index) : neighbours.isMember(index)
                if isSecret, let secret = value.string, !Placeholder.occurs(in: secret) {
                    if neighbours.isDeclared(index) { declare(secret) }
                    learn(secret)
                }
                gather(value, isSecret: isSecret, into: &values)
            }
        default: return
        }
    }

    /// The placeholder of a string or number as it stands; nil for what is one.
    private func secret(_ token: ByteSlice) -> [UInt8]? {
        let isString = token[0] == UInt8(ascii: "\"")
        let plain = isString ? JSON.unescaped(token[1..<token.count - 1]) : token.text
        let clean = placeholder(for: plain)
        return clean == plain ? nil : Array(clean.utf8)
    }

    /// A string without its secrets, given with its quotes; nil where it has none.
    private func string(_ token: ByteSlice) -> [UInt8]? {
        if token.count < Redactor.shortestFree + 2 { return nil }
        let inside = token[1..<token.count - 1]
        let isEscaped = inside.withUnsafeBytes { $0.contains(UInt8(ascii: "\\")) }
        return text(isEscaped ? ByteSlice(JSON.unescaped(inside)) : inside)
    }

    /// Running text.
    public func text(_ text: String) -> String { self.text(text, depth: 0) }

    /// How often text may be encoded inside text: more is not looked into.
    private static let deepest = 4

    /// - Parameter depth: how often what this text was in had to be decoded.
    func text(_ text: String, depth: Int) -> String {
        if depth > Redactor.deepest { return text }
        return self.text(ByteSlice(text), depth: depth).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// - Returns: nil where there is no secret in the bytes.
    private func text(_ bytes: ByteSlice, depth: Int = 0) -> [UInt8]? {
        if bytes.count < Redactor.shortestFree { return nil }
        guard learned.withLock({ $0.mayFindSecret(in: bytes) }) else { return nil }
        let known = learned.withLock { $0 }.replacing(in: bytes) {
            Array(placeholder(for: String(decoding: $0, as: UTF8.self)).utf8)
        }
        return TextScan.replacing(in: known.map { ByteSlice($0) } ?? bytes, redactor: self, depth: depth) ?? known
    }
}
