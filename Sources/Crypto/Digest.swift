import CCrypto

/// What libcrypto refuses to do.
public struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }

    /// The operation failed; what the library says of it, if anything, which names no secret.
    static func failed(_ operation: String) -> CryptoError {
        let code = ERR_get_error()
        ERR_clear_error()
        let reason = code == 0 ? nil : ERR_reason_error_string(code).map { String(cString: $0) }
        return CryptoError(operation + (reason.map { ": \($0)" } ?? " failed"))
    }
}

/// SHA-2 with 256 bits. FIPS 180-4.
public enum SHA256 {
    /// 32 bytes. The corresponding C function is `EVP_Q_digest`.
    public static func digest(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try Digest.make("SHA256", message)
    }
}

/// SHA-1, for the thumbprints of certificates, where a service wants it. FIPS 180-4.
public enum SHA1 {
    /// 20 bytes.
    public static func digest(_ message: [UInt8]) throws(CryptoError) -> [UInt8] { try Digest.make("SHA1", message) }
}

private enum Digest {
    static func make(_ name: String, _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        guard EVP_Q_digest(nil, name, nil, message, message.count, &out, &count) == 1 else { throw .failed(name) }
        return Array(out[..<count])
    }
}

/// HMAC with SHA-256. RFC 2104.
public enum HMACSHA256 {
    /// 32 bytes. The corresponding C function is `EVP_Q_mac`.
    public static func code(of message: [UInt8], key: [UInt8]) throws(CryptoError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        let made = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &out, out.count, &count)
        guard made != nil else { throw .failed("HMAC") }
        return Array(out[..<count])
    }
}

/// Comparing what is secret, in a time that says nothing of where two texts differ.
public enum ConstantTime {
    /// Their lengths may be seen. The corresponding C function is `CRYPTO_memcmp`.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && (a.isEmpty || CRYPTO_memcmp(a, b, a.count) == 0)
    }
    public static func equal(_ a: String, _ b: String) -> Bool { equal(Array(a.utf8), Array(b.utf8)) }
}

/// Randomness for secrets.
public enum SecureRandom {
    /// The corresponding C function is `RAND_bytes`.
    /// - Parameter count: at most 2^31 - 1.
    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: count)
        guard let length = Int32(exactly: count), RAND_bytes(&out, length) == 1 else { throw .failed("RAND_bytes") }
        return out
    }
}
