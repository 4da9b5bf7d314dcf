import CPOSIX
import Glibc

/// Another program that is talked to over a socket, its standard input and output, until one of the two ends. What it says on
/// standard error is not kept. One thread at a time.
public final class ChildProcess {
    private let pid: pid_t
    private let socket: Int32
    private var isEnded = false

    /// Starts `arguments[0]`, looked up in PATH where it has no slash.
    /// - Parameter addressSpace: bytes of address space that it may use; 0 is no bound.
    /// - Throws: `isMissing` where there is no such program.
    public init(_ arguments: [String], addressSpace: UInt64 = 0) throws(SystemError) {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw SystemError("make", "a socket pair")
        }
        let nothing = posix_open("/dev/null", O_WRONLY, 0)
        let limits = posix_limits(cpu_seconds: 0, address_space: addressSpace, file_size: 0)
        let started = withArguments(arguments) { posix_start($0, pair[1], pair[1], nothing, limits) }
        close(pair[1])
        if nothing >= 0 { close(nothing) }
        guard started > 0 else {
            close(pair[0])
            throw SystemError("start", arguments.first ?? "", -started)
        }
        pid = started
        socket = pair[0]
    }
    deinit { end() }

    /// For `poll`.
    public var descriptor: Int32 { socket }

    /// - Returns: false where it is gone, or does not take all of it in time.
    public func send(_ bytes: [UInt8], before deadline: ContinuousClock.Instant) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                )
            }
            if count > 0 {
                sent += count
                continue
            }
            guard errno == EAGAIN || errno == EINTR else { return false }
            let left = deadline - ContinuousClock.now
            if left <= .zero { return false }
            var ready = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, Int32(clamping: left.microseconds / 1000 + 1))
        }
        return true
    }

    /// Appends what has come, without waiting.
    /// - Returns: false where nothing comes any more.
    public func receive(into bytes: inout [UInt8]) -> Bool {
        let step = 256 << 10
        while true {
            let at = bytes.count
            bytes += [UInt8](repeating: 0, count: step)
            let count = bytes.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress.map { $0 + at }, step, Int32(MSG_DONTWAIT))
            }
            bytes.removeLast(step - max(count, 0))
            if count == 0 { return false }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count < step { return true }
        }
    }

    /// Ends it, and all that it started, at once.
    public func end() {
        if isEnded { return }
        isEnded = true
        kill(-pid, SIGKILL)
        close(socket)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }
}

/// The arguments of a program as C wants them.
func withArguments<R>(_ arguments: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = arguments.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
}

/// The folder of the program that runs, where its companions are.
public let programFolder: String = {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &path, Int(PATH_MAX))
    guard count > 0 else { return "." }
    let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
}()
