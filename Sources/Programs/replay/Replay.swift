import Capture
import CommandLine
import Glibc
import HTTPServer
import System

@main
struct Replay {
    static let command = Command(
        "replay", "serves captures on loopback: what was recorded for https://HOST/PATH is answered at /HOST/PATH",
        operands: [
            .init(
                "FILE", repeatable: true, "a capture of fetch, or a .har of a browser or of mitmproxy; gzipped or not")
        ],
        options: [
            .init("port", "N", "the port; 0 (the default) picks a free one"),
            .init("port-file", "F", "write the port to F once the server listens; else the address is printed"),
            .init("latency", "TIME", "wait before each answer, e.g. 20ms"),
            .init("faults", "FILE", "what goes wrong, one JSON object a line (below)"),
            .init("log", "FILE", "write a JSON object for each request, one a line"),
            .init("har", "print the captures as one HAR 1.2 document without secrets, and end"),
        ],
        notes: """
            Method, host and path of a request must be equal to the recorded ones, and so must each field of the query or the body
            that differs among the requests recorded for that path; credentials are not compared. Equal requests are answered in
            the order in which they were recorded, the last one again and again. Where nothing was recorded, the answer is 404.

            A fault:
              {"match":{"method":"GET","path":"/slack.com/api/*","query":{"cursor":"x"}},"nth":2,"times":1,
               "do":{"status":429,"headers":{"Retry-After":"1"},"body":"slow down"}}
            `match` and its members may be left out. The fault happens to the nth matching request (from 1), `times` in a row; to
            each of them where neither is given. `do` may also be {"close":true}, {"stall":true}, {"truncate":100} or
            {"delay":"50ms"}. A request that a fault answers does not use up a recorded answer.
            """,
        examples: [
            ("replay drive.har.ndjson.gz --port 8080", "serve a capture until SIGINT or SIGTERM"),
            (
                "replay drive.har.ndjson.gz --har >drive.har",
                "open a capture in a browser's developer tools (Network, Import HAR)"
            ),
            (
                "replay drive.har.ndjson.gz --port-file port --log requests --faults faults",
                "for a test: any port, and what was asked"
            ),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            let faults = try arguments["faults"].map {
                try Faults(parsing: String(decoding: Files.read($0), as: UTF8.self), name: $0)
            }
            let recordings = try arguments.operands.map { try Recording(reading: $0) }
            if arguments.has("har") {
                try HARDocument.write(recordings, version: Command.version) { try Descriptor.standardOutput.write($0) }
                return .done
            }
            let library = Library(recordings)
            let service = Service(
                library, faults: faults ?? Faults(), latency: try arguments.duration("latency"),
                log: try arguments["log"].map { try RequestLog($0, diagnostics: log) })
            return try serve(service, arguments)
        }
    }

    private static func serve(_ service: Service, _ arguments: Arguments) throws -> ExitStatus {
        // Threads inherit the mask: the signals wait for `sigwait` below.
        var ending = sigset_t()
        sigemptyset(&ending)
        sigaddset(&ending, SIGINT)
        sigaddset(&ending, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &ending, nil)

        let server = try HTTPServer(port: try arguments.int("port", in: 0...65535) ?? 0) { service.answer($0) }
        if let file = arguments["port-file"] {
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
