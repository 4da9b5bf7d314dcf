import Gzip
import HTTP
import JSON
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

    func write(to w: inout JSONWriter, redactor: Redactor) {
        w.object { w in
            w.key("log")
            w.object { w in
                w.member("version", "1.2")
                w.key("creator")
                w.object { w in
                    w.member("name", "sluice")
                    w.member("version", version)
                }
            }
            w.key("_run")
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
    }

    fileprivate init?(_ header: JSON) {
        guard let run = header["_run"], let clock = run["clock"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        self.init(
            version: header["log"]?["creator"]?["version"]?.string ?? "", clock: clock,
            seed: run["seed"]?.string ?? "", source: run["source"]?.string ?? "",
            options: run["options"]?.minified ?? ByteSlice("{}"),
            state: run["state"].flatMap { $0.isNull ? nil : $0.minified })
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
public struct Recording: Sendable {
    /// What the run was; nil for a file of others.
    public let run: CapturedRun?
    public let exchanges: [Exchange]

    public init(run: CapturedRun?, exchanges: [Exchange]) {
        self.run = run
        self.exchanges = exchanges
    }

    /// The most that is read, in bytes, after decompression: 4 GiB.
    public static let limit = 1 << 32

    /// Reads a file.
    /// - Throws: `Failure` that names the file, and the line that can't be read.
    public init(reading path: String) throws {
        try self.init(parsing: try Files.read(path, limit: Recording.limit), name: path)
    }

    /// - Parameter name: what messages call it.
    /// - Throws: `Failure` with status `dataError`.
    public init(parsing bytes: [UInt8], name: String) throws(Failure) {
        let text = ByteSlice(try Recording.decompressed(bytes, name))
        let firstEnd = text.endOfLine(from: 0)
        let header = try? JSON(parsing: text[0..<firstEnd])
        if let header, let run = CapturedRun(header) {
            self.run = run
            exchanges = try Recording.entries(of: text, from: firstEnd + 1, name)
            return
        }
        run = nil
        let whole: JSON
        do { whole = try JSON(parsing: text) } catch {
            throw Recording.broken("\(name) is no capture: \(error)")
        }
        guard let entries = whole["log"]?["entries"], entries.kind == .array else {
            throw Recording.broken("\(name) is no capture: it has no log with entries")
        }
        let har = HAR(isOurs: false)
        var read: [Exchange] = []
        for (index, entry) in entries.elements.enumerated() {
            // A browser notes requests that were blocked or cut short with status 0: nothing was answered.
            if entry["response"]?["status"]?.int == 0 { continue }
            do { read.append(try har.exchange(entry)) } catch {
                throw Recording.broken("\(name): entry \(index + 1) can't be read: \(error)")
            }
        }
        exchanges = read
    }

    private static func broken(_ what: String) -> Failure {
        Failure(.dataError, what, "give a file of fetch --capture, or a .har with the contents of its answers")
    }

    private static func decompressed(_ bytes: [UInt8], _ name: String) throws(Failure) -> [UInt8] {
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        var out: [UInt8] = []
        do { try Gzip.members(of: bytes, limit: limit) { member, _ in out += member } } catch {
            switch error {
            case .torn: break
            case .corrupt(let at): throw broken("\(name) is damaged at byte \(at + 1)")
            case .tooLarge: throw broken("\(name) holds more than \(limit) bytes")
            }
        }
        return out
    }

    private static func entries(of text: ByteSlice, from start: Int, _ name: String) throws(Failure) -> [Exchange] {
        let har = HAR(isOurs: true)
        var parser = JSONParser()
        var read: [Exchange] = []
        var at = start
        var number = 1
        while at < text.count {
            let end = text.endOfLine(from: at)
            number += 1
            defer { at = end + 1 }
            if end == at { continue }
            let entry: JSON
            do { entry = try parser.parse(text[at..<end]) } catch {
                if end == text.count { break }
                throw broken("\(name): line \(number) is \(error)")
            }
            do { read.append(try har.exchange(entry)) } catch {
                throw broken("\(name): line \(number) is no entry: \(error)")
            }
        }
        return read
    }
}

extension ByteSlice {
    /// Where the line that an offset is in ends: its line feed, or the end.
    fileprivate func endOfLine(from start: Int) -> Int {
        withUnsafeBytes { bytes in
            start < count ? bytes[start...].firstIndex(of: 0x0A) ?? count : count
        }
    }
}
