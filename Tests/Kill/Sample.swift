import Glibc
import JSON
import Processes
import System

@testable import Destinations

/// The pipeline over the sample of Google Drive, served by `replay`, in a folder of its own.
final class Sample: Sendable {
    let scratch: Scratch
    private let server: Running
    let url: String

    /// The root of the package.
    private static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    init() throws {
        scratch = try Scratch()
        let folder = Sample.root + "/samples/google_drive"
        try Scratch.copy(folder + "/credentials.json", to: scratch.file("credentials.json"))
        var command = Command(
            "replay",
            [folder + "/first.har.ndjson.gz", "--log", scratch.file("requests")], errors: scratch.file("replay.errors"))
        // Its address comes once it listens.
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError("make", "a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        command.output = "/dev/null"
        server = try command.start(output: ends[1])
        close(ends[1])
        let reader = Descriptor(owning: ends[0], name: "the address of replay")
        var told: [UInt8] = []
        while told.last != 0x0A {
            let part = try [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
                count = try reader.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if part.isEmpty { throw Failure(.unavailable, "replay did not start") }
            told += part
        }
        url = String(decoding: told.dropLast(), as: UTF8.self)
    }

    deinit {
        server.signal(SIGTERM)
        _ = server.wait()
    }

    /// Runs the whole pipeline once.
    /// - Parameter wrap: what stands before a program, by its name.
    /// - Returns: the status of each of the five programs.
    func run(_ wrap: [String: String] = [:]) throws -> [Int32] {
        let state = "--state \(scratch.file("S"))"
        let programs = [
            (
                "fetch",
                "google_drive --via \(url) --attempts 2 --credentials \(scratch.file("credentials.json")) \(state)"
            ),
            ("extract", ""), ("perms", ""), ("dedupe", state),
            ("sink", "sqlite:\(scratch.file("docs.db")) --max-delete 100 --batch 20 \(state)"),
        ].map { name, arguments in "\(wrap[name] ?? "") \(Command.folder)/\(name) \(arguments)" }
        let status = scratch.file("status")
        try Command(
            "/bin/bash",
            ["-c", programs.joined(separator: " | ") + " > /dev/null; echo ${PIPESTATUS[@]} > \(status)"],
            errors: scratch.file("errors"), environment: ["XDG_RUNTIME_DIR": scratch.path]
        ).run()
        return String(decoding: try Files.read(status), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }

    /// Runs the pipeline until it says that all was accounted for.
    func runToTheEnd() throws -> [Int32] {
        for _ in 0..<4 {
            let status = try run()
            if status.last == 0 { return status }
        }
        throw Failure(.software, "sink never ends a run: \(errors)")
    }

    var errors: String {
        ((try? Files.readIfPresent(scratch.file("errors"))) ?? nil).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// All that the database holds, but for when each line was read and how often a debt was tried.
    func dump() throws -> [String] {
        let database = try Database(scratch.file("docs.db"))
        let queries = [
            """
            select json_array(semantic_id, connection, id, content, title, url, author, created_at, updated_at, partition, parent,
                json(metadata)) from documents
            """,
            "select json_array('principal', semantic_id, principal) from document_principals",
            "select json_array('group', id, connection, source, partition, name) from groups",
            "select json_array('member', id, member) from group_members",
            "select json_array('debt', semantic_id, partition, stage, reason) from failures",
        ]
        return try queries.flatMap { try database.rows($0) { $0.text(0) ?? "" } }.sorted()
    }

    /// The pages of listings and of changes that were answered: their place and the whole request, in order.
    func pages() throws -> [(place: String, request: String)] {
        let lines = try Files.read(scratch.file("requests")).split(separator: 0x0A)
        return try lines.compactMap { line in
            let json = try JSON(parsing: Array(line))
            guard let path = json["path"]?.string, ["/drive/v3/files", "/drive/v3/changes"].contains(path),
                json["status"]?.int == 200, let query = json["query"]
            else { return nil }
            let text = query.minified.text
            let drive = text.split(separator: "\"").drop { $0 != "driveId" }.dropFirst(2).first.map(String.init)
            return (drive ?? "user", path + text)
        }
    }
}
