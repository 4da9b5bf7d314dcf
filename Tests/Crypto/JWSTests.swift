import Crypto
import Glibc
import System
import Testing

/// Signatures, held against the `openssl` command and against RFC 7515's own.
@Suite struct JWSTests {
    private let folder: String

    init() throws {
        var random = SystemRandomNumberGenerator()
        folder = "/tmp/sluice-jws-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(folder)
    }

    private func openssl(_ arguments: String...) throws -> (status: Int32, output: [UInt8]) {
        let limits = Child.Limits(time: .seconds(60), output: 1 << 20)
        let result = try Child.run(["openssl"] + arguments, input: [], limits: limits)
        guard case .exited(let status) = result.ending else { return (-1, []) }
        return (status, result.output)
    }

    private func end() {
        for name in Files.names(in: folder) { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    /// A key made by `openssl`, and its public part beside it.
    private func key(_ options: String...) throws -> PrivateKey {
        let secret = folder + "/key.pem"
        #expect(
            try Child.run(
                ["openssl", "genpkey", "-out", secret] + options, input: [],
                limits: .init(time: .seconds(60), output: 1 << 20)
            ).ending == .exited(0))
        #expect(try openssl("pkey", "-in", secret, "-pubout", "-out", folder + "/public.pem").status == 0)
        return try PrivateKey(pem: Files.read(secret))
    }

    private func verifies(_ signature: [UInt8], over message: String, _ options: String...) throws -> Bool {
        try Files.replace(folder + "/signature", with: signature)
        try Files.replace(folder + "/message", with: Array(message.utf8))
        let arguments =
            ["openssl", "dgst", "-sha256"] + options
            + ["-verify", folder + "/public.pem", "-signature", folder + "/signature", folder + "/message"]
        return try Child.run(arguments, input: [], limits: .init(time: .seconds(60), output: 1 << 20)).ending
            == .exited(0)
    }

    @Test func rs256() throws {
        defer { end() }
        let key = try key("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        let signature = try JWS.signature(over: Array("a.b".utf8), .rs256, .privateKey(key))
        #expect(try verifies(signature, over: "a.b"))
        #expect(try !verifies(signature, over: "a.c"))
    }

    @Test func ps256() throws {
        defer { end() }
        let key = try key("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        let signature = try JWS.signature(over: Array("a.b".utf8), .ps256, .privateKey(key))
        #expect(
            try verifies(signature, over: "a.b", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"))
        #expect(try !verifies(signature, over: "a.b"))
    }

    @Test func es256() throws {
        defer { end() }
        let key = try key("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        for n in 0..<20 {
            let plain = try JWS.signature(over: Array("a.\(n)".utf8), .es256, .privateKey(key))
            #expect(plain.count == 64)
            #expect(try verifies(der(plain), over: "a.\(n)"))
        }
        #expect(throws: CryptoError.self) { try JWS.signature(over: [], .rs256, .privateKey(key)) }
    }

    /// The two numbers of an ECDSA signature in DER.
    private func der(_ plain: [UInt8]) -> [UInt8] {
        func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
            return [2, UInt8(digits.count)] + digits
        }
        let both = number(plain[..<32]) + number(plain[32...])
        return [0x30, UInt8(both.count)] + both
    }

    /// RFC 7515, appendix A.1.
    @Test func hs256() throws {
        defer { end() }
        let key = try #require(
            Base64.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let token = try JWS.sign(
            header: Array("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}".utf8),
            payload: Array("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}".utf8),
            .hs256, .shared(key))
        #expect(
            token
                == "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        )
        #expect(throws: CryptoError.self) { try JWS.signature(over: [], .rs256, .shared(key)) }
    }

    @Test func otherKeysAreRefusedInWords() throws {
        defer { end() }
        func refusal(_ pem: [UInt8]) -> String {
            do {
                _ = try PrivateKey(pem: pem)
                return "taken"
            } catch { return error.description }
        }
        #expect(refusal([]) == "there is no private key in PEM")
        #expect(
            refusal(Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8))
                == "there is no private key in PEM")
        let sealed = folder + "/sealed.pem"
        #expect(
            try openssl(
                "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:x",
                "-out", sealed
            ).status == 0)
        #expect(refusal(try Files.read(sealed)).contains("sealed under a passphrase"))
        for (algorithm, option, words) in [
            ("RSA", "rsa_keygen_bits:1024", "too short"),
            ("EC", "ec_paramgen_curve:P-384", "neither RSA nor EC on P-256"),
        ] {
            #expect(try openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", sealed).status == 0)
            #expect(refusal(try Files.read(sealed)).contains(words))
        }
    }

    @Test func pkcs1AndSEC1AreTaken() throws {
        defer { end() }
        _ = try key("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        #expect(try openssl("rsa", "-in", folder + "/key.pem", "-traditional", "-out", folder + "/old.pem").status == 0)
        #expect(try PrivateKey(pem: Files.read(folder + "/old.pem")).kind == .rsa)
        _ = try key("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        #expect(try openssl("ec", "-in", folder + "/key.pem", "-out", folder + "/old.pem").status == 0)
        #expect(try PrivateKey(pem: Files.read(folder + "/old.pem")).kind == .p256)
    }

    @Test func thumbprintsAreThoseOfTheCommand() throws {
        defer { end() }
        let file = folder + "/cert.pem"
        #expect(
            try openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/k.pem", "-out", file, "-subj",
                "/CN=x", "-days", "2"
            ).status == 0)
        let certificate = try Certificate(pem: Files.read(file))
        for (option, found) in [
            ("-sha1", try certificate.thumbprintSHA1()), ("-sha256", try certificate.thumbprintSHA256()),
        ] {
            let told = String(
                decoding: try openssl("x509", "-in", file, "-noout", "-fingerprint", option).output, as: UTF8.self)
            #expect(bytes(String(told.drop { $0 != "=" })) == found)
        }
        #expect(throws: CryptoError.self) { try Certificate(pem: Array("x".utf8)) }
    }
}
