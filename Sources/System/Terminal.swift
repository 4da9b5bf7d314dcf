import Glibc

/// A person at the terminal, asked whatever standard input and output are.
public struct Terminal: ~Copyable {
    private let file: Descriptor

    /// - Parameters:
    ///   - what: what is asked, for the message where there is nobody to ask.
    ///   - otherwise: what to do instead.
    /// - Throws: `Failure` with status `usage` where there is no terminal.
    public init(toAsk what: String, otherwise: String) throws {
        do { file = try Descriptor(opening: "/dev/tty", O_RDWR | O_NOCTTY) } catch {
            throw Failure(.usage, "there is no terminal to ask for \(what)", otherwise)
        }
    }

    /// A line, typed without being shown. The terminal shows what is typed again whatever happens.
    public func secret(_ prompt: String) throws -> [UInt8] {
        var before = termios()
        guard tcgetattr(file.raw, &before) == 0 else { throw SystemError("ask at", file.name) }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(file.raw, TCSAFLUSH, &silent) == 0 else { throw SystemError("ask at", file.name) }
        defer {
            tcsetattr(file.raw, TCSAFLUSH, &before)
            try? file.write(Array("\n".utf8))
        }
        return try line(prompt)
    }

    /// A line.
    /// - Throws: `Failure` with the status of the signal that came while it waited.
    public func line(_ prompt: String) throws -> [UInt8] {
        try file.write(Array(prompt.utf8))
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 64 << 10 {
            var waiting = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
            // `poll` is not begun again after a signal, as `read` may be.
            guard poll(&waiting, 1, -1) >= 0 else {
                guard errno == EINTR else { throw SystemError("ask at", file.name) }
                throw Failure(.signal(SIGINT), "nothing was entered", "run the same command again")
            }
            let count = read(file.raw, &byte, 1)
            if count <= 0 || byte == 0x0A { break }
            line.append(byte)
        }
        if line.last == 0x0D { line.removeLast() }
        return line
    }
}
