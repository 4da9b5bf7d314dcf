extension Duration {
    /// `20ms`, `30s`, `15m`, `24h`, `7d`, or `0`: a whole number and its unit.
    /// - Returns: nil for anything else, and for more than 10,000 days.
    public init?(_ text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let count = Int(digits) else { return nil }
        if count == 0 && digits.count == text.count {
            self = .zero
            return
        }
        guard let unit = units[String(text[digits.endIndex...])], count <= 864_000_000_000 / unit else { return nil }
        self = .milliseconds(count * unit)
    }

    /// The whole of it in microseconds, rounded towards zero.
    public var microseconds: Int64 {
        components.seconds &* 1_000_000 &+ components.attoseconds / 1_000_000_000_000
    }
}
