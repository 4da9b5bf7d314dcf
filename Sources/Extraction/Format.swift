/// A kind of content that can be read: what names it, and how its bytes show it. Each is listed in `all`.
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
    /// Reads it here. Nil where that takes a parser of foreign bytes, which is a worker's: see `WorkerPool`.
    let read: Read?

    public enum InputKind: Sendable {
        /// The bytes as they came.
        case bytes
        /// Characters, whatever their charset was: UTF-8, cleaned.
        case characters
    }

    package typealias Read = @Sendable (FormatInput) throws(Unreadable) -> FormatOutput

    init(
        _ name: String, mediaTypes: [String], suffixes: [String], input: InputKind,
        read: Read? = nil, signature: (@Sendable ([UInt8]) -> Bool)? = nil
    ) {
        self.name = name
        self.mediaTypes = mediaTypes
        self.suffixes = suffixes
        self.input = input
        self.signature = signature
        self.read = read
    }

    /// Every format; where two claim the same type, the first has it.
    public static let all: [Format] =
        [
            .markdown, .html, .delimited, .pdf,
            .docx, .pptx, .xlsx, .odt, .ods, .odp, .epub, .rtf, .doc, .xls, .ppt, .encryptedOffice,
            .mail, .calendar, .subtitles, .text,
        ] + services

    package static func named(_ name: String) -> Format? { all.first { $0.name == name } }
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
package struct FormatInput: Sendable {
    package var bytes: [UInt8]
    /// What its media type says of the characters.
    package var charset: String?
    package var limits: Limits
    /// The end of the time that the document has.
    package var deadline: ContinuousClock.Instant

    package init(bytes: [UInt8], charset: String? = nil, limits: Limits) {
        self.bytes = bytes
        self.charset = charset
        self.limits = limits
        deadline = ContinuousClock.now + limits.time
    }
}

/// Text in UTF-8, and why it is not all of it, where it isn't.
package struct FormatOutput: Sendable {
    package var utf8: [UInt8]
    package var shortened: String?

    package init(utf8: [UInt8], shortened: String? = nil) {
        self.utf8 = utf8
        self.shortened = shortened
    }
}

/// Why nothing could be read: the reason in `metadata.extraction`.
package struct Unreadable: Error, Equatable {
    package var reason: String
    package init(_ reason: String) { self.reason = reason }
}

/// What one document may take.
public struct Limits: Sendable {
    /// Bytes of text; what is longer is cut, and `partial`.
    public var output = 32 << 20
    public var time = Duration.seconds(60)
    public init() {}
}

extension Format {
    /// Reads a document with a reader of this format: characters are decoded before, and the text is cleaned after.
    /// - Throws: `empty`, `no_text`, or what the reader says.
    package func extract(_ input: FormatInput, with read: Read) throws(Unreadable) -> FormatOutput {
        var input = input
        if self.input == .characters {
            input.bytes = cleaned(decodeText(input.bytes, charset: input.charset)).utf8
        }
        if input.bytes.isEmpty { throw Unreadable("empty") }
        let output = try read(input)
        let (utf8, isCut) = cleaned(output.utf8, limit: input.limits.output)
        let shortened = isCut ? "too_large" : output.shortened
        if utf8.isEmpty { throw Unreadable(shortened ?? "no_text") }
        return FormatOutput(utf8: utf8, shortened: shortened)
    }
}
