import CCrypto
import System

/// Signed claims in the compact form. RFC 7515.
public enum JWS {
    public enum Algorithm: String, Sendable {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case hs256 = "HS256"
    }

    /// What signs.
    public enum Key: Sendable {
        case privateKey(PrivateKey)
        /// For HS256.
        case shared([UInt8])
    }

    /// `BASE64URL(header).BASE64URL(payload).BASE64URL(signature)`
    /// - Parameters:
    ///   - header: a JSON object; its `alg` must be the algorithm's name.
    ///   - payload: the claims, a JSON object.
    /// - Throws: where the key is not of the algorithm's kind.
    public static func sign(header: [UInt8], payload: [UInt8], _ algorithm: Algorithm, _ key: Key) throws(CryptoError)
        -> String
    {
        let input = Base64.encodeURL(header) + "." + Base64.encodeURL(payload)
        return input + "." + Base64.encodeURL(try signature(over: Array(input.utf8), algorithm, key))
    }

    /// The signature as RFC 7518 wants it: for ES256 the two numbers of 32 bytes, not DER.
    public static func signature(over input: [UInt8], _ algorithm: Algorithm, _ key: Key) throws(CryptoError) -> [UInt8]
    {
        switch (algorithm, key) {
        case (.hs256, .shared(let secret)): return try HMACSHA256.code(of: input, key: secret)
        case (.rs256, .privateKey(let key)) where key.kind == .rsa: return try key.sign(input, pss: false)
        case (.ps256, .privateKey(let key)) where key.kind == .rsa: return try key.sign(input, pss: true)
        case (.es256, .privateKey(let key)) where key.kind == .p256: return try plain(try key.sign(input, pss: false))
        default: throw CryptoError("the key can't sign with \(algorithm.rawValue)")
        }
    }

    /// r and s, each in 32 bytes, of a signature in DER. RFC 7518, section 3.4.
    private static func plain(_ der: [UInt8]) throws(CryptoError) -> [UInt8] {
        let numbers = der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_ECDSA_SIG(nil, &start, bytes.count)
        }
        guard let numbers else { throw .failed("ECDSA") }
        defer { ECDSA_SIG_free(numbers) }
        var out = [UInt8](repeating: 0, count: 64)
        let isWritten = out.withUnsafeMutableBufferPointer { bytes in
            BN_bn2binpad(ECDSA_SIG_get0_r(numbers), bytes.baseAddress, 32) == 32
                && BN_bn2binpad(ECDSA_SIG_get0_s(numbers), bytes.baseAddress.map { $0 + 32 }, 32) == 32
        }
        guard isWritten else { throw .failed("ECDSA") }
        return out
    }
}
