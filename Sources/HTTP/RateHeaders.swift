import JSON
import Pacing
import System

extension Response {
    /// How long the service asks to wait: `Retry-After` in seconds, whole or not, or as a date that counts from the answer's own;
    /// in an error also what its body says. Nil for none, and for what lies in the past or can't be read. At most a week.
    /// RFC 9110, section 10.2.3.
    public var retryAfter: Duration? {
        let told = headers["retry-after"].flatMap { pause($0.trimmed) } ?? (status >= 400 ? retryAfterInBody : nil)
        guard let wait = told.map({ min($0, .seconds(604_800)) }), wait > .zero else { return nil }
        return wait
    }

    private func pause(_ text: String) -> Duration? {
        if let seconds = Double(text), seconds >= 0, text.utf8.allSatisfy({ (0x2E...0x39).contains($0) && $0 != 0x2F })
        {
            return .milliseconds(Int64(min(seconds, 604_800) * 1000))
        }
        return (Timestamp(httpDate: text) ?? Timestamp(text)).map { $0 - date }
    }

    /// Dropbox (`error.retry_after`), Notion (`additional_data.retry_after`), and Google, whose message ends with
    /// "Retry after 2026-03-07T18:03:15.961Z".
    private var retryAfterInBody: Duration? {
        guard !body.isEmpty, body.count <= 1 << 16, let json = try? JSON(parsing: body) else { return nil }
        let error = json["error"]
        if let value = error?["retry_after"] ?? json["additional_data"]?["retry_after"] {
            return (value.lenientInt.map { String($0) } ?? value.string).flatMap { pause($0) }
        }
        guard let message = error?["message"]?.string, let after = message.words(after: "Retry after ").first else {
            return nil
        }
        return Timestamp(after).map { $0 - date }
    }

    /// The windows that the headers tell, of each name one.
    public var rateWindows: [RateWindow] {
        structured(limit: "ratelimit", policy: "ratelimit-policy")
            + structured(limit: "beta-ratelimit", policy: "beta-ratelimit-policy") + [plain, hubspot].compactMap { $0 }
            + [hubspotDay, salesforce].compactMap { $0 }
    }

    /// `RateLimit: "default";r=50;t=30` and `RateLimit-Policy: "default";q=100;w=60`, or `limit=100, remaining=50, reset=30`.
    /// draft-ietf-httpapi-ratelimit-headers, of any age.
    private func structured(limit: String, policy: String) -> [RateWindow] {
        guard let text = headers[limit] else { return [] }
        let policies = (headers[policy] ?? "").split(separator: ",").map { Parameters($0) }
        let items = text.split(separator: ",").map { Parameters($0) }
        if let left = items.lazy.compactMap({ $0["remaining"] }).first {
            let old = RateWindow(
                limit: items.lazy.compactMap { $0["limit"] }.first, remaining: left,
                rest: items.lazy.compactMap { $0["reset"] }.first.flatMap { bounded(.seconds($0)) },
                length: policies.first?["w"].flatMap { bounded(.seconds($0)) })
            return [old]
        }
        return items.compactMap { item in
            guard let left = item["r"] else { return nil }
            let rule = policies.first { $0.name == item.name }
            return RateWindow(
                name: item.name, limit: rule?["q"], remaining: left,
                rest: item["t"].flatMap { bounded(.seconds($0)) },
                length: rule?["w"].flatMap { bounded(.seconds($0)) })
        }
    }

    /// `RateLimit-*`, `X-RateLimit-*` or `X-Rate-Limit-*`: Limit, Remaining, Reset, and what single services add: the resource's
    /// name (GitHub, GitLab), the window (`100, 100;w=60`; Jira's Interval-Seconds), and Atlassian's NearLimit. The reset is
    /// seconds from now, seconds or milliseconds since 1970 (told apart by magnitude), or RFC 3339.
    private var plain: RateWindow? {
        for prefix in ["ratelimit-", "x-ratelimit-", "x-rate-limit-"] {
            let limit = number(prefix + "limit")
            let isNear = headers[prefix + "nearlimit"]?.lowercased() == "true"
            guard let remaining = number(prefix + "remaining") ?? (isNear ? limit.map { $0 / 5 } : nil) else {
                continue
            }
            let length =
                number(prefix + "interval-seconds")
                ?? headers[prefix + "limit"].flatMap {
                    $0.split(separator: ",").lazy.compactMap { Parameters($0)["w"] }.first
                }
            var window = RateWindow(
                name: headers[prefix + "resource"] ?? headers[prefix + "name"] ?? "", limit: limit,
                remaining: remaining, length: length.flatMap { bounded(.seconds($0)) })
            if let reset = headers[prefix + "reset"]?.trimmed {
                (window.rest, window.end) = self.reset(reset)
                if window.rest == nil { continue }
            } else if window.length == nil && !isNear {
                continue
            }
            return window
        }
        return nil
    }

    private func reset(_ text: String) -> (rest: Duration?, end: Int64?) {
        if let moment = Timestamp(text) { return (bounded(moment - date), moment.microseconds) }
        guard let value = leadingNumber(text) else { return (nil, nil) }
        switch value {
        case ..<1_000_000_000: return (bounded(.seconds(value)), nil)
        case ..<1_000_000_000_000: return (bounded(Timestamp(seconds: Int64(value)) - date), Int64(value) * 1_000_000)
        default: return (bounded(.milliseconds(value) - .microseconds(date.microseconds)), Int64(value) * 1000)
        }
    }

    /// HubSpot's rolling window: Max, Remaining, Interval-Milliseconds. "API usage guidelines and limits".
    private var hubspot: RateWindow? {
        guard let limit = number("x-hubspot-ratelimit-max"), let left = number("x-hubspot-ratelimit-remaining") else {
            return nil
        }
        let interval = number("x-hubspot-ratelimit-interval-milliseconds") ?? 10_000
        return RateWindow(name: "interval", limit: limit, remaining: left, length: bounded(.milliseconds(interval)))
    }
    private var hubspotDay: RateWindow? {
        guard let limit = number("x-hubspot-ratelimit-daily"),
            let left = number("x-hubspot-ratelimit-daily-remaining")
        else { return nil }
        return RateWindow(name: "daily", limit: limit, remaining: left, length: .seconds(86_400))
    }

    /// `Sforce-Limit-Info: api-usage=18/5000`, of rolling 24 hours. "Limit Info Header".
    private var salesforce: RateWindow? {
        guard let text = headers["sforce-limit-info"],
            let usage = text.words(after: "api-usage=", where: { $0 == ";" || $0 == " " }).first
        else { return nil }
        let parts = usage.split(separator: "/").compactMap { leadingNumber(String($0)) }
        guard parts.count == 2, parts[1] > 0 else { return nil }
        return RateWindow(
            name: "api-usage", limit: parts[1], remaining: max(0, parts[1] - parts[0]), length: .seconds(86_400))
    }

    /// Nil for what is past, or more than a day away.
    private func bounded(_ duration: Duration) -> Duration? {
        duration > .zero && duration <= .seconds(86_400) ? duration : nil
    }
    private func number(_ name: String) -> Int? { headers[name].flatMap { leadingNumber($0.trimmed) } }
}

extension Classifier {
    /// True for an answer that says that there were too many calls: 429, and what the connector calls worth another try though it
    /// is no error of the server's (a 403, a 200 that is none).
    func isRefusal(_ response: Response, of request: Request) -> Bool {
        if response.status == 429 { return true }
        guard response.status < 500, response.status != 408 else { return false }
        if case .retry = verdict(of: response, to: request) { return true }
        return false
    }
}

/// `"default";r=50;t=30`, or `reset=30`: a name, and whole numbers by name.
private struct Parameters {
    let name: String
    private let values: [(name: String, value: Int)]

    init(_ text: Substring) {
        let parts = text.split(separator: ";").map { String($0).trimmed }
        let first = parts.first ?? ""
        name = String(first.filter { $0 != "\"" })
        values = parts.compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let value = leadingNumber(String(pair[1])) else { return nil }
            return (String(pair[0]), value)
        }
    }
    subscript(_ name: String) -> Int? { values.first { $0.name == name }?.value }
}

/// The digits that a text begins with; `100, 100;w=60` is 100.
private func leadingNumber(_ text: String) -> Int? {
    Int(text.prefix { $0.isASCII && $0.isNumber }).flatMap { $0 <= 1 << 50 ? $0 : nil }
}

extension String {
    /// Without the blanks and tabs at its ends.
    public var trimmed: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !blank($0) }), let last = lastIndex(where: { !blank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }

    /// The words that follow the first occurrence of a text.
    fileprivate func words(after text: String, where isEnd: (Character) -> Bool = { $0 == " " }) -> [String] {
        var rest = self[...]
        while !rest.isEmpty, !rest.hasPrefix(text) { rest = rest.dropFirst() }
        return rest.isEmpty ? [] : rest.dropFirst(text.count).split(whereSeparator: isEnd).map(String.init)
    }
}
