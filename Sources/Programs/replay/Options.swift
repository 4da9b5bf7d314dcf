import Capture
import CommandLine
import System

/// The command line of `replay`.
struct Options {
    var files: [String] = []
    var port = 0
    var portFile: String?
    var latency: Duration?
    var faults: String?
    var log: String?

    enum Wish { case serve(Options), help, version }

    static let help = """
        usage: replay FILE... [options]

        Serves captures on loopback: what was recorded for https://HOST/PATH is answered at http://127.0.0.1:PORT/HOST/PATH.
        FILE is a capture of `fetch --capture`, or a .har of a browser or of mitmproxy; gzipped or not. Without --port-file the
        address is printed once the server listens. SIGTERM or SIGINT ends it.

          --port N         the port; 0, which is the default, picks a free one
          --port-file F    write the port to F once the server listens, instead of the address to standard output
          --latency T      wait before each answer: 20ms, 2s
          --faults FILE    what goes wrong, one JSON object a line (below)
          --log FILE       write a JSON object for each request, one a line
          --help           show this
          --version        show the version

        Method, host and path of a request must be equal to the recorded ones, and so must each field of the query or the body that
        differs among the requests recorded for that path; credentials are not compared. Equal requests are answered in the order
        in which they were recorded, the last one again and again. Where nothing was recorded, the answer is 404.

        A fault:
          {"match":{"method":"GET","path":"/slack.com/api/*","query":{"cursor":"x"}},"nth":2,"times":1,
           "do":{"status":429,"headers":{"Retry-After":"1"},"body":"slow down"}}
        `match` and its members may be left out. The fault happens to the nth matching request (from 1), `times` in a row; to
        each of them where neither is given. `do` may also be {"close":true}, {"stall":true}, {"truncate":100} or
        {"delay":"50ms"}. A request that a fault answers does not use up a recorded answer.

        Examples:
          replay slack.har.gz --port 8080 & fetch slack --via http://127.0.0.1:8080
          replay drive.har --port-file port --log requests.ndjson --faults faults.ndjson

        """

    init() {}

    private static let names = ["port", "port-file", "latency", "faults", "log", "help", "version"]

    /// - Throws: `Failure` with status `usage`.
    static func parse(_ arguments: [String]) throws(Failure) -> Wish {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-", argument != "--" else {
                if argument != "--" {
                    options.files.append(argument)
                    continue
                }
                options.files += rest
                break
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if name == "help" { return .help }
            if name == "version" { return .version }
            guard argument.hasPrefix("--"), names.contains(name) else {
                throw wrong(
                    "there is no option '\(argument.hasPrefix("--") ? "--" + name : argument)'",
                    Command.suggestion(for: name, among: names))
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw wrong("--\(name) has no value", "give one: --\(name) VALUE")
            }
            try options.set(name, value)
        }
        if options.files.isEmpty { throw wrong("no capture is named", "give a file: replay FILE") }
        return .serve(options)
    }

    private mutating func set(_ name: String, _ value: String) throws(Failure) {
        switch name {
        case "port":
            guard let number = Int(value), (0...65535).contains(number) else {
                throw Options.wrong("--port \(value) is no port", "give one from 1 to 65535, or 0 for a free one")
            }
            port = number
        case "latency":
            guard let time = Duration(value) else {
                throw Options.wrong("--latency \(value) is no time", "give a number and a unit: 20ms, 2s")
            }
            latency = time
        case "port-file": portFile = value
        case "faults": faults = value
        default: log = value
        }
    }

    private static func wrong(_ what: String, _ remedy: String) -> Failure { Failure(.usage, what, remedy) }
}
