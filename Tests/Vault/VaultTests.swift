import Glibc
import JSON
import System
import Testing

@testable import Crypto
@testable import Vault

/// A folder for a vault and one for the newest generation seen, which end with their test.
final class Place: Sendable {
    let root: String
    init() throws {
        var random = SystemRandomNumberGenerator()
        root = "/tmp/sluice-vault-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(root + "/home")
    }
    deinit { _ = try? Child.run(["rm", "-rf", root], input: [], limits: .init(time: .seconds(60), output: 1)) }

    var vault: String { root + "/home/vault" }
    var memory: String { root + "/state" }
    static let key = VaultKey.key([UInt8](repeating: 7, count: 32))

    func create() throws -> Vault { try .create(vault, memory: memory, key: Place.key) }
    func open(_ key: VaultKey = Place.key) throws -> Vault { try .open(vault, memory: memory) { _ in key } }
}

@Suite struct VaultTests {
    private func refusal(_ body: () throws -> some Any) -> Failure {
        do {
            _ = try body()
            return Failure(.done, "it was taken")
        } catch let failure as Failure { return failure } catch { return Failure(.software, "\(error)") }
    }

    @Test func keepsWhatIsWritten() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("b", [1, 2])
        try await vault.write("a\n\"é", [])
        try await vault.write("b", [3])
        let again = try place.open()
        #expect(try again.names() == ["a\n\"é", "b"])
        #expect(try again.read("b") == [3] && again.read("a\n\"é") == [] && again.read("c") == nil)
        #expect(try await again.remove("b"))
        #expect(try await !again.remove("b"))
        #expect(try vault.names() == ["a\n\"é"])
        var st = stat()
        #expect(stat(place.vault, &st) == 0 && st.st_mode & 0o777 == 0o600)
        #expect(refusal { try place.create() }.what.contains("there is a vault"))
    }

    @Test func noSecretIsInTheFile() async throws {
        let place = try Place()
        try await place.create().write("name", Array("the canary sings".utf8))
        let text = String(decoding: try Files.read(place.vault), as: UTF8.self)
        #expect(text.contains("\"name\"") && !text.contains("canary"))
        for line in text.split(separator: "\n") { #expect(try JSON(parsing: String(line)).isObject) }
    }

    @Test func anotherKeyIsRefused() async throws {
        let place = try Place()
        try await place.create().write("a", [1])
        let other = refusal { try place.open(.key([UInt8](repeating: 8, count: 32))) }
        #expect(other.status == .configuration && other.what.contains("not the key"))
        #expect(refusal { try place.open(.key([1])) }.what.contains("1 bytes"))
        #expect(refusal { try place.open(.passphrase([1])) }.what.contains("sealed under a key"))
    }

    @Test func aPassphraseOpensWhatItSealed() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1])
        try await vault.rekey(.passphrase(Array("open sesame".utf8)))
        #expect(try vault.read("a") == [1])
        #expect(try place.open(.passphrase(Array("open sesame".utf8))).read("a") == [1])
        #expect(refusal { try place.open(.passphrase(Array("open".utf8))) }.what.contains("not the passphrase"))
        #expect(refusal { try place.open() }.what.contains("sealed under a passphrase"))
        let old = try place.open(.passphrase(Array("open sesame".utf8)))
        try await vault.rekey(Place.key)
        #expect(refusal { try old.read("a") }.status == .tryAgain)
    }

    /// Each byte of a vault, altered: it is never opened, and never by another kind of error.
    @Test func everyFlippedByteIsDamage() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1, 2, 3])
        let whole = try Files.read(place.vault)
        for at in whole.indices {
            var bytes = whole
            bytes[at] ^= 0x01
            try Files.replace(place.vault, with: bytes)
            let failure = refusal { try place.open() }
            // The number of a format is read before all else.
            let isTold = failure.status == .ioError && failure.what.contains("is damaged")
            #expect(isTold || failure.what.contains("has format"), "byte \(at): \(failure)")
        }
        for count in 0..<whole.count {
            try Files.replace(place.vault, with: Array(whole[..<count]))
            #expect(refusal { try place.open() }.status == .ioError, "cut to \(count)")
        }
    }

    /// Somebody without the key who puts the checksum right.
    @Test func whatSomebodyAlteredIsToldApart() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1, 2, 3])
        try await vault.write("b", [4, 5, 6])
        let old = try Files.read(place.vault).split(separator: 0x0A).map(Array.init)
        try await vault.write("b", [7])
        let whole = try Files.read(place.vault)
        let lines = whole.split(separator: 0x0A).map(Array.init)
        let code = try #require(try JSON(parsing: lines[3])["mac"]?.string)
        func opened(_ header: [UInt8], _ records: [[UInt8]]) throws -> Failure {
            let body = Array(([header] + records).map { $0 + [0x0A] }.joined())
            let closing =
                "{\"sha256\":\"\(try SHA256.digest(body + Array(code.utf8)).hexadecimal)\",\"mac\":\"\(code)\"}\n"
            try Files.replace(place.vault, with: body + Array(closing.utf8))
            return refusal { try place.open() }
        }
        func replaced(_ line: [UInt8], _ a: String, _ b: String) -> [UInt8] {
            Array(
                String(decoding: line, as: UTF8.self).split(separator: a, omittingEmptySubsequences: false).joined(
                    separator: b
                ).utf8)
        }
        #expect(try opened(lines[0], [lines[1], lines[2]]).status == .done, "as it was")
        let swapped = try opened(
            lines[0],
            [
                replaced(lines[2], "\"name\":\"b\",\"version\":2", "\"name\":\"a\",\"version\":1"),
                replaced(lines[1], "\"name\":\"a\",\"version\":1", "\"name\":\"b\",\"version\":2"),
            ])
        #expect(swapped.what.contains("what stands under 'a' is the record of 'b'"))
        let sealed = try #require(try JSON(parsing: lines[1])["sealed"]?.string)
        let other = "A" + sealed.dropFirst() == sealed ? "B" + sealed.dropFirst() : "A" + sealed.dropFirst()
        #expect(
            try opened(lines[0], [replaced(lines[1], sealed, other), lines[2]]).what.contains(
                "the record of 'a' was altered"))
        #expect(try opened(lines[0], [lines[1], old[2]]).what.contains("another copy"), "an older record")
        #expect(
            try opened(replaced(lines[0], "\"records\":2", "\"records\":1"), [lines[1]]).what.contains("taken away"))
        let later = replaced(lines[0], "\"generation\":4", "\"generation\":9")
        #expect(try opened(later, [lines[1], lines[2]]).what.contains("another copy"), "a generation of their own")
        let newer = replaced(lines[0], "\"format\":1", "\"format\":2")
        #expect(try opened(newer, [lines[1], lines[2]]).what.contains("format 2"))
    }

    @Test func anOlderFileIsRefusedUntilItIsAccepted() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1])
        let backup = try Files.read(place.vault)
        try await vault.write("a", [2])
        try Files.replace(place.vault, with: backup)
        let failure = refusal { try place.open() }
        #expect(failure.status == .ioError && failure.what.contains("older than the one last seen"))
        #expect(failure.remedy.contains("auth accept"))
        try Vault.accept(place.vault, memory: place.memory) { _ in Place.key }
        #expect(try place.open().read("a") == [1])
        // Another machine has no memory of it.
        try Files.remove("\(place.memory)/\(Files.names(in: place.memory)[0])")
        #expect(try place.open().read("a") == [1])
        // A memory that was tampered with is not taken for a missing one.
        let memory = "\(place.memory)/\(Files.names(in: place.memory)[0])"
        try Files.replace(memory, with: Array("{\"generation\":99,\"mac\":\"x\"}".utf8))
        #expect(refusal { try place.open() }.what.contains("not of this key"))
        try Vault.accept(place.vault, memory: place.memory) { _ in Place.key }
        #expect(try place.open().read("a") == [1])
    }

    @Test func theFileOfBeforeARekeyIsRefused() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1])
        let backup = try Files.read(place.vault)
        try await vault.rekey(.key([UInt8](repeating: 9, count: 32)))
        try Files.replace(place.vault, with: backup)
        #expect(refusal { try place.open() }.what.contains("older than the last 'auth rekey'"))
    }

    /// What stands on the disk when a process is killed before each step of a change, made by putting the files back.
    @Test(arguments: [false, true]) func aKillBetweenTheStepsLeavesOldOrNew(isRekey: Bool) async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.write("a", [1])
        let memory = "\(place.memory)/\(Files.names(in: place.memory)[0])"
        let old = (file: try Files.read(place.vault), memory: try Files.read(memory))
        let other = VaultKey.key([UInt8](repeating: 9, count: 32))
        if isRekey {
            try await vault.rekey(other)
        } else {
            try await vault.write("a", [2])
        }
        let new = (file: try Files.read(place.vault), memory: try Files.read(memory))
        // Half of the new file, under its temporary name.
        try Files.replace(place.vault, with: old.file)
        try Files.replace(memory, with: old.memory)
        try Files.replace(place.vault + ".new", with: Array(new.file[..<(new.file.count / 2)]))
        #expect(try place.open().read("a") == [1])
        if isRekey {
            let generation = try #require(try JSON(parsing: old.memory)["generation"]?.int)
            let next = try Keys(other, .key, try #require(Files.names(in: place.memory).first))
            let current = try #require(try JSON(parsing: old.memory)["mac"]?.string)
            let code = try next.code(ofGeneration: Int(generation))
            let middle = "{\"generation\":\(generation),\"mac\":\"\(current)\",\"next\":\"\(code)\"}"
            try Files.replace(memory, with: Array(middle.utf8))
            #expect(try place.open().read("a") == [1], "before the file")
            try Files.replace(place.vault, with: new.file)
            #expect(try place.open(other).read("a") == [1], "after the file")
        } else {
            try Files.replace(place.vault, with: new.file)
            #expect(try place.open().read("a") == [2], "before the memory")
        }
        #expect(try Files.read(memory) == new.memory, "the memory follows")
    }

    @Test func whatOthersCanUseIsRefused() async throws {
        let place = try Place()
        _ = try place.create()
        chmod(place.vault, 0o644)
        let failure = refusal { try place.open() }
        #expect(failure.status == .configuration && failure.remedy == "run: chmod 600 \(place.vault)")
        chmod(place.vault, 0o600)
        chmod(place.root + "/home", 0o777)
        #expect(refusal { try place.open() }.remedy == "run: chmod 700 \(place.root)/home")
        chmod(place.root + "/home", 0o1777)
        #expect(refusal { try place.open() }.status == .configuration)
        chmod(place.root + "/home", 0o755)
        _ = try place.open()
    }

    /// A hostile header can't cost more memory than is taken.
    @Test func greedyParametersAreRefused() async throws {
        let place = try Place()
        let vault = try place.create()
        try await vault.rekey(.passphrase([1]))
        let sheet = try Sheet(try Files.read(place.vault), place.vault)
        guard case .scrypt(_, let salt) = sheet.sealing else { return #expect(Bool(false)) }
        #expect(throws: Failure.self) {
            try Keys(.passphrase([1]), .scrypt(Scrypt(n: 1 << 40, r: 8, p: 1), salt: salt), "x")
        }
    }

    /// Many writers at once, against a dictionary.
    @Test(arguments: 0..<4 as Range<UInt64>) func writersLoseNothing(seed: UInt64) async throws {
        let place = try Place()
        _ = try place.create()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var random = SeededRandom(seed: seed * 10 + UInt64(writer))
                    // A process of its own would open it so.
                    let vault = try place.open()
                    for n in 0..<10 {
                        try await vault.write("\(writer)-\(n)", [UInt8(n)])
                        if n > 0, Int.random(in: 0..<3, using: &random) == 0 {
                            try await vault.remove("\(writer)-\(n - 1)")
                        }
                        try await vault.write("last-\(writer)", [UInt8(n)])
                    }
                }
            }
            try await group.waitForAll()
        }
        let vault = try place.open()
        for writer in 0..<4 {
            var random = SeededRandom(seed: seed * 10 + UInt64(writer))
            var model: [String: [UInt8]] = [:]
            for n in 0..<10 {
                model["\(writer)-\(n)"] = [UInt8(n)]
                if n > 0, Int.random(in: 0..<3, using: &random) == 0 { model["\(writer)-\(n - 1)"] = nil }
                model["last-\(writer)"] = [UInt8(n)]
            }
            let names = try vault.names().filter { $0.hasPrefix("\(writer)-") || $0 == "last-\(writer)" }
            #expect(Set(names) == Set(model.keys))
            for (name, bytes) in model { #expect(try vault.read(name) == bytes) }
        }
    }

    @Test func oneAtATimeForAName() async throws {
        let place = try Place()
        let vault = try place.create()
        let inside = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await place.open().exclusively("a/../b") {
                        #expect(await inside.enter() == 1)
                        await Task.yield()
                        await inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        _ = vault
    }
}

private actor Counter {
    private var count = 0
    func enter() -> Int {
        count += 1
        return count
    }
    func leave() { count -= 1 }
}
