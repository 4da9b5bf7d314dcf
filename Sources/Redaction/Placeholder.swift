import Crypto
import HTTP
import JSON
import System

/// What stands in a capture where a secret was: `[secret:5f0c1a2b]`, the same for the same secret.
///
/// The eight digits are the beginning of HMAC-SHA-256 under a key that only the capturing process knew, so that a secret can't
/// be guessed back from them; or under a public key, for the fields of `SecretFields`.
package enum Placeholder {
    private static let start = Array("[secret:".utf8)
    private static let digits = 8
    static let length = start.count + digits + 1

    static func make(for secret: String, key: [UInt8]) -> String {
        // Were libcrypto to refuse, all secrets would be told by the same word, and none would show.
        let code = (try? HMACSHA256.code(of: Array(secret.utf8), key: key)) ?? []
        return "[secret:" + code.prefix(digits / 2).hexadecimal + "]"
    }

    /// True where a placeholder begins at an offset.
    static func stands(in bytes: ByteSlice, at offset: Int) -> Bool {
        guard offset >= 0, offset + length <= bytes.count, bytes[offset] == start[0] else { return false }
        return bytes.withUnsafeBytes { all in
            let here = all[offset..<offset + length]
            return here.starts(with: start) && here.last == UInt8(ascii: "]")
                && here.dropFirst(start.count).dropLast().allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
                }
        }
    }

    /// True for text that holds a placeholder.
    package static func occurs(in text: String) -> Bool {
        guard text.contains("[") else { return false }
        let bytes = ByteSlice(text)
        return (0..<bytes.count).contains { stands(in: bytes, at: $0) }
    }
    static func isAll(of text: String) -> Bool { text.utf8.count == length && stands(in: ByteSlice(text), at: 0) }

    /// What stands before, between and after the placeholders of a text.
    private static func pieces(of text: String) -> (around: [[UInt8]], placeholders: [String]) {
        let bytes = ByteSlice(text)
        var around: [[UInt8]] = [[]]
        var placeholders: [String] = []
        var at = 0
        while at < bytes.count {
            if stands(in: bytes, at: at) {
                placeholders.append(bytes[at..<at + length].text)
                around.append([])
                at += length
            } else {
                around[around.count - 1].append(bytes[at])
                at += 1
            }
        }
        return (around, placeholders)
    }

    /// The text percent-encoded, its placeholders left to be seen.
    static func encodeAround(_ text: String) -> String {
        let (around, placeholders) = pieces(of: text)
        return zip(around, placeholders + [""]).map {
            PercentEncoding.encode(String(decoding: $0, as: UTF8.self)) + $1
        }.joined()
    }

    /// True when `text` is `pattern` with something in the place of each placeholder.
    package static func matches(_ text: String, pattern: String) -> Bool {
        let pieces = pieces(of: pattern).around
        var rest = Array(text.utf8)[...]
        guard let first = pieces.first, let last = pieces.last else { return false }
        if pieces.count == 1 { return rest.elementsEqual(first) }
        guard rest.count >= first.count + last.count, rest.starts(with: first),
            rest.suffix(last.count).elementsEqual(last)
        else { return false }
        rest = rest.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
