import Testing

@testable import Extraction

@Suite("Subtitles") struct SubtitlesTests {
    @Test(arguments: [
        (
            "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>,\r\nworld.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}1984\r\n",
            "Hello,\nworld.\n1984"
        ),
        (
            "WEBVTT - A film\n\nNOTE not said\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:04.000 align:start\n<v Ann>Yes <c.loud>now</c><00:02.000>!\n- a < b",
            "Ann: Yes now!\n- a < b"
        ),
        ("00:01.000 --> 00:02.000\none\n\n00:02.000 --> 00:03.000\none\ntwo", "one\ntwo"),
        ("00:01.000 --> 00:02.000\n<i open {\\x <", "<i open {\\x <"),
    ])
    func reads(file: String, text: String) {
        #expect(read(Array(file.utf8), "text/vtt").text == text)
        #expect(read(Array(file.utf8), "text/plain", name: "film.SRT").text == text)
    }

    @Test func hasNoTextWithoutCues() {
        #expect(read(Array("WEBVTT\n\nNOTE x".utf8), "text/vtt").extraction.reason == "no_text")
    }
    /// Each `<` once looked for its end through the whole line.
    @Test func aLineOfOpenTagsIsRead() {
        let line = String(repeating: "<i", count: 200_000)
        #expect(read(Array("00:01.000 --> 00:02.000\n\(line)".utf8), "text/vtt").text == line)
    }
}
