import Archives
import Documents
import Testing

@testable import Extraction
@testable import Readers

private let spaces =
    "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    + " xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"

@Suite("Workbooks") struct SheetTests {
    private func book(_ rows: String, properties: String = "", state: String = "visible") -> [UInt8] {
        office(
            "xlsx",
            """
            <workbook \(spaces)><workbookPr \(properties)/><sheets><sheet name='One' r:id='p0' state='\(state)'/></sheets></workbook>
            """,
            parts: [
                (
                    "worksheets/sheet1.xml", "worksheet",
                    "<worksheet \(spaces)><sheetData>\(rows)</sheetData></worksheet>"
                ),
                (
                    "sharedStrings.xml", "sharedStrings",
                    "<sst \(spaces)><si><t>shared</t></si><si><r><t>two </t></r><r><t>runs</t></r><rPh><t>kana</t></rPh></si></sst>"
                ),
                (
                    "styles.xml", "styles",
                    """
                    <styleSheet \(spaces)><numFmts><numFmt numFmtId='164' formatCode='yyyy\\-mm\\-dd hh:mm'/></numFmts>
                    <cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>
                    <cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='10'/></cellXfs></styleSheet>
                    """
                ),
            ])
    }

    @Test(
        arguments: [
            ("<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>9</v></c></row>", "| shared | two runs |"),
            (
                "<row><c t='inlineStr'><is><t>a|b</t></is></c><c t='b'><v>1</v></c><c t='e'><v>#REF!</v></c></row>",
                "| a\\|b | TRUE | #REF! |"
            ),
            ("<row><c><f>1+1</f><v>2</v></c><c t='str'><f>A1</f><v>x</v></c></row>", "| 2 | x |"),
            (
                "<row><c s='1'><v>46024</v></c><c s='2'><v>46024.5</v></c><c s='3'><v>0.125</v></c></row>",
                "| 2026-01-02 | 2026-01-02 12:00 | 12.5% |"
            ),
            ("<row><c><v>0.30000000000000004</v></c><c><v>-1.1000000000000001</v></c></row>", "| 0.3 | -1.1 |"),
            ("<row r='1'><c r='C1'><v>1</v></c></row>", "| | | 1 |"),
        ])
    func reads(rows: String, wanted: String) {
        let columns = wanted.replacing("\\|", with: "").count { $0 == "|" } - 1
        let rule = "\n|" + String(repeating: " --- |", count: columns)
        #expect(read(book(rows), nil).text == "## One\n\n" + wanted + rule)
    }

    @Test func aCellInTheLastCornerCostsNothing() {
        let rows = "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
        #expect(read(book(rows, state: "veryHidden"), nil).text == "## One (hidden)\n\n| 1 |\n| --- |")
    }

    @Test func bothCalendars() {
        let rows = "<row><c s='1'><v>1</v></c></row>"
        #expect(read(book(rows), nil).text?.contains("1900-01-01") == true)
        #expect(read(book(rows, properties: "date1904='1'"), nil).text?.contains("1904-01-02") == true)
    }

    @Test(
        arguments: [
            ("yyyy-mm-dd", .date), ("d. MMMM yyyy", .date), ("hh:mm:ss", .time), ("[h]:mm", .duration),
            ("#,##0.00 \"days\"", nil), ("General", nil), ("[Red]0.00", nil), ("0.0%", .percent), ("mm:ss", .time),
            ("[$-409]m/d/yy h:mm AM/PM;@", .dateAndTime), ("_-* #,##0\\ \"yen\"", nil), ("@", nil),
        ] as [(String, NumberKind?)])
    func knowsDates(code: String, kind: NumberKind?) { #expect(numberKind(ofCode: code) == kind) }

    /// ECMA-376, part 1, section 18.17.4.1.
    @Test(
        arguments: [
            (1.0, "1900-01-01"), (59, "1900-02-28"), (60, "1900-02-29"), (61, "1900-03-01"), (25_569, "1970-01-01"),
            (2_958_465, "9999-12-31"), (44_621, "2022-03-01"), (-1, "-1.0"),
        ])
    func days(number: Double, day: String) { #expect(spreadsheetDate(number, .date, isFrom1904: false) == day) }
}

@Suite("Presentations") struct SlideTests {
    private let spaces =
        "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main'"
        + " xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'"
        + " xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"

    private func shape(_ type: String?, _ paragraphs: String...) -> String {
        let text = paragraphs.map { "<a:p><a:r><a:t>\($0)</a:t></a:r></a:p>" }.joined()
        return
            "<p:sp><p:nvSpPr><p:cNvPr id='1'/><p:nvPr>\(type.map { "<p:ph type='\($0)'/>" } ?? "")</p:nvPr></p:nvSpPr>"
            + "<p:txBody>\(text)</p:txBody></p:sp>"
    }
    private func slide(_ shapes: String..., show: String = "1") -> String {
        "<p:sld \(spaces) show='\(show)'><p:cSld><p:spTree>\(shapes.joined())</p:spTree></p:cSld></p:sld>"
    }

    @Test func readsSlidesInTheirOrder() {
        let bytes = office(
            "pptx",
            "<p:presentation \(spaces)><p:sldIdLst><p:sldId r:id='p1'/><p:sldId r:id='p0'/></p:sldIdLst></p:presentation>",
            parts: [
                ("slides/slide1.xml", "slide", slide(shape(nil, "free"), shape("sldNum", "9"), show: "0")),
                ("slides/slide2.xml", "slide", slide(shape("title", "First"), shape("body", "one", "two"))),
                (
                    "slides/_rels/slide2.xml.rels", "",
                    """
                    <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="n"
                     Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/notesSlide" Target="../notesSlides/n.xml"/>
                    </Relationships>
                    """
                ),
                (
                    "notesSlides/n.xml", "",
                    "<p:notes \(spaces)><p:cSld>\(shape("body", "say"))\(shape("sldNum", "1"))</p:cSld></p:notes>"
                ),
            ])
        #expect(
            read(bytes, nil).text
                == "## Slide 1: First\n\n- one\n- two\n\n> Notes: say\n\n## Slide 2 (hidden)\n\nfree")
    }
}
