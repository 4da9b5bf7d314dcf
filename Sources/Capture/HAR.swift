import HTTP
import JSON
import System

/// Why an object is no HAR entry.
struct EntryError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Reads HAR entries, as we, browsers and mitmproxy write them.
struct HAR: Sendable {
    /// Who wrote a file, as far as it matters.
    enum Recorder: Sendable {
        /// We did: text is UTF-8, and nothing has to be guessed.
        case ours
        case mitmproxy
        case other

        /// - Parameter log: the log of a document.
        init(_ log: JSON) {
            switch log["creator"]?["name"]?.string {
            case "sluice": self = .ours
            case "mitmproxy": self = .mitmproxy
            default: self = .other
            }
        }
    }
    let recorder: Recorder
    var isOurs: Bool { recorder == .ours }

    /// True for what is no exchange over HTTP: a request that was blocked or cut short, for which there is no answer (browsers
    /// and mitmproxy give it the status 0, Playwright -1), or an address that is no server's (`data:`, `blob:`, `wss:`).
    func isPassedOver(_ entry: JSON) -> Bool {
        if isOurs { return false }
        if let status = entry["response"]?["status"]?.int, status <= 0 { return true }
        guard let url = entry["request"]?["url"]?.string, let colon = url.firstIndex(of: ":") else { return false }
        let scheme = url[..<colon].lowercased()
        return scheme != "http" && scheme != "https" && scheme.allSatisfy { $0.isLetter || $0 == "-" || $0 == "+" }
    }

    func exchange(_ entry: JSON) throws(EntryError) -> Exchange {
        guard let request = entry["request"], let response = entry["response"] else {
            throw EntryError("it has no request or no response")
        }
        guard let method = request["method"]?.string, let text = request["url"]?.string else {
            throw EntryError("its request has no method or no url")
        }
        guard let url = URL(HAR.encoded(text)).map(HAR.withoutPrefix) else {
            throw EntryError("its url is not one of http or https")
        }
        guard let status = response["status"]?.int.flatMap({ Int(exactly: $0) }) else {
            throw EntryError("its response has no status")
        }
        let started = entry["startedDateTime"]?.string.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0)
        var headers = HAR.headers(response).withoutCoding
        let requestHeaders = HAR.headers(request)
        let content = response["content"]
        let type = headers["content-type"] ?? content?["mimeType"]?.string
        let body = try bytes(content?["text"], coding: content?["encoding"], type: type)
        // The text was decoded, and the header is of the bytes before.
        if !isOurs, let type, HAR.isOtherCharset(type), content?["encoding"] == nil,
            String(validating: body, as: UTF8.self) != nil
        {
            headers["Content-Type"] = HAR.withUTF8(type)
        }
        return Exchange(
            method: method.uppercased(), url: url, requestHeaders: requestHeaders,
            requestBody: try request["postData"].map { data throws(EntryError) in
                try postData(data, requestHeaders["content-type"])
            },
            response: Response(
                status: status, headers: headers,
                body: ByteSlice(body),
                date: headers["date"].flatMap { Timestamp(httpDate: $0) } ?? started),
            started: started,
            duration: .microseconds(Int64(min(max(entry["time"]?.double ?? 0, 0), 1e12) * 1000)))
    }

    /// An address whose characters are bytes that may stand in one: recorders write some as they were typed.
    private static func encoded(_ url: String) -> String {
        if url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return url }
        return url.unicodeScalars.map { scalar in
            scalar.value > 0x20 && scalar.value < 0x7F ? String(scalar) : PercentEncoding.encode(String(scalar))
        }.joined()
    }

    private static func headers(_ message: JSON) -> Headers {
        Headers(
            (message["headers"]?.elements ?? []).compactMap { field in
                guard let name = field["name"]?.string, let value = field["value"]?.string, !name.hasPrefix(":") else {
                    return nil
                }
                return (name, value)
            })
    }

    private func postData(_ data: JSON, _ type: String?) throws(EntryError) -> [UInt8] {
        if let text = data["text"], text.string?.isEmpty == false {
            return try bytes(text, coding: data["_encoding"], type: type ?? data["mimeType"]?.string)
        }
        let fields = (data["params"]?.elements ?? []).map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") }
        return Array(PercentEncoding.form(fields).utf8)
    }

    /// The bytes that a text stands for.
    private func bytes(_ text: JSON?, coding: JSON?, type: String?) throws(EntryError) -> [UInt8] {
        guard let text, !text.isNull else { return [] }
        guard text.kind == .string else { throw EntryError("the text of a body is not a string") }
        if coding?.equals("base64") == true {
            let coded = text.string ?? ""
            if let decoded = Base64.decode(coded) { return decoded }
            // In lines, as MIME has it.
            guard let decoded = Base64.decode(String(decoding: coded.utf8.filter { $0 > 0x20 }, as: UTF8.self)) else {
                throw EntryError("the text of a body is not base64")
            }
            return decoded
        }
        let inside = text.insideOfString.array
        if !isOurs, let escaped = HAR.surrogateEscaped(inside) { return escaped }
        let string = text.string ?? ""
        if !isOurs, let raw = latin1(string, type: type) { return raw }
        return Array(string.utf8)
    }

    /// A text in which each byte that is not UTF-8 stands as a lone surrogate `\udc80` to `\udcff`, as Python's `surrogateescape`
    /// writes it.
    /// - Returns: nil where no such surrogate is in it.
    private static func surrogateEscaped(_ inside: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = []
        var copied = 0
        var at = 0
        var afterHigh = false
        while at < inside.count {
            guard inside[at] == UInt8(ascii: "\\"), at + 1 < inside.count else {
                afterHigh = false
                at += 1
                continue
            }
            guard inside[at + 1] == UInt8(ascii: "u"), at + 6 <= inside.count,
                let unit = UInt16(String(decoding: inside[at + 2..<at + 6], as: UTF8.self), radix: 16)
            else {
                afterHigh = false
                at += 2
                continue
            }
            if !afterHigh, (0xDC80...0xDCFF).contains(unit) {
                out += unescaped(inside[copied..<at])
                out.append(UInt8(truncatingIfNeeded: unit))
                copied = at + 6
            }
            afterHigh = unit & 0xFC00 == 0xD800
            at += 6
        }
        return copied == 0 ? nil : out + unescaped(inside[copied...])
    }

    private static func unescaped(_ inside: ArraySlice<UInt8>) -> [UInt8] {
        Array(JSON.unescaped(ByteSlice(inside)).utf8)
    }

    /// The bytes of a text that was read as Latin-1: because its type says so, or, as mitmproxy does, because its type has no
    /// charset and is none of those whose texts are UTF-8.
    /// - Returns: nil where the text is not of that kind.
    private func latin1(_ text: String, type: String?) -> [UInt8]? {
        let type = type?.lowercased() ?? ""
        let charset = HAR.charset(type)
        if let charset, !["iso-8859-1", "latin1", "windows-1252", "us-ascii"].contains(charset) { return nil }
        if charset == nil, ["json", "html", "xml", "css", "javascript"].contains(where: { type.contains($0) }) {
            return nil
        }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        // A browser writes the characters of a text: they are bytes only where the bytes make sense.
        let isCharacters = charset == nil && recorder == .other && type.hasPrefix("text/")
        return isCharacters && String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
    }

    private static func charset(_ type: String) -> String? {
        type.lowercased().firstRange(of: "charset=").map { found in
            type.lowercased()[found.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" && $0 != " " }
        }
    }
    private static func isOtherCharset(_ type: String) -> Bool {
        charset(type).map { !["utf-8", "utf8", "us-ascii"].contains($0) } ?? false
    }
    private static func withUTF8(_ type: String) -> String {
        type.split(separator: ";").filter { !$0.lowercased().contains("charset=") }.joined(separator: ";")
            + "; charset=utf-8"
    }

    /// What was asked behind `--via`: `http://127.0.0.1:8080/slack.com/api/x` is `https://slack.com/api/x`.
    private static func withoutPrefix(_ url: URL) -> URL {
        guard url.isLoopback, url.scheme == "http" else { return url }
        let rest = url.target.dropFirst()
        guard let slash = rest.firstIndex(of: "/") else { return url }
        let host = rest[..<slash]
        let isHost =
            host.contains(".") && !host.hasPrefix(".") && !host.hasSuffix(".")
            && host.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
        return isHost ? URL("https://" + rest) ?? url : url
    }
}
