/// A moment in UTC, in microseconds since 1970, printed as RFC 3339.
///
///     Timestamp("2026-01-02T04:04:05+01:00")?.description == "2026-01-02T03:04:05Z"
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds.quotient(roundedDown: 1_000_000) }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
    public static func + (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds &+ b.microseconds)
    }
    public static func - (a: Timestamp, b: Duration) -> Timestamp {
        Timestamp(microseconds: a.microseconds &- b.microseconds)
    }
    /// How long after `b` this is.
    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.microseconds &- b.microseconds)
    }

    /// RFC 3339 in UTC, with a fraction only where there is one.
    public var description: String {
        let (year, month, day) = civil(fromDays: seconds.quotient(roundedDown: 86_400))
        let second = Int(seconds - seconds.quotient(roundedDown: 86_400) * 86_400)
        var text = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
        text += "T" + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
        let fraction = Int(microseconds - seconds * 1_000_000)
        if fraction != 0 {
            text += "." + (fraction % 1000 == 0 ? padded(fraction / 1000, 3) : padded(fraction, 6))
        }
        return text + "Z"
    }

    /// Reads RFC 3339, with any offset and any number of digits of a fraction (rounded down to microseconds).
    /// - Returns: `nil` for anything else, for a time without a zone, and for a day that does not exist.
    public init?(_ text: some StringProtocol) {
        var c = Cursor(text.utf8)
        guard let year = c.digits(4), c.take("-"), let month = c.digits(2), c.take("-"), let day = c.digits(2),
            c.take("T") || c.take("t") || c.take(" "),
            let hour = c.digits(2), c.take(":"), let minute = c.digits(2)
        else { return nil }
        var second = 0
        var fraction = 0
        if c.take(":") {
            guard let s = c.digits(2) else { return nil }
            second = s
            if c.take(".") {
                var scale = 100_000
                var count = 0
                while let d = c.digit() {
                    fraction += d * scale
                    scale /= 10
                    count += 1
                }
                guard count > 0 else { return nil }
            }
        }
        var offset = 0
        if !(c.take("Z") || c.take("z")) {
            let sign = c.take("+") ? 1 : c.take("-") ? -1 : 0
            guard sign != 0, let h = c.digits(2) else { return nil }
            _ = c.take(":")
            guard let m = c.digits(2), h < 24, m < 60 else { return nil }
            offset = sign * (h * 3600 + m * 60)
        }
        guard c.atEnd, let whole = Timestamp.moment(year, month, day, hour, minute, second) else { return nil }
        self.init(microseconds: (whole - Int64(offset)) * 1_000_000 + Int64(fraction))
    }

    /// Reads the three forms of an HTTP date. RFC 9110, section 5.6.7; the zone is `GMT`, but `UTC`, `Z` and an offset such as
    /// `+0100` are taken for what they say. RFC 5322, section 3.3.
    /// - Returns: `nil` for anything else, and for another zone: its offset is not known.
    public init?(httpDate text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        let words = text.split(separator: " ")
        var day: Substring
        var month: Substring
        var year: Substring
        let clock: Substring
        var zone = "GMT"
        switch words.count {
        case 6:  // Sun, 06 Nov 1994 08:49:37 GMT
            (day, month, year, clock) = (
                Substring(words[1]), Substring(words[2]), Substring(words[3]), Substring(words[4])
            )
            zone = String(words[5])
        case 5:  // Sun Nov  6 08:49:37 1994
            (day, month, year, clock) = (
                Substring(words[2]), Substring(words[1]), Substring(words[4]), Substring(words[3])
            )
        case 4:  // Sunday, 06-Nov-94 08:49:37 GMT
            let parts = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            (day, month, year, clock) = (
                Substring(parts[0]), Substring(parts[1]), Substring(parts[2]), Substring(words[2])
            )
            zone = String(words[3])
        default: return nil
        }
        let times = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 5 || words[0].hasSuffix(","), times.count == 3, let d = Timestamp.number(day, 1...2),
            let m = Timestamp.month(month), var y = Timestamp.number(year, words.count == 4 ? 2...4 : 4...4),
            let hour = Timestamp.number(times[0], 2...2), let minute = Timestamp.number(times[1], 2...2),
            let second = Timestamp.number(times[2], 2...2), let offset = Timestamp.offset(zone)
        else { return nil }
        // RFC 9110 counts two digits from fifty years ahead; what is that old needs no clock to be told apart.
        if year.count == 2 { y += y < 70 ? 2000 : 1900 }
        guard let whole = Timestamp.moment(y, m, d, hour, minute, second) else { return nil }
        self.init(seconds: whole - offset)
    }

    private static func number(_ text: some StringProtocol, _ digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// Seconds east of Greenwich.
    private static func offset(_ zone: String) -> Int64? {
        if ["GMT", "UTC", "UT", "Z"].contains(zone) { return 0 }
        var c = Cursor(zone.utf8)
        let sign: Int64 = c.take("+") ? 1 : c.take("-") ? -1 : 0
        guard sign != 0, let hours = c.digits(2), let minutes = c.digits(2), c.atEnd, hours < 24, minutes < 60 else {
            return nil
        }
        return sign * Int64(hours * 3600 + minutes * 60)
    }

    /// The preferred form of an HTTP date.
    public var httpDate: String {
        let days = seconds.quotient(roundedDown: 86_400)
        let (year, month, day) = civil(fromDays: days)
        let second = Int(seconds - days * 86_400)
        let weekday = Int((days % 7 + 11) % 7)
        return ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][weekday] + ", " + padded(day, 2) + " "
            + Timestamp.months[month - 1] + " " + padded(year, 4) + " " + padded(second / 3600, 2) + ":"
            + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + " GMT"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static func month(_ name: some StringProtocol) -> Int? {
        months.firstIndex { name.lowercased() == $0.lowercased() }.map { $0 + 1 }
    }

    private static func moment(_ y: Int, _ m: Int, _ d: Int, _ h: Int, _ min: Int, _ s: Int) -> Int64? {
        guard (1...9999).contains(y), (1...12).contains(m), d >= 1, h < 24, min < 60, s <= 60, h >= 0, min >= 0, s >= 0
        else { return nil }
        let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard d <= lengths[m - 1] else { return nil }
        return days(fromCivil: y, m, d) * 86_400 + Int64(h * 3600 + min * 60 + Swift.min(s, 59))
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
private func days(fromCivil year: Int, _ month: Int, _ day: Int) -> Int64 {
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = y.quotient(roundedDown: 400)
    let yearOfEra = y - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(fromDays days: Int64) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = z.quotient(roundedDown: 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let day = Int(dayOfYear - (153 * mp + 2) / 5 + 1)
    let month = Int(mp < 10 ? mp + 3 : mp - 9)
    return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, day)
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    fileprivate func quotient(roundedDown divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

/// Reads fixed-width fields of a text.
private struct Cursor<Bytes: Collection> where Bytes.Element == UInt8 {
    private var rest: Bytes.SubSequence
    init(_ bytes: Bytes) { rest = bytes[...] }
    var atEnd: Bool { rest.isEmpty }

    mutating func digit() -> Int? {
        guard let b = rest.first, (0x30...0x39).contains(b) else { return nil }
        rest = rest.dropFirst()
        return Int(b - 0x30)
    }
    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let d = digit() else { return nil }
            value = value * 10 + d
        }
        return value
    }
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
