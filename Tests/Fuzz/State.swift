import Crypto
import Deduplication
import Glibc
import Gzip
import Laws
import State
import Stream
import System
import Vault

/// The files that the programs keep, damaged in any way: a vault, and the journal, the base and the checkpoint of a memory.
/// The first byte says which; checksums are made to fit, so that what stands behind them is reached.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let given = bytes(start, count)
    guard let kind = given.first else { return 0 }
    let rest = Array(given.dropFirst())
    switch kind {
    case UInt8(ascii: "v"): vault(rest)
    case UInt8(ascii: "m"): memory(rest.split(separator: 0, omittingEmptySubsequences: false).map(Array.init))
    case UInt8(ascii: "j"): journal(rest)
    case UInt8(ascii: "g"): gzip(rest)
    default: break
    }
    return 0
}

private let folder = (getenv("TMPDIR").map { String(cString: $0) } ?? "/dev/shm") + "/sluice-fuzz-\(getpid())"

private func put(_ name: String, _ bytes: [UInt8]) {
    guard let file = try? Descriptor(opening: "\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC),
        (try? file.write(bytes)) != nil
    else { fatalError("a file can be written") }
}

private func make(_ path: String) {
    guard (try? Files.makeFolder("\(folder)/\(path)")) != nil else { fatalError("a folder can be made") }
}

private func vault(_ body: [UInt8]) {
    make("vault")
    let code = "bm8"
    guard let digest = try? SHA256.digest(body + Array(code.utf8)) else { return }
    put("vault/file", body + Array("{\"sha256\":\"\(hexadecimal(digest))\",\"mac\":\"\(code)\"}\n".utf8))
    let opened = try? Vault.open("\(folder)/vault/file", memory: folder + "/memory") { _ in
        .key([UInt8](repeating: 7, count: 32))
    }
    law(opened == nil, "nobody without the key makes a vault")
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Lines of the journal, lines of the index, lines of a shard, a checkpoint.
private func memory(_ parts: [[UInt8]]) {
    make("state/dedupe")
    let path = folder + "/state"
    func part(_ number: Int) -> [UInt8] { number < parts.count ? parts[number] : [] }
    let shard = part(2)
    let member = shard.isEmpty ? [] : Gzip.compress(shard)
    put("state/dedupe/base-1.gz", member)
    var index = part(1) + [0x0A] + Array("\(member.count) \(shard.split(separator: 0x0A).count)\n".utf8)
    for _ in 1..<256 { index += Array("0 0\n".utf8) }
    // A line more is one too many, and another way to be damaged.
    index += part(4)
    put("state/dedupe/index.gz", Gzip.compress(index))
    let header = Array("{\"kind\":\"dedupe-journal\",\"format\":1}\n".utf8)
    put("state/dedupe/journal.gz", Gzip.compress(header) + Gzip.compress(part(0)))
    put("state/checkpoint.json.gz", Gzip.compress(part(3)))
    guard let state = try? StateFolder(path) else { return }
    _ = try? Memory.verify(state)
    _ = try? Memory(of: state, log: Log(program: "fuzz", to: { _ in }))
}

private func journal(_ bytes: [UInt8]) {
    make("journal")
    let path = "\(folder)/journal/journal.gz"
    put("journal/journal.gz", bytes)
    var lines = 0
    guard
        let journal = try? Journal(
            path, kind: "k",
            batch: { batch, _ in
                lines += batch.count
                return nil
            })
    else { return }
    law(journal.end >= journal.start, "a journal ends after its begin")
    var again = 0
    let second = try? Journal(
        path, kind: "k",
        batch: { batch, _ in
            again += batch.count
            return nil
        })
    law(second?.end == journal.end && again == lines, "a journal that was mended is whole")
}

private func gzip(_ bytes: [UInt8]) {
    if let text = try? Gzip.decompress(bytes, limit: 1 << 20) {
        law(text.count <= 1 << 20, "a limit holds")
    }
    law((try? Gzip.decompress(Gzip.compress(bytes))) == bytes, "what is packed is unpacked")
}
