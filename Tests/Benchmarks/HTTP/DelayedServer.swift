import Glibc
import System

/// A server on this machine that answers every GET after the same time, in one thread: a service far away.
struct DelayedServer {
    private struct Answer {
        let due: ContinuousClock.Instant
        let connection: Int32
        let bytes: [UInt8]
    }
    private let delay: Duration
    private let listener: Int32
    /// What has come and is no whole request yet.
    private var received: [Int32: [UInt8]] = [:]
    /// In the order in which they are due.
    private var answers: [Answer] = []
    private var next = 0

    init(delay milliseconds: Int64) throws {
        delay = .milliseconds(milliseconds)
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 256) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard bound else { throw SystemError("listen", "loopback") }
        listener = fd
        try Descriptor.standardOutput.write(Array("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))\n".utf8))
    }

    /// Serves until its input ends.
    consuming func run() throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var ends = ([0, listener] + received.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let wait = next < answers.count ? answers[next].due - .now : .seconds(60)
            poll(&ends, nfds_t(ends.count), Int32(clamping: max(0, wait.microseconds + 999) / 1000))
            if ends[0].revents != 0 { return }
            if ends[1].revents != 0 { take(accept(listener, nil, nil)) }
            for end in ends.dropFirst(2) where end.revents != 0 {
                let count = recv(end.fd, &buffer, buffer.count, 0)
                count > 0 ? receive(buffer[..<count], end.fd) : drop(end.fd)
            }
            answerWhatIsDue()
        }
    }

    private mutating func take(_ connection: Int32) {
        var on: Int32 = 1
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        if connection >= 0 { received[connection] = [] }
    }

    private mutating func drop(_ connection: Int32) {
        received[connection] = nil
        close(connection)
    }

    private mutating func receive(_ bytes: ArraySlice<UInt8>, _ connection: Int32) {
        var all = (received[connection] ?? []) + bytes
        // A request without a body ends with an empty line.
        while let end = all.firstRange(of: Array("\r\n\r\n".utf8)) {
            let path =
                String(decoding: all[..<end.lowerBound], as: UTF8.self).split(separator: " ").dropFirst().first ?? ""
            let number = path.split(separator: "/").last.flatMap { Int($0) } ?? 0
            let body = #"{"next":"/item/\#(number + 1)","text":"\#(String(repeating: "x", count: 1000))"}"#
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            answers.append(Answer(due: .now + delay, connection: connection, bytes: Array((head + body).utf8)))
            all.removeSubrange(..<end.upperBound)
        }
        received[connection] = all
    }

    private mutating func answerWhatIsDue() {
        while next < answers.count, answers[next].due <= .now {
            let answer = answers[next]
            next += 1
            if received[answer.connection] != nil {
                send(answer.connection, answer.bytes, answer.bytes.count, Int32(MSG_NOSIGNAL))
            }
        }
        if next == answers.count {
            answers.removeAll(keepingCapacity: true)
            next = 0
        }
    }
}
