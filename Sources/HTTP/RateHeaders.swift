import System

/// What a service says about how fast it may be called.
struct RateWindow: Sendable, Equatable {
    /// Calls left until `ends`.
    var remaining: Int
    /// Calls in a whole window, where it tells.
    var limit: Int?
    /// How long after the answer the window ends.
    var rest: Duration
}

extension Response {
    /// How long the service asks to wait: `Retry-After` in seconds, or as a date that counts from the answer's own. Nil for
    /// none, and for what lies in the past or can't be read. At most a week. RFC 9110, section 10.2.3.
    public var retryAfter: Duration? {
        guard let text = headers["retry-after"]?.trimmed, !text.isEmpty else { return nil }
        let week = Duration.seconds(604_800)
        var wait: Duration
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            wait = Int64(text).map { .seconds(min($0, 604_800)) } ?? week
        } else if let moment = Timestamp(httpDate: text) {
            wait = moment - date
        } else {
            return nil
        }
        wait = min(wait, week)
        return wait > .zero ? wait : nil
    }

    /// `RateLimit-*` or `X-RateLimit-*`. The reset is seconds from now, seconds or milliseconds since 1970 (told apart by
    /// magnitude), or RFC 3339; nil where it is missing, past, or more than a day away.
    var rateWindow: RateWindow? {
        for prefix in ["ratelimit-", "x-ratelimit-"] {
            guard let remaining = number(prefix + "remaining"), let text = headers[prefix + "reset"]?.trimmed else {
                continue
            }
            let rest: Duration
            if let moment = Timestamp(text) {
                rest = moment - date
            } else if let value = leadingNumber(text) {
                rest =
                    switch value {
                    case ..<1_000_000_000: .seconds(value)
                    case ..<1_000_000_000_000: Timestamp(seconds: Int64(value)) - date
                    default: .milliseconds(value) - .microseconds(date.microseconds)
                    }
            } else {
                continue
            }
            guard rest > .zero, rest <= .seconds(86_400) else { continue }
            return RateWindow(remaining: remaining, limit: number(prefix + "limit"), rest: rest)
        }
        return nil
    }

    private func number(_ name: String) -> Int? { headers[name].flatMap { leadingNumber($0.trimmed) } }
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
}
