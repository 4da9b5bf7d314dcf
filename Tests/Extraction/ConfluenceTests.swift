import Testing

@testable import Extraction

private let type = "application/vnd.sluice.confluence.storage+xml"
private func storage(_ text: String) -> String? { read(Array(text.utf8), type).text }
private func macro(_ name: String, _ inside: String) -> String {
    "<ac:structured-macro ac:name=\"\(name)\" ac:schema-version=\"1\">\(inside)</ac:structured-macro>"
}
private func parameter(_ name: String, _ value: String) -> String {
    "<ac:parameter ac:name=\"\(name)\">\(value)</ac:parameter>"
}
private func body(_ text: String) -> String { "<ac:rich-text-body>\(text)</ac:rich-text-body>" }
private func plain(_ text: String) -> String { "<ac:plain-text-body><![CDATA[\(text)]]></ac:plain-text-body>" }
private func row(_ text: String, _ source: String) -> (source: String, text: String) { (source, text) }

@Suite("Confluence storage format") struct ConfluenceTests {
    /// Each row names the section of "Confluence Storage Format".
    @Test(arguments: [
        // Headings, text formatting, entities.
        row(
            "# A & é\n\nb c < d' — \u{2019}",
            "<h1>A &amp; &eacute;</h1><p>b&nbsp;<strong>c</strong> &lt; d&apos; &mdash; &rsquo;</p><p />"),
        // Lists, line breaks, rules.
        row("- a\n  1. b\n- c\n  d\n\n---", "<ul><li><p>a</p><ol><li>b</li></ol></li><li>c<br/>d</li></ul><hr />"),
        // Task lists.
        row(
            "- [x] a\n- [ ] b @5b",
            "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>a</ac:task-body></ac:task>"
                + "<ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>b <ac:link><ri:user ri:account-id=\"5b\" /></ac:link></ac:task-body></ac:task></ac:task-list>"
        ),
        // Links.
        row(
            "Page words b < c a.pdf @u1 KEY top [x](https://x.org)",
            "<p><ac:link><ri:page ri:content-title=\"Page\" ri:space-key=\"S\" /></ac:link> <ac:link><ri:page ri:content-title=\"P\"/><ac:link-body>words <b>b</b></ac:link-body></ac:link> <ac:link ac:anchor=\"n\"><ac:plain-text-link-body><![CDATA[< c]]></ac:plain-text-link-body></ac:link> "
                + "<ac:link><ri:attachment ri:filename=\"a.pdf\"/></ac:link> <ac:link><ri:user ri:userkey=\"u1\"/></ac:link> <ac:link><ri:space ri:space-key=\"KEY\"/></ac:link> <ac:link ac:anchor=\"top\"/> <a href=\"https://x.org\">x</a></p>"
        ),
        // Images.
        row(
            "![a \"b\"]\n\n![c.png]\n\nFig",
            "<p><ac:image ac:alt='a \"b\"'><ri:url ri:value=\"https://x\"/></ac:image></p><p><ac:image><ri:attachment ri:filename=\"c.png\"/><ac:caption><p>Fig</p></ac:caption></ac:image><ac:image><ri:url ri:value=\"https://x\"/></ac:image></p>"
        ),
        // Tables, also in tables.
        row(
            "| a | b |\n| --- | --- |\n| 1 \\| 2 | |\n| 3 | 4 |",
            "<table><colgroup><col /><col /></colgroup><tbody><tr><th><p>a</p></th><th>b</th></tr><tr><td colspan=\"2\">1 | 2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>"
        ),
        row(
            "x\n\n| 1 | 2 |",
            "<table><tbody><tr><td>x</td><td><table><tbody><tr><td>1</td><td>2</td></tr></tbody></table></td></tr></tbody></table>"
        ),
        // Page layouts.
        row(
            "a\n\nb",
            "<ac:layout><ac:layout-section ac:type=\"two_equal\"><ac:layout-cell><p>a</p></ac:layout-cell><ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>"
        ),
        // Emoticons, dates, instructional text.
        row(
            ":smile: 😀 2026-05-02 z",
            "<p><ac:emoticon ac:name=\"smile\" /> <ac:emoticon ac:name=\"blue-star\" ac:emoji-shortname=\":grin:\" ac:emoji-fallback=\"&#128512;\" /> <time datetime=\"2026-05-02\" /> <ac:placeholder>no</ac:placeholder>z</p>"
        ),
        row("a marked b", "<p>a <ac:inline-comment-marker ac:ref=\"x\">marked</ac:inline-comment-marker> b</p>"),
        row(
            "f",
            "<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute key=\"t\">no</ac:adf-attribute><ac:adf-content>g</ac:adf-content></ac:adf-node><ac:adf-fallback>f</ac:adf-fallback></ac:adf-extension>"
        ),
        row("שלום\n\n日本語 e\u{301} नमस्ते", "<p>שלום</p><p>日本語 e\u{301} नमस्ते</p>"),
    ])
    func reads(source: String, text: String) {
        #expect(storage(source) == text)
    }

    /// Each row names the macro of "Confluence Storage Format for Macros".
    @Test(arguments: [
        row(
            "T\n\n```swift\nlet a = \"<b>\" && c\n\n  d\n```",
            macro(
                "code", parameter("language", "swift") + parameter("title", "T") + plain("let a = \"<b>\" && c\n\n  d"))
        ),
        row("```\na ]] > b\n```\n\nc", macro("noformat", plain("a ]] > b")) + "<p>c</p>"),
        row(
            "> P\n>\n> a\n>\n> b",
            macro("panel", parameter("title", "P") + parameter("bgColor", "#fff") + body("<p>a</p><p>b</p>"))),
        row(
            "> a\n\n> b",
            macro("info", parameter("icon", "false") + body("<p>a</p>")) + macro("warning", body("<p>b</p>"))),
        row("Open\n\na", macro("expand", parameter("title", "Open") + body("<p>a</p>"))),
        row("a DONE b", "<p>a \(macro("status", parameter("colour", "Green") + parameter("title", "DONE"))) b</p>"),
        row(
            "a",
            macro("toc", parameter("maxLevel", "3")) + macro("children", "") + macro("anchor", parameter("", "x"))
                + "<p>a</p>"),
        row(
            "Other\nThird",
            macro("include", parameter("", "<ac:link><ri:page ri:content-title=\"Other\" /></ac:link>"))
                + macro(
                    "excerpt-include",
                    parameter("", "<ac:link><ri:page ri:content-title=\"Third\" /></ac:link>")
                        + parameter("nopanel", "true"))),
        row("a", macro("excerpt", parameter("hidden", "true") + body("<p>a</p>"))),
        row("see AB-1", "<p>see \(macro("jira", parameter("server", "Jira") + parameter("key", "AB-1")))</p>"),
        row(
            "a.pdf\n@5b",
            macro("viewpdf", parameter("name", "<ri:attachment ri:filename=\"a.pdf\" />"))
                + macro("profile", parameter("user", "<ri:user ri:account-id=\"5b\" />"))),
        row(
            "a\n\n```\ngraph\n```",
            macro("new", parameter("x", "no") + body("<p>a</p>")) + macro("mermaid", plain("graph"))),
    ])
    func readsMacros(source: String, text: String) {
        #expect(storage(source) == text)
    }

    @Test(arguments: [
        ("<p>a<b>c</p>", "ac"), ("<p>a &amp; b", "a & b"), ("<p a=b>c</p>", "c"), ("a</p>b", "a\n\nb"),
        ("a < b", "a < b"),
    ])
    func whatIsNotWellFormedIsReadAsHTML(source: String, text: String) {
        #expect(storage(source) == text)
    }
    @Test func depthDropsNothing() {
        for tag in ["div", "ac:layout-cell", "blockquote"] {
            let source =
                String(repeating: "<\(tag)>", count: 10_000) + "the end" + String(repeating: "</\(tag)>", count: 10_000)
            #expect(storage(source)?.contains("the end") == true, "\(tag)")
        }
    }
}
