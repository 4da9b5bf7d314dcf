import Testing

@testable import Extraction

@Suite("Subtitles") struct SubtitlesTests {
    @Test(arguments: [
        (
            "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello,</i> {\\an8}there\nand\n\n2\n00:00:03,000 --> 00:00:04,000 X1:40\n12 < 13\n",
            "a.srt", "Hello, there\nand\n12 < 13"
        ),
        (
            "WEBVTT - a film\n\nNOTE no\n\nSTYLE\n::cue {}\n\nintro\n00:01.000 --> 00:02.000 line:0\n<v Ann>Hi</v>\n\n00:02.000 --> 00:03.000\nHi\nBob",
            "a.vtt", "Hi\nBob"
        ),
        ("No times here", "a.srt", "No times here"),
    ])
    func reads(_ file: String, _ name: String, _ text: String) {
        for type in ["text/plain", "application/octet-stream", nil] {
            #expect(read(Array(file.utf8), type, name: name).text == text)
        }
    }
}
