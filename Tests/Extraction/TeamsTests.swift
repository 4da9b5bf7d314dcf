import Testing

@testable import Extraction

private func teams(_ message: String) -> String? {
    read(Array(message.utf8), "application/vnd.sluice.teams.message+json").text
}

@Suite("Teams and SharePoint") struct TeamsTests {
    /// "Microsoft Graph, chatMessage resource type" and "chatMessageAttachment".
    @Test(
        arguments: [
            (
                #"{"subject":"S","body":{"contentType":"html","content":"<p>a <at id=\"0\">Ann</at>&nbsp;<emoji id=\"smile\" alt=\"😀\"></emoji></p>"},"replies":[{"body":{"contentType":"text","content":"x <b>\ny"}}]}"#,
                "### S\n\na @Ann 😀\n\nx <b>\ny"
            ),
            (
                #"{"body":{"contentType":"html","content":"<attachment id=\"1\"></attachment><p>b</p>"},"attachments":[{"id":"2","contentType":"reference","contentUrl":"https://x.org/a.docx","name":"a.docx"},{"id":"1","contentType":"messageReference","content":"{\"messagePreview\":\"old\",\"messageSender\":{\"user\":{\"displayName\":\"Bo\"}}}"}]}"#,
                "> Bo\n>\n> old\n\nb\n\n[a.docx](https://x.org/a.docx)"
            ),
            (
                #"{"body":{"contentType":"html","content":""},"attachments":[{"contentType":"forwardedMessageReference","content":"{\"originalMessageContent\":\"<p>f</p>\"}"},{"contentType":"application/vnd.microsoft.card.codesnippet","content":"not JSON","name":"code"}]}"#,
                "> f\n\ncode"
            ),
            (#"{"body":{"contentType":"html","content":"<systemEventMessage/>"}}"#, nil),
            (#"{"body":{"contentType":"html","content":"<attention>a</attention> <at"}}"#, "a"),
            (#"{"body":{"contentType":"text","content":"שלום\n日本語 e\u0301 नमस्ते"}}"#, "שלום\n日本語 e\u{301} नमस्ते"),
        ] as [(String, String?)])
    func reads(message: String, text: String?) {
        #expect(teams(message) == text)
    }

    /// "Adaptive Cards, Schema explorer"; "Microsoft Teams, Types of cards".
    @Test(arguments: [
        (
            #"{"type":"AdaptiveCard","body":[{"type":"TextBlock","style":"heading","text":"H"},{"type":"TextBlock","text":"a <b>"},{"type":"TextBlock","text":"no","isVisible":false},{"type":"RichTextBlock","inlines":["x ",{"type":"TextRun","text":"y"}]}]}"#,
            "### H\n\na <b>\n\nx y"
        ),
        (
            #"{"type":"AdaptiveCard","body":[{"type":"FactSet","facts":[{"title":"F","value":"1"},{"title":"G","value":"2"}]},{"type":"Container","items":[{"type":"ColumnSet","columns":[{"type":"Column","items":[{"type":"TextBlock","text":"c"}]},{"type":"Column","items":[{"type":"Image","altText":"pic"}]}]}]}],"actions":[{"type":"Action.Submit","title":"no"}]}"#,
            "F: 1\nG: 2\n\nc\n\n![pic]"
        ),
        (
            #"{"type":"AdaptiveCard","body":[{"type":"Table","rows":[{"type":"TableRow","cells":[{"type":"TableCell","items":[{"type":"TextBlock","text":"a"}]},{"type":"TableCell","items":[{"type":"TextBlock","text":"b"}]}]},{"type":"TableRow","cells":[{"items":[{"type":"TextBlock","text":"1"}]},{"items":[]}]}]},{"type":"Input.Text","label":"L"},{"type":"CodeBlock","language":"swift","codeSnippet":"let a"}]}"#,
            "| a | b |\n| --- | --- |\n| 1 | |\n\nL\n\n```swift\nlet a\n```"
        ),
        (#"{"title":"T","subtitle":"S","text":"x","buttons":[{"title":"no"}]}"#, "T\n\nS\n\nx"),
        (#"{"summary":"no","sections":[{"activityTitle":"A","facts":[{"name":"n","value":"v"}]}]}"#, "A\n\nn: v"),
    ])
    func readsCards(card: String, text: String) {
        let escaped = card.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(
            teams(
                #"{"attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":"\#(escaped)"}]}"#)
                == text)
    }

    /// "Microsoft Graph, sitePage, textWebPart and standardWebPart resource types".
    @Test func readsAPageOfSharePoint() {
        let page = #"""
            {"title":"no","canvasLayout":{"horizontalSections":[{"layout":"twoColumns","columns":[
            {"webparts":[{"@odata.type":"#microsoft.graph.textWebPart","innerHtml":"<h2>Hi</h2><p>team <b>open"}]},
            {"webparts":[{"@odata.type":"#microsoft.graph.standardWebPart","data":{"title":"News","description":"","properties":{"altText":"Map"},
            "serverProcessedContent":{"searchablePlainTexts":[{"key":"a","value":"one"},{"key":"b","value":"two <3"}],"htmlStrings":[{"key":"c","value":"<i>three</i>"}]}}}]}]}],
            "verticalSection":{"webparts":[{"innerHtml":"<p>side</p>"}]}}}
            """#
        let text = read(Array(page.utf8), "application/vnd.sluice.sharepoint.page+json").text
        #expect(text == "## Hi\n\nteam open\n\nNews\n\none\n\ntwo <3\n\nthree\n![Map]\n\nside")
    }
}
