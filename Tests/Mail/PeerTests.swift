import JSON
import Processes
import System
import Testing

@testable import Extraction
@testable import Mail

@Suite("Mails made by Python's library") struct PeerTests {
    /// Subjects, texts and attachments are those that went in. See Tests/Peers/mails.py.
    @Test(arguments: [1, 2, 3])
    func readsWhatItWrote(_ seed: Int) throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let scratch = try Scratch()
        let command = Command(
            "/usr/bin/env", ["python3", root + "/Tests/Peers/mails.py", "\(seed)", "60"],
            output: scratch.file("mails"), errors: scratch.file("errors"))
        try #require(try command.run() == 0)
        var parser = JSONParser()
        var count = 0
        for line in try Files.read(scratch.file("mails")).split(separator: 0x0A) {
            let fields = try parser.parse(ByteSlice(line))
            let bytes = try #require(fields["mail"]?.string.flatMap { Base64.decode($0) })
            let mail = Entity(bytes)
            #expect(mail.header.text("subject") == fields["subject"]?.string)
            let text = try #require(fields["text"]?.string)
            let whole = try #require(read(bytes).text)
            let lines = String(decoding: cleaned(Array(text.utf8)).utf8, as: UTF8.self)
            #expect(whole.contains("\n\n" + lines), "\(String(decoding: bytes, as: UTF8.self))")
            let files = mail.attachments.map { [$0.name ?? "", $0.mediaType, Base64.encode($0.bytes)] }
            #expect(files == (fields["attachments"]?.elements ?? []).map { $0.elements.map { $0.string ?? "" } })
            count += 1
        }
        #expect(count == 60)
    }
}
