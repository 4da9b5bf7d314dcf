import Extraction

/// What, when and where of the events of a calendar (RFC 5545): lines worth searching.
///
/// - Parameters:
///   - bytes: an iCalendar object.
///   - charset: what its media type says of it.
package func calendarText(_ bytes: [UInt8], charset: String?) -> [UInt8] {
    var out = ""
    var path: [String] = []
    let labels = [
        "SUMMARY": "Event", "LOCATION": "Where", "DTSTART": "When", "DTEND": "Until", "DUE": "Due", "RRULE": "Repeats",
        "ORGANIZER": "Organizer", "ATTENDEE": "Attendee", "STATUS": "Status", "DESCRIPTION": "",
    ]
    // A fold may stand within a character (section 3.1), or be written in a charset of two bytes.
    for line in lines(unfolded(decodeText(unfolded(bytes), charset: charset))) {
        guard let (name, parameters, value) = contentLine(line) else { continue }
        switch name {
        case "BEGIN":
            if path.count < 20 { path.append(value.uppercased()) }
            if path.last == "VEVENT" || path.last == "VTODO", !out.isEmpty { out += "\n" }
        case "END": _ = path.popLast()
        default:
            // An alarm has a description of its own.
            guard let within = path.last, ["VEVENT", "VTODO", "VJOURNAL"].contains(within), let label = labels[name],
                !value.isEmpty
            else { continue }
            let text: String
            switch name {
            case "DTSTART", "DTEND", "DUE": text = time(value, zone: parameters["TZID"])
            case "ORGANIZER", "ATTENDEE": text = person(value, name: parameters["CN"])
            default: text = unescaped(value)
            }
            out += label.isEmpty ? "\(text)\n" : "\(label): \(text)\n"
        }
    }
    return Array(out.utf8)
}

/// Without the ends of lines that a blank or a tab follows. The blanks before them belong to the text.
private func unfolded(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var isFold = false
    for (i, byte) in bytes.enumerated() {
        let next = i + 1 < bytes.count ? bytes[i + 1] : 0
        if isFold {
            isFold = false
        } else if byte == 0x0A, next == 0x20 || next == 0x09 {
            if out.last == 0x0D { out.removeLast() }
            isFold = true
        } else {
            out.append(byte)
        }
    }
    return out
}

private func lines(_ utf8: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = utf8[...]
    while !rest.isEmpty {
        let (line, after) = rest.firstLine
        rest = after
        if !line.isEmpty { lines.append(Array(line)) }
    }
    return lines
}

/// `NAME;PARAMETER=x;OTHER="y":value`.
private func contentLine(_ line: [UInt8]) -> (name: String, parameters: [String: String], value: String)? {
    var isQuoted = false
    var fields: [ArraySlice<UInt8>] = []
    var start = 0
    for (i, byte) in line.enumerated() {
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
        if isQuoted || byte != UInt8(ascii: ";") && byte != UInt8(ascii: ":") { continue }
        fields.append(line[start..<i])
        start = i + 1
        if byte == UInt8(ascii: ":") {
            var parameters: [String: String] = [:]
            for field in fields.dropFirst() {
                let text = String(decoding: field, as: UTF8.self)
                guard let sign = text.firstIndex(of: "=") else { continue }
                parameters[text[..<sign].uppercased()] = text[text.index(after: sign)...].filter { $0 != "\"" }
            }
            let name = fields.first.map { String(decoding: $0, as: UTF8.self).uppercased() } ?? ""
            return (name, parameters, String(decoding: line[start...], as: UTF8.self))
        }
    }
    return nil
}

/// `2026-01-02 03:04 (Europe/Berlin)` of `20260102T030400`; what is not of that form stands as it is.
private func time(_ value: String, zone: String?) -> String {
    let digits = Array(value.utf8)
    let isUTC = digits.last == UInt8(ascii: "Z")
    let isDate = digits.count == 8
    guard isDate || digits.count == (isUTC ? 16 : 15), isDate || digits[8] == UInt8(ascii: "T") else { return value }
    let number = digits.filter { (0x30...0x39).contains($0) }.map { String(UnicodeScalar($0)) }
    guard number.count == (isDate ? 8 : 14) else { return value }
    let date = "\(number[0..<4].joined())-\(number[4..<6].joined())-\(number[6..<8].joined())"
    if isDate { return date }
    let clock = "\(number[8..<10].joined()):\(number[10..<12].joined())"
    return "\(date) \(clock)" + (isUTC ? " UTC" : zone.map { " (\($0))" } ?? "")
}

private func person(_ value: String, name: String?) -> String {
    let address = value.lowercased().hasPrefix("mailto:") ? String(value.dropFirst(7)) : value
    guard let name, name != address else { return address }
    return "\(name) <\(address)>"
}

/// Section 3.3.11.
private func unescaped(_ value: String) -> String {
    var out = ""
    var isEscaped = false
    for character in value {
        if isEscaped {
            out.append(character == "n" || character == "N" ? "\n" : character)
            isEscaped = false
        } else if character == "\\" {
            isEscaped = true
        } else {
            out.append(character)
        }
    }
    return out
}
