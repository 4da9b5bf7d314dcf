import Testing

@testable import Extraction

private let type = "application/vnd.sluice.notion.blocks+json"

/// Rich text without marks.
private func rich(_ text: String, _ more: String = "") -> String {
    #""rich_text":[{"type":"text","plain_text":"\#(text)"}]\#(more)"#
}
private func block(_ type: String, _ value: String, _ children: String...) -> String {
    #"{"object":"block","type":"\#(type)","\#(type)":{\#(value)},"children":[\#(children.joined(separator: ","))]}"#
}
private func row(_ text: String, _ blocks: String...) -> (String, String) { (blocks.joined(separator: ","), text) }

/// Each row names the part of "Notion API, Reference: Block" or "Rich text".
@Suite("Notion") struct NotionTests {
    @Test(arguments: [
        // Paragraph; children are indented on the page, and follow it here.
        row(
            "a\n\nb",
            block("paragraph", rich("a"), block("paragraph", rich("b")))),
        // Headings, and those that open.
        row(
            "# A\n\n### B\n\nc",
            block("heading_1", rich("A")),
            block("heading_3", rich("B", #","is_toggleable":true"#), block("paragraph", rich("c")))),
        // Bulleted list item, numbered list item, to do.
        row(
            "- a\n  1. b\n  2. c\n- d\n\n- [x] e\n- [ ] f",
            block(
                "bulleted_list_item", rich("a"), block("numbered_list_item", rich("b")),
                block("numbered_list_item", rich("c"))),
            block("bulleted_list_item", rich("d")), block("to_do", rich("e", #","checked":true"#)),
            block("to_do", rich("f"))),
        // Toggle, template.
        row(
            "T\n\nin\n\nNew",
            block("toggle", rich("T"), block("paragraph", rich("in"))),
            block("template", rich("New"))),
        // Quote, callout.
        row(
            "> q\n>\n> r\n\n> 💡 c",
            block("quote", rich("q"), block("paragraph", rich("r"))),
            block("callout", rich("c", #","icon":{"type":"emoji","emoji":"💡"}"#))),
        // Code, equation, divider.
        row(
            "```swift\nlet a = 1\n  b\n```\n\nFig\n\ne=mc^2\n\n---",
            block("code", rich(#"let a = 1\n  b"#, #","language":"swift","caption":[{"plain_text":"Fig"}]"#)),
            block("equation", #""expression":"e=mc^2""#),
            block("divider", "")),
        // Table, table rows.
        row(
            "| a | b\\| |\n| --- | --- |\n| 1 2 | |",
            block(
                "table", #""has_column_header":true"#,
                block("table_row", #""cells":[[{"plain_text":"a"}],[{"plain_text":"b|"}]]"#),
                block("table_row", #""cells":[[{"plain_text":"1\n2"}],[]]"#))),
        // Column list and column; synced block.
        row(
            "a\n\nb\n\ns",
            block(
                "column_list", "", block("column", "", block("paragraph", rich("a"))),
                block("column", "", block("paragraph", rich("b")))),
            block("synced_block", #""synced_from":null"#, block("paragraph", rich("s")))),
        // Child page, child database, link to page: their text is theirs.
        row(
            "P\n\nD",
            block("child_page", #""title":"P""#, block("paragraph", rich("no"))),
            block("child_database", #""title":"D""#),
            block("link_to_page", #""type":"page_id","page_id":"1""#)),
        // Bookmark, embed, link preview.
        row(
            "[X](https://x.org)\n\nhttps://y.org\n\nhttps://z.org",
            block("bookmark", #""url":"https://x.org","caption":[{"plain_text":"X"}]"#),
            block("embed", #""url":"https://y.org""#),
            block("link_preview", #""url":"https://z.org""#)),
        // Image, video, file, PDF, audio. An address of Notion's own storage holds a key.
        row(
            "![Map]\n\nhttps://v.org/1\n\na.zip\n\nPlan",
            block("image", #""type":"file","file":{"url":"https://s3/secret"},"caption":[{"plain_text":"Map"}]"#),
            block("video", #""type":"external","external":{"url":"https://v.org/1"}"#),
            block("file", #""type":"file","name":"a.zip","file":{"url":"https://s3/secret"}"#),
            block("pdf", #""caption":[{"plain_text":"Plan"}]"#),
            block("audio", #""caption":[]"#)),
        // Breadcrumb, table of contents, unsupported; what is not known.
        row(
            "n\n\no",
            block("breadcrumb", ""),
            block("table_of_contents", ""),
            block("unsupported", ""),
            block("new", rich("n"), block("newer", rich("o")))),
        // Rich text: links, code, mentions, equations, line ends.
        row(
            "see [x](https://x.org) and `y`\n@Ann c a^2",
            #"{"type":"paragraph","paragraph":{"rich_text":[{"plain_text":"see ","href":null},{"plain_text":"x","href":"https://x.org"},{"plain_text":" and "},{"plain_text":"y","annotations":{"code":true}},{"plain_text":"\n"},{"type":"mention","mention":{"type":"user"},"plain_text":"@Ann"},{"type":"text","text":{"content":" c "}},{"type":"equation","equation":{"expression":"a^2"}}]}}"#
        ),
        row(
            "שלום 日本語 e\u{301} नमस्ते",
            block("paragraph", rich("שלום 日本語 e\u{301} नमस्ते"))),
    ])
    func reads(blocks: String, text: String) {
        #expect(read(Array("[\(blocks)]".utf8), type).text == text)
    }

    /// "Notion API, Reference: Page properties".
    @Test func readsTheRowOfADatabase() {
        let page = #"""
            {"object":"page","properties":{
            "Note":{"type":"rich_text","rich_text":[{"plain_text":"a "},{"plain_text":"b"}]},
            "Name":{"type":"title","title":[{"plain_text":"Row"}]},
            "Count":{"type":"number","number":1.50},"None":{"type":"number","number":null},
            "Kind":{"type":"select","select":{"id":"1","name":"K"}},"Empty":{"type":"select","select":null},
            "Tags":{"type":"multi_select","multi_select":[{"name":"x"},{"name":"y"}]},
            "State":{"type":"status","status":{"name":"Done"}},
            "When":{"type":"date","date":{"start":"2026-05-02","end":"2026-05-04"}},
            "Day":{"type":"date","date":{"start":"2026-05-02","end":null}},
            "Who":{"type":"people","people":[{"object":"user","id":"u1","name":"Ann"},{"object":"user","id":"u2"}]},
            "Files":{"type":"files","files":[{"name":"a.pdf","file":{"url":"https://s3/secret"}}]},
            "Ok":{"type":"checkbox","checkbox":true},"Url":{"type":"url","url":"https://x.org"},
            "Mail":{"type":"email","email":"a@b.c"},"Phone":{"type":"phone_number","phone_number":"+1"},
            "Sum":{"type":"formula","formula":{"type":"string","string":"f"}},
            "Is":{"type":"formula","formula":{"type":"boolean","boolean":false}},
            "Others":{"type":"relation","relation":[{"id":"p1"},{"id":"p2"}]},
            "All":{"type":"rollup","rollup":{"type":"array","array":[{"type":"number","number":1},{"type":"title","title":[{"plain_text":"t"}]}]}},
            "Most":{"type":"rollup","rollup":{"type":"number","number":3}},
            "Made":{"type":"created_time","created_time":"2026-01-01T00:00:00.000Z"},
            "By":{"type":"last_edited_by","last_edited_by":{"object":"user","id":"u1","name":"Ann"}},
            "No":{"type":"unique_id","unique_id":{"prefix":"T","number":7}}},
            "children":[{"type":"paragraph","paragraph":{"rich_text":[{"plain_text":"body"}]}}]}
            """#
        let text = """
            Name: Row
            Note: a b
            Count: 1.50
            Kind: K
            Tags: x, y
            State: Done
            When: 2026-05-02 – 2026-05-04
            Day: 2026-05-02
            Who: Ann, u2
            Files: a.pdf
            Ok: yes
            Url: https://x.org
            Mail: a@b.c
            Phone: +1
            Sum: f
            Is: no
            Others: p1, p2
            All: 1, t
            Most: 3
            Made: 2026-01-01T00:00:00.000Z
            By: Ann
            No: T-7

            body
            """
        #expect(read(Array(page.utf8), type).text == text)
    }
}
