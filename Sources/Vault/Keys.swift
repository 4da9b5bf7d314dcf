import Crypto
import System

/// What a vault is sealed under, as a person or a program gives it.
public enum VaultKey: Sendable {
    /// 32 random bytes.
    case key([UInt8])
    case passphrase([UInt8])

    public var kind: KeyKind {
        switch self {
        case .key: .key
        case .passphrase: .passphrase
        }
    }
}

public enum KeyKind: String, Sendable {
    case key
    case passphrase
}

/// How the master key comes about, as the header says it.
enum Sealing: Sendable, Equatable {
    case key
    case scrypt(Scrypt, salt: [UInt8])

    init(for key: VaultKey, _ scrypt: Scrypt = .standard) throws {
        switch key {
        case .key: self = .key
        case .passphrase: self = .scrypt(scrypt, salt: try SecureRandom.bytes(16))
        }
    }

    var kind: KeyKind {
        switch self {
        case .key: .key
        case .scrypt: .passphrase
        }
    }
}

/// The keys that are made of the master key, one for each use.
struct Keys: Sendable {
    let sealing: Sealing
    let id: String
    let records: [UInt8]
    private let file: [UInt8]
    /// Tells whether the key is the right one; it says nothing of the key.
    let check: [UInt8]

    init(_ key: VaultKey, _ sealing: Sealing, _ id: String) throws {
        var master: [UInt8]
        switch (key, sealing) {
        case (.key(let bytes), .key):
            guard bytes.count == AESGCM.keyLength else {
                throw Failure(
                    .configuration, "the vault's key has \(bytes.count) bytes, and not 32",
                    "make one: openssl rand -hex 32")
            }
            master = bytes
        case (.passphrase(let text), .scrypt(let scrypt, let salt)):
            do { master = try scrypt.key(text, salt: salt) } catch {
                throw Failure(.ioError, "the vault's header is no good: \(error)", "restore the vault from a backup")
            }
        case (.key, .scrypt):
            throw Failure(.configuration, "the vault is sealed under a passphrase", "give the passphrase, and no key")
        case (.passphrase, .key):
            throw Failure(
                .configuration, "the vault is sealed under a key",
                "give it with --key-file, or in SLUICE_VAULT_KEY_FILE")
        }
        func derived(_ use: String) throws -> [UInt8] {
            try HMACSHA256.code(of: Array("sluice vault 1 \(use) \(id)".utf8), key: master)
        }
        records = try derived("records")
        file = try derived("file")
        check = Array(try derived("check")[..<16])
        for index in master.indices { master[index] = 0 }
        self.sealing = sealing
        self.id = id
    }

    func code(ofFile bytes: [UInt8]) throws -> String { Base64.encodeURL(try HMACSHA256.code(of: bytes, key: file)) }

    func code(ofGeneration number: Int) throws -> String { try code(ofFile: Array("generation \(number)".utf8)) }
}
