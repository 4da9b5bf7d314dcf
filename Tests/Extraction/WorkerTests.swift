import Documents
import Glibc
import System
import Testing

@testable import Extraction
@testable import Readers

@Suite("Workers") struct WorkerTests {
    static let page = Array("<h1>Title</h1><p>Text</p>".utf8)

    /// A pool whose workers are this shell script, which has the request on its standard input.
    private func pool(_ script: String, jobs: Int = 2, lifetime: Int = 500) -> WorkerPool {
        var options = WorkerPool.Options()
        options.program = ["bash", "-c", script]
        options.jobs = jobs
        options.lifetime = lifetime
        return WorkerPool(options)
    }

    private func read(_ pool: WorkerPool, output: Int = 1000, time: Duration = .seconds(60)) -> (String?, String?) {
        var options = TextExtractor.Options()
        options.limits.output = output
        options.limits.time = time
        let content = ItemContent(mediaType: "text/html", body: .bytes(WorkerTests.page))
        let (text, extraction) = TextExtractor(options, workers: pool).text(of: content, name: nil)
        return (text, extraction.reason)
    }

    // Found while the fuzz target was written: the worker reserved room for whatever the line said, and cut off a negative number of bytes.
    @Test(arguments: [
        "html -1 100 100 -", "html 1 -100 100 -", "html 1 100 -1 -", "html 1 100 9223372036854775807 -",
        "html 99999999999999999999 1 1 -", "html 1 1 1", "",
    ]) func aRequestWithNumbersThatNoneHasIsNoRequest(line: String) {
        #expect(WorkerMessage.Request(Array(line.utf8)[...]) == nil)
    }

    @Test func aRequestIsReadAsItWasWritten() throws {
        var limits = Limits()
        (limits.output, limits.time) = (7, .seconds(60))
        let format = try #require(Format.named("html"))
        let written = WorkerMessage.request(format, FormatInput(bytes: [1, 2], charset: "utf-8", limits: limits))
        let read = try #require(WorkerMessage.Request(written.prefix { $0 != 0x0A }))
        #expect(read.format == "html" && read.count == 2 && read.charset == "utf-8" && read.limits.output == 7)
        #expect(read.limits.time <= .seconds(60))
    }

    /// Reads a request, to its last byte.
    private static let take = #"read -r format n rest || exit; read -r -N "$n" body;"#

    @Test(
        arguments: [
            ("while :; do \(take) echo ok 5 -; printf Hello; done", "Hello", nil),
            ("while :; do \(take) echo ok 5 too_large; printf Hello; done", "Hello", "too_large"),
            ("while :; do \(take) echo no 0 damaged; done", nil, "damaged"),
            ("exec true", nil, "crashed"),
            ("\(take) kill -SEGV $$", nil, "crashed"),
            ("\(take) echo ok 50 -; printf Hello", nil, "crashed"),
            ("\(take) echo rubbish; sleep 1000", nil, "crashed"),
            ("\(take) echo ok 5000000 -; exec yes", nil, "crashed"),
            ("\(take) exec yes", nil, "crashed"),
            ("\(take) tr '\\0' x </dev/zero", nil, "crashed"),
        ] as [(String, String?, String?)])
    func whateverAWorkerDoesCostsOneDocument(_ script: String, _ text: String?, _ reason: String?) {
        let pool = pool(script)
        for _ in 0..<3 {
            let read = read(pool)
            #expect(read.0 == text && read.1 == reason)
        }
    }

    /// Whoever ends a worker from outside takes no document's text.
    @Test func whatOneWorkerDiedOverIsGivenToAnother() throws {
        var random = SystemRandomNumberGenerator()
        let mark = "/tmp/sluice-worker-" + random.hexadecimal(bytes: 8)
        defer { unlink(mark) }
        let script =
            "while :; do \(WorkerTests.take) [ -e \(mark) ] || { touch \(mark); kill -KILL $$; }; echo ok 5 -; printf Hello; done"
        let (text, reason) = read(pool(script))
        #expect(text == "Hello" && reason == nil)
    }

    @Test func aSlowOneIsEnded() {
        // Two seconds are added for the worker to say so itself.
        let (text, reason) = read(pool("exec sleep 1000"), time: .milliseconds(1))
        #expect(text == nil && reason == "time_limit")
    }

    @Test func aMissingProgramIsSaid() {
        var options = WorkerPool.Options()
        options.program = ["/no/such/program"]
        #expect(read(WorkerPool(options)).1 == "tool_missing")
    }

    /// A worker answers with its own number: each is renewed after its lifetime, and no more than `jobs` live.
    @Test func workersAreRenewed() throws {
        let pool = pool(
            "while :; do \(WorkerTests.take) printf 'ok %d -\\n%d' ${#BASHPID} $BASHPID; done", jobs: 1, lifetime: 3)
        let pids = (0..<9).map { _ in read(pool).0 ?? "" }
        #expect(Set(pids).count == 3)
        for start in [0, 3, 6] { #expect(Set(pids[start..<start + 3]).count == 1) }
        for pid in Set(pids).compactMap({ pid_t($0) }) { #expect(pid == pid_t(pids[8]) || kill(pid, 0) != 0) }
    }

    /// Many at once, each with an answer of its own, finished in another order than they end.
    @Test func answersKeepTheirDocuments() {
        let pool = pool(
            "while :; do \(WorkerTests.take) [[ $body == *0* ]] && sleep 0.02; printf 'ok %d -\\n%s' ${#body} \"$body\"; done",
            jobs: 3)
        let extractor = TextExtractor(TextExtractor.Options(), workers: pool)
        let readings = (0..<30).map { n in
            extractor.begin(ItemContent(mediaType: "text/html", body: .bytes(Array("document \(n)".utf8))), name: nil)
        }
        for (n, reading) in readings.enumerated() { #expect(extractor.finish(reading).text == "document \(n)") }
    }

    @Test func noFileAndNoProcessIsLeft() throws {
        let open = Files.names(in: "/proc/self/fd").count
        for _ in 0..<20 { _ = read(pool("\(WorkerTests.take) echo no 0 damaged; exec sleep 1000")) }
        // Others open files meanwhile.
        #expect(Files.names(in: "/proc/self/fd").count < open + 12)
    }

    /// Requests and answers survive being cut anywhere, and the program itself speaks them.
    @Test func theProgramReadsWhatItIsGiven() throws {
        let program = programFolder + "/extract-worker"
        try #require(Files.exists(program), "it is built beside the tests")
        var options = WorkerPool.Options()
        options.program = [program]
        let extractor = TextExtractor(TextExtractor.Options(), workers: WorkerPool(options))
        let big = Array(("<p>" + String(repeating: "word ", count: 100_000)).utf8)
        for (bytes, type, text) in [
            (WorkerTests.page, "text/html", "# Title\n\nText"),
            (pdf("BT /F1 24 Tf 20 100 Td (Hi) Tj ET"), "application/pdf", "Hi\n\n\nHi"),
            (Array("<p>caf\u{e9}".unicodeScalars.map { UInt8($0.value) }), "text/html; charset=latin1", "caf\u{e9}"),
        ] {
            #expect(extractor.text(of: ItemContent(mediaType: type, body: .bytes(bytes)), name: nil).text == text)
        }
        #expect(
            extractor.text(of: ItemContent(mediaType: "text/html", body: .bytes(big)), name: nil).text?.utf8.count
                == 499_999)
    }

    @Test func normalizesOnRequest() {
        var options = TextExtractor.Options()
        options.normalizes = true
        let content = ItemContent(mediaType: "text/plain", body: .text("e\u{301} \u{1100}\u{1161}"))
        let text = TextExtractor(options, readers: [:]).text(of: content, name: nil).text ?? ""
        #expect(text.unicodeScalars.elementsEqual("\u{e9} \u{ac00}".unicodeScalars))
    }

    @Test func formatsAreChosen() {
        var options = TextExtractor.Options()
        options.only = ["html"]
        options.maxContent = 30
        let extractor = TextExtractor(options, readers: Readers.all)
        func reason(_ type: String, _ text: String) -> String? {
            extractor.text(of: ItemContent(mediaType: type, body: .text(text)), name: nil).extraction.reason
        }
        #expect(reason("text/plain", "a") == "not_wanted")
        #expect(reason("text/html", "a") == nil)
        #expect(reason("text/html", String(repeating: "a", count: 31)) == "too_large")
    }
}
