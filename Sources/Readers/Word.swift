import Extraction

/// A text document: headers, body, notes, comments, footers.
func readWord(_ package: OfficePackage, _ main: String) throws(Unreadable) -> FormatOutput {
    let styles = WordStyles()
    let numbering = WordNumbering()
    if let part = try package.part("styles", of: main) { _ = try package.archive.parse(part, styles) }
    if let part = try package.part("numbering", of: main) { _ = try package.archive.parse(part, numbering) }
    var shortened: String?
    var left = package.limits.output

    func read(_ part: String) throws(Unreadable) -> WordReader {
        let reader = WordReader(styles, numbering, try package.relationships(of: part))
        let reason = try package.archive.parse(part, reader, limit: left)
        shortened = shortened ?? reason
        left = max(0, left - reader.size)
        return reader
    }
    /// Headers or footers, each text once.
    func repeated(_ type: String) throws(Unreadable) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        for relationship in try package.relationships(of: main).all
        where relationship.type == type && package.archive.contains(relationship.target) {
            let text = cleaned(try read(relationship.target).finish()).utf8
            if !text.isEmpty && !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    var out = MarkdownWriter()
    for text in try repeated("header") { out.lines(text) }
    let body = try read(main)
    out.lines(body.finish())
    var notes: [String: (author: String, text: [UInt8])] = [:]
    for kind in ["footnote", "endnote", "comment"] {
        guard let part = try package.part("\(kind)s", of: main) else { continue }
        for (id, note) in try read(part).notes { notes["\(kind) \(id)"] = note }
    }
    var numbers: [String: Int] = [:]
    for reference in body.references {
        let kind = String(reference.prefix { $0 != " " })
        numbers[kind, default: 0] += 1
        guard let note = notes.removeValue(forKey: reference) else { continue }
        let text = cleaned(note.text).utf8
        if text.isEmpty { continue }
        switch kind {
        case "footnote": out.lines(Array("[^\(numbers[kind] ?? 0)]: ".utf8) + text)
        case "endnote": out.lines(Array("[^e\(numbers[kind] ?? 0)]: ".utf8) + text)
        default: out.comment(text, by: note.author)
        }
    }
    for text in try repeated("footer") { out.lines(text) }
    if out.utf8.isEmpty, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: out.utf8, shortened: shortened)
}

extension MarkdownWriter {
    /// What somebody wrote beside the text.
    mutating func comment(_ text: [UInt8], by author: String) {
        beginQuote()
        lines(Array((author.isEmpty ? "" : "\(author): ").utf8) + text)
        endQuote()
    }
}
