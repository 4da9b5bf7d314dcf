import Archives
import Documents
import Testing

@testable import Extraction

private func run(_ text: String) -> String { "<w:r><w:t>\(text)</w:t></w:r>" }
private func p(_ text: String, _ properties: String = "") -> String {
    "<w:p><w:pPr>\(properties)</w:pPr>\(run(text))</w:p>"
}

private func num(_ list: Int, _ level: Int = 0) -> String {
    "<w:numPr><w:ilvl w:val='\(level)'/><w:numId w:val='\(list)'/></w:numPr>"
}
private func field(_ kind: String) -> String { "<w:r><w:fldChar w:fldCharType='\(kind)'/></w:r>" }
private func table(_ columns: Int, _ rows: String) -> String {
    "<w:tbl><w:tblGrid>\(String(repeating: "<w:gridCol/>", count: columns))</w:tblGrid>\(rows)</w:tbl>"
}
private func row(_ cells: String...) -> String { "<w:tr>\(cells.joined())</w:tr>" }
private func cell(_ text: String) -> String { "<w:tc>\(p(text))</w:tc>" }

/// Bodies and what is read of them.
private let cases: [(String, String)] = {
    var cases: [(String, String)] = []
    func add(_ body: String, _ wanted: String) { cases.append((body, wanted)) }
    add(
        p("A", "<w:pStyle w:val='berschrift1'/>") + p("b"),
        "# A\n\nb")
    add(
        p("A", "<w:pStyle w:val='Kapitel'/>") + p("B", "<w:pStyle w:val='Level'/>"),
        "# A\n\n### B")
    add(
        p("A", "<w:outlineLvl w:val='1'/>") + p("B", "<w:pStyle w:val='Loop'/>"),
        "## A\n\nB")
    // Lists count on, also after other text.
    add(
        p("a", num(1)) + p("b", num(1, 1)) + p("c", num(1, 1)) + p("x") + p("d", num(1)),
        "3. a\n   3.a) b\n   3.b) c\n\nx\n\n4. d")
    add(
        p("a", num(2)) + p("b", num(2)) + p("c", num(9)),
        "- a\n- b\n\nc")
    // Tracked changes, fields, breaks.
    add(
        "<w:p><w:ins>\(run("new "))</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>\(run("end"))</w:p>",
        "new end")
    add(
        "<w:p>\(field("begin"))<w:r><w:instrText> PAGE </w:instrText></w:r>\(field("separate"))\(run("7"))\(field("end"))</w:p>",
        "7")
    add(
        "<w:p>\(field("begin"))<w:r><w:instrText> HYPERLINK \"https://a.org/\" </w:instrText></w:r>\(field("separate"))\(run("see"))\(field("end"))</w:p>",
        "[see](https://a.org/)")
    add(
        "<w:p>\(run("a"))<w:r><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r></w:p>",
        "a\nb c")
    add(
        "<w:p><w:hyperlink r:id='l0'>\(run("Link"))</w:hyperlink><w:hyperlink w:anchor='x'>\(run(" in"))</w:hyperlink></w:p>",
        "[Link](https://example.org/a) in")
    add(
        "<w:p><w:r><w:drawing><wp:inline><wp:docPr descr='A cat'/></wp:inline></w:drawing></w:r>\(run("x"))</w:p>",
        "![A cat]x")
    // A text box comes once, after its paragraph.
    add(
        "<w:p>\(run("a"))<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent>\(p("box"))</w:txbxContent></mc:Choice>"
            + "<mc:Fallback><w:txbxContent>\(p("box"))</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>\(run("b"))</w:p>\(p("c"))",
        "ab\n\nbox\n\nc")
    // Tables: merged cells, a table inside a cell.
    add(
        table(
            2,
            row(cell("a"), cell("b"))
                + row("<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>\(p("wide"))</w:tc>")),
        "| a | b |\n| --- | --- |\n| wide | |")
    add(
        table(2, row(cell("a"), "<w:tc>\(table(1, row(cell("in"))))\(p("b"))</w:tc>")),
        "| a | in b |\n| --- | --- |")
    add(
        table(1, row("<w:tc>\(p("lay"))\(p("out"))</w:tc>")),
        "lay\n\nout")
    add(
        p("مرحبا بالعالم") + p("日本語") + p("नमस्ते e\u{301}"),
        "مرحبا بالعالم\n\n日本語\n\nनमस्ते e\u{301}")
    return cases
}()

@Suite("Word files") struct WordTests {
    static let styles = """
        <w:styles \(wordSpaces)>
        <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
        <w:style w:type="paragraph" w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift1"/></w:style>
        <w:style w:type="paragraph" w:styleId="Level"><w:name w:val="Mine"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
        </w:styles>
        """
    static let numbering = """
        <w:numbering \(wordSpaces)><w:abstractNum w:abstractNumId="7">
        <w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
        <w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl>
        </w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
        </w:numbering>
        """

    private func text(
        _ body: String, _ more: [(name: String, type: String, xml: String)] = [], links: [String] = []
    ) -> String? {
        let parts = [("styles.xml", "styles", Self.styles), ("numbering.xml", "numbering", Self.numbering)] + more
        return read(docx(body, parts: parts, links: links), "application/octet-stream").text
    }

    @Test(arguments: cases)
    func reads(body: String, wanted: String) {
        #expect(text(body, links: ["https://example.org/a"]) == wanted)
    }

    @Test func readsNotesCommentsAndHeadersOnce() {
        func reference(_ kind: String, _ id: Int) -> String { "<w:r><w:\(kind)Reference w:id='\(id)'/></w:r>" }
        let body =
            "<w:p>\(run("a"))\(reference("footnote", 5))\(run("b"))\(reference("endnote", 2))\(reference("comment", 0))</w:p>"
        let text = text(
            body,
            [
                (
                    "footnotes.xml", "footnotes",
                    "<w:footnotes \(wordSpaces)><w:footnote w:id='5'>\(p("foot"))</w:footnote></w:footnotes>"
                ),
                (
                    "endnotes.xml", "endnotes",
                    "<w:endnotes \(wordSpaces)><w:endnote w:id='2'>\(p("end"))</w:endnote></w:endnotes>"
                ),
                (
                    "comments.xml", "comments",
                    "<w:comments \(wordSpaces)><w:comment w:id='0' w:author='Ann'>\(p("why?"))</w:comment></w:comments>"
                ),
                ("header1.xml", "header", "<w:hdr \(wordSpaces)>\(p("top"))</w:hdr>"),
                ("header2.xml", "header", "<w:hdr \(wordSpaces)>\(p("top"))</w:hdr>"),
                ("footer1.xml", "footer", "<w:ftr \(wordSpaces)>\(p("bottom"))</w:ftr>"),
            ])
        #expect(text == "top\n\na[^1]b[^e1]\n\n[^1]: foot\n\n[^e1]: end\n\n> Ann: why?\n\nbottom")
    }

    @Test func readsTheStrictVariantUnderAnyPrefix() {
        let strict =
            "<q:document xmlns:q='http://purl.oclc.org/ooxml/wordprocessingml/main'><q:body><q:p><q:r>"
            + "<q:t>strict</q:t></q:r></q:p></q:body></q:document>"
        #expect(read(office("docx", strict), nil).text == "strict")
        let foreign = strict.replacing("http://purl.oclc.org/ooxml/wordprocessingml/main", with: "urn:other")
        #expect(read(office("docx", foreign), nil).text == nil)
    }
}
