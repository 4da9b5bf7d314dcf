import Documents
import System
import Testing

@testable import Extraction
@testable import Mail

@Suite("Mails that are meant to hurt") struct HostileTests {
    private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test func tenThousandParts() {
        let mail = "Content-Type: multipart/mixed; boundary=b\n\n" + repeated("--b\n\nx\n", 20_000) + "--b\n\nend"
        let (text, extraction) = read(Array(mail.utf8))
        #expect(text?.hasPrefix("x\n\nx") == true)
        #expect(extraction.reason == "too_large")
        let files = repeated("--b\nContent-Type: a/b\n\nx\n", 5000)
        let listed = read(Array("Content-Type: multipart/mixed; boundary=b\n\n\(files)".utf8)).text ?? ""
        #expect(listed.hasSuffix("- unnamed (a/b, 1 bytes)\n- and 4000 more"))
    }

    @Test func mailsInMailsWithoutEnd() {
        let (text, extraction) = read(repeated("Content-Type: message/rfc822\n\n", 10_000) + "Subject: x\n\nend")
        #expect((text?.utf8.count ?? 0) < 10_000_000)
        #expect(extraction.status == .partial)
        // Each level in base64 again.
        var mail = Array("Subject: x\n\nend".utf8)
        for _ in 0..<20 {
            mail = Array(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n\(Base64.encode(mail))".utf8)
        }
        #expect(read(mail).text?.hasSuffix("# x\n> > > > > >\n> > > > > > end") == true)
    }

    @Test func multipartsInMultipartsWithoutEnd() {
        let mail = (0..<5000).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined() + "\nend"
        let (text, extraction) = read(Array(mail.utf8))
        #expect(text?.hasSuffix("end") == true)
        #expect(extraction.reason == "too_large")
        let same = repeated("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 5000) + "\nend"
        #expect(read(Array(same.utf8)).text?.hasSuffix("end") == true)
    }

    @Test func longHeaders() {
        let megabytes = repeated("\n word", 1 << 19)
        let text = read(Array("Subject: a\(megabytes)\nFrom: b\n\nbody".utf8)).text ?? ""
        #expect(text.hasPrefix("# a word word") && text.hasSuffix("From: b\n\nbody"))
        #expect(text.utf8.count <= Header.longestField + 100)
        let words = repeated("=?utf-8?Q?=C3=A9?= ", 1 << 14)
        #expect(read(Array("Subject: \(words)\n\nbody".utf8)).text?.hasPrefix("# éé") == true)
        let never = read(Array(repeated("X-A: b\n", 200_000).utf8))
        #expect(never.extraction.reason == "no_text")
        let parameters = repeated("; a*1=b", 100_000)
        #expect(read(Array("Content-Type: text/plain\(parameters)\n\nbody".utf8)).text == "body")
        #expect(read(Array("Content-Type: text/plain \(repeated("(", 300_000))\n\nbody".utf8)).text == "body")
    }

    @Test func longLinesAndQuotes() {
        let line = repeated("x", 1 << 20)
        #expect(read(Array("\n\(line)".utf8)).text?.utf8.count == 1 << 20)
        let quotes = repeated(repeated(">", 5000) + " \n", 200)
        #expect(read(Array("Content-Type: text/plain; format=flowed\n\n\(quotes)".utf8)).extraction.status == .ok)
        // Many beginnings of files that never end.
        let begins = repeated("begin 644 a\n!\n", 20_000)
        #expect(read(Array("\n\(begins)".utf8)).extraction.status == .ok)
    }

    @Test func stopsAtTheLimits() {
        var limits = Limits()
        limits.output = 1000
        let part = "--b\n\n" + repeated("word ", 50) + "\n"
        let mail = Array(("Content-Type: multipart/mixed; boundary=b\n\n" + repeated(part, 100)).utf8)
        let cut = read(mail, limits: limits)
        #expect(cut.extraction.reason == "too_large" && (cut.text?.utf8.count ?? 0) <= 1000)
        limits = Limits()
        limits.time = .zero
        #expect(read(Array("Subject: x\n\nbody".utf8), limits: limits).extraction.reason == "time_limit")
    }

    /// Whatever is done to a mail, reading it ends, gives UTF-8 of bounded length, and the same again.
    @Test(arguments: 0..<8)
    func survivesMutations(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let seeds = HostileTests.mails.map { Array($0.utf8) }
        let pieces = HostileTests.pieces.map { Array($0.utf8) }
        for _ in 0..<150 {
            var mail = seeds.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let at = Int.random(in: 0...mail.count, using: &random)
                let end = min(mail.count, at + Int.random(in: 0...40, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: mail.removeSubrange(at..<end)
                case 1: mail.insert(contentsOf: mail[at..<end], at: at)
                case 2: mail.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: at)
                case 3: if at < mail.count { mail[at] = UInt8.random(in: 0...255, using: &random) }
                default: mail.removeSubrange(at...)
                }
            }
            let once = read(mail)
            #expect((once.text?.utf8.count ?? 0) <= 100 * mail.count + 10_000)
            #expect(once.text == read(mail).text)
            for file in attachments(of: mail) { #expect(file.bytes.count <= mail.count) }
        }
    }

    private static let mails = [
        multipart(
            "mixed", multipart("alternative", "\nplain", "Content-Type: text/html\n\n<p>page", boundary: "c"),
            "Content-Type: a/b; name*0*=utf-8''caf%C3%A9; name*1=x\nContent-Transfer-Encoding: base64\n\nAAECAwQ=",
            "Content-Type: message/rfc822\n\nSubject: =?utf-8?B?Y2Fmw6k=?=\n\nin",
            header: "Subject: =?iso-8859-1?Q?caf=E9?= =?utf-8?q?x_y?=\nFrom: a <b@c>\n"),
        "Content-Type: text/plain; format=flowed; delsp=yes; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n>> a=F0 =\nb \n> c\n-- \nd",
        multipart(
            "report", "\nx", "Content-Type: message/delivery-status\n\nA: b",
            "Content-Type: text/rfc822-headers\n\nSubject: y"),
        "Content-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:a\\, b\nDTSTART;TZID=x:20260102T030400\nATTENDEE;CN=\"a\":mailto:b\nEND:VEVENT\n",
        "Subject: x\n\nbegin 644 a\n#0V%T\n`\nend\n",
    ]
    private static let pieces = [
        "\n", "\r", "\r\n\r\n", "--b\n", "--b--\n", "--c\n", "=?", "?=", "=?utf-8?Q?", "\"", "(", ")", ";", "=", "\\",
        ">",
        "begin 644 a\n", "Content-Type: multipart/mixed; boundary=b\n", "Content-Transfer-Encoding: base64\n", " ",
        "\0",
        "name*0*=", "'", "%", "boundary=\"\"", "charset=utf-16\n", "charset=utf-7\n", "BEGIN:VEVENT\n", ":",
    ]
}
