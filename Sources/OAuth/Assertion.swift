import Crypto
import HTTP
import JSON
import System

/// The signed claims that stand in place of a secret. RFC 7519, 7521, 7523.
enum Assertion {
    /// For a grant: a service account of Google ("Using OAuth 2.0 for Server to Server Applications"), a connected app of
    /// Salesforce ("OAuth 2.0 JWT Bearer Flow").
    static func bearer(_ jwt: JWTBearer, _ scope: String?, _ row: Provider?, at now: Timestamp) throws -> Secret {
        try sign(jwt.privateKey, header: { w in if let id = jwt.keyID { w.member("kid", id) } }) { w in
            w.member("iss", jwt.issuer)
            if let subject = jwt.subject { w.member("sub", subject) }
            w.member("aud", jwt.audience)
            if let scope, row?.scopeInAssertion == true { w.member("scope", scope) }
            w.member("iat", now.seconds)
            w.member("exp", now.seconds + (row?.assertionLife ?? 180))
        }
    }

    /// For a client. learn.microsoft.com, "Microsoft identity platform application authentication certificate credentials".
    static func client(_ assertion: ClientAssertion, _ id: String, _ audience: String, at now: Timestamp) throws
        -> Secret
    {
        do {
            let certificate = try Certificate(pem: Array(assertion.certificate.utf8))
            let thumbprint =
                assertion.usesSHA1
                ? ("x5t", try certificate.thumbprintSHA1()) : ("x5t#S256", try certificate.thumbprintSHA256())
            let unique = Base64.encodeURL(try SecureRandom.bytes(16))
            return try sign(
                assertion.privateKey, rsa: assertion.usesSHA1 ? .rs256 : .ps256,
                header: { w in w.member(thumbprint.0, Base64.encodeURL(thumbprint.1)) }
            ) { w in
                w.member("aud", audience)
                w.member("iss", id)
                w.member("sub", id)
                w.member("jti", unique)
                w.member("nbf", now.seconds)
                w.member("iat", now.seconds)
                w.member("exp", now.seconds + 300)
            }
        } catch let error as CryptoError {
            throw Failure(.configuration, "the certificate can't be used: \(error)", "give it in PEM")
        }
    }

    /// For an app. docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App": ten minutes at most, and a minute
    /// back, for clocks differ.
    static func gitHubApp(_ app: GitHubApp, at now: Timestamp) throws -> Secret {
        try sign(app.privateKey, header: { _ in }) { w in
            w.member("iat", now.seconds - 60)
            w.member("exp", now.seconds + 480)
            w.member("iss", app.appID)
        }
    }

    /// - Parameter rsa: the algorithm for a key of that kind; one on P-256 has one alone.
    private static func sign(
        _ pem: Secret, rsa: JWS.Algorithm = .rs256, header: (inout JSONWriter) -> Void,
        claims: (inout JSONWriter) -> Void
    ) throws -> Secret {
        do {
            let key = try PrivateKey(pem: Array(pem.reveal().utf8))
            let algorithm = key.kind == .rsa ? rsa : .es256
            var (h, c) = (JSONWriter(), JSONWriter())
            h.object { w in
                w.member("alg", algorithm.rawValue)
                w.member("typ", "JWT")
                header(&w)
            }
            c.object(claims)
            return Secret(try JWS.sign(header: h.bytes, payload: c.bytes, algorithm, .privateKey(key)))
        } catch {
            throw Failure(.configuration, "the private key can't be used: \(error)", "give one in PEM, not sealed")
        }
    }
}
