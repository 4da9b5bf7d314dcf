import CCrypto

/// A key from a passphrase, made slow and large for whoever would guess. RFC 7914.
public struct Scrypt: Sendable, Equatable {
    /// The cost: a power of two above 1.
    public var n: UInt64
    /// The size of a block.
    public var r: UInt64
    /// How often it is done side by side.
    public var p: UInt64

    public init(n: UInt64, r: UInt64, p: UInt64) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// 128 MiB, and about half a second.
    public static let standard = Scrypt(n: 1 << 17, r: 8, p: 1)
    /// The most memory that is taken, whatever a file asks for: 1 GiB.
    public static let mostMemory: UInt64 = 1 << 30

    /// The corresponding C function is `EVP_PBE_scrypt`.
    /// - Throws: for parameters that are none, or that would take more than `mostMemory`.
    public func key(_ passphrase: [UInt8], salt: [UInt8], length: Int = 32) throws(CryptoError) -> [UInt8] {
        guard n > 1, n & (n - 1) == 0, n <= 1 << 30, (1...64).contains(r), (1...64).contains(p),
            128 * r * (n + p + 2) <= Scrypt.mostMemory
        else { throw CryptoError("scrypt: the parameters are no good, or ask for more than 1 GiB") }
        var out = [UInt8](repeating: 0, count: length)
        let done = passphrase.withUnsafeBytes { text in
            EVP_PBE_scrypt(
                text.bindMemory(to: CChar.self).baseAddress, text.count, salt, salt.count, n, r, p,
                Scrypt.mostMemory + 1 << 20, &out, length)
        }
        guard done == 1 else { throw .failed("scrypt") }
        return out
    }
}
