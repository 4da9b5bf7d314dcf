import Testing

@testable import Extraction

private let type = "application/vnd.sluice.slack.message+json"
private let names = #""users":{"U1":"Ann"},"channels":{"C1":"general"},"usergroups":{"S1":"ops"}"#

@Suite("Slack") struct SlackTests {
    /// "Messaging, Formatting message text".
    @Test(arguments: [
        ("a &amp; b &lt;c&gt; &amp;lt;", "a & b <c> &lt;"),
        ("<@U1> <@U2|bob> <@U3> <#C1> <#C2|x> <#C3|>", "@Ann @bob @U3 #general #x #C3"),
        ("<!here> <!channel|c> <!subteam^S1> <!subteam^S2|@grp> <!subteam^S3>", "@here c @ops @grp @S3"),
        ("<!date^1392734382^{date_num}|Feb 18> <!date^1392734382^{date}> <!date^x>", "Feb 18 2014-02-18"),
        (
            "<https://x.org/a?b&amp;c|label> <https://y.org> <mailto:a@b.c|a@b.c>",
            "[label](https://x.org/a?b&c) https://y.org a@b.c"
        ),
        ("<javascript:x|l> <", "l <"),
        (#"a\nb\n\nc"#, "a\nb\n\nc"),
        (#"a\n&gt; b\n&gt;c <@U1>\nd"#, "a\n\n> b\n> c @Ann\n\nd"),
        (#"x ```let a = <https://x.org|y>\n  &lt;b``` z"#, "x\n\n```\nlet a = y\n  <b\n```\n\nz"),
        (#"• a\n• b"#, "• a\n• b"),
        ("שלום *日本語* e\u{301} नमस्ते :wave:", "שלום *日本語* e\u{301} नमस्ते :wave:"),
    ])
    func readsText(text: String, expected: String) {
        #expect(read(Array(#"{\#(names),"text":"\#(text)"}"#.utf8), type).text == expected)
    }

    /// "Block Kit, Blocks".
    @Test(arguments: [
        // Rich text block: section, with all its elements.
        (
            #"{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a\nb "},{"type":"text","text":"c","style":{"code":true}},{"type":"user","user_id":"U1"},{"type":"channel","channel_id":"C1"},{"type":"usergroup","usergroup_id":"S1"},{"type":"broadcast","range":"here"},{"type":"emoji","name":"grin","unicode":"1f600"},{"type":"emoji","name":"acme"},{"type":"link","url":"https://x.org","text":"x"},{"type":"date","timestamp":1392734382},{"type":"color","value":"red"}]}]}"#,
            "a\nb `c`@Ann#general@ops@here😀:acme:[x](https://x.org)2014-02-18red"
        ),
        // Lists with indents, quote, preformatted.
        (
            #"{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","indent":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"b"}]}]},{"type":"rich_text_list","style":"ordered","indent":1,"offset":2,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"c"}]}]},{"type":"rich_text_quote","elements":[{"type":"text","text":"q\nr"}]},{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x\n  y"}]}]}"#,
            "- a\n- b\n  3. c\n\n> q\n> r\n\n```\nx\n  y\n```"
        ),
        // Header, section with fields and an image, context, divider, image.
        (
            #"{"type":"header","text":{"type":"plain_text","text":"H <@U1>"}},{"type":"section","text":{"type":"mrkdwn","text":"s <@U1>"},"fields":[{"type":"mrkdwn","text":"f1"},{"type":"plain_text","text":"f2"}],"accessory":{"type":"image","alt_text":"pic"}},{"type":"context","elements":[{"type":"image","alt_text":"i"},{"type":"mrkdwn","text":"c"}]},{"type":"divider"},{"type":"image","title":{"type":"plain_text","text":"T"},"alt_text":"map"},{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"no"}}]}"#,
            "## H <@U1>\n\ns @Ann\n\nf1\nf2\n![pic]\n\n![i]\nc\n\n---\n\nT\n\n![map]"
        ),
        // Video, Markdown, table.
        (
            #"{"type":"video","title":{"type":"plain_text","text":"V"},"title_url":"https://v.org"},{"type":"markdown","text":"**m**"},{"type":"table","rows":[[{"type":"raw_text","text":"a"},{"type":"raw_text","text":"b"}],[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"1"}]}]},{"type":"raw_text","text":"2"}]]}"#,
            "[V](https://v.org)\n\n**m**\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
        ),
    ])
    func readsBlocks(blocks: String, expected: String) {
        #expect(read(Array(#"{\#(names),"text":"","blocks":[\#(blocks)]}"#.utf8), type).text == expected)
    }

    /// "Messaging, Secondary message attachments".
    @Test func readsAttachmentsAndThreads() {
        let message = #"""
            {\#(names),"text":"t","blocks":[{"type":"header","text":{"text":"no"}}],
            "attachments":[{"fallback":"no","pretext":"p","author_name":"A","title":"T &amp; U","title_link":"https://x.org","text":"x <@U1>",
            "fields":[{"title":"F","value":"v"},{"value":"w"}],"footer":"f"},{"fallback":"only"},
            {"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"b"}}]}],
            "messages":[{"text":"reply <#C1>"},{"text":""},7]}
            """#
        #expect(
            read(Array(message.utf8), type).text == """
                t

                > p
                > A
                > [T & U](https://x.org)
                > x @Ann
                > F: v
                > w
                > f

                > only

                > b

                reply #general
                """)
    }
}
