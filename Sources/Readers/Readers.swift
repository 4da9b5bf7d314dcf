import Extraction
import Mail

/// What reads the formats whose bytes only a worker touches.
public enum Readers {
    /// By the names of their formats.
    package static let all: [String: Format.Read] = [
        "calendar": { input throws(Unreadable) in FormatOutput(utf8: calendarText(input.bytes)) },
        "html": { input throws(Unreadable) in try readHTML(input) },
        "confluence": { input throws(Unreadable) in try readConfluenceStorage(input) },
        "teams": { input throws(Unreadable) in try readTeams(input) },
        "sharepoint": { input throws(Unreadable) in try readSharePoint(input) },
        "mail": { input throws(Unreadable) in try readMail(input) },
        "pdf": { input throws(Unreadable) in try readPDF(input) },
    ]
}
