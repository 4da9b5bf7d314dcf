import Glibc
import System

/// Where the key of a vault comes from.
public enum KeySource: Sendable, Equatable {
    /// A file with 32 bytes, as they are, in hexadecimal or in base64. Never in the vault's own folder: who takes one would have
    /// both.
    case file(String)
    /// The value of an environment variable: 32 bytes in hexadecimal or base64, or a passphrase.
    case value(String)
    /// The first line that a descriptor gives: likewise.
    case descriptor(Int32)
    /// The first line that a shell command prints: likewise.
    case command(String)
    /// The first line that a descriptor gives, which is a passphrase whatever it looks like.
    case passphrase(Int32)
    /// A person, at the terminal.
    case person

    /// - Parameters:
    ///   - kind: what the vault is sealed under; nil for a new vault.
    ///   - vault: the path of the vault's file.
    /// - Throws: `Failure`; the key is in none of its words.
    public func key(_ kind: KeyKind?, vault: String) throws -> VaultKey {
        switch self {
        case .file(let path): return try KeySource.read(file: path, vault: vault)
        case .value(let text): return try KeySource.parse(Array(text.utf8), kind, "SLUICE_VAULT_KEY")
        case .descriptor(let number):
            return try KeySource.parse(try KeySource.line(from: number), kind, "descriptor \(number)")
        case .command(let command):
            return try KeySource.parse(try KeySource.output(of: command), kind, "the key command")
        case .passphrase(let number):
            return .passphrase(try KeySource.checked(try KeySource.line(from: number), "descriptor \(number)"))
        case .person:
            let terminal = try Terminal(
                toAsk: "the vault's passphrase", otherwise: "give --key-file, --passphrase-fd or SLUICE_VAULT_KEY_FILE")
            if kind != nil { return .passphrase(try terminal.secret("Passphrase of \(vault): ")) }
            let first = try terminal.secret("A passphrase for the new vault \(vault): ")
            guard !first.isEmpty else {
                throw Failure(.usage, "an empty passphrase protects nothing", "choose one, or give --key-file")
            }
            guard try terminal.secret("Once more: ") == first else {
                throw Failure(.usage, "the two are not the same", "run the same command again")
            }
            return .passphrase(first)
        }
    }

    private static func read(file path: String, vault: String) throws -> VaultKey {
        guard let file = Files.realPath(path) else {
            throw Failure(
                .configuration, "there is no key file \(path)", "make one: (umask 077; openssl rand -hex 32 > \(path))")
        }
        guard Vault.folder(of: file) != Files.realPath(Vault.folder(of: vault)) else {
            throw Failure(
                .configuration, "the key file \(path) is in the vault's own folder",
                "keep it elsewhere: who takes one takes both")
        }
        try Permissions.check(path, isSecret: true)
        let bytes = try Files.read(path, limit: 4096)
        if bytes.count == 32 { return .key(bytes) }
        guard let key = number(bytes) else {
            throw Failure(
                .configuration, "\(path) holds no key of 32 bytes", "make one: (umask 077; openssl rand -hex 32 > FILE)"
            )
        }
        return .key(key)
    }

    private static func parse(_ text: [UInt8], _ kind: KeyKind?, _ origin: String) throws -> VaultKey {
        let text = try checked(text, origin)
        if kind != .passphrase, let key = number(text) { return .key(key) }
        if kind == .key {
            throw Failure(.configuration, "\(origin) gives no key of 32 bytes in hexadecimal or base64", "give it")
        }
        return .passphrase(text)
    }

    private static func checked(_ text: [UInt8], _ origin: String) throws -> [UInt8] {
        if text.isEmpty { throw Failure(.configuration, "\(origin) gives no key and no passphrase", "let it give one") }
        return text
    }

    /// 32 bytes of hexadecimal or base64.
    private static func number(_ bytes: [UInt8]) -> [UInt8]? {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
        if text.utf8.count == 64, digits.count == 64 {
            return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
        return [43, 44].contains(text.utf8.count) ? Base64.decode(text).flatMap { $0.count == 32 ? $0 : nil } : nil
    }

    /// The first line of a descriptor.
    public static func line(from number: Int32) throws -> [UInt8] {
        do throws(SystemError) {
            return try Descriptor(borrowing: number, name: "descriptor \(number)").firstLine()
        } catch {
            throw Failure(.configuration, "\(error)", "open descriptor \(number) for reading, e.g. \(number)< FILE")
        }
    }

    private static func output(of command: String) throws -> [UInt8] {
        let limits = Child.Limits(time: .seconds(60), output: 64 << 10)
        let result = try Child.run(["sh", "-c", command], input: [], limits: limits)
        guard result.ending == .exited(0) else {
            throw Failure(
                .configuration, "the command that gives the vault's key failed", "see what it says: run it by hand")
        }
        var line = Array(result.output.prefix { $0 != 0x0A })
        if line.last == 0x0D { line.removeLast() }
        return line
    }
}
