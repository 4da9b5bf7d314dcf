import Glibc

/// A client that sends bytes and reads answers, one connection a value.
final class RawClient {
    private let socket: Int32
    private var buffer: [UInt8] = []
    private(set) var isAtEnd = false

    struct Answer {
        var head: String
        var body: [UInt8]
        var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }
        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.drop { $0 != ":" }.dropFirst(2)) }
        }
    }

    init(port: Int) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // A server that never answers fails the test instead of holding it up.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
    deinit { hangUp() }

    private var isOpen = true
    func hangUp() {
        if isOpen { close(socket) }
        isOpen = false
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            done += count
        }
    }

    func get(_ target: String, _ headers: String = "") -> Answer? {
        send("GET \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return answer()
    }
    func post(_ target: String, _ body: String, _ headers: String = "") -> Answer? {
        send("POST \(target) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        return answer()
    }

    private func more() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16384)
        let count = read(socket, &chunk, chunk.count)
        if count <= 0 {
            isAtEnd = count == 0 || errno == ECONNRESET
            return false
        }
        buffer += chunk[..<count]
        return true
    }

    /// The next answer, its body as far as it comes; nil where the connection ends before its headers do.
    func answer(hasBody: Bool = true) -> Answer? {
        let gap = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: gap) == nil { if !more() { return nil } }
        guard let end = buffer.firstRange(of: gap) else { return nil }
        var answer = Answer(head: String(decoding: buffer[..<end.lowerBound], as: UTF8.self), body: [])
        buffer.removeSubrange(..<end.upperBound)
        let length = hasBody ? Int(answer.header("Content-Length") ?? "") ?? 0 : 0
        while buffer.count < length { if !more() { break } }
        answer.body = Array(buffer.prefix(length))
        buffer.removeFirst(answer.body.count)
        return answer
    }

    /// True when the server has closed the connection.
    func readsEnd() -> Bool {
        while more() {}
        return isAtEnd
    }
}

/// Says to one thread what happened on another.
final class Signal: Sendable {
    private let ends: (read: Int32, write: Int32)
    init() {
        var pair: [Int32] = [0, 0]
        pipe(&pair)
        ends = (pair[0], pair[1])
    }
    deinit {
        close(ends.read)
        close(ends.write)
    }
    func send(_ byte: UInt8 = 1) {
        var byte = byte
        _ = write(ends.write, &byte, 1)
    }
    func wait() -> UInt8 {
        var byte: UInt8 = 0
        _ = read(ends.read, &byte, 1)
        return byte
    }
}
