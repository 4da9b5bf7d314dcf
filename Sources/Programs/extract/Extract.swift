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
            .init("jobs", "N", "how many documents are read at once (as many as there are processors)"),
            .init("time-limit", "TIME", "how long one document may take (60s)"),
            .init("max-content", "BYTES", "the longest content that is read (no bound beside --max-line)"),
            .init("only", "FORMAT", repeatable: true, "read this format only (repeatable)"),
            .init("skip", "FORMAT", repeatable: true, "leave this format's content out (repeatable)"),
            .init("nfc", "write text in Unicode's Normalization Form C"),
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
            var options = TextExtractor.Options()
            options.limits.time = try arguments.duration("time-limit") ?? options.limits.time
            options.maxContent = try arguments.bytes("max-content") ?? options.maxContent
            options.only = try formats("only", arguments)
            options.skip = try formats("skip", arguments) ?? []
            options.normalizes = arguments.has("nfc")
            var workers = WorkerPool.Options()
            workers.jobs = try arguments.int("jobs", in: 1...256) ?? workers.jobs
            var stage = ExtractStage(TextExtractor(options, workers: WorkerPool(workers)))
            return try StageLoop.run(
                &stage, input: .standardInput, output: .standardOutput, maxLine: try arguments.maxLine(), log: log)
        }
    }

    /// The names given, separated by commas or apart.
    private static func formats(_ option: String, _ arguments: Arguments) throws -> Set<String>? {
        let names = arguments.all(option).flatMap { $0.split(separator: ",").map(String.init) }
        let known = Format.all.map(\.name)
        for name in names where !known.contains(name) {
            throw Failure(
                .usage, "--\(option): there is no format '\(name)'", Command.suggestion(for: name, among: known))
        }
        return names.isEmpty ? nil : Set(names)
    }
}
