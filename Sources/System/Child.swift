import CPOSIX
import Glibc

/// Another program, run to its end on given bytes, under limits: whatever it does, this process neither hangs, nor grows
/// without bound, nor keeps a zombie or an open file of it. It gets none of the variables `SLUICE_…`.
public enum Child {
    public struct Limits: Sendable {
        /// How long it may run by the clock.
        public var time: Duration
        /// How long each of its processes may compute, in seconds; 0 is no bound.
        public var cpuSeconds: UInt64
        /// Bytes of address space of each of its processes; 0 is no bound.
        public var addressSpace: UInt64
        /// Bytes of output that are kept; it is ended when it writes more.
        public var output: Int

        public init(time: Duration, cpuSeconds: UInt64 = 0, addressSpace: UInt64 = 0, output: Int) {
            self.time = time
            self.cpuSeconds = cpuSeconds
            self.addressSpace = addressSpace
            self.output = output
        }
    }

    public enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
        /// It ran longer than it may, by the clock or by its processor time.
        case timeLimit
        /// It wrote more than is kept.
        case outputLimit
    }

    public struct Result: Sendable {
        public var ending: Ending
        public var output: [UInt8]
        /// The first 64 KiB of what it wrote to its standard error.
        public var errors: [UInt8]
    }

    /// Runs `arguments[0]`, looked up in PATH, and returns when it ended. Its process group ends with it.
    /// - Throws: `SystemError` where it can't be started; `isMissing` where there is no such program.
    public static func run(_ arguments: [String], input: [UInt8], limits: Limits) throws(SystemError) -> Result {
        let deadline = ContinuousClock.now + limits.time
        let stdin = try Channel(), stdout = try Channel(), stderr = try Channel()
        let pid = start(
            arguments, stdin.theirs, stdout.theirs, stderr.theirs,
            posix_limits(cpu_seconds: limits.cpuSeconds, address_space: limits.addressSpace, file_size: 0))
        stdin.closeTheirs()
        stdout.closeTheirs()
        stderr.closeTheirs()
        guard pid > 0 else { throw SystemError("start", arguments.first ?? "", -pid) }

        var result = Result(ending: .exited(0), output: [], errors: [])
        var early = converse(input, (stdin, stdout, stderr), limits, deadline, &result)
        while early == nil, !hasEnded(pid) {
            if ContinuousClock.now >= deadline { early = .timeLimit }
            poll(nil, 0, 1)
        }
        kill(-pid, SIGKILL)  // not reaped yet, so the number is still that of our group
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        // The kernel sends SIGKILL where the soft and the hard limit of processor time are the same.
        let cpuLimit = limits.cpuSeconds > 0 && (signal == SIGXCPU || signal == SIGKILL)
        result.ending =
            early ?? (cpuLimit ? .timeLimit : signal != 0 ? .signalled(signal) : .exited(status >> 8 & 0xFF))
        return result
    }

    /// Starts `arguments[0]`, looked up in PATH, with nothing to read and nowhere to write, and leaves it to itself: a browser.
    /// It gets none of the variables `SLUICE_…`.
    /// - Throws: `SystemError` where it can't be started; `isMissing` where there is no such program.
    public static func launch(_ arguments: [String]) throws(SystemError) {
        let nothing = try Descriptor(opening: "/dev/null", O_RDWR)
        let pid = start(arguments, nothing.raw, nothing.raw, nothing.raw, posix_limits())
        guard pid > 0 else { throw SystemError("start", arguments.first ?? "", -pid) }
    }

    private static func start(
        _ arguments: [String], _ stdin: Int32, _ stdout: Int32, _ stderr: Int32, _ limits: posix_limits
    ) -> pid_t {
        withArguments(arguments) { posix_start($0, stdin, stdout, stderr, limits) }
    }

    /// Feeds and reads until the child closed both outputs: then nil, or what ended it before.
    private static func converse(
        _ input: [UInt8], _ channels: (in: Channel, out: Channel, err: Channel), _ limits: Limits,
        _ deadline: ContinuousClock.Instant, _ result: inout Result
    ) -> Ending? {
        var sent = 0
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        if input.isEmpty { channels.in.closeOurs() }
        while channels.out.ours >= 0 || channels.err.ours >= 0 {
            let left = deadline - ContinuousClock.now
            if left <= .zero { return .timeLimit }
            var fds = [
                pollfd(fd: channels.in.ours, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: channels.out.ours, events: Int16(POLLIN), revents: 0),
                pollfd(fd: channels.err.ours, events: Int16(POLLIN), revents: 0),
            ]
            let milliseconds = Int32(clamping: left.microseconds / 1000 + 1)
            guard poll(&fds, nfds_t(fds.count), milliseconds) > 0 else { continue }
            if fds[0].revents != 0 {
                let count = input.withUnsafeBytes {
                    send(
                        channels.in.ours, $0.baseAddress.map { $0 + sent }, $0.count - sent, flags | Int32(MSG_NOSIGNAL)
                    )
                }
                if count > 0 { sent += count }
                if sent == input.count || count < 0 && !isTemporary(errno) { channels.in.closeOurs() }
            }
            if fds[1].revents != 0, let count = channels.out.receive(into: &chunk) {
                result.output += chunk[..<min(count, limits.output - result.output.count + 1)]
                if result.output.count > limits.output {
                    result.output.removeLast()
                    return .outputLimit
                }
            }
            if fds[2].revents != 0, let count = channels.err.receive(into: &chunk) {
                result.errors += chunk[..<min(count, 64 * 1024 - result.errors.count)]
            }
        }
        return nil
    }

    private static func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_signo != 0
    }
}

private let flags = Int32(MSG_DONTWAIT)

private func isTemporary(_ number: Int32) -> Bool { number == EAGAIN || number == EINTR }

/// A pair of connected sockets, both closed when this ends. Sockets and not pipes: they are made with `SOCK_CLOEXEC` in one
/// step, and a send to a child that is gone raises no signal.
private final class Channel {
    private(set) var ours: Int32 = -1
    private(set) var theirs: Int32 = -1

    init() throws(SystemError) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw SystemError("make", "a socket pair")
        }
        (ours, theirs) = (pair[0], pair[1])
    }
    deinit {
        closeOurs()
        closeTheirs()
    }

    func closeOurs() {
        if ours >= 0 { close(ours) }
        ours = -1
    }
    func closeTheirs() {
        if theirs >= 0 { close(theirs) }
        theirs = -1
    }

    /// - Returns: how many bytes came; nil where none did, and then the channel is closed if none will.
    func receive(into chunk: inout [UInt8]) -> Int? {
        let count = recv(ours, &chunk, chunk.count, flags)
        if count > 0 { return count }
        if count == 0 || !isTemporary(errno) { closeOurs() }
        return nil
    }
}
