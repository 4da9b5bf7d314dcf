import Curl
import Glibc
import HTTP
import Processes
import System
import Testing

/// TLS as OpenSSL's own server speaks it. Where its command is missing, these are left out.
@Suite(.enabled(if: Files.exists(OpenSSL.path))) struct TLSTests {
    /// A server that is not to be spoken with, and what is said of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var name = "IP:127.0.0.1"
        var days = 2
        var options: [String] = []
        /// The certificate is among those to trust.
        var isTrusted = true
        let end: TransportError.Kind
        let says: String
    }
    static let rows = [
        Row(testDescription: "nobody vouches for it", isTrusted: false, end: .refused, says: "self-signed certificate"),
        Row(testDescription: "it has expired", days: -1, end: .refused, says: "certificate has expired"),
        Row(testDescription: "it is another host's", name: "DNS:api.test", end: .refused, says: "subject name"),
        Row(
            testDescription: "TLS 1.1", options: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], end: .unreachable,
            says: "protocol version"),
        Row(
            testDescription: "ciphers that nobody trusts any more",
            options: ["-tls1_2", "-cipher", "NULL-SHA256@SECLEVEL=0"], end: .unreachable, says: "handshake failure"),
    ]

    @Test(arguments: rows) func isRefusedInWords(_ row: Row) async throws {
        let folder = try Scratch()
        let certificate = try OpenSSL.certificate(for: row.name, days: row.days, in: folder)
        let transport = try CurlTransport(
            options: .init(caFile: row.isTrusted ? certificate.file : nil, timeout: .seconds(10)))
        try await OpenSSL.serving(certificate, row.options) { port in
            let url = try #require(URL("https://127.0.0.1:\(port)/"))
            let error = await #expect(throws: TransportError.self) { try await transport.send(.get(url)) }
            #expect(error?.kind == row.end)
            #expect(error?.description.contains(row.says) == true, "\(error?.description ?? "")")
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func isSpoken(_ version: String) async throws {
        let folder = try Scratch()
        let certificate = try OpenSSL.certificate(for: "IP:127.0.0.1", in: folder)
        let transport = try CurlTransport(options: .init(caFile: certificate.file))
        try await OpenSSL.serving(certificate, [version]) { port in
            let url = try #require(URL("https://127.0.0.1:\(port)/"))
            #expect(try await transport.send(.get(url)).status == 200)
        }
    }

    @Test func certificatesToTrustMustBeThere() async throws {
        let folder = try Scratch()
        let certificate = try OpenSSL.certificate(for: "IP:127.0.0.1", in: folder)
        let transport = try CurlTransport(options: .init(caFile: "/nonexistent"))
        try await OpenSSL.serving(certificate) { port in
            let url = try #require(URL("https://127.0.0.1:\(port)/"))
            #expect(await end(.get(url), transport) == .failed(.refused))
        }
    }
}

@Suite(.enabled(if: Files.exists(OpenSSL.path))) struct ProxyTests {
    /// A service that only the proxy can find.
    @Test func callsGoThroughIt() async throws {
        let folder = try Scratch()
        let certificate = try OpenSSL.certificate(for: "DNS:api.test", in: folder)
        try await OpenSSL.serving(certificate) { port in
            try await serving([[.read, .send("HTTP/1.1 200 OK\r\nX: y\r\n\r\n"), .tunnel(port)]]) { server in
                let transport = try CurlTransport(
                    options: .init(
                        caFile: certificate.file, proxy: Proxy("http://ann:hunter2@127.0.0.1:\(server.port)")))
                let request = Request(
                    "GET", try #require(URL("https://api.test/x")), headers: ["Authorization": "Bearer t"])
                let response = try await transport.send(request)
                #expect(response.status == 200)
                #expect(response.headers["X"] == nil)
                #expect(server.seen.requests.count == 1)
                let asked = try #require(server.seen.requests.first)
                #expect(asked.hasPrefix("CONNECT api.test:443 HTTP/1.1\r\n"))
                #expect(asked.contains("\r\nProxy-Authorization: Basic YW5uOmh1bnRlcjI=\r\n"))
                #expect(!asked.contains("Bearer"))
            }
        }
    }

    /// What the proxy answers, how the call ends, and how often it was tried.
    static let answers: [(String, String, String, Int)] = [
        ("407 X\r\nProxy-Authenticate: Basic realm=x", "refused", "407: its URL needs a name and a password", 1),
        ("403 X", "refused", "the proxy answered 403", 1),
        ("302 X\r\nLocation: http://127.0.0.1/", "refused", "302", 1),
        ("502 X", "connection_lost", "502", 3), ("nonsense", "connection_lost", "", 3),
    ]

    @Test(arguments: answers) func itMayRefuse(_ answer: String, _ reason: String, _ says: String, _ calls: Int)
        async throws
    {
        try await serving([[.read, .send("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n")]]) { server in
            let transport = try CurlTransport(
                options: .init(proxy: Proxy("http://ann:hunter2@127.0.0.1:\(server.port)")))
            let client = Client(
                transport: transport, retry: RetryPolicy(attempts: 3), time: SimulatedTime(Timestamp(seconds: 0)))
            let url = try #require(URL("https://api.test/x"))
            let failure = await #expect(throws: CallFailure.self) { try await client.send(.get(url)) }
            #expect(failure?.reason == reason)
            #expect(failure?.message.contains(says) == true, "\(failure?.message ?? "")")
            #expect(failure?.message.contains("hunter2") == false)
            #expect(client.statistics.calls == calls)
        }
    }

    @Test func thisMachineIsNeverReachedThroughIt() async throws {
        try await serving([[.read, .answer("direct")]]) { server in
            let transport = try CurlTransport(options: .init(proxy: Proxy("http://127.0.0.1:1")))
            #expect(await end(.get(try #require(URL(server.url()))), transport) == .answer(200, "direct"))
            let named = try #require(URL("http://localhost:\(server.port)/"))
            #expect(await end(.get(named), transport) == .answer(200, "direct"))
        }
    }

    /// An address that nothing answers: only the proxy could be reached.
    @Test(arguments: ["192.0.2.1", "api.test,192.0.2.0/24", "*"]) func exceptionsGoWithoutIt(_ exceptions: String)
        async throws
    {
        try await serving([[.read, .send("HTTP/1.1 403 X\r\n\r\n")]]) { server in
            let proxy = try Proxy("http://127.0.0.1:\(server.port)", exceptions: exceptions)
            let hasty = try CurlTransport(options: .init(proxy: proxy, timeout: .milliseconds(50)))
            _ = await end(.get(try #require(URL("https://192.0.2.1/"))), hasty)
            #expect(server.seen.connections == 0)
            if exceptions == "*" { return }
            let other = try #require(URL("https://198.51.100.1/"))
            #expect(await end(.get(other), try CurlTransport(options: .init(proxy: proxy))) == .failed(.refused))
            #expect(server.seen.connections == 1)
        }
    }

    @Test func theEnvironmentNamesIt() throws {
        func proxy(_ environment: [String: String]) throws -> Proxy? { try Proxy { environment[$0] } }
        #expect(try proxy([:]) == nil)
        #expect(try proxy(["HTTPS_PROXY": ""]) == nil)
        #expect(try proxy(["HTTP_PROXY": "http://plain.test:1"]) == nil)
        for url in ["http://p.test:3128", "p.test:3128", "https://u:p%40@p.test/", "socks5h://[::1]:1080", "p.test"] {
            #expect(try proxy(["HTTPS_PROXY": url]) != nil)
        }
    }

    @Test(arguments: [
        "ftp://u:hunter2@p.test", "http://u:hunter2@", "http://u:hunter2@p.test:x", "http://u:hunter2@p test",
        "http://u:hunter2@p.test/x?y",
    ])
    func whatIsNoProxyIsSaidWithoutItsPassword(_ url: String) throws {
        let failure = #expect(throws: Failure.self) { try Proxy { $0 == "ALL_PROXY" ? url : nil } }
        #expect(failure?.description == "ALL_PROXY is no URL of a proxy: give http://HOST:PORT")
        #expect(try !"\(Proxy("http://u:hunter2@p.test"))".contains("hunter2"))
    }
}
