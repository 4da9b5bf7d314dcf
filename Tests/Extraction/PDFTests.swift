import Documents
import Glibc
import System
import Testing

@testable import Extraction

/// A PDF of one page; poppler finds its objects without a table of them.
func pdf(_ operators: String, trailer: String = "") -> [UInt8] {
    Array(
        """
        %PDF-1.4
        1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
        2 0 obj<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>endobj
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
        4 0 obj<</Length \(operators.utf8.count)>>stream
        \(operators)
        endstream endobj
        5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj
        trailer<</Root 1 0 R/Size 6\(trailer)>>
        """.utf8)
}

@Suite("PDF and children") struct PDFTests {
    let hello = pdf("BT /F1 24 Tf 20 100 Td (Caf\\351 world) Tj ET")

    @Test func readsPages() {
        let (text, extraction) = read(hello, "application/pdf")
        #expect(text == "Café world\n\n\nCafé world" || text == "Café world\n\nCafé world")
        #expect(extraction == Extraction(format: "pdf", status: .ok))
        #expect(read(hello, "text/plain").extraction.format == "pdf")
    }

    @Test(
        arguments: [
            (pdf("0 0 10 10 re f"), "no_text"),
            (Array("%PDF-1.4 and then nothing".utf8), "damaged"),
            (Array("rubbish".utf8), "damaged"),
            (
                pdf(
                    "x",
                    trailer:
                        "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<\(String(repeating: "ab", count: 32))>"
                        + "/U<\(String(repeating: "cd", count: 32))>>>"), "encrypted"
            ),
            ([], "empty"),
        ] as [([UInt8], String)])
    func saysWhyNot(bytes: [UInt8], reason: String) {
        let (text, extraction) = read(bytes, "application/pdf")
        #expect(text == nil)
        #expect(extraction.reason == reason)
    }

    @Test func childrenGetAndGiveMuch() throws {
        let open = Files.names(in: "/proc/self/fd").count
        var random = SeededRandom(seed: 1)
        let bytes = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let result = try Child.run(["cat"], input: bytes, limits: .init(time: .seconds(60), output: 1_000_000))
        #expect(result.output == bytes)
        #expect(result.ending == .exited(0))
        let deaf = try Child.run(["true"], input: bytes, limits: .init(time: .seconds(60), output: 10))
        #expect(deaf.ending == .exited(0))
        let failing = try Child.run(
            ["sh", "-c", "echo no >&2; exit 3"], input: [], limits: .init(time: .seconds(60), output: 10))
        #expect(failing.ending == .exited(3))
        #expect(failing.errors == Array("no\n".utf8))
        let busy = try Child.run(
            ["sh", "-c", "while :; do :; done"], input: [], limits: .init(time: .seconds(60), cpuSeconds: 1, output: 10)
        )
        #expect(busy.ending == .timeLimit)
        #expect(throws: SystemError.self) {
            try Child.run(["no-such-program"], input: [], limits: .init(time: .seconds(1), output: 10))
        }
        let told = try Child.run(
            ["sh", "-c", "echo $$; exec sleep 1000"], input: [], limits: .init(time: .milliseconds(500), output: 9))
        if let pid = pid_t(String(decoding: told.output.dropLast(), as: UTF8.self)) {
            #expect(kill(pid, 0) == -1, "it is neither running nor left to be waited for")
        }
        #expect(told.ending == .timeLimit)
        // Others open files meanwhile; a leak would be of three for each child.
        #expect(Files.names(in: "/proc/self/fd").count < open + 12)
    }
}
