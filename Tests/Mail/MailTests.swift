import Documents
import Testing

@testable import Extraction
@testable import Mail

/// A multipart mail of these parts, each with its header.
func multipart(_ kind: String, _ parts: String..., header: String = "", boundary: String = "b") -> String {
    header + "MIME-Version: 1.0\nContent-Type: multipart/\(kind); boundary=\"\(boundary)\"\n\npreamble\n"
        + parts.map { "--\(boundary)\n\($0)\n" }.joined() + "--\(boundary)--\nepilogue\n"
}

@Suite("Mails") struct MailTests {
    /// RFC 2049, appendix A.
    @Test func readsTheComplexExample() {
        let mail = """
            MIME-Version: 1.0
            From: Nathaniel Borenstein <nsb@nsb.fv.com>
            To: Ned Freed <ned@innosoft.com>
            Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)
            Subject: A multipart example
            Content-Type: multipart/mixed;
                          boundary=unique-boundary-1

            This is the preamble area of a multipart message.
            Mail readers that understand multipart format
            should ignore this preamble.

            --unique-boundary-1

              ... Some text appears here ...

            --unique-boundary-1
            Content-type: text/plain; charset=US-ASCII

            This could have been part of the previous part, but
            illustrates explicit versus implicit typing of body
            parts.
            --unique-boundary-1
            Content-Type: multipart/parallel; boundary=unique-boundary-2

            --unique-boundary-2
            Content-Type: audio/basic
            Content-Transfer-Encoding: base64

            AAAA

            --unique-boundary-2
            Content-Type: image/jpeg
            Content-Transfer-Encoding: base64

            AAAAAAAA

            --unique-boundary-2--

            --unique-boundary-1
            Content-type: text/enriched

            This is <bold><italic>enriched.</italic></bold>
            --unique-boundary-1
            Content-Type: message/rfc822

            From: (mailbox in US-ASCII)
            To: (address in US-ASCII)
            Subject: (subject in US-ASCII)
            Content-Type: Text/plain; charset=ISO-8859-1
            Content-Transfer-Encoding: Quoted-printable

              ... Additional text in ISO-8859-1 goes here ...
            --unique-boundary-1--
            """
        #expect(
            read(mail).text == """
                # A multipart example

                From: Nathaniel Borenstein <nsb@nsb.fv.com>
                To: Ned Freed <ned@innosoft.com>
                Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)

                  ... Some text appears here ...

                This could have been part of the previous part, but
                illustrates explicit versus implicit typing of body
                parts.

                This is <bold><italic>enriched.</italic></bold>

                > ## (subject in US-ASCII)
                >
                > From: (mailbox in US-ASCII)
                > To: (address in US-ASCII)
                >
                >   ... Additional text in ISO-8859-1 goes here ...

                Attachments:
                - unnamed (audio/basic, 3 bytes)
                - unnamed (image/jpeg, 6 bytes)
                """)
        #expect(read(mail).extraction == Extraction(format: "mail", status: .ok))
    }

    private static let plain = "Content-Type: text/plain; charset=utf-8\n\n"
    private static let html = "Content-Type: text/html; charset=utf-8\n\n"
    private static let long = String(repeating: "The page says much more. ", count: 30)

    @Test(arguments: [
        ("one text", plain + "a\n> b\n>> c\n\n-- \nAnn", "a\n> b\n>> c\n\n--\nAnn"),
        ("no header but the text's", "Subject: s\n\n\na", "# s\n\na"),
        ("a page", html + "<h1>T</h1><p>caf&eacute;", "# T\n\ncafé"),
        ("plain before page", multipart("alternative", plain + "plain", html + "<p>plain"), "plain"),
        ("an empty plain text", multipart("alternative", plain + " \n", html + "<p>page"), "page"),
        ("a stub", multipart("alternative", plain + "See the page.", html + long), String(long.dropLast())),
        ("only a page", multipart("alternative", html + "page"), "page"),
        (
            "a page with its picture",
            multipart(
                "related", html + "<img alt=Logo src='cid:a'>page",
                "Content-Type: image/png; name=logo.png\nContent-ID: <a>\nContent-Disposition: inline\n\nx"),
            "![Logo]page"
        ),
        (
            "plain, or a page and its picture",
            multipart(
                "alternative", plain + "",
                multipart("related", html + "page", "Content-Type: image/png\n\nx", boundary: "c")), "page"
        ),
        (
            "signed", multipart("signed", plain + "text", "Content-Type: application/pgp-signature\n\nxx"), "text"
        ),
        (
            "a report",
            multipart(
                "report; report-type=delivery-status", plain + "It failed.",
                "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed",
                "Content-Type: text/rfc822-headers\n\nSubject: lost\nFrom: a@b"),
            "It failed.\n\nReporting-MTA: dns; x\n\nAction: failed\n\n> ## lost\n>\n> From: a@b"
        ),
        (
            "a digest", multipart("digest", "\nSubject: one\n\n1", "\nSubject: two\n\n2"),
            "> ## one\n>\n> 1\n\n> ## two\n>\n> 2"
        ),
        ("flowed", "Content-Type: text/plain; format=flowed; delsp=yes\n\nal \nto\n> b \n> c\n", "alto\n> bc"),
        (
            "files",
            multipart(
                "mixed", plain + "see", plain.replacing("\n\n", with: "; name=a.txt\n\n") + "abc",
                "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf\n\nx",
                "Content-Type: application/ms-tnef; name=\"dir/winmail.dat\"\nContent-Transfer-Encoding: base64\n\neHh4"
            ),
            """
            see

            Attachments:
            - a.txt (text/plain, 3 bytes)
            - café.pdf (application/pdf, 1 bytes)
            - winmail.dat (application/ms-tnef, 3 bytes)
            """
        ),
        ("a text that is called a file", "Content-Type: text/plain; name=a.txt\n\nbody", "body"),
        (
            "only a file", "Content-Type: application/zip; name=a.zip\n\nxx",
            "Attachments:\n- a.zip (application/zip, 2 bytes)"
        ),
        (
            "an invitation",
            multipart(
                "alternative", plain + "Come.",
                """
                Content-Type: text/calendar; method=REQUEST

                BEGIN:VCALENDAR
                BEGIN:VTIMEZONE
                DTSTART:19700101T000000
                END:VTIMEZONE
                BEGIN:VEVENT
                SUMMARY:Plan\\, and
                  more
                DTSTART;TZID="Europe/Berlin":20260102T030400
                DTEND:20260102T040000Z
                LOCATION:Room 1
                ORGANIZER;CN="Ann B":MAILTO:ann@example.com
                DESCRIPTION:x\\ny
                BEGIN:VALARM
                DESCRIPTION:no
                END:VALARM
                END:VEVENT
                END:VCALENDAR
                """),
            """
            Event: Plan, and more
            When: 2026-01-02 03:04 (Europe/Berlin)
            Until: 2026-01-02 04:00 UTC
            Where: Room 1
            Organizer: Ann B <ann@example.com>
            x
            y

            Come.
            """
        ),
        ("soft hyphens", plain + "ex\u{AD}am\u{AD}ple", "example"),
        (
            "a mail in a mail, in base64",
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKYg==", "> ## a\n>\n> b"
        ),
    ])
    func reads(_ what: String, _ mail: String, _ text: String) {
        #expect(read(mail).text == text, "\(what)")
    }

    @Test(arguments: [
        ("never closed", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo", "one\n\ntwo"),
        (
            "inner never closed",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n1\n--b\n\n2\n--b--",
            "1\n\n2"
        ),
        (
            "prefixes of each other",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\n1\n--bb--\n--b\n\n2\n--b--",
            "1\n\n2"
        ),
        ("no boundary", "Content-Type: multipart/mixed\n\n--b\n\none", "--b\n\none"),
        ("an empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none", "--\n\none"),
        ("a boundary that is nowhere", "Content-Type: multipart/mixed; boundary=x\n\none", "one"),
        ("blanks after a boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--b-- \nno", "one"),
        ("closed, and going on", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--b--\n--b\n\n2", "1\n\n2"),
        ("a type that is none", "Content-Type: text\nContent-Transfer-Encoding: 8bit\n\na", "a"),
        ("an encoding that is none", "Content-Transfer-Encoding: rot13\n\na", "a"),
        ("a header without end", "Subject: a\nFrom: b", "# a\n\nFrom: b"),
        ("an old body", "Subject: a\n\nx\nbegin 644 cat.txt\n#0V%T\n`\nend\ny", "# a\n\nx\ny"),
    ])
    func readsDamaged(_ what: String, _ mail: String, _ text: String) {
        #expect(read(mail).text == text, "\(what)")
    }

    @Test(arguments: [
        ("Content-Type: text/plain; charset=koi8-r\n\n", [0xF0, 0xF2] as [UInt8], "ПР"),
        ("Content-Type: text/plain; charset=us-ascii\n\n", Array("é".utf8), "é"),
        ("Content-Type: text/plain\n\n", [0x63, 0xE9], "cé"),
        ("Content-Type: text/plain; charset=x-no-such\n\n", [0x63, 0xE9], "cé"),
        ("Content-Type: text/plain; charset=utf-8\n\n", [0x63, 0xE9], "c\u{FFFD}"),
        ("Content-Type: text/html\n\n<meta charset=windows-1251>", [0xCF], "П"),
        ("Content-Type: text/plain; charset=iso-2022-jp\n\n", [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x1B, 0x28, 0x42], "日"),
    ])
    func readsCharsets(_ header: String, _ body: [UInt8], _ text: String) {
        #expect(read(Array(header.utf8) + body).text == text)
    }

    @Test func saysWhyThereIsNoText() {
        let encrypted = multipart(
            "encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1",
            "Content-Type: application/octet-stream; name=encrypted.asc\n\nxx", header: "Subject: s\n")
        #expect(read(encrypted).text?.hasPrefix("# s") == true)
        #expect(read(encrypted).extraction.reason == "encrypted")
        #expect(read("").extraction.reason == "empty")
        #expect(read("\n\n").extraction.reason == "empty")
        #expect(read("X: y\n\n").extraction.reason == "no_text")
    }

    @Test func givesAttachments() {
        let mail = multipart(
            "mixed", MailTests.plain + "see",
            "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAEC",
            "Content-Type: message/rfc822\n\n"
                + multipart("mixed", "\nin", "Content-Type: a/b\n\nxy", boundary: "c"))
        let files = attachments(of: Array(mail.utf8))
        #expect(files.map(\.index) == [1, 2])
        #expect(files.map(\.name) == ["a.pdf", nil])
        #expect(files.map(\.mediaType) == ["application/pdf", "a/b"])
        #expect(files.map(\.bytes) == [[0, 1, 2], Array("xy".utf8)])
    }
}
