import Glibc
import System
import Testing

@testable import Vault

@Suite struct KeySourceTests {
    static let hexadecimal = String(repeating: "0a", count: 32)
    static let key = [UInt8](repeating: 10, count: 32)

    private func refusal(_ body: () throws -> VaultKey) -> String {
        do {
            _ = try body()
            return "taken"
        } catch { return "\(error)" }
    }

    private func bytes(_ key: VaultKey) -> [UInt8] {
        switch key {
        case .key(let bytes): bytes
        case .passphrase(let bytes): [0] + bytes
        }
    }

    @Test(arguments: [
        key, Array(hexadecimal.utf8), Array((hexadecimal + "\n").utf8), Array(Base64.encode(key).utf8),
        Array((Base64.encodeURL(key) + "\r\n").utf8),
    ])
    func aKeyFileHasOneOfThreeForms(_ contents: [UInt8]) throws {
        let place = try Place()
        let file = place.root + "/key"
        try Files.replace(file, with: contents)
        #expect(try bytes(KeySource.file(file).key(nil, vault: place.vault)) == KeySourceTests.key)
    }

    @Test func aKeyFileIsKeptApartAndClosed() throws {
        let place = try Place()
        let file = place.root + "/home/key"
        try Files.replace(file, with: Array(KeySourceTests.hexadecimal.utf8))
        #expect(refusal { try KeySource.file(file).key(nil, vault: place.vault) }.contains("own folder"))
        let link = place.root + "/link"
        symlink(file, link)
        #expect(refusal { try KeySource.file(link).key(nil, vault: place.vault) }.contains("own folder"))
        let other = place.root + "/key"
        try Files.replace(other, with: Array("secret words".utf8), mode: 0o600)
        let words = refusal { try KeySource.file(other).key(nil, vault: place.vault) }
        #expect(words.contains("holds no key of 32 bytes") && !words.contains("secret words"))
        try Files.replace(other, with: Array(KeySourceTests.hexadecimal.utf8))
        chmod(other, 0o640)
        #expect(refusal { try KeySource.file(other).key(nil, vault: place.vault) }.contains("chmod 600"))
        #expect(
            refusal { try KeySource.file(place.root + "/none").key(nil, vault: place.vault) }.contains("no key file"))
    }

    @Test func aCommandPrintsIt() throws {
        let place = try Place()
        #expect(
            try bytes(KeySource.command("echo \(KeySourceTests.hexadecimal); echo more").key(nil, vault: place.vault))
                == KeySourceTests.key)
        #expect(
            try bytes(KeySource.command("printf 'open sesame\\r\\n'").key(nil, vault: place.vault)) == [0]
                + Array("open sesame".utf8))
        #expect(
            refusal { try KeySource.command("echo canary; exit 3").key(nil, vault: place.vault) }
                == "the command that gives the vault's key failed: see what it says: run it by hand")
        #expect(
            refusal { try KeySource.command("true").key(nil, vault: place.vault) }.contains("no key and no passphrase"))
    }

    /// What looks like a key is a passphrase where the vault has one, and no passphrase is taken for a key.
    @Test func theVaultSaysWhatItWants() throws {
        let place = try Place()
        let text = KeySource.value(KeySourceTests.hexadecimal)
        #expect(try bytes(text.key(.passphrase, vault: place.vault)) == [0] + Array(KeySourceTests.hexadecimal.utf8))
        #expect(try bytes(text.key(.key, vault: place.vault)) == KeySourceTests.key)
        #expect(refusal { try KeySource.value("canary").key(.key, vault: place.vault) }.contains("no key of 32 bytes"))
    }

    @Test func aDescriptorGivesALine() throws {
        let place = try Place()
        let file = place.root + "/pass"
        try Files.replace(file, with: Array("line one\nline two\n".utf8))
        let descriptor = try Descriptor(opening: file, O_RDONLY)
        #expect(
            try bytes(KeySource.passphrase(descriptor.raw).key(nil, vault: place.vault)) == [0] + Array("line one".utf8)
        )
        #expect(
            try bytes(KeySource.descriptor(descriptor.raw).key(nil, vault: place.vault)) == [0] + Array("line two".utf8)
        )
        #expect(
            refusal { try KeySource.passphrase(descriptor.raw).key(nil, vault: place.vault) }.contains(
                "no key and no passphrase"))
        #expect(refusal { try KeySource.passphrase(987).key(nil, vault: place.vault) }.contains("open descriptor 987"))
    }
}
