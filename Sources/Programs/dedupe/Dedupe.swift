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
            .init(
                "copies", "keep|mark",
                "'mark' names in metadata.copy_of the first document with the same text, of 64 characters or more, also to who may not read that one; 'keep' (the default) does not"
            ),
            .init(
                "near", "SIMILARITY",
                "with --copies mark, 0.8 to 1: name what is so similar in metadata.near_copy_of, with metadata.similarity"
            ),
            .init("verify", "read the whole memory of --state, say whether it is sound, and end"),
            Command.maxLine,
        ],
        examples: [
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                "an unchanged document costs one short line"
            ),
            (
                "dedupe --copies mark --near 0.9 < documents.ndjson",
                "what is a copy says of what; near is by MinHash of 5 words in a row"
            ),
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S --tombstones | target-x | sink state: --state S",
                "into any Singer target; what is gone at the source is sent as deleted"
            ),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            let mode = try mode(arguments)
            guard let path = arguments["state"] else {
                if arguments.has("verify") {
                    throw Failure(.usage, "--verify needs a folder to read", "give --state DIR")
                }
                return try run(Memory(mode), arguments, log)
            }
            let folder = try StateFolder(path)
            let lock = try folder.lock("dedupe")
            if arguments.has("verify") { return try verify(folder) }
            let status = try run(Memory(of: folder, mode, log: log), arguments, log)
            return withExtendedLifetime(lock) { status }
        }
    }

    private static func mode(_ arguments: Arguments) throws -> Memory.Mode {
        let near = try arguments["near"].map { text in
            guard let value = Double(text), (0.8...1).contains(value) else {
                throw Failure(.usage, "--near \(text) is no similarity", "give a number from 0.8 to 1, such as 0.9")
            }
            return Int((value * 100).rounded())
        }
        switch arguments["copies"] ?? "keep" {
        case "keep":
            if near != nil { throw Failure(.usage, "--near marks nothing without --copies mark", "give both") }
            return arguments.has("tombstones") ? .tombstones : .digests
        case "mark":
            guard !arguments.has("tombstones") else {
                throw Failure(
                    .usage, "--copies mark needs sink",
                    "leave --tombstones out: a copy whose original went is a debt, which only sink keeps")
            }
            return .copies(near: near)
        case "drop":
            throw Failure(
                .usage, "--copies drop is not offered: the readers of a copy that was dropped could not be kept right",
                "give --copies mark, and leave out in queries what has metadata.copy_of")
        case let other:
            throw Failure(.usage, "--copies \(other) is unknown", "give 'keep' or 'mark'")
        }
    }

    /// One memory may be there for each way in which dedupe was run.
    private static func verify(_ folder: StateFolder) throws -> ExitStatus {
        for mode in Memory.modes(in: folder) {
            guard let found = try Memory.verify(folder, mode) else { continue }
            let kind: String
            switch mode {
            case .digests: kind = ""
            case .tombstones: kind = " (with tombstones)"
            case .copies(nil): kind = " (with copies)"
            case .copies(let near?): kind = " (with copies, near \(near) %)"
            }
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
