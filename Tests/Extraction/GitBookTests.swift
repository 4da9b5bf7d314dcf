import Testing

@testable import Extraction

private func text(_ text: String) -> String {
    #"{"object":"text","leaves":[{"object":"leaf","text":"\#(text)","marks":[]}]}"#
}
private func block(_ type: String, _ nodes: String..., data: String = "", fragments: String = "") -> String {
    #"{"object":"block","type":"\#(type)","data":{\#(data)},"nodes":[\#(nodes.joined(separator: ","))],"fragments":[\#(fragments)]}"#
}
private func row(_ text: String, _ nodes: String...) -> (String, String) { (nodes.joined(separator: ","), text) }
private func paragraph(_ words: String) -> String { block("paragraph", text(words)) }

/// Each row names the block of "GitBook, Creating content: Blocks", as the API gives it.
@Suite("GitBook") struct GitBookTests {
    @Test(arguments: [
        row(
            "# A\n\nb\n\n---",
            block("heading-1", text("A")),
            paragraph("b"),
            block("divider")),
        row(
            "1. a\n   - b\n\n- [x] c\n- [ ] d",
            block(
                "list-ordered",
                block(
                    "list-item", paragraph("a"),
                    block("list-unordered", block("list-item", paragraph("b"))))),
            block(
                "list-tasks", block("list-item", paragraph("c"), data: #""checked":true"#),
                block("list-item", paragraph("d"), data: #""checked":false"#))),
        row(
            "a.swift\n\n```swift\nlet a\n  b\n```",
            block(
                "code", block("code-line", text("let a")),
                block("code-line", text("  b")), data: #""syntax":"swift","title":"a.swift""#)),
        row(
            "> a\n\n> b",
            block("hint", paragraph("a"), data: #""style":"info""#),
            block("blockquote", paragraph("b"))),
        row(
            "T\n\na\n\nU\n\nb",
            block(
                "tabs", block("tabs-item", paragraph("a"), data: #""title":"T""#),
                block("tabs-item", paragraph("b"), data: #""title":"U""#))),
        row(
            "T\n\nb",
            block(
                "expandable", "",
                fragments:
                    #"{"object":"fragment","type":"expandable-title","nodes":[\#(paragraph("T"))]},{"object":"fragment","type":"expandable-body","nodes":[\#(paragraph("b"))]}"#
            )),
        row(
            "| B | A |\n| --- | --- |\n| yes | 3 |\n| Opt | x |",
            block(
                "table", "",
                data:
                    #""definition":{"c1":{"title":"A"},"c2":{"title":"B","options":[{"value":"o","label":"Opt"}]}},"view":{"type":"grid","columns":["c2","c1"]},"records":{"r1":{"orderIndex":"b","values":{"c1":"f1","c2":["o"]}},"r2":{"orderIndex":"a","values":{"c1":3,"c2":true}}}"#,
                fragments: #"{"object":"fragment","fragment":"f1","nodes":[\#(paragraph("x"))]}"#)),
        row(
            "![Map]\n\nFig",
            block(
                "images",
                block(
                    "image", data: #""alt":"Map""#,
                    fragments: #"{"object":"fragment","fragment":"caption","nodes":[\#(paragraph("Fig"))]}"#))),
        row(
            "https://x.org\n\nhttps://y.org\n\na^2",
            block("embed", data: #""url":"https://x.org""#),
            block("content-ref", data: #""ref":{"kind":"url","url":"https://y.org"}"#),
            block("math", data: #""formula":"a^2""#),
            block("reusable-content", paragraph("no"))),
        row(
            "a [l](https://x.org)😀 `c` n",
            #"{"object":"block","type":"paragraph","nodes":[\#(text("a ")),{"object":"inline","type":"link","data":{"ref":{"kind":"url","url":"https://x.org"}},"nodes":[\#(text("l"))]},{"object":"inline","type":"emoji","data":{"code":"1f600"}},{"object":"text","leaves":[{"text":" c","marks":[{"type":"code"}]}]},{"object":"inline","type":"new","nodes":[\#(text(" n"))]}]}"#
        ),
        row(
            "שלום 日本語 नमस्ते e\u{301}",
            block("new", paragraph("שלום 日本語 नमस्ते e\u{301}"))),
    ])
    func reads(nodes: String, text: String) {
        let document = #"{"title":"no","document":{"object":"document","data":{},"nodes":[\#(nodes)]}}"#
        #expect(read(Array(document.utf8), "application/vnd.sluice.gitbook.document+json").text == text)
    }
}
