import CommandLine
import Extraction
import Stages
import Stream
import System

@main
struct Extract {
    static let command = Command(
        "extract", "makes documents of items: reads the stream on standard input, writes it on standard output",
        options: [
            Command.maxLine,
            .init("formats", "print the formats that are read, and end"),
        ],
        examples: [
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                "sync a Drive"
            ),
            (
                "zcat items.ndjson.gz | extract | jq -r 'select(.stream == \"documents\") | .record.content'",
                "read what was captured"
            ),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            if arguments.has("formats") {
                let lines = Format.all.map { "\($0.name)\t\($0.mediaTypes.joined(separator: " "))\n" }
                try Descriptor.standardOutput.write(Array(lines.joined().utf8))
                return .done
            }
            var stage = ExtractStage()
            return try StageLoop.run(
                &stage, input: .standardInput, output: .standardOutput, maxLine: try arguments.maxLine(), log: log)
        }
    }
}
