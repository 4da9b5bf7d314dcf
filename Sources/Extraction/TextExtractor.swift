@_spi(_Unicode) import Swift
import Documents

/// Makes text worth searching of the content of an item.
///
///     let (text, extraction) = TextExtractor().text(of: content, name: "plan.pdf")
///
/// What takes a parser of foreign bytes is read by workers, several at once: `begin` early, and `finish` in turn. One thread at a
/// time.
public final class TextExtractor {
    public struct Options: Sendable {
        public var limits = Limits()
        /// Bytes of content; what is longer is not read.
        public var maxContent = Int.max
        /// The names of the only formats that are read; nil for all.
        public var only: Set<String>?
        /// The names of formats that are not read.
        public var skip: Set<String> = []
        /// Text leaves in Normalization Form C.
        public var normalizes = false
        public init() {}
    }

    /// A document that was begun.
    public struct Reading {
        fileprivate enum State {
            case done(String?, Extraction)
            case underWay(ticket: Int, Format)
        }
        fileprivate let state: State

        /// True where it is read as a mail.
        public var isMail: Bool {
            switch state {
            case .underWay(_, let format): format.name == Format.mail.name
            case .done(_, let extraction): extraction.format == Format.mail.name && extraction.status != .skipped
            }
        }
    }

    private enum Elsewhere {
        case workers(WorkerPool)
        /// The readers themselves, in this process.
        case here([String: Format.Read])
    }
    private let options: Options
    private let elsewhere: Elsewhere

    public init(_ options: Options = Options(), workers: WorkerPool = WorkerPool()) {
        self.options = options
        elsewhere = .workers(workers)
    }
    package init(_ options: Options = Options(), readers: [String: Format.Read]) {
        self.options = options
        elsewhere = .here(readers)
    }

    /// How many documents may be begun before the first is finished, for all workers to have work.
    public var lookahead: Int {
        guard case .workers(let pool) = elsewhere else { return 0 }
        return pool.lookahead
    }

    /// The text, empty for an empty one; or nil and the reason for which there is none: `unsupported`, `empty`, `no_text`,
    /// `damaged`, `encrypted`, `too_large`, `time_limit`, `crashed`, `not_wanted`, `tool_missing`, or the one that the content
    /// itself gives for being absent.
    ///
    /// Never fails as a whole: what can't be read costs its own text alone.
    /// - Parameter name: the title or file name, whose end tells the format where the media type doesn't.
    public func text(of content: ItemContent, name: String?) -> (text: String?, extraction: Extraction) {
        finish(begin(content, name: name))
    }

    public func begin(_ content: ItemContent, name: String?) -> Reading {
        let type = MediaType(content.mediaType)
        func without(_ format: String, _ reason: String) -> Reading {
            Reading(state: .done(nil, Extraction(format: format, status: .skipped, reason: reason)))
        }
        let bytes: [UInt8]
        let isText: Bool
        switch content.body {
        case .absent(let reason): return without(type.essence, reason)
        case .text(let text): (bytes, isText) = (Array(text.utf8), true)
        case .bytes(let given): (bytes, isText) = (given, false)
        }
        guard let format = format(of: bytes, type, name, isText: isText) else {
            return without(type.essence, "unsupported")
        }
        if options.skip.contains(format.name) || options.only?.contains(format.name) == false {
            return without(format.name, "not_wanted")
        }
        if bytes.count > options.maxContent { return without(format.name, "too_large") }
        let input = FormatInput(bytes: bytes, charset: isText ? "utf-8" : type.charset, limits: options.limits)
        func here(_ read: Format.Read) -> Reading {
            let result: Result<FormatOutput, Unreadable>
            do throws(Unreadable) { result = .success(try format.extract(input, with: read)) } catch {
                result = .failure(error)
            }
            return Reading(state: done(format, result))
        }
        if bytes.isEmpty { return Reading(state: done(format, .failure(Unreadable("empty")))) }
        if let read = format.read { return here(read) }
        switch elsewhere {
        case .workers(let pool): return Reading(state: .underWay(ticket: pool.begin(format, input), format))
        case .here(let readers):
            guard let read = readers[format.name] else { return without(format.name, "unsupported") }
            return here(read)
        }
    }

    /// Waits for the text of a document.
    public func finish(_ reading: Reading) -> (text: String?, extraction: Extraction) {
        switch reading.state {
        case .done(let text, let extraction): return (text, extraction)
        case .underWay(let ticket, let format):
            guard case .workers(let pool) = elsewhere,
                case .done(let text, let extraction) = done(format, pool.finish(ticket))
            else { return (nil, Extraction(format: format.name, status: .failed, reason: "crashed")) }
            return (text, extraction)
        }
    }

    private func done(_ format: Format, _ result: Result<FormatOutput, Unreadable>) -> Reading.State {
        switch result {
        case .success(let output):
            let status = output.shortened == nil ? Extraction.Status.ok : .partial
            let text = String(decoding: output.utf8, as: UTF8.self)
            return .done(
                options.normalizes ? text.normalized : text,
                Extraction(format: format.name, status: status, reason: output.shortened))
        case .failure(let why):
            // An empty text is known to be empty; an empty file of another format is not one of that format.
            let nothing = why.reason == "empty" && format.input == .characters ? "" : nil
            let isNothing = ["empty", "no_text", "unsupported", "tool_missing"].contains(why.reason)
            return .done(
                nothing,
                Extraction(format: format.name, status: isNothing ? .skipped : .failed, reason: why.reason))
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
                [Format.markdown.name, Format.delimited.name, Format.subtitles.name].contains(named.name)
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

extension String {
    /// In Normalization Form C.
    fileprivate var normalized: String {
        var scalars = String.UnicodeScalarView()
        for scalar in _nfc { scalars.append(scalar) }
        return String(scalars)
    }
}
