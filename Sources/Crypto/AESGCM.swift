import CCrypto

/// AES-256 in Galois/Counter Mode: what is sealed can be read, and altered, by nobody without the key. NIST SP 800-38D.
public enum AESGCM {
    public static let keyLength = 32
    public static let nonceLength = 12
    public static let tagLength = 16

    /// The ciphertext, followed by its tag.
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes, never used twice with one key.
    ///   - associated: what is not sealed, and must be the same when it is opened.
    public static func seal(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8] = [])
        throws(CryptoError) -> [UInt8]
    {
        try check(key, nonce)
        guard let context = EVP_CIPHER_CTX_new() else { throw .failed("AES-GCM") }
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: plain.count + tagLength)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var count: Int32 = 0
        var rest: Int32 = 0
        guard let length = Int32(exactly: plain.count), let more = Int32(exactly: associated.count),
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            more == 0 || EVP_EncryptUpdate(context, nil, &count, associated, more) == 1,
            EVP_EncryptUpdate(context, &out, &count, plain, length) == 1,
            EVP_EncryptFinal_ex(context, &tag, &rest) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        else { throw .failed("AES-GCM") }
        out.replaceSubrange(plain.count..., with: tag)
        return out
    }

    /// What was sealed.
    /// - Parameter sealed: as `seal` returned it.
    /// - Returns: nil where key, nonce, associated bytes or the sealed bytes are not those of then.
    public static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8] = [])
        throws(CryptoError) -> [UInt8]?
    {
        try check(key, nonce)
        guard sealed.count >= tagLength else { return nil }
        guard let context = EVP_CIPHER_CTX_new() else { throw .failed("AES-GCM") }
        defer { EVP_CIPHER_CTX_free(context) }
        var tag = Array(sealed.suffix(tagLength))
        var out = [UInt8](repeating: 0, count: sealed.count)
        var count: Int32 = 0
        var rest: Int32 = 0
        guard let length = Int32(exactly: sealed.count - tagLength), let more = Int32(exactly: associated.count),
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            more == 0 || EVP_DecryptUpdate(context, nil, &count, associated, more) == 1,
            EVP_DecryptUpdate(context, &out, &count, sealed, length) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
        else { throw .failed("AES-GCM") }
        var end = [UInt8](repeating: 0, count: tagLength)
        guard EVP_DecryptFinal_ex(context, &end, &rest) == 1 else {
            ERR_clear_error()
            return nil
        }
        out.removeLast(out.count - Int(length))
        return out
    }

    private static func check(_ key: [UInt8], _ nonce: [UInt8]) throws(CryptoError) {
        guard key.count == keyLength, nonce.count == nonceLength else {
            throw CryptoError("AES-GCM wants a key of 32 bytes and a nonce of 12")
        }
    }
}
