import Curl
import Glibc
import HTTP
import Processes
import System
import Testing

/// HTTP/2 as nginx speaks it. Where it is missing, these are left out.
@Suite(.enabled(if: Files.exists(Nginx.path))) struct HTTP2Tests {
    @Test func manyCallsShareAConnection() async throws {
        let nginx = try Nginx("location / { root $folder; }")
        try await nginx.run { url, transport in
            #expect(await calls(500, url("/small"), transport) == 500)
        }
        #expect(nginx.log.count == 500)
        #expect(Set(nginx.log.map(\.version)) == ["HTTP/2.0"])
        // 50 calls are at its door before the first connection says that it is HTTP/2 and may be shared.
        #expect(Set(nginx.log.map(\.connection)).count == 1)
    }

    /// GOAWAY: the server ends each connection after 10 requests.
    @Test func aConnectionThatGoesAwayLosesNothing() async throws {
        let nginx = try Nginx("location / { root $folder; }", "keepalive_requests 10;")
        try await nginx.run { url, transport in
            #expect(await calls(500, url("/small"), transport) == 500)
        }
        #expect(Set(nginx.log.map(\.version)) == ["HTTP/2.0"])
        #expect(Set(nginx.log.map(\.connection)).count >= 10)
    }

    /// RST_STREAM: what stands behind the server breaks off in the middle of a body, once.
    @Test func aStreamThatIsResetIsTriedAgain() async throws {
        let half = [Step.read, .send("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), .reset]
        try await serving([half, half, [.read, .answer("whole")]]) { server in
            let nginx = try Nginx("location / { proxy_pass http://127.0.0.1:\(server.port); proxy_buffering off; }")
            try await nginx.run { url, transport in
                let request = Request.get(try #require(url("/x")))
                #expect(await end(request, transport) == .failed(.truncated))
                let client = Client(transport: transport, time: SimulatedTime(Timestamp(seconds: 0)))
                #expect(try await client.send(request).body.text == "whole")
                #expect(client.statistics.calls == 2)
            }
            #expect(Set(nginx.log.map(\.connection)).count == 1)
        }
    }

    @Test func aLongAnswerIsBounded() async throws {
        let nginx = try Nginx("location / { root $folder; }")
        try await nginx.run { url, transport in
            let request = Request("GET", try #require(url("/large")), limit: 100_000)
            #expect(await end(request, transport) == .failed(.tooLarge))
        }
    }

    /// - Returns: how many of the calls, 50 of them in flight, were answered as they should be.
    private func calls(_ count: Int, _ url: URL?, _ transport: CurlTransport) async -> Int {
        guard let url else { return 0 }
        let client = Client(
            transport: transport, retry: RetryPolicy(attempts: 3, base: .milliseconds(1)), maxInFlight: 50)
        return await withTaskGroup { group in
            for _ in 0..<count { group.addTask { try? await client.send(.get(url)).body.text } }
            return await group.reduce(0) { $0 + ($1 == "small" ? 1 : 0) }
        }
    }
}

/// A server on this machine, with a certificate and a log.
private final class Nginx: Sendable {
    static let path = "/usr/sbin/nginx"
    private let folder: Scratch
    private let certificate: OpenSSL.Certificate
    private let port: Int
    private let socket: Int32

    /// - Parameters:
    ///   - location: what it answers with; `$folder` holds the files `small` and `large`.
    ///   - settings: of the server.
    init(_ location: String, _ settings: String = "") throws {
        folder = try Scratch()
        certificate = try OpenSSL.certificate(for: "IP:127.0.0.1", in: folder)
        (socket, port) = try Server.listen()
        try Scratch.write(Array("small".utf8), to: folder.file("small"))
        try Scratch.write([UInt8](repeating: 0x20, count: 1 << 20), to: folder.file("large"))
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path $folder/\($0);" }
        let text = """
            daemon off; user root; worker_processes 1; pid $folder/pid; error_log $folder/error; events { }
            http {
                log_format short '$connection $server_protocol $status'; access_log $folder/log short;
                \(temporary.joined(separator: " "))
                server {
                    listen 127.0.0.1:\(port) ssl http2; ssl_certificate \(certificate.file);
                    ssl_certificate_key \(certificate.key);
                    \(settings) \(location)
                }
            }
            """
        try Scratch.write(Array(text.replacing("$folder", with: folder.path).utf8), to: folder.file("nginx.conf"))
    }
    deinit { close(socket) }

    /// Runs it for as long as the body takes. It is given a socket that listens already, so nobody waits until it does.
    func run(_ body: ((String) -> URL?, CurlTransport) async throws -> Void) async throws {
        let server = try Command(
            Nginx.path, ["-c", folder.file("nginx.conf"), "-p", folder.path], errors: folder.file("error"),
            environment: ["NGINX": "0;"]
        ).start(input: socket)
        defer {
            server.signal(SIGTERM)
            _ = server.wait()
        }
        let transport = try CurlTransport(
            options: .init(caFile: certificate.file, connectTimeout: .seconds(5), timeout: .seconds(10)))
        let port = port
        try await body({ URL("https://127.0.0.1:\(port)\($0)") }, transport)
    }

    /// The requests that it answered.
    var log: [(connection: Substring, version: Substring)] {
        let bytes = (try? Files.read(folder.file("log"), limit: 1 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            let words = $0.split(separator: " ")
            return (words.first ?? "", words.dropFirst().first ?? "")
        }
    }
}
