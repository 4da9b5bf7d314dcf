import CommandLine
import Destinations
import Glibc
import State
import Stream
import System

@main
struct Sink {
    static let command = Command(
        "sink", "store documents, and who may read them, from standard input",
        operands: [
            .init("DESTINATION", "sqlite:FILE, jsonl:DIR, postgres:SETTINGS, or state: after another Singer target")
        ],
        options: [
            .init("state", "DIR", "the state folder of the pipeline: where the last STATE is copied to"),
            .init("batch", "N", "records after which a STATE is committed (100)"),
            .init("batch-time", "TIME", "time after which a STATE is committed (1s)"),
            .init("max-delete", "PERCENT", "the most documents of a connection that listings may remove at once (10)"),
            .init("explain", "ID", "say who may read the document of this semantic_id, and why, and end"),
            .init("readable-by", "READER", "list what a reader (an address) may read, and through what, and end"),
            .init("password-fd", "N", "read the password of the database from this open file; else as libpq does"),
            Command.maxLine,
        ],
        examples: [
            (
                "fetch google_drive --state S | extract | perms | dedupe --state S | sink sqlite:docs.db --state S",
                "keep docs.db as the drive is; run it again whenever you like"
            ),
            (
                "sink sqlite:docs.db --state S --max-delete 100 < stream",
                "let a listing remove all that it did not meet"
            ),
            ("sink sqlite:docs.db --explain google_drive:1AbC", "see why each reader may read it"),
            (
                "sink sqlite:docs.db --readable-by ann@example.com",
                "see what ann may read: id, title, through which principal"
            ),
            (
                "sink 'postgres:host=db.example.com dbname=docs schema=sluice' --state S < stream",
                "store in PostgreSQL; the password comes from PGPASSWORD, PGPASSFILE or a service file"
            ),
            ("… | target-x | sink state: --state S", "store with another target, and keep the STATE that it committed"),
        ])

    static func main() {
        Program.run(command) { arguments, log in
            let name = try DestinationName(arguments.operands.first ?? "")
            if arguments["explain"] != nil || arguments["readable-by"] != nil { return try tell(name, arguments) }
            let folder = try arguments["state"].map { try StateFolder($0) }
            let lock = try folder?.lock("sink")
            defer { _ = lock }
            var options = Loader.Options()
            options.batch = try arguments.int("batch", in: 1...1_000_000) ?? options.batch
            options.batchTime = try arguments.duration("batch-time") ?? options.batchTime
            options.maxDelete = try arguments.int("max-delete", in: 0...100) ?? options.maxDelete
            options.maxLine = try arguments.maxLine()

            let destination: any Destination
            switch name {
            case .sqlite(let file): destination = try SQLiteDestination(file)
            case .jsonLines(let path): destination = try JSONLinesDestination(path)
            case .postgreSQL(let database): destination = try postgreSQL(database, arguments)
            case .state:
                guard let folder else {
                    throw Failure(.usage, "state: needs --state", "give the pipeline's state folder")
                }
                return try StateCopy.run(input: .standardInput, folder: folder, maxLine: options.maxLine, log: log)
            }
            let loader = try Loader(
                into: destination, folder: folder, options: options, time: SystemTime(), log: log,
                output: .standardOutput)
            return try loader.run(input: .standardInput)
        }
    }

    /// Answers a question about access.
    private static func tell(_ name: DestinationName, _ arguments: Arguments) throws -> ExitStatus {
        let source: any AccessSource
        switch name {
        case .sqlite(let file): source = try SQLiteDestination(asking: file)
        case .postgreSQL(let database): source = try postgreSQL(database, arguments)
        case .jsonLines, .state:
            throw Failure(
                .usage, "\(arguments.operands[0]) can't be asked who may read what",
                "name sqlite:FILE or postgres:SETTINGS")
        }
        if let id = arguments["explain"] {
            guard let explanation = try Explanation(of: id, in: source) else {
                throw Failure(
                    .dataError, "there is no document '\(id)'", "give a semantic_id, such as google_drive:1AbC")
            }
            try Descriptor.standardOutput.write(Array(explanation.text(id).utf8))
        }
        if let reader = arguments["readable-by"] {
            var lines: [UInt8] = []
            try Readable(by: reader.contains(":") ? reader : reader.lowercased(), in: source).documents {
                id, title, through in
                let shown = (title ?? "").map { $0.isNewline || $0 == "\t" ? " " : $0 }
                lines += Array("\(id)\t\(String(shown))\t\(through)\n".utf8)
                guard lines.count > 1 << 16 else { return }
                try Descriptor.standardOutput.write(lines)
                lines = []
            }
            try Descriptor.standardOutput.write(lines)
        }
        return .done
    }

    private static func postgreSQL(_ database: DatabaseName, _ arguments: Arguments) throws -> PostgreSQLDestination {
        let password = try arguments.int("password-fd", in: 0...65_535).map { try Sink.readPassword(Int32($0)) }
        return try PostgreSQLDestination(database, password: password, waiting: Waiting(pause: Sink.pause))
    }

    /// The first line of an open file.
    private static func readPassword(_ number: Int32) throws -> Secret {
        let line = try Descriptor(borrowing: number, name: "--password-fd \(number)").firstLine(limit: 4096)
        guard !line.isEmpty else {
            throw Failure(.configuration, "--password-fd \(number) holds no password", "write it there, in one line")
        }
        return Secret(String(decoding: line, as: UTF8.self))
    }

    private static func pause(_ time: Duration) { usleep(UInt32(clamping: time.microseconds)) }
}
