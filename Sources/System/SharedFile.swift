import CPOSIX
import Glibc

/// A small file that several processes change, each for a moment under a lock (`flock`), which ends with the process.
public final class SharedFile: Sendable {
    private let file: Descriptor
    public let path: String

    /// Opens the file, or makes an empty one that nobody else may read.
    /// - Throws: `SystemError`, also for what is no file of this user's.
    public init(_ path: String) throws(SystemError) {
        let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW)
        var found = stat()
        guard fstat(file.raw, &found) == 0 else { throw SystemError("stat", path) }
        guard found.st_mode & S_IFMT == S_IFREG, found.st_uid == geteuid() else {
            throw SystemError("open", path, EPERM)
        }
        self.file = file
        self.path = path
    }

    /// Reads the file and writes what becomes of it, while no other process can.
    /// - Parameters:
    ///   - size: how many bytes are read at most; a file that is shorter gives fewer.
    ///   - body: given the bytes; they are written where it changed them.
    /// - Throws: `SystemError`, also where the file was removed since it was opened: then others use another of its name.
    public func update<Result>(size: Int, _ body: (inout [UInt8]) -> Result) throws(SystemError) -> Result {
        let error = posix_lock_wait(file.raw)
        guard error == 0 else { throw SystemError("lock", path, error) }
        defer { posix_unlock(file.raw) }
        var found = stat()
        guard fstat(file.raw, &found) == 0 else { throw SystemError("stat", path) }
        guard found.st_nlink > 0 else { throw SystemError("open", path, ENOENT) }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = bytes.withUnsafeMutableBytes { pread(file.raw, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw SystemError("read", path) }
        bytes.removeLast(size - count)
        let old = bytes
        let result = body(&bytes)
        guard bytes != old else { return result }
        let written = bytes.withUnsafeBytes { pwrite(file.raw, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count else { throw SystemError("write", path) }
        return result
    }
}

extension Files {
    /// True for a folder, itself and no link to one, that is this user's and that no other may enter.
    public static func isPrivateFolder(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR && found.st_uid == geteuid()
            && found.st_mode & 0o077 == 0
    }
}
