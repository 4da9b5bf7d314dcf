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

    /// nil for what only marks words, and for what is unknown.
    static func named(_ name: String) -> HTMLElement? { all[name] }

    private static let all: [String: HTMLElement] = {
        var all: [String: HTMLElement] = [
            "h1": .heading(1), "h2": .heading(2), "h3": .heading(3), "h4": .heading(4), "h5": .heading(5),
            "h6": .heading(6),
            "ul": .list(isOrdered: false), "menu": .list(isOrdered: false), "dir": .list(isOrdered: false),
            "ol": .list(isOrdered: true), "li": .item, "dd": .definition, "blockquote": .quote,
            "pre": .preformatted, "listing": .preformatted, "xmp": .preformatted, "code": .code, "tt": .code,
            "a": .link, "img": .image, "br": .lineBreak, "hr": .rule,
            "table": .table, "tr": .row, "td": .cell(isHeader: false), "th": .cell(isHeader: true),
        ]
        for name in [
            "p", "section", "article", "main", "header", "footer", "nav", "aside", "figure", "form", "fieldset",
            "details",
            "dl", "caption", "title",
        ] { all[name] = .block(2) }
        for name in [
            "body", "div", "address", "center", "figcaption", "legend", "summary", "option", "optgroup", "select",
            "textarea", "dt",
            "thead", "tbody", "tfoot", "frameset", "noframes", "hgroup", "search",
        ] { all[name] = .block(1) }
        for name in ["script", "style", "template", "noscript", "svg", "iframe", "object", "applet"] {
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
            if String(cString: name) == wanted { return next[1].map { String(cString: $0) } }
            next += 2
        }
        return nil
    }

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

/// Where a link leads, for a reader outside the document.
func linkTarget(_ href: String) -> String? {
    guard href.utf8.count <= 2048 else { return nil }
    let trimmed = href.unicodeScalars.filter { $0.value > 0x20 || $0 == " " }
    let text = String(String.UnicodeScalarView(trimmed)).drop { $0 == " " }
    let start = text.prefix(8).lowercased()
    guard start.hasPrefix("http://") || start.hasPrefix("https://") || start.hasPrefix("mailto:") else {
        return nil
    }
    return text.reduce(into: "") { target, character in
        switch character {
        case " ": target += "%20"
        case "(": target += "%28"
        case ")": target += "%29"
        default: target.append(character)
        }
    }
}
