import Crypto
import System
import Testing

/// Bytes of hexadecimal text.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

@Suite struct VectorTests {
    /// FIPS 180-4 examples.
    @Test func sha256() throws {
        #expect(
            try SHA256.digest(Array("abc".utf8))
                == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
        #expect(
            try SHA256.digest([]) == bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(try SHA1.digest(Array("abc".utf8)) == bytes("a9993e364706816aba3e25717850c26c9cd0d89d"))
    }

    /// RFC 4231, test cases 1, 2, 3, 4, 6 and 7.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmac(_ key: String, _ message: String, _ code: String) throws {
        #expect(try HMACSHA256.code(of: bytes(message), key: bytes(key)) == bytes(code))
    }

    /// RFC 7914, section 12: the cases within the memory that is taken.
    @Test(arguments: [
        (
            "", "", Scrypt(n: 16, r: 1, p: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", Scrypt(n: 1024, r: 8, p: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", Scrypt(n: 16384, r: 8, p: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func scrypt(_ passphrase: String, _ salt: String, _ parameters: Scrypt, _ key: String) throws {
        #expect(
            try parameters.key(Array(passphrase.utf8), salt: Array(salt.utf8), length: 64) == bytes(key))
    }

    @Test(arguments: [
        Scrypt(n: 0, r: 8, p: 1), Scrypt(n: 1000, r: 8, p: 1), Scrypt(n: 1 << 30, r: 8, p: 1),
        Scrypt(n: 1 << 17, r: 0, p: 1), Scrypt(n: 1 << 17, r: 64, p: 64), Scrypt(n: 1 << 62, r: 1, p: 1),
    ])
    func scryptIsBounded(_ parameters: Scrypt) {
        #expect(throws: CryptoError.self) { try parameters.key([1], salt: [2]) }
    }

    /// "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, test cases 13 to 16.
    @Test(arguments: [
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "",
            "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "",
            String(repeating: "00", count: 16),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func aesGCM(_ key: String, _ nonce: String, _ associated: String, _ plain: String, _ sealed: String) throws {
        let (key, nonce, associated) = (bytes(key), bytes(nonce), bytes(associated))
        #expect(try AESGCM.seal(bytes(plain), key: key, nonce: nonce, associated: associated) == bytes(sealed))
        #expect(try AESGCM.open(bytes(sealed), key: key, nonce: nonce, associated: associated) == bytes(plain))
        for bit in 0..<bytes(sealed).count * 8 {
            var altered = bytes(sealed)
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(try AESGCM.open(altered, key: key, nonce: nonce, associated: associated) == nil)
        }
        #expect(try AESGCM.open(bytes(sealed), key: key, nonce: nonce, associated: associated + [0]) == nil)
        #expect(try AESGCM.open(Array(bytes(sealed).dropLast()), key: key, nonce: nonce, associated: associated) == nil)
        #expect(try AESGCM.open([], key: key, nonce: nonce, associated: associated) == nil)
    }

    @Test func wrongLengthsAreRefused() {
        #expect(throws: CryptoError.self) { try AESGCM.seal([], key: [1], nonce: bytes("000000000000000000000000")) }
        #expect(throws: CryptoError.self) { try AESGCM.seal([], key: [UInt8](repeating: 0, count: 32), nonce: []) }
    }

    /// RFC 7636, appendix B; the second one from GitLab's page "OAuth 2.0 identity provider API".
    @Test(arguments: [
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("ks02i3jdikdo2k0dkfodf3m39rjfjsdk0wk349rj3jrhf", "2i0WFA-0AerkjQm4X4oDEhqA17QIAKNjXpagHBXmO_U"),
    ])
    func challenges(_ verifier: String, _ challenge: String) throws {
        #expect(Base64.encodeURL(try SHA256.digest(Array(verifier.utf8))) == challenge)
    }

    @Test func comparesInConstantTime() {
        #expect(ConstantTime.equal("", "") && ConstantTime.equal("abc", "abc"))
        #expect(!ConstantTime.equal("abc", "abd") && !ConstantTime.equal("abc", "ab") && !ConstantTime.equal("", "a"))
    }

    @Test func randomBytesDiffer() throws {
        #expect(try SecureRandom.bytes(0) == [])
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }
}
