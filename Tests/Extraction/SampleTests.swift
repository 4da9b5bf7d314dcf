import Documents
import System
import Testing

@testable import Extraction

/// A file of `Tests/Peers/office`; `make-samples` made most of them.
func sampleFile(_ name: String) throws -> [UInt8] {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    return try Files.read("\(folder)/Peers/office/\(name)")
}

@Suite("Files that other programs wrote") struct SampleTests {
    @Test(arguments: [
        (
            "sample.docx",
            """
            Header text

            # Plan für 2026

            # Ziele

            Plain and bold text. Tab. مرحبا بالعالم 日本語のテキスト नमस्ते e\u{301}

            - One
            - Two
            1. First
            2. Second

            | r0c0 | r0c1 | r0c2 |
            | --- | --- | --- |
            | r1c0 r1c1 | | r1c2 inner |

            > Ann: A remark

            Footer
            """
        ),
        (
            "sample.xlsx",
            """
            ## Zahlen

            | Name | When | N | OK | % |
            | --- | --- | --- | --- | --- |
            | Zoë | 2026-01-02 03:04 | 0.3 | TRUE | 12.5% |
            | b | 1900-01-05 | 13:30 | FALSE |
            | merged |
            | last |

            ## Secret (hidden)

            | hush |
            | --- |
            """
        ),
        (
            "sample.pptx",
            """
            ## Slide 1: Hello

            - Point
              - Second

            > Notes: Say this

            ## Slide 2 (hidden): Table

            | 00 | 01 |
            | --- | --- |
            | 10 | 11 |

            free text
            """
        ),
        (
            "sample.odt",
            """
            # Titel

            See [here](https://example.org/x)[^1]

            - a
            - b
              - inner

            1. one

            | 00 | 01 |
            | --- | --- |
            | 日本語 | مرحبا |

            [^1]: Note body

            > Ann: why?
            """
        ),
        ("sample.ods", "## Blatt\n\n| x | 3 | 3 | 3 |\n| --- | --- | --- | --- |\n| fill |"),
        ("sample.odp", "## Slide 1: Erste\n\nwords\n\n> Notes: say"),
        ("sample.epub", "# Erstes\n\nनमस्ते\n\n# Zweites\n\nEnde"),
        (
            "sample.rtf",
            """
            # Title café

            Plain bold € euro 😀 emoji Привет 日本

            - one
            - two
              1. in

            after[^1]

            | a | b |
            | --- | --- |
            | c | d e |

            [link](https://x.org/)

            box

            éx

            [^1]: note text

            head
            """
        ),
        ("sample.xls", "## Eins\n\n| Zoë, x | 3.5 |\n| --- | --- |\n| 日本 |\n\n## Zwei\n\n| zwei |\n| --- |"),
    ])
    func reads(name: String, wanted: String) throws {
        // What a service says of the type does not matter.
        let (text, extraction) = try read(sampleFile(name), "application/octet-stream")
        #expect(text == wanted)
        #expect(extraction == Extraction(format: String(name.dropFirst("sample.".count)), status: .ok))
    }

    @Test func aProtectedOfficeFileIsEncrypted() {
        var bytes: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
        bytes += [UInt8](repeating: 0, count: 504)
        var entry = Array("EncryptedPackage\0".utf16).reduce(into: [UInt8]()) { $0 += [UInt8($1), 0] }
        let length = UInt8(entry.count)
        entry += [UInt8](repeating: 0, count: 128 - entry.count)
        entry[64] = length
        #expect(read(bytes + entry, "application/msword").extraction.reason == "encrypted")
        #expect(read(bytes, "application/msword").extraction.reason == "unsupported")
    }

    @Test(
        arguments: [
            ("a\\'e9\\u233?b", "aééb"), ("{\\*\\unknown x}y", "y"), ("\\uc2\\u8364ab!", "€!"), ("a\\bin3 }}}b", "ab"),
            ("a\\{b\\}\\\\c\\~d\\_e", "a{b}\\c d-e"), ("{\\v hid}{\\deleted del}x", "x"),
            ("a\\line b\\par c", "a\nb\n\nc"),
        ])
    func rtf(body: String, wanted: String) {
        #expect(read(Array("{\\rtf1\\ansi \(body)}".utf8), "application/rtf").text == wanted)
    }

    @Test func aBrokenRTFIsPartial() {
        let (text, extraction) = read(Array("{\\rtf1 text {\\b more".utf8), nil)
        #expect(text == "text more")
        #expect(extraction.reason == "damaged")
        let deep = "{\\rtf1 x" + String(repeating: "{", count: 100_000)
        #expect(read(Array(deep.utf8), nil).extraction.reason == "too_large")
    }
}
