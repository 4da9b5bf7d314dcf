import Extraction

/// Reads Confluence's storage format ("Confluence Storage Format"): what is Confluence's own becomes HTML, which is then read
/// as a page is. Where the text is not well formed, it is read as HTML as it stands.
///
/// Nothing of other pages is in it: of `include` and `excerpt-include` the name of the page is written.
func readConfluenceStorage(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    guard let tree = StorageTree(input.bytes) else { return try readHTML(input) }
    var writer = StorageWriter(tree: tree)
    writer.children(of: 0)
    var page = input
    page.bytes = writer.html.utf8
    return try readHTML(page)
}

private struct StorageWriter {
    let tree: StorageTree
    var html = HTMLSource()

    mutating func children(of node: Int) { for child in tree[node].children { write(child) } }

    private mutating func write(_ node: Int) {
        let name = tree[node].name
        switch name {
        case "": text(node)
        case "ac:structured-macro", "ac:macro": macro(node)
        case "ac:link": link(node)
        case "ac:image": image(node)
        case "ac:task-list": wrapped(node, "ul")
        case "ac:task": task(node)
        case "ac:emoticon": emoticon(node)
        case "time": attribute("datetime", of: node)
        case "ac:layout", "ac:layout-section", "ac:layout-cell", "ac:rich-text-body", "ac:caption": wrapped(node, "div")
        case "ac:plain-text-body": code(node, language: nil)
        case "ac:adf-extension":
            let fallback = tree.children(of: node, named: "ac:adf-fallback")
            if let first = fallback.first { wrapped(first, "div") } else { children(of: node) }
        case "ac:placeholder", "ac:parameter", "ac:adf-attribute", "script", "style": break
        case _ where name.hasPrefix("ri:"): resource(node)
        case _ where name.hasPrefix("ac:"): children(of: node)
        default: element(node)
        }
    }

    private mutating func wrapped(_ node: Int, _ name: String) {
        html.raw("<\(name)>")
        children(of: node)
        html.raw("</\(name)>")
    }

    /// Characters as they stand; HTML 4 does not know `&apos;`.
    private mutating func text(_ node: Int) {
        if tree[node].isVerbatim { return html.text(tree.bytes[tree[node].text]) }
        source(tree.bytes[tree[node].text])
    }
    private mutating func source(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let at = rest.firstIndex(of: UInt8(ascii: "&")) {
            html.raw(rest[..<at])
            let isApostrophe = rest[at...].starts(with: "&apos;".utf8)
            html.raw(isApostrophe ? "'" : "&")
            rest = rest[(at + (isApostrophe ? 6 : 1))...]
        }
        html.raw(rest)
    }
    private mutating func attribute(_ name: String, of node: Int) {
        if let value = tree.attribute(name, of: node) { source(value) }
    }

    /// An element of HTML itself.
    private mutating func element(_ node: Int) {
        let name = tree[node].name
        html.raw("<\(name)")
        for (name, value) in tree[node].attributes {
            let quote = tree.bytes[value].contains(UInt8(ascii: "\"")) ? "'" : "\""
            html.raw(" \(name)=\(quote)")
            html.raw(tree.bytes[value])
            html.raw(quote)
        }
        html.raw(">")
        if Self.voids.contains(name) { return }
        children(of: node)
        html.raw("</\(name)>")
    }
    private static let voids: Set = ["br", "hr", "img", "col", "input", "wbr"]

    private mutating func code(_ node: Int, language: String?) {
        html.beginCode(language: language)
        for child in tree[node].children where tree[child].name.isEmpty { text(child) }
        html.raw("</pre>")
    }

    /// `[x]` or `[ ]` and what is to do ("Task lists").
    private mutating func task(_ node: Int) {
        let status = tree.children(of: node, named: "ac:task-status").first.map { plain($0) }
        html.raw(status == "complete" ? "<li>[x] " : "<li>[ ] ")
        for body in tree.children(of: node, named: "ac:task-body") { children(of: body) }
        html.raw("</li>")
    }

    private mutating func emoticon(_ node: Int) {
        if tree.attribute("ac:emoji-fallback", of: node) != nil { return attribute("ac:emoji-fallback", of: node) }
        if tree.attribute("ac:emoji-shortname", of: node) != nil { return attribute("ac:emoji-shortname", of: node) }
        html.raw(":")
        attribute("ac:name", of: node)
        html.raw(":")
    }

    /// The words of a link, or the name of what it leads to ("Links").
    private mutating func link(_ node: Int) {
        for name in ["ac:link-body", "ac:plain-text-link-body"] {
            if let body = tree.children(of: node, named: name).first, !tree[body].children.isEmpty {
                return children(of: body)
            }
        }
        let count = html.utf8.count
        children(of: node)
        if html.utf8.count == count { attribute("ac:anchor", of: node) }
    }

    /// The name of what a resource identifier leads to ("Resource identifiers").
    private mutating func resource(_ node: Int) {
        switch tree[node].name {
        case "ri:user":
            html.raw("@")
            for name in ["ri:account-id", "ri:username", "ri:userkey"] where tree.attribute(name, of: node) != nil {
                return attribute(name, of: node)
            }
        case "ri:page", "ri:blog-post": attribute("ri:content-title", of: node)
        case "ri:attachment": attribute("ri:filename", of: node)
        case "ri:space": attribute("ri:space-key", of: node)
        case "ri:url", "ri:shortcut":
            attribute(tree[node].name == "ri:url" ? "ri:value" : "ri:parameter", of: node)
        default: break
        }
    }

    /// The words that stand for a picture, or the name of its file, and what is written below ("Images").
    private mutating func image(_ node: Int) {
        let file = tree.children(of: node, named: "ri:attachment").first
        let alt = tree.attribute("ac:alt", of: node) ?? file.flatMap { tree.attribute("ri:filename", of: $0) }
        if let alt {
            html.raw("<img alt=\"")
            html.raw(String(decoding: alt, as: UTF8.self).replacing("\"", with: "&quot;"))
            html.raw("\">")
        }
        for caption in tree.children(of: node, named: "ac:caption") { wrapped(caption, "div") }
    }

    /// A macro ("Macros", and the page of each in the user's guide).
    private mutating func macro(_ node: Int) {
        let name = tree.attribute("ac:name", of: node).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let title = parameter("title", of: node)
        switch name {
        case "code", "noformat":
            titled(title, "div")
            let language = parameter("language", of: node).map { plain($0) }
            for body in tree.children(of: node, named: "ac:plain-text-body") { code(body, language: language) }
        case "panel", "info", "note", "tip", "warning":
            html.raw("<blockquote>")
            titled(title, "div")
            bodies(of: node)
            html.raw("</blockquote>")
        case "expand":
            titled(title, "p")
            bodies(of: node)
        case "status": if let title { children(of: title) }
        case "jira": if let key = parameter("key", of: node) { children(of: key) }
        case "include", "excerpt-include", "profile", "view-file", "viewpdf", "viewdoc", "viewxls", "viewppt",
            "multimedia":
            html.raw("<div>")
            for parameter in tree.children(of: node, named: "ac:parameter") {
                for child in tree[parameter].children where !tree[child].name.isEmpty { write(child) }
            }
            html.raw("</div>")
        default: bodies(of: node)
        }
    }
    private mutating func bodies(of node: Int) {
        for child in tree[node].children where !tree[child].name.isEmpty { write(child) }
    }
    private func parameter(_ name: String, of node: Int) -> Int? {
        tree.children(of: node, named: "ac:parameter").first {
            tree.attribute("ac:name", of: $0)?.elementsEqual(name.utf8) ?? false
        }
    }
    private mutating func titled(_ title: Int?, _ element: String) { if let title { wrapped(title, element) } }

    /// The characters of an element, without those of others in it.
    private func plain(_ node: Int) -> String {
        String(decoding: tree[node].children.flatMap { tree[$0].text }.map { tree.bytes[$0] }, as: UTF8.self)
            .filter { !$0.isWhitespace }
    }
}
