import HTTP
import JSON
import Redaction
import System

/// A request and its answer, as one HAR entry holds them.
public struct Exchange: Sendable {
    public var method: String
    public var url: URL
    public var requestHeaders: Headers
    public var requestBody: [UInt8]?
    /// Its body is decoded, and its headers say so: no coding, no length.
    public var response: Response
    public var started: Timestamp
    public var duration: Duration

    public init(_ request: Request, _ response: Response, started: Timestamp, duration: Duration) {
        self.init(
            method: request.method, url: request.url, requestHeaders: request.headers, requestBody: request.body,
            response: response, started: started, duration: duration)
    }

    init(
        method: String, url: URL, requestHeaders: Headers, requestBody: [UInt8]?, response: Response,
        started: Timestamp, duration: Duration
    ) {
        self.method = method
        self.url = url
        self.requestHeaders = requestHeaders
        self.requestBody = requestBody
        self.response = response
        self.started = started
        self.duration = duration
    }

    /// Writes a HAR 1.2 entry without secrets. <http://www.softwareishard.com/blog/har-12-spec/#entries>
    func write(to w: inout JSONWriter, redactor: Redactor) {
        // Headers first: what they teach the redactor is then found in the bodies.
        let asked = redactor.headers(requestHeaders)
        let told = redactor.headers(response.headers.withoutCoding)
        let body = requestBody.map { redactor.body($0, mediaType: requestHeaders.mediaType) }
        let answer = redactor.body(response.body.array, mediaType: response.mediaType)
        let address = redactor.url(url.description)
        let milliseconds = Double(duration.microseconds) / 1000
        w.object { w in
            w.member("startedDateTime", started.description)
            w.member("time", milliseconds)
            w.key("request")
            w.object { w in
                w.start(headers: asked) { w in
                    w.member("method", method)
                    w.member("url", address)
                }
                w.key("queryString")
                w.pairs(URL(address)?.queryFields ?? [])
                if let body {
                    w.key("postData")
                    w.object { w in
                        w.member("mimeType", requestHeaders["content-type"] ?? "")
                        // HAR has no place for the coding of a request's body.
                        w.content(body, coding: "_encoding")
                    }
                }
                w.member("headersSize", -1)
                w.member("bodySize", body?.count ?? 0)
            }
            w.key("response")
            w.object { w in
                w.start(headers: told) { w in
                    w.member("status", response.status)
                    w.member("statusText", Response.phrases[response.status] ?? "")
                }
                w.key("content")
                w.object { w in
                    w.member("size", answer.count)
                    w.member("mimeType", response.headers["content-type"] ?? "")
                    w.content(answer, coding: "encoding")
                }
                w.member("redirectURL", told["location"] ?? "")
                w.member("headersSize", -1)
                w.member("bodySize", -1)
            }
            w.key("cache")
            w.object { _ in }
            w.key("timings")
            w.object { w in
                w.member("send", 0)
                w.member("wait", milliseconds)
                w.member("receive", 0)
            }
        }
    }
}

extension Response {
    /// The reason phrases of RFC 9110, section 15, that services answer with, and that of RFC 6585, section 4.
    fileprivate static let phrases = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
        302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        409: "Conflict", 410: "Gone", 413: "Content Too Large", 416: "Range Not Satisfiable", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]
}

extension JSONWriter {
    /// What a request and a response begin with.
    fileprivate mutating func start(headers: Headers, _ own: (inout JSONWriter) -> Void) {
        own(&self)
        member("httpVersion", "HTTP/1.1")
        key("cookies")
        array { _ in }
        key("headers")
        pairs(headers.fields)
    }

    fileprivate mutating func pairs(_ pairs: [(name: String, value: String)]) {
        array { w in
            for pair in pairs {
                w.object { w in
                    w.member("name", pair.name)
                    w.member("value", pair.value)
                }
            }
        }
    }

    fileprivate mutating func content(_ bytes: [UInt8], coding: String) {
        if let text = String(validating: bytes, as: UTF8.self) {
            member("text", text)
        } else {
            member("text", Base64.encode(bytes))
            member(coding, "base64")
        }
    }

    /// Milliseconds.
    fileprivate mutating func member(_ name: String, _ value: Double) {
        key(name)
        raw(Array("\(value)".utf8))
    }
}

extension Headers {
    /// The fields of an answer whose body was decoded: what told its coding, its length and its connection is left out.
    var withoutCoding: Headers {
        Headers(fields.filter { !Headers.ofTransfer.contains($0.name.lowercased()) && !$0.name.hasPrefix(":") })
    }

    private static let ofTransfer: Set<String> = [
        "content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade",
    ]

    /// The type of the body without its parameters, in small letters.
    var mediaType: String? {
        self["content-type"].map { $0.prefix { $0 != ";" }.lowercased().filter { $0 != " " } }
    }
}
