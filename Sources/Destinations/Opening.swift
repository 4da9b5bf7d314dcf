import JSON
import State
import Stream
import System

/// What the operand of `sink` names.
public enum DestinationName: Equatable, Sendable {
    case sqlite(String)
    case jsonLines(String)
    case postgreSQL(DatabaseName)
    /// Another target keeps the rows, and prints the STATE values to keep.
    case state

    /// Reads `sqlite:FILE`, `jsonl:DIR`, `postgres:SETTINGS`, a `postgresql://` URI, or `state:`.
    public init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        switch parts[0] {
        case "sqlite" where !rest.isEmpty: self = .sqlite(rest)
        case "jsonl" where !rest.isEmpty: self = .jsonLines(rest)
        case "postgres" where parts.count > 1: self = .postgreSQL(DatabaseName(rest.hasPrefix("//") ? text : rest))
        case "postgresql" where rest.hasPrefix("//"): self = .postgreSQL(DatabaseName(text))
        case "state" where parts.count > 1 && rest.isEmpty: self = .state
        default:
            throw Failure(
                .usage, "'\(rest.isEmpty ? text : parts[0] + ":…")' is no destination",
                "give sqlite:FILE, jsonl:DIR, postgres:SETTINGS or state:")
        }
    }
}

/// `state:`: keeps the STATE values that another Singer target printed, one a line, as it committed them.
///
///     … | target-x | sink state: --state S
public enum StateCopy {
    /// Copies each value to the folder, the newest where many wait.
    /// - Returns: `done` when the last one ended a run, or was a foreign tap's; else `tryAgain`.
    public static func run(
        input: consuming Descriptor, folder: StateFolder, maxLine: Int = LineReader.defaultMaxLine, log: Log
    ) throws -> ExitStatus {
        var reader = LineReader(input, maxLine: maxLine)
        var last: ByteSlice?
        var isComplete = false
        func bad(_ number: Int, _ why: String) -> Failure {
            Failure(
                .dataError, "line \(number) is no STATE value: \(why)",
                "put the target's standard output here, and nothing else")
        }
        func keep() throws {
            if let last { try folder.writeCheckpoint(last) }
            last = nil
        }
        while true {
            switch try reader.next(whenIdle: keep) {
            case .end:
                try keep()
                if isComplete { return .done }
                log.warn("the input ended before the run did", "run the same command again")
                return .tryAgain
            case .tooLong(let number):
                try keep()
                throw bad(number, "it is longer than \(maxLine) bytes (--max-line)")
            case .line(let line, let number):
                guard let content = line.trimmedLine(first: number == 1) else { continue }
                do {
                    let json = try JSON(parsing: ByteSlice(content.array))
                    let value = json["type"]?.equals("STATE") == true ? json["value"] ?? json : json
                    guard value.isObject else { throw bad(number, "it is no object") }
                    let state = try StateValue(value)
                    isComplete = state.isFinal || state.position == nil
                    last = value.raw
                } catch let error as JSONError {
                    try keep()
                    throw bad(number, "\(error)")
                }
            }
        }
    }
}
