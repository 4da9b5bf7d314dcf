import CommandLine
import Stages
import Stream
import System

@main
struct Perms {
    static let command = Command(
        "perms", "says who may read each document: reads the stream on standard input, writes it on standard output",
        options: [Command.maxLine],
        examples: [
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                "sync a Drive"
            ),
            (
                "… | perms | jq -c 'select(.stream == \"documents\") | .record | [.id, .metadata.permissions]'",
                "see who may read what"
            ),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            var stage = PermsStage()
            return try StageLoop.run(
                &stage, input: .standardInput, output: .standardOutput, maxLine: try arguments.maxLine(), log: log)
        }
    }
}
