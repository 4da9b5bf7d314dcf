import Capture
import CommandLine
import Glibc
import HTTPServer
import System

/// Serves captures on loopback. It knows nothing of any service.
@main
struct Replay {
    static func main() {
        do { exit(try run(Array(Swift.CommandLine.arguments.dropFirst())).rawValue) } catch {
            let failure = error as? Failure ?? Failure(.ioError, "\(error)")
            report(failure)
            exit(failure.status.rawValue)
        }
    }

    static func report(_ failure: Failure) {
        try? Descriptor.standardError.write(Array("replay: \(failure)\n".utf8))
    }

    private static func run(_ arguments: [String]) throws -> ExitStatus {
        let options: Options
        switch try Options.parse(arguments) {
        case .help:
            try Descriptor.standardOutput.write(Array(Options.help.utf8))
            return .done
        case .version:
            try Descriptor.standardOutput.write(Array("replay \(Command.version)\n".utf8))
            return .done
        case .serve(let wanted): options = wanted
        }
        let faults = try options.faults.map {
            try Faults(parsing: String(decoding: Files.read($0), as: UTF8.self), name: $0)
        }
        let library = Library(try options.files.map { try Recording(reading: $0) })
        let service = Service(
            library, faults: faults ?? Faults(), latency: options.latency,
            log: try options.log.map { try RequestLog($0) })

        // Threads inherit the mask: the signals wait for `sigwait` below.
        var ending = sigset_t()
        sigemptyset(&ending)
        sigaddset(&ending, SIGINT)
        sigaddset(&ending, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &ending, nil)

        let server = try HTTPServer(port: options.port) { service.answer($0) }
        if let file = options.portFile {
            try Files.replace(file, with: Array("\(server.port)\n".utf8))
        } else {
            try Descriptor.standardOutput.write(Array("\(server.url)\n".utf8))
        }
        var signal: Int32 = 0
        sigwait(&ending, &signal)
        server.stop()
        return .signal(signal)
    }
}
