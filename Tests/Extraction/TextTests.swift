import Documents
import System
import Testing

@testable import Extraction

@Suite("Text, charsets and rows") struct TextTests {
    @Test(
        arguments: [
            ([0xEF, 0xBB, 0xBF, 0x61], "text/plain", "a"),
            ([0xFF, 0xFE, 0x3D, 0xD8, 0x00, 0xDE, 0x00, 0xD8, 0x61, 0x00], "text/plain", "😀\u{FFFD}a"),
            ([0xFE, 0xFF, 0x05, 0xD0, 0x00, 0x0D, 0x00, 0x0A, 0x00, 0x62], "text/plain; charset=utf-8", "א\nb"),
            ([0xFF, 0xFE, 0, 0, 0x00, 0xF6, 0x01, 0], "text/plain", "😀"),
            ([0, 0, 0xFE, 0xFF, 0, 0x01, 0xF6, 0x00], nil, "😀"),
            ([0x63, 0x61, 0x66, 0xE9, 0x20, 0x80, 0x93], "text/plain", "café €“"),
            ([0x63, 0x61, 0x66, 0xC3, 0xA9], "text/plain; charset=ISO-8859-1", "café"),
            ([0x93, 0xFA, 0x96, 0x7B], "text/plain; charset=\"Shift_JIS\"", "日本"),
            ([0xCF, 0xF0, 0xE8], "text/plain; Charset=windows-1251", "При"),
            ([0xC4, 0xE3, 0xBA, 0xC3], "text/plain;charset=gb2312", "你好"),
            ([0x1B, 0x24, 0x42, 0x46, 0x7C, 0x1B, 0x28, 0x42, 0x61], "text/plain; charset=iso-2022-jp", "日a"),
            ([0x61, 0xFF, 0x93], "text/plain; charset=shift_jis", "a\u{FFFD}\u{FFFD}"),
            ([0x63, 0xE9], "text/plain; charset=no-such//TRANSLIT", "cé"),
            (Array("ééééé".utf8) + [0xC3], "text/plain", "ééééé\u{FFFD}"),
            ([0x61, 0xED, 0xA0, 0x80], "text/plain; charset=utf-8", "a\u{FFFD}\u{FFFD}\u{FFFD}"),
            (Array("<meta charset=windows-1251>".utf8) + [0xCF], "text/html", "П"),
            (Array("<meta content='text/html; charset = \"koi8-r\"'>".utf8) + [0xF0], "text/html", "П"),
            (
                Array("<?xml version='1.0' encoding='iso-8859-2'?>".utf8) + [0xB1], "application/xml",
                "<?xml version='1.0' encoding='iso-8859-2'?>ą"
            ),
        ] as [([UInt8], String?, String)])
    func decodes(bytes: [UInt8], type: String?, text: String) {
        #expect(read(bytes, type).text == text)
    }

    @Test(arguments: [
        ("\u{FEFF}\n \n  a \t\r\nb\rc\u{0}\u{7}\u{7F}\u{9F}d\n\n\n\n\n\ne\n\n", "  a\nb\ncd\n\n\ne"),
        ("a\u{C}b\u{B}c\u{85}d", "a\n\nb\nc\nd"),
        ("e\u{301}\u{200D}\u{AD} \u{FEFF}x", "e\u{301}\u{200D}\u{AD} \u{FEFF}x"),
    ])
    func cleans(text: String, expected: String) {
        #expect(String(decoding: cleaned(Array(text.utf8)).utf8, as: UTF8.self) == expected)
    }

    @Test func cutsBetweenCharacters() {
        for limit in 0...12 {
            let (utf8, isCut) = cleaned(Array("aé日😀bc".utf8), limit: limit)
            #expect(utf8.count <= limit && String(validating: utf8, as: UTF8.self) != nil)
            #expect(isCut == (limit < 12))
        }
    }

    @Test(arguments: [
        ("a ![b](data:image/png;base64,AA==) c", "a ![b] c"),
        ("![][image1]\n\n[image1]: <data:image/png;base64,AAAA>\n\nend", "![][image1]\n\n\n\nend"),
        ("[x]: data:image/gif;base64,AA\nz", "\nz"),
        ("<img src=\"DATA:image/gif,x\" alt=a>", "<img src=\"\" alt=a>"),
        ("my data: here, <data:x>, metadata:(data:", "my data: here, <data:x>, metadata:(data:"),
        ("![a](data:open\nb", "![a]\nb"),
        ("see [this]: data: it is", "see [this]: data: it is"),
    ])
    func dropsPicturesInMarkdown(text: String, expected: String) {
        #expect(String(decoding: withoutDataURIs(Array(text.utf8)), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("a,b\n1,\"x, \"\"y\"\"\nz\"\n", "| a | b |\n| --- | --- |\n| 1 | x, \"y\" z |"),
        ("a;b,c\n1;2;3", "| a;b | c |\n| --- | --- |\n| 1;2;3 |"),
        ("a;b;c\n1,5;2;", "| a | b | c |\n| --- | --- | --- |\n| 1,5 | 2 | |"),
        ("a\tb|c\n\n , \n1\t\"open\n2", "| a | b\\|c |\n| --- | --- |\n| , |\n| 1 | open 2 |"),
    ])
    func readsRows(text: String, expected: String) {
        #expect(read(Array(text.utf8), "text/csv").text == expected)
    }

    @Test(
        arguments: [
            ("text/plain", "x.md", "a", "markdown ok"), ("text/plain", "x.csv", "a", "csv ok"),
            ("text/plain", "x.html", "a", "text ok"),
            ("application/octet-stream", "x.html", "a", "html ok"), (nil, "x.JSON", "{}", "text ok"),
            (nil, nil, "plain", "text ok"),
            (nil, nil, "<!DOCTYPE html><p>a", "html ok"), ("application/vnd.ms-excel", nil, "<html><td>a", "html ok"),
            ("application/pdf", nil, " <html>sign in", "html ok"), ("application/atom+xml", nil, "<a/>", "text ok"),
            ("image/png", "x.png", "\u{89}PNG", "image/png skipped unsupported"),
            (nil, "x", "a\u{0}b", "unknown skipped unsupported"),
            ("text/plain", "x", "PK\u{3}\u{4}", "text/plain skipped unsupported"),
            ("TEXT/HTML ; x=y", nil, "<p>a", "html ok"),
            ("text/plain", nil, "", "text skipped empty"), ("text/plain", nil, " \n\t", "text skipped empty"),
            ("text/html", nil, "<p> <img>", "html skipped no_text"),
        ] as [(String?, String?, String, String)])
    func choosesTheFormat(type: String?, name: String?, text: String, expected: String) {
        let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        let (text, extraction) = read(bytes, type, name: name)
        #expect(
            ([extraction.format, extraction.status.rawValue] + [extraction.reason].compactMap(\.self)).joined(
                separator: " ") == expected)
        // An empty file has a text, which is empty; what was not read has none.
        #expect((text == nil) == (extraction.status == .skipped && extraction.reason != "empty"))
    }

    @Test func absentContentKeepsItsReason() {
        let content = ItemContent(mediaType: "application/pdf", body: .absent("too_large"))
        let (text, extraction) = extractor().text(of: content, name: nil)
        #expect(text == nil)
        #expect(extraction == Extraction(format: "application/pdf", status: .skipped, reason: "too_large"))
    }
    @Test func textIsNotDecodedAgain() {
        let content = ItemContent(mediaType: "text/html; charset=koi8-r", body: .text("<meta charset=latin1>é"))
        #expect(extractor().text(of: content, name: nil).text == "é")
    }

    /// Random bytes, and random pieces of each grammar, of every type: no crash, and clean text.
    @Test(arguments: 0..<40) func anythingGivesCleanText(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pieces = [
            "<", ">", "</", "p", "table", "td", "li", "ul", "pre", "h1", "a href=http://x", "\"", "'", "=", "&", "&#",
            ";", ",",
            "\n", "\r", "\u{0}", "\u{85}", "é", "日", "![", "](data:", "<!--", "-->", "|", "`", " ", "br", "<p>",
            "</td>", "blockquote",
        ]
        let types =
            Format.all.filter { $0.name != "pdf" }.flatMap(\.mediaTypes).map { $0.replacing("*", with: "x") } + [""]
        for _ in 0..<20 {
            let bytes: [UInt8] =
                Bool.random(using: &random)
                ? (0..<Int.random(in: 0..<300, using: &random)).map { _ in .random(in: 0...255, using: &random) }
                : (0..<200).flatMap { _ in Array((pieces.randomElement(using: &random) ?? "").utf8) }
            let type = types.randomElement(using: &random) ?? ""
            let (text, extraction) = read(bytes, type + (Bool.random(using: &random) ? "; charset=big5" : ""))
            let bad = (text ?? "").unicodeScalars.first {
                ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7F..<0xA0).contains($0.value)
            }
            #expect(bad == nil)
            #expect(text != "" && (text != nil || extraction.reason != nil))
        }
    }
}
