import Extraction

/// The parts of an Office file and how they point at each other (Open Packaging Conventions, ECMA-376, part 2).
final class OfficePackage {
    let archive: Archive
    let limits: Limits
    private let types = ContentTypes()
    private var relations: [String: Relationships] = [:]

    init(_ archive: Archive, _ limits: Limits) throws(Unreadable) {
        self.archive = archive
        self.limits = limits
        _ = try archive.parse("[Content_Types].xml", types)
    }

    /// The part that the package is about, and its content type.
    func mainPart() throws(Unreadable) -> (name: String, type: String) {
        guard let main = try relationships(of: "").all.first(where: { $0.type == "officeDocument" && !$0.isExternal })
        else { throw Unreadable("damaged") }
        return (main.target, types[main.target])
    }

    func relationships(of part: String) throws(Unreadable) -> Relationships {
        if let known = relations[part] { return known }
        let found = Relationships(part)
        let (folder, name) = split(path: part)
        let file = "\(folder)_rels/\(name).rels"
        if archive.contains(file) { _ = try archive.parse(file, found) }
        relations[part] = found
        return found
    }

    /// The part that `part` names as its `type`, such as `styles`; nil where it names none, or the archive lacks it.
    func part(_ type: String, of part: String) throws(Unreadable) -> String? {
        try relationships(of: part).all.first { $0.type == type && !$0.isExternal && archive.contains($0.target) }?
            .target
    }
}

/// `word/` and `document.xml` of `word/document.xml`.
func split(path: String) -> (folder: Substring, name: Substring) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path[...]) }
    return (path[...slash], path[path.index(after: slash)...])
}

/// A reference as seen from a file of an archive, percent escapes decoded, without what follows `#`.
func resolve(_ reference: String, from file: String) -> String {
    let path = reference.prefix { $0 != "#" }
    let start = path.hasPrefix("/") ? "" : split(path: file).folder
    var steps: [Substring] = []
    for step in (start + path).split(separator: "/") where step != "." {
        if step == ".." { _ = steps.popLast() } else { steps.append(step) }
    }
    return withoutPercentEscapes(steps.joined(separator: "/"))
}

private func withoutPercentEscapes(_ text: String) -> String {
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    var i = 0
    while i < bytes.count {
        if bytes[i] == UInt8(ascii: "%"), i + 2 < bytes.count,
            let byte = UInt8(String(decoding: bytes[(i + 1)...(i + 2)], as: UTF8.self), radix: 16)
        {
            out.append(byte)
            i += 3
        } else {
            out.append(bytes[i])
            i += 1
        }
    }
    return String(decoding: out, as: UTF8.self)
}

final class ContentTypes: XMLReader {
    private var parts: [String: String] = [:]
    private var suffixes: [String: String] = [:]

    func start(_ name: String, _ attributes: XMLAttributes) {
        guard let type = attributes["ContentType"] else { return }
        if let part = attributes["PartName"] {
            parts[resolve(part, from: "").lowercased()] = type
        } else if let suffix = attributes["Extension"] {
            suffixes[suffix.lowercased()] = type
        }
    }

    subscript(part: String) -> String {
        let part = part.lowercased()
        return parts[part] ?? suffixes[part.split(separator: ".").last.map(String.init) ?? ""] ?? ""
    }
}

final class Relationships: XMLReader {
    struct Relationship {
        var id: String
        /// The last word of its type: `styles`, `hyperlink`.
        var type: String
        var target: String
        var isExternal: Bool
    }
    private(set) var all: [Relationship] = []
    private var byID: [String: Int] = [:]
    private let part: String

    init(_ part: String) { self.part = part }

    func start(_ name: String, _ attributes: XMLAttributes) {
        guard name == "rel:Relationship", let id = attributes["Id"], let target = attributes["Target"] else { return }
        let isExternal = attributes["TargetMode"] == "External"
        let type = attributes["Type"]?.split(separator: "/").last.map(String.init) ?? ""
        byID[id] = all.count
        all.append(
            Relationship(
                id: id, type: type, target: isExternal ? target : resolve(target, from: part), isExternal: isExternal))
    }

    subscript(id: String?) -> Relationship? { id.flatMap { byID[$0] }.map { all[$0] } }
}

/// Files of Word, Excel and PowerPoint. What the package itself says decides which.
func readOffice(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let archive = try Archive(input)
    guard archive.contains("[Content_Types].xml") else { throw Unreadable("damaged") }
    let package = try OfficePackage(archive, input.limits)
    let main = try package.mainPart()
    guard archive.contains(main.name) else { throw Unreadable("damaged") }
    return if main.type.contains("wordprocessingml") || main.type.contains("ms-word") {
        try readWord(package, main.name)
    } else if main.type.contains("presentationml") || main.type.contains("ms-powerpoint") {
        try readSlides(package, main.name)
    } else if main.type.contains("spreadsheetml") || main.type.contains("ms-excel") && main.type.hasSuffix("xml") {
        try readSheets(package, main.name)
    } else {
        throw Unreadable("unsupported")
    }
}
