import Extraction
import JSON

/// Reads a page of SharePoint ("Microsoft Graph, sitePage and canvasLayout resource types"): the texts that people wrote, and
/// of other web parts what SharePoint itself finds them by. The title of the page is the item's.
func readSharePoint(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let page = try parsedJSON(input.bytes)
    let canvas = page["canvasLayout"] ?? page
    var html = HTMLSource()
    for section in canvas["horizontalSections"]?.elements ?? [] {
        for column in section["columns"]?.elements ?? [] { webParts(of: column, to: &html) }
    }
    if let section = canvas["verticalSection"] { webParts(of: section, to: &html) }
    if html.utf8.isEmpty { throw Unreadable("no_text") }
    var source = input
    source.bytes = html.utf8
    return try readHTML(source)
}

private func webParts(of column: JSON, to html: inout HTMLSource) {
    for part in column["webparts"]?.elements ?? [] {
        html.raw("<section>")
        if let source = part["innerHtml"]?.string { html.raw(source) }
        let data = part["data"]
        html.element("p", data?["title"]?.string)
        html.element("p", data?["description"]?.string)
        let content = data?["serverProcessedContent"]
        for text in content?["searchablePlainTexts"]?.elements ?? [] { html.lines(text["value"]?.string) }
        for text in content?["htmlStrings"]?.elements ?? [] {
            html.raw("<div>")
            html.raw(text["value"]?.string ?? "")
            html.raw("</div>")
        }
        html.image(alt: data?["properties"]?["altText"]?.string)
        html.raw("</section>")
    }
}
