import Glibc
import Synchronization
import System

/// Where buckets are kept: in one small file each, which the processes of the machine share, or in memory.
///
/// A file is changed under a lock for some microseconds. One that is damaged, or holds another bucket, counts as unknown.
public final class BucketStore: Sendable {
    private struct Kept {
        var file: SharedFile?
        /// What is known where there is no file.
        var bucket: Bucket
    }
    private let kept = Mutex<[BucketName: Kept]>([:])
    /// Where the files are; nil while the pace is the process's own.
    public let folder: String?
    private let warn: @Sendable (Failure) -> Void
    private let hasWarned = Atomic(false)

    /// Buckets of this process alone.
    public init() {
        folder = nil
        warn = { _ in }
    }

    /// Buckets in a folder, which is made for this user alone.
    /// - Parameter warn: called once where that can't be: then the pace is the process's own.
    public init(folder: String, warn: @escaping @Sendable (Failure) -> Void) {
        self.warn = warn
        do throws(SystemError) {
            try Files.makeFolder(folder)
            if !Files.isPrivateFolder(folder) { throw SystemError("use", folder, EPERM) }
            self.folder = folder
        } catch {
            self.folder = nil
            tell(error)
        }
    }

    /// `$XDG_RUNTIME_DIR/sluice/pace`, else `/tmp/sluice-UID`.
    public static var defaultFolder: String {
        if let told = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), told.hasPrefix("/") {
            return told + "/sluice/pace"
        }
        return "/tmp/sluice-\(geteuid())"
    }

    private func tell(_ error: SystemError) {
        guard !hasWarned.exchange(true, ordering: .relaxed) else { return }
        warn(
            Failure(
                .ioError, "the pace can't be shared with other processes (\(error)): each keeps its own",
                "set XDG_RUNTIME_DIR to a folder of your own"))
    }

    /// Changes what is known of a bucket, while no other process can.
    /// - Parameter body: asks for the time itself, so that moments follow each other over all processes.
    public func update<Result: Sendable>(_ name: BucketName, _ body: (inout Bucket) -> Result) -> Result {
        kept.withLock { kept in
            var entry = kept[name] ?? Kept(file: nil, bucket: Bucket(name))
            defer { kept[name] = entry }
            // A file that was removed is made again.
            for _ in 0..<2 {
                do throws(SystemError) {
                    if let result = try update(&entry, name, body) { return result }
                    break
                } catch {
                    entry.file = nil
                    if !error.isMissing { tell(error) }
                }
            }
            return body(&entry.bucket)
        }
    }

    private func update<Result>(
        _ entry: inout Kept, _ name: BucketName, _ body: (inout Bucket) -> Result
    ) throws(SystemError) -> Result? {
        guard let folder else { return nil }
        let file: SharedFile
        if let open = entry.file { file = open } else { file = try SharedFile(folder + "/" + name.fileName) }
        entry.file = file
        return try file.update(size: Record.size) { bytes in
            var bucket = Bucket(reading: bytes) ?? Bucket(name)
            if bucket.name != name { bucket = Bucket(name) }
            let result = body(&bucket)
            bytes = bucket.bytes
            return result
        }
    }

    /// The buckets of a source that are known, in the order of their names.
    public func known(of source: String) -> [Bucket] {
        guard let folder else {
            return kept.withLock { $0.values.map(\.bucket) }.filter { $0.name.source == source }
        }
        let names = Files.names(in: folder).filter { $0.hasPrefix(source + "-") }
        return names.compactMap {
            (try? Files.read(folder + "/" + $0, limit: Record.size)).flatMap(Bucket.init(reading:))
        }
        .filter { $0.name.source == source }
        .sorted { ($0.name.account, $0.name.host, $0.name.bucket) < ($1.name.account, $1.name.host, $1.name.bucket) }
    }
}

extension BucketName {
    /// The source, and FNV-1a of all. Two buckets that have it in common keep throwing out each other's, no more.
    var fileName: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in [source, account, host, bucket].joined(separator: "\n").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return "\(source)-\(String(hash, radix: 16))"
    }
}
