import CXML2
import Extraction

/// What takes the events of an XML text. Names are a short name of the namespace and the local one, `w:p`, whatever prefix the
/// text uses; see `namespaces`.
protocol XMLReader: AnyObject {
    func start(_ name: String, _ attributes: XMLAttributes)
    func end(_ name: String)
    func text(_ bytes: UnsafeBufferPointer<UInt8>)
    /// Bytes of text so far; the rest is not read when they are too many.
    var size: Int { get }
}
extension XMLReader {
    func end(_ name: String) {}
    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
    var size: Int { 0 }
}

/// The attributes of an element, during its call alone.
struct XMLAttributes {
    fileprivate let list: UnsafePointer<UnsafePointer<CChar>?>?
    fileprivate let count: Int

    /// By `r:id`, or `id` where it has no namespace.
    subscript(wanted: String) -> String? {
        guard let list else { return nil }
        let (space, local) = split(wanted)
        for i in 0..<count {
            let at = list + 5 * i
            guard let name = at[0], local == String(cString: name), shortName(of: at[2]) == space else { continue }
            guard let start = at[3], let end = at[4], start <= end else { return "" }
            return String(decoding: UnsafeRawBufferPointer(start: start, count: end - start), as: UTF8.self)
        }
        return nil
    }

    private func split(_ name: String) -> (Substring, Substring) {
        guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return ("", name[...]) }
        return (name[..<colon], name[name.utf8.index(after: colon)...])
    }

    /// A word that means yes or no (ECMA-376, part 1, section 22.9.2.7).
    func isOn(_ name: String) -> Bool? { self[name].map { !["0", "false", "off"].contains($0) } }
}

/// Parses XML that comes in pieces. What is inside `mc:AlternateContent` comes once.
final class XMLParser {
    /// Elements inside one another.
    private static let mostDepth = 1000

    private let reader: any XMLReader
    private let limit: Int
    private var parser: OpaquePointer?
    private var tags = TagScanner()
    private var names: [NameKey: String] = [:]
    private var depth = 0
    /// Elements open since the one that is left out, itself included.
    private var dropped = 0
    /// For each open `mc:AlternateContent`: one of its choices was taken.
    private var choices: [Bool] = []

    private struct NameKey: Hashable {
        let space: UnsafePointer<CChar>?
        let local: UnsafePointer<CChar>
    }

    /// - Parameter limit: bytes of text after which the rest is not read.
    init(_ reader: any XMLReader, limit: Int) throws(Unreadable) {
        self.reader = reader
        self.limit = limit
        let events = xml2_xml_events(start: onStart, end: onEnd, text: onText)
        parser = xml2_xml_make(events, Unmanaged.passUnretained(self).toOpaque())
        if parser == nil { throw Unreadable("too_large") }
    }
    deinit { xml2_xml_free(parser) }

    /// - Returns: why the rest is not worth reading: `damaged`, `too_large`.
    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool = false) -> String? {
        if tags.findsMonster(in: bytes) { return "too_large" }
        let isDamaged = xml2_xml_feed(parser, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, isLast ? 1 : 0)
        if depth > Self.mostDepth || reader.size > limit { return "too_large" }
        return isDamaged != 0 ? "damaged" : nil
    }

    private func name(_ local: UnsafePointer<CChar>, _ space: UnsafePointer<CChar>?) -> String {
        let key = NameKey(space: space, local: local)
        if let name = names[key] { return name }
        let short = shortName(of: space)
        let name = short.isEmpty ? String(cString: local) : "\(short):\(String(cString: local))"
        if names.count < 10_000 { names[key] = name }
        return name
    }

    fileprivate func start(
        _ local: UnsafePointer<CChar>, _ space: UnsafePointer<CChar>?, _ attributes: XMLAttributes
    ) {
        depth += 1
        if depth > Self.mostDepth { return }
        if dropped > 0 {
            dropped += 1
            return
        }
        let name = name(local, space)
        switch name {
        case "mc:AlternateContent": choices.append(false)
        case "mc:Choice", "mc:Fallback":
            guard let last = choices.indices.last else { break }
            if choices[last] { dropped = 1 }
            choices[last] = true
        default: reader.start(name, attributes)
        }
    }

    fileprivate func end(_ local: UnsafePointer<CChar>, _ space: UnsafePointer<CChar>?) {
        depth -= 1
        if depth >= Self.mostDepth { return }
        if dropped > 0 {
            dropped -= 1
            return
        }
        let name = name(local, space)
        switch name {
        case "mc:AlternateContent": _ = choices.popLast()
        case "mc:Choice", "mc:Fallback": break
        default: reader.end(name)
        }
    }

    fileprivate func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if dropped == 0 && depth <= Self.mostDepth { reader.text(bytes) }
    }
}

/// Finds a tag of more than 10,000 attributes, since the parser compares each with all before it and can't be interrupted.
private struct TagScanner {
    private var count = 0
    private var follows = false

    /// Attributes are told by `=` and a quote; `<` stands in no value, so that it begins a tag.
    mutating func findsMonster(in bytes: UnsafeRawBufferPointer) -> Bool {
        let most = 10_000
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "<"): count = 0
            case UInt8(ascii: "="): follows = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if follows { count += 1 }
                follows = false
                if count > most { return true }
            case 0x20, 0x09, 0x0A, 0x0D, 0: break
            default: follows = false
            }
        }
        return false
    }
}

// The parser calls these during `feed` alone, whose caller holds the object.
private func parser(_ context: UnsafeMutableRawPointer?) -> XMLParser? {
    context.map { Unmanaged<XMLParser>.fromOpaque($0).takeUnretainedValue() }
}
private func onStart(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ space: UnsafePointer<CChar>?, _ count: Int32,
    _ attributes: UnsafePointer<UnsafePointer<CChar>?>?
) {
    guard let name else { return }
    parser(context)?.start(name, space, XMLAttributes(list: attributes, count: Int(count)))
}
private func onEnd(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ space: UnsafePointer<CChar>?
) {
    guard let name else { return }
    parser(context)?.end(name, space)
}
private func onText(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int) {
    guard let bytes else { return }
    bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
        parser(context)?.text(UnsafeBufferPointer(start: $0, count: count))
    }
}

private func shortName(of space: UnsafePointer<CChar>?) -> String {
    guard let space else { return "" }
    return namespaces[String(cString: space)] ?? "?"
}

/// The namespaces that are read, transitional and strict (ECMA-376, parts 1 and 4; ODF 1.3, part 3, section 1.4).
private let namespaces: [String: String] = {
    var all = [
        "http://www.w3.org/XML/1998/namespace": "xml",
        "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
        "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
        "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
        "urn:oasis:names:tc:opendocument:xmlns:container": "container",
        "http://www.idpf.org/2007/opf": "opf",
        "http://www.w3.org/1999/xlink": "xlink",
        "http://purl.org/dc/elements/1.1/": "dc",
        "http://www.w3.org/2001/04/xmlenc#": "enc",
    ]
    for (short, path) in [
        ("w", "wordprocessingml/2006/main"), ("x", "spreadsheetml/2006/main"), ("p", "presentationml/2006/main"),
        ("a", "drawingml/2006/main"), ("wp", "drawingml/2006/wordprocessingDrawing"),
        ("r", "officeDocument/2006/relationships"), ("m", "officeDocument/2006/math"),
        ("dgm", "drawingml/2006/diagram"), ("c", "drawingml/2006/chart"),
    ] {
        all["http://schemas.openxmlformats.org/\(path)"] = short
        let parts = path.split(separator: "/")
        all["http://purl.oclc.org/ooxml/\(parts[0])/\(parts[2])"] = short
    }
    for short in ["office", "text", "table", "style", "manifest", "presentation"] {
        all["urn:oasis:names:tc:opendocument:xmlns:\(short):1.0"] = short
    }
    all["urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"] = "draw"
    all["urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"] = "svg"
    return all
}()

extension Archive {
    /// Parses a part as XML.
    /// - Returns: nil where it was read to its end; else why not: `damaged`, `too_large`, `time_limit`.
    /// - Throws: `damaged` where it is not there, `encrypted`.
    func parse(_ name: String, _ reader: any XMLReader, limit: Int = .max) throws(Unreadable) -> String? {
        let parser = try XMLParser(reader, limit: limit)
        var reason: String?
        do throws(Unreadable) {
            let isThere = try read(name) {
                reason = parser.feed($0)
                return reason == nil
            }
            if !isThere { throw Unreadable("damaged") }
            return reason ?? parser.feed(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
        } catch {
            if error.reason == "encrypted" { throw error }
            // What came before the damage is worth having.
            return error.reason
        }
    }
}
