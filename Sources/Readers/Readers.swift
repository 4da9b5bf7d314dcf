import Extraction
import Mail

/// What reads the formats whose bytes only a worker touches.
public enum Readers {
    /// By the names of their formats.
    package static let all: [String: Format.Read] = [
        "calendar": { input throws(Unreadable) in
            FormatOutput(utf8: calendarText(input.bytes, charset: input.charset))
        },
        "html": { input throws(Unreadable) in try readHTML(input) },
        "confluence": { input throws(Unreadable) in try readConfluenceStorage(input) },
        "teams": { input throws(Unreadable) in try readTeams(input) },
        "sharepoint": { input throws(Unreadable) in try readSharePoint(input) },
        "mail": { input throws(Unreadable) in try readMail(input) },
        "pdf": { input throws(Unreadable) in try readPDF(input) },
        "docx": { input throws(Unreadable) in try readOffice(input) },
        "pptx": { input throws(Unreadable) in try readOffice(input) },
        "xlsx": { input throws(Unreadable) in try readOffice(input) },
        "odt": { input throws(Unreadable) in try readOpenDocument(input) },
        "ods": { input throws(Unreadable) in try readOpenDocument(input) },
        "odp": { input throws(Unreadable) in try readOpenDocument(input) },
        "epub": { input throws(Unreadable) in try readEPUB(input) },
        "rtf": { input throws(Unreadable) in try readRTF(input) },
        "doc": { input throws(Unreadable) in try readDOC(input) },
        "xls": { input throws(Unreadable) in try readXLS(input) },
        "ppt": { input throws(Unreadable) in try readPPT(input) },
        "office": { _ throws(Unreadable) in throw Unreadable("encrypted") },
    ]
}
