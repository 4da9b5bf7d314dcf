import Extraction
import Glibc

/// What an element of HTML means for its text.
enum HTMLElement {
    case heading(Int)
    /// Begins and ends on a line of its own; 2 with a blank line between.
    case block(Int)
    case list(isOrdered: Bool)
    case item, definition, quote, preformatted, code, link, image, lineBreak, rule
    case table, row, cell(isHeader: Bool)
    /// Left out with all that is in it.
    case dropped

    /// A picture made of elements, whose text is the text in it.
    case drawing
    case title

    /// nil for what only marks words, and for what is unknown.
    static func named(_ name: UnsafePointer<CChar>) -> HTMLElement? {
        var key: UInt64 = 0
        var next = name
        while next.pointee != 0 {
            if key >> 56 != 0 { return long[String(cString: name)] }
            key = key << 8 | UInt64(UInt8(bitPattern: next.pointee))
            next += 1
        }
        return short[key]
    }

    /// Names of up to 8 bytes as numbers: a page asks for one twice an element.
    private static let short: [UInt64: HTMLElement] = Dictionary(
        uniqueKeysWithValues: all.filter { $0.key.utf8.count <= 8 }.map { name, element in
            (name.utf8.reduce(0) { $0 << 8 | UInt64($1) }, element)
        })
    private static let long = all.filter { $0.key.utf8.count > 8 }

    private static let all: [String: HTMLElement] = {
        var all: [String: HTMLElement] = [
            "h1": .heading(1), "h2": .heading(2), "h3": .heading(3), "h4": .heading(4), "h5": .heading(5),
            "h6": .heading(6),
            "ul": .list(isOrdered: false), "menu": .list(isOrdered: false), "dir": .list(isOrdered: false),
            "ol": .list(isOrdered: true), "li": .item, "dd": .definition, "blockquote": .quote,
            "pre": .preformatted, "listing": .preformatted, "xmp": .preformatted, "code": .code, "tt": .code,
            "a": .link, "img": .image, "br": .lineBreak, "hr": .rule,
            "svg": .drawing, "title": .title,
            "table": .table, "tr": .row, "td": .cell(isHeader: false), "th": .cell(isHeader: true),
        ]
        for name in [
            "p", "section", "article", "main", "header", "footer", "nav", "aside", "figure", "form", "fieldset",
            "details",
            "dl", "caption",
        ] { all[name] = .block(2) }
        for name in [
            "body", "div", "address", "center", "figcaption", "legend", "summary", "option", "optgroup", "select",
            "textarea", "dt",
            "thead", "tbody", "tfoot", "frameset", "noframes", "hgroup", "search", "text", "foreignobject",
        ] { all[name] = .block(1) }
        for name in [
            "script", "style", "template", "noscript", "iframe", "object", "applet", "annotation", "annotation-xml",
        ] {
            all[name] = .dropped
        }
        return all
    }()
}

/// The attributes of an element, as the C library hands them over during a call.
struct HTMLAttributes {
    let list: UnsafePointer<UnsafePointer<CChar>?>?
    static var none: HTMLAttributes { HTMLAttributes(list: nil) }

    subscript(wanted: String) -> String? {
        guard var next = list else { return nil }
        while let name = next[0] {
            if strcmp(name, wanted) == 0 { return next[1].map { String(cString: $0) } }
            next += 2
        }
        return nil
    }

    /// A whole number within `range`, which begins with what is meant where there is none.
    func number(_ name: String, _ range: ClosedRange<Int>) -> Int {
        guard list != nil, let number = self[name].flatMap({ Int($0) }) else { return range.lowerBound }
        return min(max(number, range.lowerBound), range.upperBound)
    }

    /// No reader of the page sees the element: `hidden`, or a style of its own that says so.
    var isHidden: Bool {
        guard var next = list else { return false }
        while let name = next[0] {
            switch UInt8(bitPattern: name[0]) {
            case UInt8(ascii: "h") where strcmp(name, "hidden") == 0: return true
            case UInt8(ascii: "s") where strcmp(name, "style") == 0:
                if let style = next[1], hides(style) { return true }
            default: break
            }
            next += 2
        }
        return false
    }
    private func hides(_ style: UnsafePointer<CChar>) -> Bool {
        // Most styles tell colours and sizes: neither display nor visibility is in one without "is".
        var last: UInt8 = 0
        var next = style
        while next.pointee != 0 {
            let letter = UInt8(bitPattern: next.pointee) | 0x20
            if letter == UInt8(ascii: "s") && last == UInt8(ascii: "i") { break }
            last = letter
            next += 1
        }
        if next.pointee == 0 { return false }
        let words = String(cString: style).lowercased().utf8.split(separator: UInt8(ascii: ";")).map { rule in
            String(decoding: rule.filter { $0 > 0x20 }, as: UTF8.self)
        }
        return words.contains { rule in
            ["display:none", "visibility:hidden", "visibility:collapse"].contains { rule.hasPrefix($0) }
        }
    }

    /// Where a link leads, for a reader outside the page.
    var target: String? { self["href"].flatMap(linkTarget) }

    /// `swift` of `class="language-swift"`.
    var language: String {
        for name in (self["class"] ?? "").split(whereSeparator: \.isWhitespace) {
            for start in ["language-", "lang-"] where name.hasPrefix(start) {
                return String(
                    name.dropFirst(start.count).prefix(20).filter { $0.isLetter || $0.isNumber || "+#-_".contains($0) })
            }
        }
        return ""
    }
}
