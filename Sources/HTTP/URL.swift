import System

/// Percent-encoding. RFC 3986, section 2.
public enum PercentEncoding {
    private static let hexadecimal: [UInt8] = Array("0123456789ABCDEF".utf8)

    /// Everything but the unreserved characters is encoded, so that no text from outside changes the shape of a URL.
    public static func encode(_ text: some StringProtocol) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                out.append(hexadecimal[Int(byte >> 4)])
                out.append(hexadecimal[Int(byte & 15)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Bytes that are no valid encoding stay as they are.
    /// - Parameter plusIsSpace: as in a form or a query.
    public static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        func value(_ c: UInt8) -> UInt8? {
            switch c {
            case 0x30...0x39: c - 0x30
            case 0x41...0x46: c - 0x37
            case 0x61...0x66: c - 0x57
            default: nil
            }
        }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "%"), i + 2 < bytes.count, let a = value(bytes[i + 1]),
                let b = value(bytes[i + 2])
            {
                out.append(a << 4 | b)
                i += 3
            } else {
                out.append(plusIsSpace && bytes[i] == UInt8(ascii: "+") ? 0x20 : bytes[i])
                i += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// `a=1&b=2`, encoded. Used for queries and for form bodies.
    public static func form(_ fields: [(String, String)]) -> String {
        fields.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
    }

    /// The fields of a query or a form body.
    public static func fields(of query: some StringProtocol) -> [(name: String, value: String)] {
        query.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                decode(parts[0], plusIsSpace: true), parts.count > 1 ? decode(parts[1], plusIsSpace: true) : ""
            )
        }
    }
}

/// An absolute URL of a service, in its parts.
///
///     URL("https://www.googleapis.com/drive/v3")?.appending("files", id).query([("alt", "media")])
public struct URL: Sendable, Hashable, CustomStringConvertible {
    /// `https` or `http`, in small letters.
    public let scheme: String
    /// In small letters, without the port.
    public let host: String
    /// Nil where it is the scheme's own.
    public let port: Int?
    /// From the first slash on, still encoded, without the query.
    public private(set) var path: String
    /// Still encoded, without the question mark; nil where there is none.
    public private(set) var query: String?

    /// Segments `.` and `..` are resolved, so that a path says where it leads.
    /// - Returns: nil for what is no absolute http or https URL, holds a user name, a control character or a blank, or a host
    ///   that programs could read in different ways.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let withoutFragment = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        guard let colon = withoutFragment.firstRange(of: "://") else { return nil }
        let scheme = withoutFragment[..<colon.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = withoutFragment[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        var authority = rest[..<end].lowercased()
        guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
        var port: Int?
        if let at = authority.lastIndex(of: ":"), !authority[at...].contains("]") {
            let digits = authority[authority.index(after: at)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65535).contains(number)
            else { return nil }
            port = number == (scheme == "https" ? 443 : 80) ? nil : number
            authority = String(authority[..<at])
        }
        guard URL.isPlainHost(authority) else { return nil }
        self.scheme = scheme
        self.host = authority
        self.port = port
        let tail = rest[end...]
        let question = tail.firstIndex(of: "?")
        let path = String(tail[..<(question ?? tail.endIndex)])
        self.path = path.isEmpty ? "/" : URL.withoutDotSegments(path)
        self.query = question.map { String(tail[tail.index(after: $0)...]) }
    }

    /// A URL of a service: a base that is ours, segments and fields that may come from anywhere and are encoded.
    /// - Throws: `Failure` where the base is no URL.
    public init(_ base: String, path segments: [String], query fields: [(String, String)] = []) throws {
        guard var url = URL(base) else {
            throw Failure(.configuration, "'\(base)' is no URL", "give one with https://")
        }
        for segment in segments { url = url.appending(segment) }
        self = url.query(fields)
    }

    /// The URL with segments added to its path, each of them encoded.
    public func appending(_ segments: String...) -> URL {
        var url = self
        for segment in segments {
            if !url.path.hasSuffix("/") { url.path += "/" }
            // An id that is "." or ".." must not climb.
            url.path += segment == "." ? "%2E" : segment == ".." ? "%2E%2E" : PercentEncoding.encode(segment)
        }
        return url
    }

    /// The URL with fields added to its query, encoded.
    public func query(_ fields: [(String, String)]) -> URL {
        if fields.isEmpty { return self }
        var url = self
        url.query = (query.map { $0 + "&" } ?? "") + PercentEncoding.form(fields)
        return url
    }

    /// What a `Location` header means when it comes from this URL. RFC 3986, section 5.2.
    /// - Returns: nil where that is not an http or https URL.
    public func resolving(_ reference: String) -> URL? {
        let origin = "\(scheme)://\(authority)"
        switch reference.utf8.first {
        case nil, UInt8(ascii: "#"): return self
        case UInt8(ascii: "/"): return URL(reference.hasPrefix("//") ? scheme + ":" + reference : origin + reference)
        case UInt8(ascii: "?"): return URL(origin + path + reference)
        default: break
        }
        let segment = reference.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if segment.contains(":") { return URL(reference) }
        return URL(origin + path[...(path.lastIndex(of: "/") ?? path.startIndex)] + reference)
    }

    /// The fields of the query, decoded.
    public var queryFields: [(name: String, value: String)] { query.map { PercentEncoding.fields(of: $0) } ?? [] }

    public var authority: String { port.map { "\(host):\($0)" } ?? host }
    /// Path and query, as they stand in a request.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }
    public var description: String { "\(scheme)://\(authority)\(target)" }

    /// True for this machine: where plain http is allowed.
    public var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".").map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }

    /// Letters, digits, hyphens, underscores and single dots; or an address in brackets.
    private static func isPlainHost(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && host.count > 3
                && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
    }

    /// RFC 3986, section 5.2.4.
    private static func withoutDotSegments(_ path: String) -> String {
        guard path.contains("/.") else { return path }
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated().dropFirst() {
            switch segment {
            case "..": if !kept.isEmpty { kept.removeLast() }
            case ".": break
            default:
                kept.append(segment)
                continue
            }
            if index == segments.count - 1 { kept.append("") }
        }
        return "/" + kept.joined(separator: "/")
    }
}
