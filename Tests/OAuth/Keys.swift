import HTTP
import JSON
import OAuth
import Scripts
import System

/// A key and its certificate that were made for these tests: `openssl req -x509 -newkey rsa:2048 -nodes`.
enum TestKey {
    static let pem = Secret(
        """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCepBPH9WQfSBh4
        pGdmo+qHGbCvPzr6b5nJZnlBb53ItSEcR5tS8QWirb2KaQXuvpHDNqdY41dmduU1
        k+guC0ZD/dUAsAop+MNytNQa7i+jkf73VcanNi3X1HFnusHp3XnJzkUO4iCl473u
        tat2iWGdjisKLGpNn1jG8X/ANr5CP3tGSES0nlD+9dcJDBXMUn9L/DCD3FbnSvIr
        4GS455UiRIVCeB8MM316uKI0u+gPctwnTWQhfcccr543YKr+RHVv4+0AwQpsqLjb
        CmtHdsA0h9aB34gTcYguvgPFZReiduQLPJX0pPrjxtxf1O5U2kOPo6NtICesNfiy
        wNHlFmCfAgMBAAECggEARkmyTf0msEl0Nje5bJuhtNwoEW11hzJdNAPII7r9cMj3
        85yycAxED/DksueXblFXKeQUP2jy934kThnLXGM4bbWQY26cAj6q8i62b3wq9VEh
        Y5rImpuBskf5OxlfA2xSopxWsqJ0DqwaIiKx5qI18uXjoe1N6Dh60CJ+FL7si1L7
        tACu5vconq13yAiKxxD8XDUy2fGuOA77BxLou7bgXOERWx/Xgl0RhJsdBv8ER3np
        Qbd1fM9XcedfJWcCXzIN2hmnp6H77LOQluSRvWd32sJfB3Y4MKI6W6Z7FSmcoTla
        1CGns+7EyNHjdb/9iK4/OZzc5F2QlW8Bu45HbqgdyQKBgQDeAoeJ3mfHO4lP1rlm
        RucF7gLi97SIolyKx9OnSxj6GWEA4QKNxuxw5ALD+NnS0XSsAAXKG6STwHaZ0EjS
        MpUfQvNMxxwn9CdLnH0hIA6TAUI1pFr3DXAFvsm5v+0IyT0buvcXTM4KeIKkEy5Q
        alE/A6PQY12b/TI5LtrAZA3ZQwKBgQC27dxVqeAJL/YKkr6SpG3QwwEPjv1ah9q1
        GPhrhQhg3d66Tvy+JxybvhHerHwp5z9O1Clpp2+Pnv2PM0c10KUObUSu2VQqicpD
        xu4xeixCKdzrKXxsW4wRMUoFhYUpMXWypcSedbSsKqMFABX29sz5lKE2OEwgAn3I
        SpVmJDXHdQKBgCNgTc63RNwnbYLuWU6l36w/N/CIvhjDnnFy1BQlUE6R+rYUJL8I
        wqZeft5RagxA2hGKU2HYM8pjccKiwOfVrZN0rKZAWAk5y4Ut43aC0C+2lKFNlj0l
        xAL2Wtihb5jl0Dn5+eOZln9uooqYj9m6h0W+Q70yCDmSCA26nJrplpdXAoGAC5sf
        xZeXjT2rwJP631brWLlmkdQiouHHsIG7ESdJlsu829kzE+VrXT476ALNheMUEy5G
        yltDKruNns5EEFgCgN3R474KJwDDAnXWmvEDadc6Gvlw2XcddeHIrn0AK9LlgsYd
        qWgSZHH4EdMlkZuq+ZLCf6wmuEkwLcr9m5NkjhkCgYBE4Fhu/pvigNHLp5xzdbSm
        5F+ofFnJohRCUSUfT0xyrzp1n+mdBXDrVxV4gwDGOj1LwvNOy1jqSu+QUoB7xUhO
        amvxP4rMdvWmZ9m93pynIS49TiFPwpEVaOkDaa2PU1xDRGeIxLVcK31FZ5z5H4TT
        qrCIat1WI9GOHZQFA4cdkA==
        -----END PRIVATE KEY-----
        """)
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIDDzCCAfegAwIBAgIUahGcnVJ2m7d1StzjodME/bIzwD8wDQYJKoZIhvcNAQEL
        BQAwFjEUMBIGA1UEAwwLc2x1aWNlLXRlc3QwIBcNMjYxMTI0MTE0NDU5WhgPMjEy
        NjEwMzExMTQ0NTlaMBYxFDASBgNVBAMMC3NsdWljZS10ZXN0MIIBIjANBgkqhkiG
        9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnqQTx/VkH0gYeKRnZqPqhxmwrz86+m+ZyWZ5
        QW+dyLUhHEebUvEFoq29imkF7r6RwzanWONXZnblNZPoLgtGQ/3VALAKKfjDcrTU
        Gu4vo5H+91XGpzYt19RxZ7rB6d15yc5FDuIgpeO97rWrdolhnY4rCixqTZ9YxvF/
        wDa+Qj97RkhEtJ5Q/vXXCQwVzFJ/S/wwg9xW50ryK+BkuOeVIkSFQngfDDN9erii
        NLvoD3LcJ01kIX3HHK+eN2Cq/kR1b+PtAMEKbKi42wprR3bANIfWgd+IE3GILr4D
        xWUXonbkCzyV9KT648bcX9TuVNpDj6OjbSAnrDX4ssDR5RZgnwIDAQABo1MwUTAd
        BgNVHQ4EFgQU54RLSLOtk398lqM8IE9cn2prF0AwHwYDVR0jBBgwFoAU54RLSLOt
        k398lqM8IE9cn2prF0AwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
        AQEAde3LpX3sHNc3esKFAr8i2luaNL8/0Wi03kGUmt1DeUQf3sEv8BOm8XqvRLdf
        0vFDxggcdHXd+FInzgxrBnFoWrpX2Lk+fst+kFNKdO8rcZyrilbAArRWTM9VGDlW
        Q7M9UvlKFNOcxErQlcgPe3bijH0gYlRfpWzHK8mnc5tSbDiuqneKHFxRZvgDwaD/
        ncXrM7kj4vUPgRdfeYd8QdivJEYld2Dq5QNGKKVsXopd0X2aGqhc7V2Mu1faVegm
        85BQiB+Mzvh4cOPAiabcZk2ltOb6ttX4xtWKdYkJc2EWR3RFihQNb2Err5UwPtTY
        GAA5do/sEyiYBNN7l1ds3EBhxA==
        -----END CERTIFICATE-----
        """
    /// By `openssl x509 -outform DER | openssl dgst`.
    static let thumbprintSHA256 = "rNCr8ZGIQ4e0yljTFVFnZI8qmTaNbx2Q1pXrxhgbLB8"
    static let thumbprintSHA1 = "smVsDqAHCWxRxHqc8wQKhlkuAok"
}

/// The two readable parts of a signed assertion.
func parts(of assertion: String) throws -> (header: JSON, claims: JSON) {
    let parts = assertion.split(separator: ".")
    guard parts.count == 3, let header = Base64.decode(parts[0]), let claims = Base64.decode(parts[1]) else {
        throw Failure(.software, "this is no assertion")
    }
    return (try JSON(parsing: header), try JSON(parsing: claims))
}

/// The fields of a form that was sent.
func fields(of request: Request) -> [String: String] {
    Dictionary(
        PercentEncoding.fields(of: String(decoding: request.body ?? [], as: UTF8.self)).map { ($0.name, $0.value) },
        uniquingKeysWith: { $0 + " and " + $1 })
}

func text(of request: Request) -> String { String(decoding: request.body ?? [], as: UTF8.self) }

func endpoint(_ script: Script, _ time: any TimeSource) -> TokenEndpoint {
    TokenEndpoint(transport: script, time: time, random: SeededRandom(seed: 1))
}

/// The failure that something ends with; another error is none.
func failure(_ body: () async throws -> some Sendable) async -> Failure? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? Failure }
}
