import JSON

/// Writes what cards say: adaptive ones ("Adaptive Cards, Schema explorer"), and the older kinds ("Microsoft Teams, Types of
/// cards": hero, thumbnail, list, Office 365 connector). What only acts, such as buttons, is left out.
enum AdaptiveCard {
    static func write(_ card: JSON?, to html: inout HTMLSource) {
        guard let card, card.isObject else { return }
        for name in ["title", "subtitle", "activityTitle", "activitySubtitle", "activityText", "text"] {
            html.lines(card[name: name]?.string)
        }
        for section in card["sections"]?.elements ?? [] {
            for name in ["title", "activityTitle", "activitySubtitle", "activityText", "text"] {
                html.lines(section[name: name]?.string)
            }
            facts(section["facts"], name: "name", to: &html)
        }
        for name in ["body", "items"] { elements(card[name: name], depth: 0, to: &html) }
    }

    private static let deepest = 64

    private static func elements(_ list: JSON?, depth: Int, to html: inout HTMLSource) {
        for element in list?.elements ?? [] { self.element(element, depth: depth, to: &html) }
    }

    private static func element(_ element: JSON, depth: Int, to html: inout HTMLSource) {
        guard depth < deepest, element["isVisible"]?.bool != false else { return }
        switch element["type"]?.string {
        case "TextBlock":
            if element["style"]?.string == "heading" {
                html.element("h3", element["text"]?.string)
            } else {
                html.lines(element["text"]?.string)
            }
        case "RichTextBlock":
            html.raw("<p>")
            for run in element["inlines"]?.elements ?? [] { html.text(run.string ?? run["text"]?.string ?? "") }
            html.raw("</p>")
        case "FactSet": facts(element["facts"], name: "title", to: &html)
        case "Image": html.image(alt: element["altText"]?.string)
        case "CodeBlock":
            html.beginCode(language: element["language"]?.string)
            html.text(element["codeSnippet"]?.string ?? "")
            html.raw("</pre>")
        case "Table": table(element, depth: depth, to: &html)
        default:
            html.raw("<div>")
            for name in ["title", "subtitle", "text", "label", "altText", "value"] {
                html.lines(element[name: name]?.string)
            }
            for name in ["items", "columns", "images", "pages", "rows", "cells"] {
                elements(element[name: name], depth: depth + 1, to: &html)
            }
            html.raw("</div>")
        }
    }

    private static func facts(_ facts: JSON?, name: String, to html: inout HTMLSource) {
        for fact in facts?.elements ?? [] {
            let words = [fact[name: name]?.string, fact["value"]?.string].compactMap(\.self)
            html.element("div", words.joined(separator: ": "))
        }
    }

    private static func table(_ table: JSON, depth: Int, to html: inout HTMLSource) {
        let hasHeader = table["firstRowAsHeader"]?.bool ?? table["firstRowAsHeaders"]?.bool ?? true
        html.raw("<table>")
        for (i, row) in (table["rows"]?.elements ?? []).enumerated() {
            html.raw("<tr>")
            for cell in row["cells"]?.elements ?? [] {
                let name = hasHeader && i == 0 ? "th" : "td"
                html.raw("<\(name)>")
                elements(cell["items"], depth: depth + 1, to: &html)
                html.raw("</\(name)>")
            }
            html.raw("</tr>")
        }
        html.raw("</table>")
    }
}
