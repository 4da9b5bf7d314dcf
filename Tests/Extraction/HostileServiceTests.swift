import Documents
import System
import Testing

@testable import Extraction

private let jsonTypes = [
    "atlassian.document", "notion.blocks", "gitbook.document", "slack.message", "teams.message", "sharepoint.page",
].map { "application/vnd.sluice.\($0)+json" }

@Suite("What services send by mistake") struct HostileServiceTests {
    @Test(arguments: jsonTypes) func saysWhyNot(type: String) {
        for (text, reason) in [
            ("{", "damaged"), ("[1,]", "damaged"), ("\u{0}", "damaged"), ("7", "no_text"), ("[]", "no_text"),
            ("{}", "no_text"),
        ] {
            let (found, extraction) = read(Array(text.utf8), type)
            #expect(found == nil)
            #expect(extraction.reason == reason, "\(text)")
        }
    }

    /// Nested so deep that the parser says no, and as deep as it says yes.
    @Test(arguments: [
        #"{"type":"panel","nodes":0,"content":["#, #"{"type":"bulletList","content":[{"type":"listItem","content":["#,
        #"{"type":"table","content":[{"content":[{"content":["#, #"{"type":"toggle","children":["#,
        #"{"type":"column_list","children":["#, #"{"type":"hint","nodes":["#, #"{"type":"code","nodes":["#,
        #"{"type":"tabs","fragments":[{"nodes":["#, #"{"type":"rich_text","elements":["#, #"{"messages":["#,
        #"{"type":"Container","items":["#, #"{"replies":["#, "[", #"{"a":"#,
    ])
    func depthEndsNothing(open: String) {
        let end = String(open.filter { $0 == "{" || $0 == "[" }.reversed().map { $0 == "{" ? "}" : "]" })
        for depth in [150, 1000 / end.count, 10_000] {
            let nested = String(repeating: open, count: depth) + "7" + String(repeating: end, count: depth)
            for type in jsonTypes {
                for text in [
                    nested, #"{"type":"doc","content":[\#(nested)]}"#, "[\(nested)]", #"{"blocks":[\#(nested)]}"#,
                ] {
                    let extraction = read(Array(text.utf8), type).extraction
                    #expect(["no_text", "too_large"].contains(extraction.reason ?? "ok"), "\(open) \(depth) \(type)")
                }
            }
        }
    }
    @Test func textsThatAreTooDeepAreShortened() {
        let nested =
            String(repeating: #"{"type":"panel","content":["#, count: 300) + "7" + String(repeating: "]}", count: 300)
        let document = #"{"type":"doc","content":[{"type":"text","text":"a"},\#(nested)]}"#
        let (text, extraction) = read(Array(document.utf8), jsonTypes[0])
        #expect(text == "a")
        #expect(extraction == Extraction(format: "adf", status: .partial, reason: "too_large"))
    }

    @Test func stopsAtTheLimits() {
        let paragraph = #"{"type":"paragraph","content":[{"type":"text","text":"words é"}]}"#
        let document =
            #"{"type":"doc","content":[\#(Array(repeating: paragraph, count: 10_000).joined(separator: ","))]}"#
        var limits = Limits()
        limits.output = 1000
        let (text, extraction) = read(Array(document.utf8), jsonTypes[0], limits: limits)
        #expect(extraction.reason == "too_large")
        #expect((900...1000).contains(text?.utf8.count ?? 0))
        limits = Limits()
        limits.time = .zero
        #expect(read(Array(document.utf8), jsonTypes[0], limits: limits).extraction.reason == "time_limit")
    }

    @Test func tablesThatGrowAreShortened() {
        let names = (0..<2000).map { "\"c\($0)\":{}" }.joined(separator: ",")
        let rows = (0..<2000).map { "\"r\($0)\":{}" }.joined(separator: ",")
        let table = #"{"type":"table","data":{"definition":{\#(names)},"records":{\#(rows)}}}"#
        var limits = Limits()
        limits.output = 100_000
        let extraction = read(Array(table.utf8), jsonTypes[2], limits: limits).extraction
        #expect(extraction.reason == "too_large")
    }

    @Test(arguments: ["{", "[", "{quote}", "{code}x", "{panel:", "!", "{{", "\\", "|", "||", "* ", "[a|", "h1."])
    func markupThatRepeatsIsRead(piece: String) {
        for text in [String(repeating: piece, count: 20_000), String(repeating: piece + "\n", count: 5000)] {
            let size = read(Array(text.utf8), "application/vnd.sluice.jira.wiki").text?.utf8.count ?? 0
            #expect(size < 60 * text.utf8.count)
        }
    }

    /// Documents that hold all that there is, with values of other types put in, cut out and doubled.
    @Test(arguments: 0..<30) func wrongTypesTrapNothing(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let values = [
            "null", "true", "-1", "1e400", "99999999999999999999", "9223372036854775807", "\"\"", "\"a\"", "[]", "{}",
            "[[]]",
            "\"\\ud800\"", #"{"type":"text","text":"x"}"#, #""paragraph""#, #""rich_text""#, #""table""#, #""date""#,
            #"[{"a":1}]"#,
        ]
        let names = [
            "type", "attrs", "content", "text", "marks", "level", "order", "timestamp", "colspan", "rowspan",
            "children",
            "rich_text", "cells", "table_row", "properties", "nodes", "object", "data", "fragments", "definition",
            "records",
            "view", "columns", "leaves", "blocks", "elements", "indent", "offset", "rows", "attachments", "fields",
            "users",
            "user_id", "unicode", "style", "body", "items", "facts", "canvasLayout", "horizontalSections", "webparts",
            "innerHtml", "list_start_index", "title", "messages", "replies", "code",
        ]
        let types = [
            "doc", "heading", "orderedList", "listItem", "taskItem", "table", "codeBlock", "date", "inlineCard",
            "extension",
            "heading_1", "numbered_list_item", "to_do", "code", "image", "column_list", "rollup", "list-ordered",
            "list-item",
            "expandable", "rich_text", "rich_text_list", "emoji", "section", "context", "TextBlock", "Table", "FactSet",
        ]
        func value(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 6 ? 2 : 8), using: &random) {
            case 0: return values.randomElement(using: &random) ?? "0"
            case 1: return "\"\(types.randomElement(using: &random) ?? "")\""
            case 2, 3:
                return "["
                    + (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth + 1) }.joined(separator: ",")
                    + "]"
            default:
                let type = types.randomElement(using: &random) ?? ""
                let members = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    "\"\(names.randomElement(using: &random) ?? "")\":\(value(depth + 1))"
                }
                return "{"
                    + (["\"type\":\"\(type)\"", "\"\(type)\":\(value(depth + 2))"] + members).joined(separator: ",")
                    + "}"
            }
        }
        for _ in 0..<40 {
            let text = value(0)
            for type in jsonTypes { checkClean(text, type) }
        }
    }

    @Test(arguments: 0..<20) func mutationsTrapNothing(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pieces = [
            "<ac:structured-macro ac:name=\"code\">", "</ac:structured-macro>", "<ac:plain-text-body>", "<![CDATA[",
            "]]>", "<p>", "</p>",
            "<ri:user ri:account-id='", "'/>", "&apos;", "&", "<", ">", "{code}", "{quote}", "{panel:title=x}", "||",
            "|", "* ", "# ",
            "h1. ", "\n", "[a|", "]", "!", "\\", "{{", "}}", "é", "日", "<!--", "-->", "---\n", "```", "~~~\n",
            "<attachment id=\"",
        ]
        for _ in 0..<50 {
            let text = (0..<60).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for type in [
                "application/vnd.sluice.confluence.storage+xml", "application/vnd.sluice.jira.wiki", "text/markdown",
            ] {
                checkClean(text, type)
            }
        }
    }

    private func checkClean(_ text: String, _ type: String) {
        let found = read(Array(text.utf8), type).text ?? ""
        #expect(!found.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
    }
}
