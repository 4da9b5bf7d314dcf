import CCrypto

/// A private key, RSA or EC on P-256, that signs.
///
/// Sendable: an `EVP_PKEY` that nobody alters may be used by many threads at once.
public final class PrivateKey: @unchecked Sendable {
    public enum Kind: Sendable { case rsa, p256 }

    public let kind: Kind
    private let key: OpaquePointer

    /// - Parameter pem: PKCS#1, SEC 1 or PKCS#8 in PEM.
    /// - Throws: for what is none, for one sealed under a passphrase, and for other kinds of keys.
    public init(pem: [UInt8]) throws(CryptoError) {
        let text = String(decoding: pem, as: UTF8.self)
        if text.contains("ENCRYPTED") {
            throw CryptoError("the private key is sealed under a passphrase: take that off with 'openssl pkey'")
        }
        let found = withBIO(pem) { PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) }
        guard let found else {
            ERR_clear_error()
            throw CryptoError("there is no private key in PEM")
        }
        key = found
        if EVP_PKEY_is_a(found, "RSA") == 1 {
            guard EVP_PKEY_get_bits(found) >= 2048 else {
                throw CryptoError(
                    "an RSA key of \(EVP_PKEY_get_bits(found)) bits is too short: make one of 2048 or more")
            }
            kind = .rsa
        } else if EVP_PKEY_is_a(found, "EC") == 1, EVP_PKEY_get_bits(found) == 256 {
            kind = .p256
        } else {
            throw CryptoError("the private key is neither RSA nor EC on P-256")
        }
    }
    deinit { EVP_PKEY_free(key) }

    /// A signature over SHA-256 of the message: RSA with PKCS#1 v1.5 or PSS padding, or ECDSA as DER.
    func sign(_ message: [UInt8], pss: Bool) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .failed("signing") }
        defer { EVP_MD_CTX_free(context) }
        var settings: OpaquePointer?
        guard EVP_DigestSignInit(context, &settings, EVP_sha256(), nil, key) == 1 else { throw .failed("signing") }
        if pss {
            guard EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1
            else { throw .failed("signing") }
        }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else { throw .failed("signing") }
        var out = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &out, &count, message, message.count) == 1 else { throw .failed("signing") }
        return Array(out[..<count])
    }
}

/// A certificate, known by its thumbprints.
public struct Certificate: Sendable {
    /// The certificate in DER.
    public let der: [UInt8]

    /// - Parameter pem: the first certificate in it counts.
    public init(pem: [UInt8]) throws(CryptoError) {
        let found = withBIO(pem) { PEM_read_bio_X509($0, nil, noPassphrase, nil) }
        guard let found else {
            ERR_clear_error()
            throw CryptoError("there is no certificate in PEM")
        }
        defer { X509_free(found) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(found, &bytes)
        guard count > 0, let bytes else { throw .failed("reading the certificate") }
        der = Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
        CRYPTO_free(bytes, "", 0)
    }

    /// `x5t`: SHA-1. RFC 7515, section 4.1.7.
    public func thumbprintSHA1() throws(CryptoError) -> [UInt8] { try SHA1.digest(der) }
    /// `x5t#S256`: SHA-256. RFC 7515, section 4.1.8.
    public func thumbprintSHA256() throws(CryptoError) -> [UInt8] { try SHA256.digest(der) }
}

/// Nobody is asked for the passphrase of a sealed key.
private func noPassphrase(_: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?) -> Int32 {
    -1
}

private func withBIO(_ bytes: [UInt8], _ read: (OpaquePointer?) -> OpaquePointer?) -> OpaquePointer? {
    bytes.withUnsafeBytes { buffer in
        guard let count = Int32(exactly: buffer.count), count > 0, let bio = BIO_new_mem_buf(buffer.baseAddress, count)
        else { return nil }
        defer { BIO_free(bio) }
        return read(bio)
    }
}
