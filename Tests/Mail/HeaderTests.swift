import Testing

@testable import Mail

@Suite("Headers of mails") struct HeaderTests {
    /// RFC 2047, section 8, the table of examples, and section 2 and 4.
    @Test(arguments: [
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=\t   =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"),
        ("=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example."
        ),
        ("=?ISO-8859-1?Q?Olle_J=E4rnefors?= <ojarnef@admin.kth.se>", "Olle Järnefors <ojarnef@admin.kth.se>"),
        ("=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <paf@nada.kth.se>", "Patrik Fältström <paf@nada.kth.se>"),
        (
            "Nathaniel Borenstein <nsb@thumper.bellcore.com> (=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=)",
            "Nathaniel Borenstein <nsb@thumper.bellcore.com> (םולש ןב לטטפנ)"
        ),
        // RFC 2231, section 5: a language.
        ("=?US-ASCII*EN?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        // What programs send all the same.
        ("=?utf-8?q?caf=C3?= =?UTF-8?Q?=A9?=", "café"),
        ("=?utf-8?B?Y2Fmw?= =?utf-8?B?6kh?=", "café!"),
        ("=?utf-8?B?Y2Fmw6k=?= =?utf-8?B?IQ==?=", "café!"),
        ("=?utf-8?B?44GC44E=?= =?utf-8?B?hA==?=", "あい"),
        ("a=?utf-8?q?b?=c", "abc"),
        ("=?utf-8?Q?two words?= x", "two words x"),
        ("=?no-such?Q?caf=C3=A9?=", "café"),
        ("=?iso-2022-jp?B?GyRCRnwbKEI=?=", "日"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?windows-1251?Q?=CF=F0=E8?=", "При"),
        ("café =?utf-8?q?=C3=A9?= é", "café é é"),
        ("=?utf-8?Q?x", "=?utf-8?Q?x"),
        ("=?utf-8?X?x?= =??Q?x?= =?a?Q? =?", "=?utf-8?X?x?= =??Q?x?= =?a?Q? =?"),
        ("=?utf-8?Q??= =?utf-8?B??=", ""),
        ("=?utf-8?Q?=zz=4?=", "=zz=4"),
        ("  a \t b ", "a b"),
    ])
    func readsEncodedWords(_ value: String, _ text: String) {
        #expect(decodeEncodedWords(Array(value.utf8)) == text)
    }

    @Test func readsRawBytes() {
        #expect(decodeEncodedWords("caf\u{E9} =?utf-8?q?=C3=A9?=".latin1) == "café é")
    }

    @Test(arguments: [
        // RFC 2231, sections 3 and 4, and the erratum that closes the quote.
        (
            "message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
            "url", "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"
        ),
        ("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title", "This is ***fun***"),
        (
            "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
            "title", "This is even more ***fun*** isn't it!"
        ),
        // RFC 2045, section 5.1, and what programs send.
        ("text/plain; charset=us-ascii (Plain text)", "charset", "us-ascii"),
        ("text/plain; charset=\"us-ascii\"", "charset", "us-ascii"),
        ("text/plain; (a ; b) charset = utf-8 ; x=y", "charset", "utf-8"),
        ("a/b; name=\"a;b=\\\"c\\\".txt\"", "name", "a;b=\"c\".txt"),
        ("a/b; name=\"C:\\mail\\a.txt\"", "name", "C:\\mail\\a.txt"),
        ("a/b; name=My File (2).pdf", "name", "My File (2).pdf"),
        ("a/b; name=\"=?utf-8?Q?caf=C3=A9.pdf?=\"", "name", "café.pdf"),
        ("a/b; name=x; name*=utf-8''caf%C3%A9", "name", "café"),
        ("a/b; NAME*1=b; name*0=a; name*3=d", "name", "ab"),
        ("a/b; name*0*=utf-8''caf%C3; name*1*=%A9", "name", "café"),
        ("a/b; name*=caf%C3%A9", "name", "café"),
        ("a/b; name*=koi8-r''%F0", "name", "П"),
        ("a/b;; ;=;x; name=y", "name", "y"),
        ("a/b; name=\"open", "name", "open"),
        ("a/b; name*0=\"=?utf-8?Q?ca\"; name*1=\"f=C3=A9?=\"", "name", "café"),
    ])
    func readsParameters(_ value: String, _ name: String, _ text: String) {
        #expect(ParameterizedValue(Array(value.utf8))[name] == text)
    }

    @Test(arguments: [
        ("text/plain", "text/plain"), (" TEXT/Html ; charset=x", "text/html"), ("(c) text/plain (d)", "text/plain"),
        ("", ""), (";", ""),
    ])
    func readsValues(_ value: String, _ text: String) {
        #expect(ParameterizedValue(Array(value.utf8)).value == text)
    }

    @Test(
        arguments: [
            ("Subject: a\r\n b\r\n\tc\r\n\r\nbody", "a b c", "body"),
            ("\r\n\r\nSubject:a\n\nbody\n", "a", "body\n"),
            ("From x@y Mon Jan 1\nSubject : a\n\nbody", "a", "body"),
            ("Subject: a\nno field here\nbody", "a", "no field here\nbody"),
            ("Subject: a", "a", ""),
            ("Subject: =?utf-8?q?a?=\n =?utf-8?q?b?=\n\n", "ab", ""),
            ("X: y\nsubject: a\nSubject: b\n\nz", "a", "z"),
            ("Subject:\n  \n a\n\nz", "a", "z"),
            ("just text: no\n", nil, "just text: no\n"),
            (" a\n\nz", nil, " a\n\nz"),
        ] as [(String, String?, String)])
    func takesHeaders(_ mail: String, _ subject: String?, _ body: String) {
        var rest = Array(mail.utf8)[...]
        let header = Header(takenFrom: &rest, isWhole: true)
        #expect(header.text("subject") == subject)
        #expect(String(decoding: rest, as: UTF8.self) == body)
    }

    @Test(arguments: [
        (
            "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
            "Now's the time for all folk to come to the aid of their country."
        ),
        ("a=3D=c3=A9 \t\r\nb= \r\nc  =20 \nd=\n", "a=é\r\nbc   \nd"),
        ("=", ""), ("=4", "=4"), ("=zz=", "=zz"), ("a==3D", "a=="), ("x  ", "x  "),
    ])
    func readsQuotedPrintable(_ coded: String, _ text: String) {
        #expect(String(decoding: decodeQuotedPrintable(Array(coded.utf8)[...]), as: UTF8.self) == text)
    }

    /// RFC 4648, section 10, and damage.
    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"), ("Zm\r\n9v Y!mFy", "foobar"), ("Zm9vYg", "foob"), ("=Zm9v", "foo"),
        ("Zm8=\r\n-- \r\nThe list", "fo"), ("Z", ""),
    ])
    func readsBase64(_ coded: String, _ text: String) {
        #expect(String(decoding: decodeBase64(Array(coded.utf8)[...]), as: UTF8.self) == text)
    }

    @Test func readsUuencoded() {
        let coded = "x\nbegin 644 cat.txt\n#0V%T\n`\nend\ny"
        #expect(decodeUuencode(Array(coded.utf8)[...]) == Array("Cat".utf8))
        #expect(withoutUuencoded(Array(coded.utf8)) == Array("x\ny".utf8))
        let prose = Array("begin 100 things\nand what not, which is a long line of prose\n".utf8)
        #expect(withoutUuencoded(prose) == prose)
    }

    /// RFC 3676, section 4 and its examples.
    @Test(arguments: [
        ("a \nb\nc\n", false, "a b\nc\n"),
        ("a \nb\n", true, "ab\n"),
        ("> a \n> b\n>> c \n>>d\ne \nf\n", false, "> a b\n>> c d\ne f\n"),
        (" From here \n  >not a quote\n", false, "From here  >not a quote\n"),
        ("a \n-- \nname\n", false, "a \n-- \nname\n"),
        ("> a \nb\n", false, "> a \nb\n"),
        (">\n>  \n", false, ">\n>  "),
        (
            "`Take some more tea,' the March Hare said to Alice, very \nearnestly.\n\n`I've had nothing yet,' Alice replied in an offended \ntone, `so I can't take more.'\n",
            false,
            "`Take some more tea,' the March Hare said to Alice, very earnestly.\n\n`I've had nothing yet,' Alice replied in an offended tone, `so I can't take more.'\n"
        ),
    ])
    func joinsFlowedLines(_ text: String, _ deletesBlank: Bool, _ joined: String) {
        #expect(String(decoding: unflowed(Array(text.utf8), deletesBlank: deletesBlank), as: UTF8.self) == joined)
    }
}
