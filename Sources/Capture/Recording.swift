import HTTP
import JSON
import Redaction
import System

/// What a run of `fetch` was: from it, `--replay` asks the same URLs again.
public struct CapturedRun: Sendable {
    /// The version of the program that wrote the capture.
    public var version: String
    /// When the run began.
    public var clock: Timestamp
    /// What its randomness was drawn from, in hexadecimal.
    public var seed: String
    public var source: String
    /// A JSON object.
    public var options: ByteSlice
    /// The value of the STATE that it began with, in JSON.
    public var state: ByteSlice?

    public init(
        version: String, clock: Timestamp, seed: String, source: String, options: ByteSlice = ByteSlice("{}"),
        state: ByteSlice? = nil
    ) {
        self.version = version
        self.clock = clock
        self.seed = seed
        self.source = source
        self.options = options
        self.state = state
    }

    /// The first line of a capture.
    func write(to w: inout JSONWriter, redactor: Redactor) {
        w.object { w in
            w.key("log")
            w.object { w in w.log(version: version) }
            w.key("_run")
            member(to: &w, redactor: redactor)
        }
    }

    /// What stands under `_run`.
    func member(to w: inout JSONWriter, redactor: Redactor) {
        w.object { w in
            w.member("clock", clock.description)
            w.member("seed", seed)
            w.member("source", source)
            w.key("options")
            w.raw(redactor.body(options.array, mediaType: "application/json"))
            w.key("state")
            if let state { w.raw(redactor.body(state.array, mediaType: "application/json")) } else { w.null() }
        }
    }

    /// - Parameter log: the log that the run stands in.
    init?(_ run: JSON?, log: JSON?) {
        guard let run, let clock = run["clock"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        self.init(
            version: log?["creator"]?["version"]?.string ?? "", clock: clock,
            seed: run["seed"]?.string ?? "", source: run["source"]?.string ?? "",
            options: run["options"]?.minified ?? ByteSlice("{}"),
            state: run["state"].flatMap { $0.isNull ? nil : $0.minified })
    }
}

extension JSONWriter {
    /// What a log of ours begins with.
    mutating func log(version: String) {
        member("version", "1.2")
        key("creator")
        object { w in
            w.member("name", "sluice")
            w.member("version", version)
        }
    }
}

/// A file of exchanges: ours, or a `.har` of a browser or of mitmproxy; gzipped or not.
///
/// Ours is HAR 1.2 with one JSON object a line. The first is the log without its entries, and with the run:
///
///     {"log":{"version":"1.2","creator":{"name":"sluice","version":"1.0"}},
///      "_run":{"clock":"2026-01-02T03:04:05Z","seed":"9f2c","source":"slack","options":{},"state":null}}
///
/// each of the others is an entry. A last line or gzip member that is not whole is what a kill leaves, and is cut off in silence.
/// In one document, as `document` writes it, the run is a member of the log.
///
/// Bodies stay in the file: what is held of an entry is where it stands and what it was asked with.
public struct Recording: Sendable {
    /// What the run was; nil for a file of others.
    public let run: CapturedRun?
    let entries: [Entry]
    private let source: Source

    /// What is known of an entry without reading it.
    struct Entry: Sendable {
        /// From 1, in the order of the file.
        var number: Int
        var range: Range<Int>
        var started: Timestamp
        var asked: Asked
    }

    private enum Source: Sendable {
        case memory([Exchange])
        case text(CaptureText, HAR)
    }

    public init(run: CapturedRun?, exchanges: [Exchange]) {
        self.run = run
        var names = Set<String>()
        entries = exchanges.enumerated().map {
            Entry(number: $0 + 1, range: 0..<0, started: $1.started, asked: Asked($1, names: &names))
        }
        source = .memory(exchanges)
    }

    /// Reads a file.
    /// - Throws: `Failure` that names the file, and the line that can't be read.
    public init(reading path: String) throws { try self.init(CaptureText(reading: path)) }

    /// - Parameter name: what messages call it.
    /// - Throws: `Failure` with status `dataError`.
    public init(parsing bytes: [UInt8], name: String) throws { try self.init(CaptureText(bytes, name: name)) }

    private init(_ text: CaptureText) throws {
        var reader = EntryReader(text)
        var firstLine = text.range.lowerBound..<text.range.lowerBound
        try text.lines(from: text.range.lowerBound) {
            firstLine = $0
            return false
        }
        let isLine = firstLine.count <= EntryScan.frameLimit && firstLine.upperBound < text.range.upperBound
        let header = isLine ? try? JSON(parsing: text.read(firstLine)) : nil
        if let run = CapturedRun(header?["_run"], log: header?["log"]) {
            self.run = run
            try reader.readLines(from: firstLine.upperBound + 1)
        } else {
            let log = try reader.readDocument()
            run = CapturedRun(log["_run"], log: log)
        }
        entries = reader.entries
        source = .text(text, reader.har)
    }

    /// How many exchanges were recorded.
    public var count: Int { entries.count }

    /// When the recording began: by the clock of its run, or by its first request.
    public var clock: Timestamp? { run?.clock ?? entries.lazy.map(\.started).min() }

    /// Reads an exchange.
    /// - Parameter index: from 0 to below `count`.
    /// - Throws: `SystemError`, or `Failure` where the file was changed in the meantime.
    public func exchange(_ index: Int) throws -> Exchange {
        switch source {
        case .memory(let exchanges): return exchanges[index]
        case .text(let text, let har):
            do { return try har.exchange(JSON(parsing: text.read(entries[index].range))) } catch let error
                where !(error is SystemError)
            { throw Recording.broken("\(text.name): entry \(entries[index].number) was changed: \(error)") }
        }
    }

    static func broken(_ what: String) -> Failure {
        Failure(.dataError, what, "give a file of fetch --capture, or a .har with the contents of its answers")
    }
}

/// Reads each entry of a text once: finds out that it can be read, and what it was asked with.
private struct EntryReader: ~Copyable {
    private let text: CaptureText
    private(set) var har = HAR(recorder: .ours)
    private(set) var entries: [Recording.Entry] = []
    private var parser = JSONParser()
    private var names = Set<String>()

    init(_ text: CaptureText) { self.text = text }

    /// The entries of ours, one a line.
    mutating func readLines(from start: Int) throws {
        var number = 1
        var lines: [Range<Int>] = []
        try text.lines(from: start) {
            lines.append($0)
            return true
        }
        for line in lines {
            number += 1
            if line.isEmpty { continue }
            do {
                try read(line, number: number - 1)
            } catch let error as JSONError {
                // What a kill leaves.
                if line.upperBound == text.range.upperBound { return }
                throw Recording.broken("\(text.name): line \(number) is \(error)")
            } catch let error as EntryError {
                throw Recording.broken("\(text.name): line \(number) is no entry: \(error)")
            }
        }
    }

    /// The entries of a document.
    /// - Returns: the log without them.
    mutating func readDocument() throws -> JSON {
        var scan = EntryScan(from: text.range.lowerBound)
        var isTooLong = false
        try text.blocks(from: text.range.lowerBound) {
            isTooLong = !scan.feed($0)
            return !isTooLong
        }
        func broken(_ why: String) -> Failure { Recording.broken("\(text.name) is no capture: \(why)") }
        if isTooLong { throw broken("more than \(EntryScan.frameLimit) bytes of it are no entries") }
        if let torn = text.torn {
            throw broken("it ends in the middle of the gzip member that begins at byte \(torn + 1)")
        }
        if scan.open != nil { throw broken("it ends in the middle of entry \(scan.entries.count + 1)") }
        let document: JSON
        do { document = try JSON(parsing: scan.frame) } catch .syntax(let at) {
            let at = scan.offset(ofFrame: at, from: text.range.lowerBound)
            throw broken(
                at >= text.range.upperBound && at > 0
                    ? "it ends too early, at byte \(at)" : "\(JSONError.syntax(at: at))")
        } catch { throw broken("\(error)") }
        guard let log = document["log"], log["entries"]?.kind == .array else {
            throw broken("it has no log with entries")
        }
        har = HAR(recorder: HAR.Recorder(log))
        for (index, range) in scan.entries.enumerated() {
            do { try read(range, number: index + 1) } catch let error where !(error is SystemError) {
                var error = error
                if case .syntax(let at) = error as? JSONError { error = JSONError.syntax(at: range.lowerBound + at) }
                throw Recording.broken("\(text.name): entry \(index + 1) can't be read: \(error)")
            }
        }
        // "The reader application should always make sure the array is sorted."
        if !har.isOurs { entries.sort { ($0.started, $0.number) < ($1.started, $1.number) } }
        return log
    }

    private mutating func read(_ range: Range<Int>, number: Int) throws {
        let entry = try parser.parse(text.read(range))
        if har.isPassedOver(entry) { return }
        let exchange = try har.exchange(entry)
        entries.append(
            Recording.Entry(
                number: number, range: range, started: exchange.started, asked: Asked(exchange, names: &names)))
    }
}
