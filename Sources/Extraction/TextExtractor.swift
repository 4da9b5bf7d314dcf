import Documents

/// Makes text worth searching of the content of an item.
///
///     let (text, extraction) = TextExtractor().text(of: content, name: "plan.pdf")
public struct TextExtractor: Sendable {
    /// What one document may take.
    public struct Limits: Sendable {
        /// Bytes of text; what is longer is cut, and `partial`.
        public var output = 32 << 20
        public var time = Duration.seconds(60)
        /// Bytes of address space of a program that reads for us.
        public var memory: UInt64 = 2 << 30
        /// The program of poppler, looked up in PATH.
        var pdftotext = "pdftotext"
        public init() {}
    }
    private let limits: Limits

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// The text, empty for an empty one; or nil and the reason for which there is none: `unsupported`, `empty`, `no_text`, `damaged`, `encrypted`,
    /// `too_large`, `time_limit`, `tool_missing`, or the one that the content itself gives for being absent.
    ///
    /// Never fails as a whole: what can't be read costs its own text alone.
    /// - Parameter name: the title or file name, whose end tells the format where the media type doesn't.
    public func text(of content: ItemContent, name: String?) -> (text: String?, extraction: Extraction) {
        let type = MediaType(content.mediaType)
        var bytes: [UInt8]
        let isText: Bool
        switch content.body {
        case .absent(let reason): return (nil, Extraction(format: type.essence, status: .skipped, reason: reason))
        case .text(let text): (bytes, isText) = (Array(text.utf8), true)
        case .bytes(let given): (bytes, isText) = (given, false)
        }
        guard let format = format(of: bytes, type, name, isText: isText) else {
            return (nil, Extraction(format: type.essence, status: .skipped, reason: "unsupported"))
        }
        // An empty text is known to be empty; an empty file of another format is not one of that format.
        let nothing = format.input == .characters ? "" : nil
        if bytes.isEmpty { return (nothing, Extraction(format: format.name, status: .skipped, reason: "empty")) }
        let deadline = ContinuousClock.now + limits.time
        if format.input == .characters {
            if !isText { bytes = decodeText(bytes, charset: type.charset) }
            bytes = cleaned(bytes).utf8
            if bytes.isEmpty { return (nothing, Extraction(format: format.name, status: .skipped, reason: "empty")) }
        }
        do throws(Unreadable) {
            let read = try format.read(FormatInput(bytes: bytes, limits: limits, deadline: deadline))
            let (utf8, isCut) = cleaned(read.utf8, limit: limits.output)
            let shortened = isCut ? "too_large" : read.shortened
            if utf8.isEmpty { throw Unreadable(shortened ?? "no_text") }
            let status = shortened == nil ? Extraction.Status.ok : .partial
            return (
                String(decoding: utf8, as: UTF8.self),
                Extraction(format: format.name, status: status, reason: shortened)
            )
        } catch {
            let status = error.reason == "no_text" ? Extraction.Status.skipped : .failed
            return (nil, Extraction(format: format.name, status: status, reason: error.reason))
        }
    }

    /// The format by media type; by the bytes where that says nothing or they say otherwise.
    private func format(of bytes: [UInt8], _ type: MediaType, _ name: String?, isText: Bool) -> Format? {
        let declared = Format.named(byMediaType: type.essence)
        let found = isText ? nil : Format.named(bySignatureOf: bytes)
        if let found, found.input == .bytes { return found }
        if !isText && isForeignBinary(bytes) { return nil }
        if let declared, declared.input == .characters {
            // text/plain is what many services say of any text, so that a name knows more.
            if type.essence == "text/plain", let named = Format.named(byFileName: name),
                [Format.markdown, .delimited, .subtitles].contains(where: { $0.name == named.name })
            {
                return named
            }
            return declared
        }
        if let found { return found }
        if let declared { return declared }
        guard type.isGeneric else { return nil }
        if let named = Format.named(byFileName: name) { return named }
        return isText || looksLikeText(bytes) ? .text : nil
    }
}

/// A media type as HTTP writes it (RFC 9110, section 8.3.1): the type in small letters, and its charset.
struct MediaType {
    var essence: String
    var charset: String?

    init(_ text: String?) {
        let fields = (text ?? "").split(separator: ";", omittingEmptySubsequences: false).map { field in
            String(field.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }
        essence = fields.first.map { $0.lowercased() } ?? ""
        if essence.isEmpty { essence = "unknown" }
        for field in fields.dropFirst() where field.lowercased().hasPrefix("charset=") {
            charset = field.dropFirst("charset=".count).filter { $0 != "\"" && $0 != "'" }.lowercased()
        }
    }

    /// It says nothing about the content.
    var isGeneric: Bool {
        ["unknown", "application/octet-stream", "binary/octet-stream", "application/binary", "*/*"].contains(essence)
    }
}

/// True for what begins as something that is no text, whatever its type says.
private func isForeignBinary(_ bytes: [UInt8]) -> Bool {
    let signatures: [[UInt8]] = [
        Array("PK\u{3}\u{4}".utf8), [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A],
        Array("GIF8".utf8), [0xFF, 0xD8, 0xFF], [0x1F, 0x8B, 0x08],
    ]
    return signatures.contains { bytes.starts(with: $0) }
}

/// True where the first bytes hold no control characters that texts don't, or begin with the mark of a Unicode encoding.
private func looksLikeText(_ bytes: [UInt8]) -> Bool {
    if byteOrderMark(of: bytes) != nil { return true }
    return !bytes.prefix(4096).contains { $0 < 0x20 && !(0x07...0x0D).contains($0) && $0 != 0x1B }
}
