/// A kind of content that can be read: what names it, how its bytes show it, and how it becomes text. Each has a file of its
/// own, and is listed in `all`.
public struct Format: Sendable {
    /// What `metadata.extraction.format` calls it.
    public let name: String
    /// The media types that are read so, in small letters and without parameters. `text/*` and `*+xml` are patterns.
    public let mediaTypes: [String]
    /// The ends of file names that tell it where the media type doesn't, without the dot.
    public let suffixes: [String]
    let input: InputKind
    /// True for bytes that can be nothing else.
    let signature: (@Sendable ([UInt8]) -> Bool)?
    let read: @Sendable (FormatInput) throws(Unreadable) -> FormatOutput

    enum InputKind {
        /// The bytes as they came.
        case bytes
        /// Characters, whatever their charset was: UTF-8, cleaned.
        case characters
    }

    init(
        _ name: String, mediaTypes: [String], suffixes: [String], input: InputKind,
        signature: (@Sendable ([UInt8]) -> Bool)? = nil,
        read: @escaping @Sendable (FormatInput) throws(Unreadable) -> FormatOutput
    ) {
        self.name = name
        self.mediaTypes = mediaTypes
        self.suffixes = suffixes
        self.input = input
        self.signature = signature
        self.read = read
    }

    /// Every format; where two claim the same type, the first has it.
    public static let all: [Format] = [.markdown, .html, .delimited, .subtitles, .pdf, .text]

    static func named(byMediaType type: String) -> Format? {
        all.first { $0.mediaTypes.contains(type) }
            ?? all.first { $0.mediaTypes.contains { matches(pattern: $0, type) } }
    }
    static func named(byFileName name: String?) -> Format? {
        guard let name, let dot = name.lastIndex(of: ".") else { return nil }
        let suffix = name[name.index(after: dot)...].lowercased()
        return all.first { $0.suffixes.contains(suffix) }
    }
    static func named(bySignatureOf bytes: [UInt8]) -> Format? { all.first { $0.signature?(bytes) ?? false } }

    private static func matches(pattern: String, _ type: String) -> Bool {
        pattern.hasSuffix("*") && type.hasPrefix(pattern.dropLast())
            || pattern.hasPrefix("*") && type.hasSuffix(pattern.dropFirst())
    }
}

/// What a format reads.
struct FormatInput: Sendable {
    var bytes: [UInt8]
    var limits: TextExtractor.Limits
    /// The end of the time that the document has.
    var deadline: ContinuousClock.Instant
}

/// Text in UTF-8, and why it is not all of it, where it isn't.
struct FormatOutput: Sendable {
    var utf8: [UInt8]
    var shortened: String?
}

/// Why nothing could be read: the reason in `metadata.extraction`.
struct Unreadable: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}
