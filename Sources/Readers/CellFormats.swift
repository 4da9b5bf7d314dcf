import Extraction

/// What a number in a cell stands for.
enum NumberKind { case date, time, dateAndTime, duration, percent }

/// How the cells of a workbook show numbers (ECMA-376, part 1, sections 18.8.10, 18.8.30 and 18.8.31).
final class CellFormats: XMLReader {
    private var codes: [Int: String] = [:]
    private var kinds: [NumberKind?] = []
    private var isInCells = false

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "x:numFmt":
            if let id = attributes["numFmtId"].flatMap({ Int($0) }) { codes[id] = attributes["formatCode"] }
        case "x:cellXfs": isInCells = true
        case "x:xf":
            if isInCells { kinds.append(kind(ofFormat: attributes["numFmtId"].flatMap { Int($0) } ?? 0)) }
        default: break
        }
    }
    func end(_ name: String) { if name == "x:cellXfs" { isInCells = false } }

    func kind(of style: Int) -> NumberKind? { kinds.indices.contains(style) ? kinds[style] : nil }

    private func kind(ofFormat id: Int) -> NumberKind? {
        if let code = codes[id] { return numberKind(ofCode: code) }
        return CellFormats.kind(ofBuiltIn: id)
    }

    static func kind(ofBuiltIn id: Int) -> NumberKind? {
        switch id {
        case 9, 10: return .percent
        case 14...17, 27...31, 34...36, 50...58: return .date
        case 18...21, 32, 33, 45, 47: return .time
        case 22: return .dateAndTime
        case 46: return .duration
        default: return nil
        }
    }
}

/// Told by the letters of a format code such as `yyyy\-mm\-dd hh:mm`, quoted parts aside.
func numberKind(ofCode code: String) -> NumberKind? {
    var hasDate = false
    var hasTime = false
    var isDuration = false
    var isPercent = false
    var isQuoted = false
    var isEscaped = false
    var bracket: String?
    for character in code.prefix(300) {
        if isEscaped {
            isEscaped = false
            continue
        }
        if isQuoted {
            isQuoted = character != "\""
            continue
        }
        if let inside = bracket {
            bracket = character == "]" ? nil : inside + String(character)
            if character == "]", !inside.isEmpty, inside.lowercased().allSatisfy({ "hms".contains($0) }) {
                isDuration = true
            }
            continue
        }
        switch character {
        case ";": return kind()
        case "\\", "_", "*": isEscaped = true
        case "\"": isQuoted = true
        case "[": bracket = ""
        case "%": isPercent = true
        case "y", "Y", "d", "D", "g", "e": hasDate = true
        case "h", "H", "s", "S": hasTime = true
        case "m", "M": if !hasTime { hasDate = hasDate || !code.lowercased().contains("h") && !code.contains("s") }
        case "#", "0", "?": if !hasTime && !hasDate { return isPercent || code.contains("%") ? .percent : nil }
        default: break
        }
    }
    func kind() -> NumberKind? {
        if isDuration { return .duration }
        if code.lowercased().hasPrefix("general") { return nil }
        if hasDate { return hasTime ? .dateAndTime : .date }
        return hasTime ? .time : isPercent ? .percent : nil
    }
    return kind()
}

/// A number of days since the end of 1899 (or since 1904 began) as ISO 8601 writes the day, the time, or both; nil where it
/// is none. 1900 has a 29 February there (ECMA-376, part 1, section 18.17.4.1).
func spreadsheetDate(_ number: Double, _ kind: NumberKind, isFrom1904: Bool) -> String? {
    guard number.isFinite, number.magnitude < 3_000_000 else { return nil }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if kind == .percent {
        let text = "\((number * 1e8).rounded() / 1e6)"
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "%"
    }
    let seconds = Int((number * 86_400).rounded())
    func time(_ hours: Int) -> String {
        let rest = abs(seconds)
        return "\(two(hours)):\(two(rest / 60 % 60))" + (rest % 60 == 0 ? "" : ":\(two(rest % 60))")
    }
    if kind == .duration { return (seconds < 0 ? "-" : "") + time(abs(seconds) / 3600) }
    guard seconds >= 0 else { return "\(number)" }
    let clock = time(seconds / 3600 % 24)
    if kind == .time { return clock }
    let day = seconds / 86_400
    let date: String
    if !isFrom1904 && day == 60 {
        date = "1900-02-29"
    } else {
        // Days since 1970.
        let (year, month, dayOfMonth) = civil(isFrom1904 ? day - 24_107 : day - (day < 60 ? 25_568 : 25_569))
        date = "\(year)-\(two(month))-\(two(dayOfMonth))"
    }
    if kind == .date || seconds % 86_400 == 0 { return day == 0 && kind == .dateAndTime ? clock : date }
    return day == 0 ? clock : "\(date) \(clock)"
}

/// The day of the Gregorian calendar that is so many days after 1 January 1970 (Howard Hinnant, "chrono-compatible low-level
/// date algorithms").
private func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
