import Glibc
import System

/// A folder that is there while the value is: in memory where the system has such a place, so that `fsync` costs nothing.
public final class Scratch: Sendable {
    public let path: String

    public init() throws {
        let base =
            access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var random = SystemRandomNumberGenerator()
        path = base + "/sluice-test-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(path)
    }
    deinit { Scratch.remove(path) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// Removes a file, or a folder with all that is in it.
    public static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in Files.names(in: path) { remove(path + "/" + name) }
        rmdir(path)
    }

    /// Copies a file, or removes the copy where there is no such file.
    public static func copy(_ from: String, to: String) throws {
        guard let bytes = try Files.readIfPresent(from) else { return remove(to) }
        try write(bytes, to: to)
    }
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try Descriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC).write(bytes)
    }
}
