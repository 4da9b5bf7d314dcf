import Extraction

/// What the styles of a text document say of its structure: headings and lists.
final class WordStyles: XMLReader {
    private struct Style {
        var name = ""
        var basis: String?
        var outlineLevel: Int?
        var list: String?
        var level: Int?
    }
    private var styles: [String: Style] = [:]
    private var id = ""
    private static let longestChain = 20

    func start(_ name: String, _ attributes: XMLAttributes) {
        let value = attributes["w:val"]
        switch name {
        case "w:style":
            id = attributes["w:styleId"] ?? ""
            styles[id] = Style()
        case "w:name": styles[id]?.name = value?.lowercased() ?? ""
        case "w:basedOn": styles[id]?.basis = value
        case "w:outlineLvl": styles[id]?.outlineLevel = value.flatMap { Int($0) }
        case "w:numId": styles[id]?.list = value
        case "w:ilvl": styles[id]?.level = value.flatMap { Int($0) }
        default: break
        }
    }

    /// The level of the heading that a paragraph of this style is. Names of the built-in styles are English in every language
    /// of Word (ECMA-376, part 1, section 17.7.4.9).
    func headingLevel(_ id: String?) -> Int? {
        for style in chain(id) {
            if style.name == "title" { return 1 }
            if style.name.hasPrefix("heading "), let level = Int(style.name.dropFirst("heading ".count)) {
                return level
            }
            if let level = style.outlineLevel { return level < 9 ? level + 1 : nil }
        }
        return nil
    }

    func list(_ id: String?) -> (list: String, level: Int?)? {
        for style in chain(id) { if let list = style.list { return (list, style.level) } }
        return nil
    }

    /// The style and what it is based on.
    private func chain(_ id: String?) -> [Style] {
        var next = id
        var chain: [Style] = []
        while let id = next, let style = styles[id], chain.count < Self.longestChain {
            chain.append(style)
            next = style.basis
        }
        return chain
    }
}

/// The lists of a text document, and how far each has counted.
final class WordNumbering: XMLReader {
    private struct Level {
        var format = "decimal"
        var text = ""
        var start = 1
        var style: String?
    }
    private var levels: [String: [Int: Level]] = [:]
    private var lists: [String: (abstract: String, starts: [Int: Int])] = [:]
    private var counters: [String: [Int]] = [:]
    private var restarted: Set<String> = []
    private var abstract = ""
    private var list = ""
    private var level = 0
    private static let mostLevels = 9

    func start(_ name: String, _ attributes: XMLAttributes) {
        let value = attributes["w:val"]
        switch name {
        case "w:abstractNum": abstract = attributes["w:abstractNumId"] ?? ""
        case "w:lvl", "w:lvlOverride":
            level = attributes["w:ilvl"].flatMap { Int($0) } ?? 0
            if name == "w:lvl" && list.isEmpty { levels[abstract, default: [:]][level] = Level() }
        case "w:num": list = attributes["w:numId"] ?? ""
        case "w:abstractNumId": lists[list] = (value ?? "", [:])
        case "w:startOverride": lists[list]?.starts[level] = value.flatMap { Int($0) }
        case "w:numFmt" where list.isEmpty: levels[abstract]?[level]?.format = value ?? ""
        case "w:lvlText" where list.isEmpty: levels[abstract]?[level]?.text = value ?? ""
        case "w:start" where list.isEmpty: levels[abstract]?[level]?.start = value.flatMap { Int($0) } ?? 1
        case "w:pStyle" where list.isEmpty: levels[abstract]?[level]?.style = value
        default: break
        }
    }
    func end(_ name: String) { if name == "w:num" { list = "" } }

    /// The level of a list that belongs to a style.
    func level(of list: String, style: String?) -> Int? {
        guard let style, let abstract = lists[list]?.abstract else { return nil }
        return levels[abstract]?.first { $0.value.style == style }?.key
    }

    /// Counts one more item and says what stands before it: `- `, `2. `, `1.2 `; nil where there is no such list.
    func next(list: String, level: Int) -> String? {
        guard let (abstract, starts) = lists[list], (0..<Self.mostLevels).contains(level) else { return nil }
        let known = levels[abstract] ?? [:]
        func start(_ level: Int) -> Int { starts[level] ?? known[level]?.start ?? 1 }
        var counts = counters[abstract] ?? []
        if !starts.isEmpty, restarted.insert(list).inserted {
            counts = Array(counts.prefix(max(0, starts.keys.min() ?? 0)))
        }
        while counts.count < level { counts.append(start(counts.count)) }
        if counts.count > level {
            counts.removeLast(counts.count - level - 1)
            counts[level] = counts[level] &+ 1
        } else {
            counts.append(start(level))
        }
        counters[abstract] = counts
        let wanted = known[level] ?? Level()
        if wanted.format == "bullet" { return "- " }
        if wanted.format == "none" { return "" }
        return text(wanted.text, counts, known) + " "
    }

    /// `%1.%2` with the counts in it.
    private func text(_ pattern: String, _ counts: [Int], _ levels: [Int: Level]) -> String {
        var out = ""
        var isEscape = false
        for character in pattern.prefix(100) {
            if isEscape, let number = character.wholeNumberValue, counts.indices.contains(number - 1) {
                out += Self.digits(counts[number - 1], levels[number - 1]?.format ?? "decimal")
                isEscape = false
            } else if character == "%" {
                isEscape = true
            } else {
                out.append(character)
                isEscape = false
            }
        }
        return out.isEmpty ? "-" : out
    }

    private static func digits(_ number: Int, _ format: String) -> String {
        switch format {
        case "lowerLetter": letters(number)
        case "upperLetter": letters(number).uppercased()
        case "lowerRoman": roman(number)
        case "upperRoman": roman(number).uppercased()
        default: "\(number)"
        }
    }
}
