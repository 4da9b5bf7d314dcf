import CPOSIX
import Glibc

/// Whole files: read, replaced in one step, locked.
public enum Files {
    /// The bytes of a file.
    /// - Parameter limit: the most that is read; a longer file is an error.
    public static func read(_ path: String, limit: Int = 1 << 32) throws -> [UInt8] {
        let file = try Descriptor(opening: path, O_RDONLY)
        var bytes: [UInt8] = []
        let step = 256 * 1024
        bytes.reserveCapacity(max(0, min(try file.size(), limit)) + 1)
        while true {
            let at = bytes.count
            if at > limit { throw SystemError("read", path, EFBIG) }
            var got = 0
            var failure: SystemError?
            bytes += [UInt8](repeating: 0, count: step)
            bytes.withUnsafeMutableBytes { all in
                do throws(SystemError) {
                    got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: all[at...]))
                } catch { failure = error }
            }
            bytes.removeLast(step - got)
            if let failure { throw failure }
            if got == 0 { return bytes }
        }
    }

    /// The bytes of a file, or nil when there is none.
    public static func readIfPresent(_ path: String, limit: Int = 1 << 32) throws -> [UInt8]? {
        do { return try read(path, limit: limit) } catch let error as SystemError where error.isMissing { return nil }
    }

    /// A file without a name, for what is too much for memory: its bytes go with its descriptor. It is in `$TMPDIR`, or in
    /// `/var/tmp`, which is on a disk. The corresponding C function is `mkstemp`.
    public static func temporary() throws(SystemError) -> Descriptor {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        var path = Array("\(folder)/sluice.XXXXXX".utf8CString)
        let raw = mkstemp(&path)
        guard raw >= 0 else { throw SystemError("make a temporary file in", folder) }
        unlink(&path)
        return Descriptor(owning: raw, name: "a temporary file in \(folder)")
    }

    /// Replaces a file so that a reader, or the machine after a loss of power, sees the old one or the new one:
    /// temporary file, `fsync`, `rename`, `fsync` of the folder.
    public static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o600) throws {
        let temporary = path + ".new"
        do {
            let file = try Descriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            try file.write(bytes)
            try file.synchronize()
        } catch {
            unlink(temporary)
            throw error
        }
        try rename(temporary, to: path)
    }

    /// Renames and makes the new name durable.
    public static func rename(_ from: String, to path: String) throws(SystemError) {
        guard Glibc.rename(from, path) == 0 else { throw SystemError("rename", path) }
        try synchronizeFolder(of: path)
    }

    /// Removes a file, if it is there, and makes that durable.
    public static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("remove", path)
        }
        try synchronizeFolder(of: path)
    }

    /// Makes the names in the folder that holds `path` durable.
    public static func synchronizeFolder(of path: String) throws(SystemError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
    }

    /// Makes a folder and those above it, if they are missing.
    public static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("make folder", path)
        }
        try makeFolder(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0 && errno != EEXIST { throw SystemError("make folder", path) }
    }

    /// The path without links and dots, or nil where there is no such file. The corresponding C function is `realpath`.
    public static func realPath(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a folder, sorted, without `.` and `..`; none where there is no such folder.
    public static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A lock that one process holds, until this value ends or the process does.
public struct Lock: ~Copyable, Sendable {
    private let file: Descriptor

    /// Takes the lock at once.
    /// - Throws: `Failure` with status `tryAgain`, saying which process holds it.
    public init(_ path: String) throws {
        let opened = try Descriptor(opening: path, O_RDWR | O_CREAT)
        let error = posix_lock(opened.raw)
        guard error == 0 else {
            guard error == EWOULDBLOCK else { throw SystemError("lock", path, error) }
            let holder = posix_lock_holder(opened.raw)
            let who = holder > 0 ? "process \(holder)" : "another process"
            throw Failure(.tryAgain, "\(path) is locked by \(who)", "wait for it to end, or end it")
        }
        file = opened
    }
    // Closing would do, were there no child between fork and exec that has the file open too.
    deinit { flock(file.raw, LOCK_UN) }
}
