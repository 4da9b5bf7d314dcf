import Testing

@testable import Extraction

@Suite("Markdown") struct MarkdownTests {
    @Test(arguments: [
        // "GitHub Docs, Basic writing and formatting syntax: Hiding content with comments".
        ("a <!-- no --> b\n<!--\nno\n\nno -->\nc", "a  b\n\nc"),
        ("`<!-- a -->` ``b ` <!-- c -->``<!-- no -->", "`<!-- a -->` ``b ` <!-- c -->``"),
        ("```html\n<!-- a -->\n```\n<!-- no -->b", "```html\n<!-- a -->\n```\nb"),
        ("- ~~~~\n~~~\n<!-- a -->\n~~~~\n<!-- no -->b", "- ~~~~\n~~~\n<!-- a -->\n~~~~\nb"),
        ("a <!-- open\nb <!-- c", "a <!-- open\nb <!-- c"),
        ("a ` b <!-- no --> c", "a ` b  c"),
        // "GitHub Docs, Using YAML front matter".
        ("---\ntitle: T\ntags: [a]\n---\n# A", "title: T\ntags: [a]\n\n# A"),
        ("---\na\n---\nb", "---\na\n---\nb"),
        ("---\ntitle: open", "---\ntitle: open"),
        // "GitLab Docs, GitLab Flavored Markdown": the rest stands as it is.
        (
            "- [x] a @ann #1 !2 ~bug\n\n| a |\n|---|\n| שלום 日本語 |",
            "- [x] a @ann #1 !2 ~bug\n\n| a |\n|---|\n| שלום 日本語 |"
        ),
        ("![a](data:image/png;base64,AA) <!-- ![b](data:x) -->", "![a]"),
    ])
    func reads(source: String, text: String) {
        #expect(read(Array(source.utf8), "text/markdown").text == text)
    }
    @Test func longLinesOfTicksAreRead() {
        let text = String(repeating: "`<!--", count: 50_000)
        #expect(read(Array(text.utf8), "text/markdown").text == text)
    }
}
