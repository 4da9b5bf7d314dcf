import Archives
import Laws

/// The XML inside: the first byte says of which part, and an archive is made around it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let all = bytes(start, count)
    guard let kind = all.first else { return 0 }
    // What stands before a NUL byte is one part, and what follows it is another.
    let parts = all.dropFirst().split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    let (first, second) = (parts.first ?? "", parts.dropFirst().first ?? "")
    switch kind {
    case UInt8(ascii: "w"):
        read(
            "docx",
            docx(
                first,
                parts: [
                    ("styles.xml", "styles", second), ("numbering.xml", "numbering", second),
                    ("footnotes.xml", "footnotes", second),
                ], links: ["https://a.test/"]))
    case UInt8(ascii: "x"):
        read(
            "xlsx",
            office(
                "xlsx", workbook,
                parts: [
                    ("sheet1.xml", "worksheet", first), ("sharedStrings.xml", "sharedStrings", second),
                    ("styles.xml", "styles", second),
                ]))
    case UInt8(ascii: "p"):
        read(
            "pptx",
            office("pptx", presentation, parts: [("slide1.xml", "slide", first), ("n.xml", "notesSlide", second)]))
    case UInt8(ascii: "o"), UInt8(ascii: "c"), UInt8(ascii: "i"):
        let format = kind == UInt8(ascii: "o") ? "odt" : kind == UInt8(ascii: "c") ? "ods" : "odp"
        var zip = ZIPWriter()
        let types = ["odt": "text", "ods": "spreadsheet", "odp": "presentation"]
        zip.add("mimetype", "application/vnd.oasis.opendocument.\(types[format] ?? "")")
        zip.add("content.xml", first)
        zip.add("styles.xml", second)
        read(format, zip.bytes)
    case UInt8(ascii: "e"):
        var zip = ZIPWriter()
        zip.add("mimetype", "application/epub+zip")
        zip.add("META-INF/container.xml", container)
        zip.add("book.opf", first)
        zip.add("a.xhtml", second)
        read("epub", zip.bytes)
    case UInt8(ascii: "r"):
        var zip = ZIPWriter()
        zip.add("[Content_Types].xml", first)
        zip.add("_rels/.rels", second)
        zip.add("a.xml", second)
        read("docx", zip.bytes)
    default: break
    }
    return 0
}

private let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
private let workbook = """
    <workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="\(relations)">
    <sheets><sheet name="A" sheetId="1" r:id="p0"/></sheets></workbook>
    """
private let presentation = """
    <p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="\(relations)">
    <p:sldIdLst><p:sldId id="256" r:id="p0"/></p:sldIdLst></p:presentation>
    """
private let container = """
    <container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
    <rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
    """
