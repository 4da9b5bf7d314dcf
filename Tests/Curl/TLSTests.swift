import CPOSIX
import Curl
import Glibc
import HTTP
import System
import Testing

/// TLS as OpenSSL's own server speaks it. Where its command is missing, these are left out.
@Suite(.enabled(if: Files.exists(OpenSSL.path))) struct TLSTests {
    @Test func onlyACertificateThatVerifiesIsTaken() async throws {
        try await OpenSSL.serving { port, certificate in
            let trusting = try CurlTransport(options: .init(caFile: certificate))
            let url = try #require(URL("https://127.0.0.1:\(port)/"))
            #expect(try await trusting.send(.get(url)).status == 200)
            // Another name than the certificate's.
            #expect(await end(.get(try #require(URL("https://localhost:\(port)/"))), trusting) == .failed(.refused))
            // A certificate that nobody vouches for.
            #expect(await end(.get(url), try CurlTransport()) == .failed(.refused))
            #expect(
                await end(.get(url), try CurlTransport(options: .init(caFile: "/nonexistent"))) == .failed(.refused))
        }
    }

    @Test func oldVersionsAreNotSpoken() async throws {
        try await OpenSSL.serving("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0") { port, certificate in
            let url = try #require(URL("https://127.0.0.1:\(port)/"))
            #expect(
                await end(.get(url), try CurlTransport(options: .init(caFile: certificate))) == .failed(.unreachable))
        }
    }
}

private enum OpenSSL {
    static let path = "/usr/bin/openssl"

    /// Runs a server with a certificate of its own for 127.0.0.1 for as long as the body takes.
    static func serving(_ options: String..., body: (Int, String) async throws -> Void) async throws {
        var template = Array("/tmp/sluice-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("make folder", "/tmp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (certificate, key) = (folder + "/certificate", folder + "/key")
        defer {
            unlink(certificate)
            unlink(key)
            rmdir(folder)
        }
        let making = try Command([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out",
            certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
        ])
        making.wait()

        let server = try Command(
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"] + options)
        defer {
            kill(server.process, SIGKILL)
            server.wait()
        }
        // It says "ACCEPT 127.0.0.1:41889" when it is ready.
        var text = ""
        var port: Int?
        var buffer = [UInt8](repeating: 0, count: 4096)
        while port == nil {
            let count = try buffer.withUnsafeMutableBytes { try server.output.read(into: $0) }
            if count == 0 { throw SystemError("start", path) }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            port = text.split(separator: "\n").last { $0.hasPrefix("ACCEPT ") && text.hasSuffix("\n") }
                .flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
        }
        try await body(port ?? 0, certificate)
    }

    /// The command under way, and what it prints.
    private final class Command {
        let process: pid_t
        let output: Descriptor

        init(_ arguments: [String]) throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw SystemError("pipe", path) }
            output = Descriptor(owning: ends[0], name: path)
            let null = try Descriptor(opening: "/dev/null", O_RDWR)
            var words = ([path] + arguments).map { strdup($0) } + [nil]
            defer { words.forEach { free($0) } }
            process = posix_start(&words, null.raw, ends[1], null.raw, posix_limits())
            close(ends[1])
            guard process > 0 else { throw SystemError("start", path, -process) }
        }

        func wait() { waitpid(process, nil, 0) }
    }
}
