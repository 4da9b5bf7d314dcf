import Testing

@testable import Extraction

/// Each row names the section of "Text Formatting Notation Help".
@Suite("Jira wiki markup") struct JiraWikiTests {
    @Test(arguments: [
        // Headings.
        ("h1. A\nh3.B\nh7. no\nh2. [x|https://x.org]", "# A\n\n### B\n\nh7. no\n\n## [x](https://x.org)"),
        // Text breaks.
        (#"a\\b\#n\#nc\#n----\#nd"#.replacing("#n", with: "\n"), "a\nb\n\nc\n\n---\n\nd"),
        ("a\nb", "a\nb"),
        // Text effects: quotes and colours.
        ("bq. a b\nc", "> a b\n\nc"),
        ("{quote}\na\n\nb\n{quote}\nc", "> a\n>\n> b\n\nc"),
        ("x {quote}a{quote} y", "x\n\n> a\n\ny"),
        ("{color:red}a{color} *b* _c_", "a *b* _c_"),
        ("{{a b}} {{", "`a b` {{"),
        // Links and mentions.
        (
            "[x|https://x.org/a b] [https://y.org] [~ann] [~accountid:5b:1] [^a.pdf] [#top] [no]",
            "[x](https://x.org/a%20b) https://y.org @ann @5b:1 a.pdf top [no]"
        ),
        ("[x|javascript:a]", "x"),
        // Lists.
        ("* a\n** b\n*# c\n*# d\n* e\n\nf", "- a\n  - b\n  1. c\n  2. d\n- e\n\nf"),
        ("# a\n# b\n- c\n-- not", "1. a\n2. b\n\n- c\n  -- not"),
        ("*bold* x\n** y", "*bold* x\n\n- - y"),
        // Images.
        ("!a.png! !b.png|thumbnail, alt=B b! wow! no! !https://x.org/c.png!", "![a.png] ![B b] wow! no!"),
        // Tables.
        (
            "||a||b||\n|1|[x|https://x.org]|\n|2\\|3|{{c|d}}|\ne",
            "| a | b |\n| --- | --- |\n| 1 | [x](https://x.org) |\n| 2\\|3 | `c\\|d` |\n\ne"
        ),
        // Advanced formatting.
        (
            "{code:title=T.swift|swift}\nlet a = {b}\n  *c*\n{code}\nd",
            "T.swift\n\n```swift\nlet a = {b}\n  *c*\n```\n\nd"
        ),
        ("{noformat}a [b|c]{noformat}", "```\na [b|c]\n```"),
        ("{code}open", "```\nopen\n```"),
        ("{panel:title=P|borderStyle=dashed}\na\n* b\n{panel}\nc", "> P\n> a\n>\n> - b\n\nc"),
        // Escapes.
        (#"\*a\* \{quote} \[b]"#, "*a* {quote} [b]"),
        ("שלום\n* 日本語\n* e\u{301} नमस्ते", "שלום\n\n- 日本語\n- e\u{301} नमस्ते"),
    ])
    func reads(markup: String, text: String) {
        #expect(read(Array(markup.utf8), "application/vnd.sluice.jira.wiki").text == text)
    }
}
