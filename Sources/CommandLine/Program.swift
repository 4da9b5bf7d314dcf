import CPOSIX
import Glibc
import Stream
import System

/// Where a program begins and ends: the one place that turns an error into a line on standard error and an exit code.
public enum Program {
    /// Runs a program that does one thing after the other.
    public static func run(_ command: Command, _ body: (Arguments, Log) throws -> ExitStatus) -> Never {
        let begun = begin(command)
        do { exit(try body(begun.arguments, begun.log).rawValue) } catch { end(error, begun.log) }
    }

    /// Runs a program that waits for many things at once.
    public static func run(
        _ command: Command, _ body: @Sendable (Arguments, Log) async throws -> ExitStatus
    ) async -> Never {
        let begun = begin(command)
        do { exit(try await body(begun.arguments, begun.log).rawValue) } catch { end(error, begun.log) }
    }

    /// The signal that asks this program to end. In a pipeline `fetch` alone heeds it, and the others go on to the end of
    /// their input; a second signal ends whoever gets it.
    public static var notedSignal: Int32? {
        let number = posix_noted_signal()
        return number == 0 ? nil : number
    }

    private static func begin(_ command: Command) -> (arguments: Arguments, log: Log) {
        signal(SIGPIPE, SIG_IGN)
        posix_note_termination()
        posix_keep_memory_private()
        let words = Array(Swift.CommandLine.arguments.dropFirst())
        do {
            let chosen = try command.chosen(by: words)
            let arguments = try Arguments(chosen.rest, for: chosen.command)
            if arguments.has("help") { print(chosen.command.helpPage) }
            if arguments.has("version") { print("\(command.name) \(Command.version)\n") }
            let log = Log(program: command.name, form: try arguments.logForm)
            try arguments.checkOperands()
            Descriptor.widenStandardPipes()
            return (arguments, log)
        } catch { end(error, Log(program: command.name)) }
    }

    private static func print(_ text: String) -> Never {
        try? Descriptor.standardOutput.write(Array(text.utf8))
        exit(0)
    }

    private static func end(_ error: any Error, _ log: Log) -> Never {
        switch error {
        case let failure as Failure:
            log.report(failure)
            exit(failure.status.rawValue)
        case let error as SystemError where error.isClosedPipe: exit(ExitStatus.closedPipe.rawValue)
        case let error as SystemError:
            log.report(
                Failure(
                    .ioError, "\(error)",
                    "mend that, and run the same command again: it goes on from the last checkpoint"))
            exit(ExitStatus.ioError.rawValue)
        default:
            log.report(Failure(.software, "\(error)", "this is a bug: please report it"))
            exit(ExitStatus.software.rawValue)
        }
    }
}
