import Glibc
import System

/// A program to run, with files for its input and output.
///
///     try Command("sink", ["sqlite:docs.db", "--state", "S"], input: "changed", output: "committed").run()
public struct Command: Sendable {
    public var program: String
    public var arguments: [String]
    public var input = "/dev/null"
    public var output = "/dev/null"
    public var errors = "/dev/null"
    public var environment: [String: String] = [:]
    /// Where it runs; nil is here.
    public var folder: String?
    /// Kills the program at a call to the system.
    public var kill: Kill?

    /// `strace` ends the program with SIGKILL at the n-th of some calls, before the call is done.
    public struct Kill: Sendable {
        public var calls: String
        public var at: Int
        public init(_ calls: String, at: Int) {
            self.calls = calls
            self.at = at
        }
        /// What changes files.
        public static let writing = "write,pwrite64,fsync,fdatasync,rename,ftruncate,unlink"
    }

    /// - Parameter program: one of the pipeline, or a path.
    public init(
        _ program: String, _ arguments: [String] = [], input: String = "/dev/null", output: String = "/dev/null",
        errors: String = "/dev/null", environment: [String: String] = [:], kill: Kill? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.input = input
        self.output = output
        self.errors = errors
        self.environment = environment
        self.kill = kill
    }

    /// Where the programs are: `SLUICE_BIN`, or beside the tests.
    public static let folder: String = {
        if let told = getenv("SLUICE_BIN") { return String(cString: told) }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        let bytes = path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
        return String(decoding: bytes[..<slash], as: UTF8.self)
    }()
    public static let strace: String? = ["/usr/bin/strace", "/bin/strace"].first { access($0, X_OK) == 0 }

    /// What programs learn of the pace is the tests' own, and there is no bound to it unless a test sets one.
    private static let ofTests = [
        "XDG_RUNTIME_DIR": "/tmp/sluice-tests-\(geteuid())", "SLUICE_BUDGET": "user=0,directory=0",
    ]

    private var words: [String] {
        let path = program.contains("/") ? program : Command.folder + "/" + program
        guard let kill, let strace = Command.strace else { return [path] + arguments }
        return [
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(kill.calls)", "-e",
            "inject=\(kill.calls):signal=KILL:when=\(kill.at)", path,
        ] + arguments
    }

    /// Starts it.
    /// - Parameter files: descriptors in place of input and output.
    public func start(input: Int32? = nil, output: Int32? = nil) throws -> Running {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let write = O_WRONLY | O_CREAT | O_TRUNC
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, self.input, O_RDONLY, 0)
        }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, self.output, write, 0o600)
        }
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let kept: [String] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        let all: [String] =
            kept + Command.ofTests.merging(environment, uniquingKeysWith: { $1 }).map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let code = withStrings(words) { argv in
            withStrings(all) { envp in posix_spawn(&pid, words[0], &actions, nil, argv, envp) }
        }
        if code != 0 { throw SystemError("start", words[0], code) }
        return Running(pid: pid)
    }

    /// Runs it to its end.
    /// - Returns: its exit status, or 128 and the number of the signal that ended it.
    @discardableResult public func run() throws -> Int32 { try start().wait() }
}

/// A program that runs.
public struct Running: Sendable {
    public let pid: pid_t

    public func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end.
    public func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}

private func withStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
