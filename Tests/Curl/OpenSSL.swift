import Glibc
import Processes
import System

/// Certificates and servers of OpenSSL's own command.
enum OpenSSL {
    static let path = "/usr/bin/openssl"

    /// A certificate and its key, as files.
    struct Certificate: Sendable {
        let file: String
        let key: String
    }

    /// Makes a certificate that vouches for itself.
    /// - Parameters:
    ///   - name: whose it is, such as `IP:127.0.0.1` or `DNS:api.test`.
    ///   - days: how long it lasts; what is negative has ended.
    static func certificate(for name: String, days: Int = 2, in folder: Scratch) throws -> Certificate {
        let made = Certificate(file: folder.file("certificate"), key: folder.file("key"))
        let (request, extensions) = (folder.file("request"), folder.file("extensions"))
        try Scratch.write(Array("subjectAltName=\(name)".utf8), to: extensions)
        try Command(
            path,
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                made.key,
                "-out", request, "-subj", "/CN=test",
            ]
        ).run()
        try Command(
            path,
            [
                "x509", "-req", "-in", request, "-signkey", made.key, "-days", "\(days)", "-extfile", extensions,
                "-out",
                made.file,
            ]
        ).run()
        return made
    }

    /// Runs a server that answers every GET for as long as the body takes, which gets its port.
    static func serving(_ certificate: Certificate, _ options: [String] = [], body: (Int) async throws -> Void)
        async throws
    {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError("pipe", path) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let output = Descriptor(owning: ends[0], name: path)
        let server = try Command(
            path,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate.file, "-key", certificate.key, "-www"] + options
        ).start(output: ends[1])
        close(ends[1])
        defer {
            server.signal(SIGKILL)
            _ = server.wait()
        }
        // It says "ACCEPT 127.0.0.1:41889" when it is ready.
        var text = ""
        var port: Int?
        var buffer = [UInt8](repeating: 0, count: 4096)
        while port == nil {
            let count = try buffer.withUnsafeMutableBytes { try output.read(into: $0) }
            if count == 0 { throw SystemError("start", path) }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            port = text.split(separator: "\n").last { $0.hasPrefix("ACCEPT ") && text.hasSuffix("\n") }
                .flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
        }
        try await body(port ?? 0)
    }
}
