import CommandLine
import Deduplication
import State
import Stream
import System

@main
struct DedupeProgram {
    private static let command = Command(
        "dedupe", "sends on what is new or changed, and says of the rest that it was seen",
        options: [
            .init("state", "DIR", "remember what was sent here, across runs: the folder that sink --state has"),
            .init("tombstones", "write removals for a target that is not sink, in place of 'seen'"),
            .init("verify", "read the whole memory of --state, say whether it is sound, and end"),
            Command.maxLine,
        ],
        examples: [
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                "an unchanged document costs one short line"
            ),
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S --tombstones | target-x | sink state: --state S",
                "into any Singer target; what is gone at the source is sent as deleted"
            ),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            let tombstones = arguments.has("tombstones")
            guard let path = arguments["state"] else {
                if arguments.has("verify") {
                    throw Failure(.usage, "--verify needs a folder to read", "give --state DIR")
                }
                return try run(Memory(tombstones: tombstones), arguments, log)
            }
            let folder = try StateFolder(path)
            let lock = try folder.lock("dedupe")
            if arguments.has("verify") { return try verify(folder) }
            let status = try run(Memory(of: folder, tombstones: tombstones, log: log), arguments, log)
            return withExtendedLifetime(lock) { status }
        }
    }

    /// Two memories may be there: of runs with tombstones, and of those without.
    private static func verify(_ folder: StateFolder) throws -> ExitStatus {
        for tombstones in [false, true] {
            guard let found = try Memory.verify(folder, tombstones: tombstones) else { continue }
            let kind = tombstones ? " (with tombstones)" : ""
            let text =
                "dedupe\(kind): sound: \(found.compacted) documents are compacted, \(found.newer) entries are newer\n"
            try Descriptor.standardOutput.write(Array(text.utf8))
        }
        return .done
    }

    private static func run(_ memory: consuming Memory, _ arguments: Arguments, _ log: Log) throws -> ExitStatus {
        var stage = Dedupe(memory)
        let status = try StageLoop.run(
            &stage, input: .standardInput, output: .standardOutput, maxLine: try arguments.maxLine(), log: log)
        if stage.unidentified > 0 {
            log.warn(
                "\(stage.unidentified) documents have no semantic_id", "they were passed on as they are, each time")
        }
        return status
    }
}
