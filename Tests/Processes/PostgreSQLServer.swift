import Glibc
import System

/// A PostgreSQL server of Debian's, with a folder and a socket of its own, that ends when this value does, or the process.
///
/// A server does not run as root: then it runs as `postgres`.
public final class PostgreSQLServer: @unchecked Sendable {
    // Sendable: all is written by `init` and read after, but for what `stop` and `start` take under the caller's own order.
    private let scratch: String
    private let binaries: String
    private let settings: [String]
    private var supervisor: Running?
    private var leash: Int32 = -1

    /// One server that many tests share, each in a schema of its own.
    public static let shared = Result { try PostgreSQLServer() }

    /// - Parameter settings: of `postgresql.conf`, after those that make it fast and not durable.
    public init(_ settings: [String] = [], folder: String? = nil) throws {
        let base = "/usr/lib/postgresql"
        guard let version = Files.names(in: base).compactMap({ Int($0) }).max() else {
            throw Failure(.unavailable, "there is no PostgreSQL server", "install the package postgresql")
        }
        binaries = "\(base)/\(version)/bin"
        var random = SystemRandomNumberGenerator()
        let parent = folder ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        scratch = "\(parent)/sluice-pg-\(random.hexadecimal(bytes: 6))"
        self.settings = ["jit=off", "fsync=off", "synchronous_commit=off", "full_page_writes=off"] + settings
        try Files.makeFolder(scratch)
        if getuid() == 0 {
            guard let user = getpwnam("postgres") else { throw Failure(.unavailable, "there is no user 'postgres'") }
            chown(scratch, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try shell(
            "\(binaries)/initdb --auth=trust --username=owner --no-sync --encoding=UTF8 --locale=C.UTF-8 -D \(data)")
        try start()
    }
    deinit {
        stop("immediate")
        Scratch.remove(scratch)
    }

    private var data: String { scratch + "/data" }
    public var log: String { scratch + "/log" }
    /// The folder of its socket, and the connection string of its owner's database.
    public var folder: String { scratch }
    public var connection: String { connection(as: "owner") }
    public func connection(as user: String) -> String { "host=\(scratch) user=\(user) dbname=postgres" }

    /// Starts it, on its socket alone, and waits until it takes connections. When our end of a pipe closes it is stopped, also when
    /// this process is killed.
    public func start() throws {
        let options =
            (["listen_addresses=''", "unix_socket_directories='\(scratch)'", "max_connections=200"] + settings)
            .map { "-c \($0)" }.joined(separator: " ")
        let start = "\(binaries)/pg_ctl start -s -w -t 60 -D \(data) -l \(log) -o \"\(options)\""
        let stop = "\(binaries)/pg_ctl stop -s -m immediate -D \(data) 2>/dev/null"
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError("make", "a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        try shell(start)
        supervisor = try command("cat >/dev/null; \(stop)", errors: "/dev/null").start(input: ends[0])
        close(ends[0])
        leash = ends[1]
    }

    /// - Parameter mode: `fast` ends its sessions, `immediate` is a crash.
    public func stop(_ mode: String) {
        try? shell("\(binaries)/pg_ctl stop -s -m \(mode) -D \(data)")
        if leash >= 0 { close(leash) }
        leash = -1
        _ = supervisor?.wait()
        supervisor = nil
    }

    private func command(_ text: String, errors: String) -> Command {
        // Its folder must be one that the user may enter.
        let words = ["/bin/bash", "-c", "cd /; \(text)"]
        let all = getuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--"] + words : words
        return Command(all[0], Array(all.dropFirst()), errors: errors)
    }
    private func shell(_ text: String) throws {
        let errors = scratch + ".errors"
        defer { unlink(errors) }
        guard try command(text, errors: errors).run() == 0 else {
            let said = String(decoding: (try? Files.read(errors)) ?? [], as: UTF8.self)
            let logged = String(decoding: (try? Files.readIfPresent(log) ?? []) ?? [], as: UTF8.self).suffix(1000)
            throw Failure(.unavailable, "the server: \(said) \(logged)")
        }
    }
}
