import Extraction

/// What reads the formats whose bytes only a worker touches.
public enum Readers {
    /// By the names of their formats.
    package static let all: [String: Format.Read] = [
        "html": { input throws(Unreadable) in try readHTML(input) },
        "pdf": { input throws(Unreadable) in try readPDF(input) },
    ]
}
