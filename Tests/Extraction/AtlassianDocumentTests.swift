import Testing

@testable import Extraction

/// Each row names the page of "Atlassian Document Format" that has the node or mark; `content` is that of the `doc` node.
@Suite("Atlassian Document Format") struct AtlassianDocumentTests {
    @Test(arguments: [
        // Paragraph, text, hardBreak.
        (
            #"{"type":"paragraph","content":[{"type":"text","text":"a  b"},{"type":"hardBreak"},{"type":"text","text":"c"}]},{"type":"paragraph","content":[{"type":"text","text":"d"}]}"#,
            "a b\nc\n\nd"
        ),
        // Heading.
        (
            #"{"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"T"}]},{"type":"heading","attrs":{"level":99},"content":[{"type":"text","text":"U"}]}"#,
            "## T\n\n###### U"
        ),
        // Marks: code, link, strong.
        (
            #"{"type":"paragraph","content":[{"type":"text","text":"x","marks":[{"type":"code"}]},{"type":"text","text":" "},{"type":"text","text":"y","marks":[{"type":"strong"},{"type":"link","attrs":{"href":"https://x.org/a"}}]},{"type":"text","text":"z","marks":[{"type":"link","attrs":{"href":"javascript:x"}}]}]}"#,
            "`x` [y](https://x.org/a)z"
        ),
        // BulletList, orderedList, listItem.
        (
            #"{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"orderedList","attrs":{"order":3},"content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]},{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}]}]},{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"d"}]}]}]}"#,
            "- a\n  3. b\n  4. c\n- d"
        ),
        // TaskList, taskItem; decisionList, decisionItem.
        (
            #"{"type":"taskList","content":[{"type":"taskItem","attrs":{"state":"DONE"},"content":[{"type":"text","text":"a"}]},{"type":"taskList","content":[{"type":"taskItem","attrs":{"state":"TODO"},"content":[{"type":"text","text":"b"}]}]},{"type":"taskItem","attrs":{"state":"TODO"}}]},{"type":"decisionList","content":[{"type":"decisionItem","attrs":{"state":"DECIDED"},"content":[{"type":"text","text":"c"}]}]}"#,
            "- [x] a\n- [ ] b\n\n- c"
        ),
        // Panel, blockquote.
        (
            #"{"type":"panel","attrs":{"panelType":"info"},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]},{"type":"paragraph","content":[{"type":"text","text":"b"}]}]},{"type":"blockquote","content":[{"type":"paragraph","content":[{"type":"text","text":"c"}]}]}"#,
            "> a\n>\n> b\n\n> c"
        ),
        // Expand, nestedExpand.
        (
            #"{"type":"expand","attrs":{"title":"T"},"content":[{"type":"nestedExpand","attrs":{"title":"U"},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}]}"#,
            "T\n\nU\n\na"
        ),
        // CodeBlock, rule.
        (
            #"{"type":"codeBlock","attrs":{"language":"Swift"},"content":[{"type":"text","text":"let a = 1\n\n  b"}]},{"type":"rule"},{"type":"codeBlock","content":[{"type":"text","text":"```"}]}"#,
            "```swift\nlet a = 1\n\n  b\n```\n\n---\n\n````\n```\n````"
        ),
        // Table, tableRow, tableHeader, tableCell.
        (
            #"{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"tableHeader","attrs":{"colspan":2},"content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]},{"type":"tableRow","content":[{"type":"tableCell","attrs":{"rowspan":2},"content":[{"type":"paragraph","content":[{"type":"text","text":"1|"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"2"}]}]},{"type":"tableCell","content":[]}]},{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"3"}]}]}]}]}"#,
            "| a | b | |\n| --- | --- | --- |\n| 1\\| | 2 | |\n| | 3 |"
        ),
        // Mention, emoji, date, status.
        (
            #"{"type":"paragraph","content":[{"type":"mention","attrs":{"id":"5b","text":"@Ann"}},{"type":"mention","attrs":{"id":"6c"}},{"type":"emoji","attrs":{"shortName":":grin:","text":"😀"}},{"type":"emoji","attrs":{"shortName":":x:"}},{"type":"text","text":" "},{"type":"date","attrs":{"timestamp":"1582152559000"}},{"type":"text","text":" "},{"type":"status","attrs":{"text":"IN PROGRESS","color":"blue"}}]}"#,
            "@Ann@6c😀:x: 2020-02-19 IN PROGRESS"
        ),
        // InlineCard, blockCard, embedCard.
        (
            #"{"type":"paragraph","content":[{"type":"inlineCard","attrs":{"url":"https://x.org"}}]},{"type":"blockCard","attrs":{"data":{"name":"N","url":"https://y.org"}}},{"type":"embedCard","attrs":{"url":"https://z.org","layout":"wide"}}"#,
            "https://x.org\n\n[N](https://y.org)\n\nhttps://z.org"
        ),
        // Media, mediaSingle with a caption, mediaInline.
        (
            #"{"type":"mediaSingle","content":[{"type":"media","attrs":{"id":"1","type":"file","alt":"A map"}},{"type":"caption","content":[{"type":"text","text":"Fig. 1"}]}]},{"type":"mediaGroup","content":[{"type":"media","attrs":{"id":"2"}}]},{"type":"paragraph","content":[{"type":"text","text":"see "},{"type":"mediaInline","attrs":{"alt":"plan"}}]}"#,
            "![A map]\nFig. 1\n\nsee ![plan]"
        ),
        // LayoutSection, layoutColumn.
        (
            #"{"type":"layoutSection","content":[{"type":"layoutColumn","attrs":{"width":50},"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"layoutColumn","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]}"#,
            "a\n\nb"
        ),
        // Extension, bodiedExtension, inlineExtension; what is not known.
        (
            #"{"type":"extension","attrs":{"extensionKey":"toc","text":"E"}},{"type":"bodiedExtension","content":[{"type":"paragraph","content":[{"type":"inlineExtension","attrs":{"text":"i"}}]}]},{"type":"new","content":[{"type":"newer","content":[{"type":"text","text":"u"}]}]},{"type":"paragraph","content":[{"type":"placeholder","attrs":{"text":"no"}}]}"#,
            "E\n\ni\n\nu"
        ),
        // Scripts.
        (
            #"{"type":"paragraph","content":[{"type":"text","text":"שלום עולם"}]},{"type":"heading","attrs":{"level":1},"content":[{"type":"text","text":"日本語"}]},{"type":"paragraph","content":[{"type":"text","text":"e\u0301 नमस्ते 👩‍👩‍👧‍👦"}]}"#,
            "שלום עולם\n\n# 日本語\n\ne\u{301} नमस्ते 👩‍👩‍👧‍👦"
        ),
    ])
    func reads(content: String, text: String) {
        let document = #"{"version":1,"type":"doc","content":[\#(content)]}"#
        #expect(read(Array(document.utf8), "application/vnd.sluice.atlassian.document+json").text == text)
    }

    @Test func readsADocumentInAString() {
        let document = #""{\"type\":\"doc\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}""#
        #expect(read(Array(document.utf8), "application/vnd.sluice.atlassian.document+json").text == "a")
    }
}
