import Glibc
import System
import Testing

/// A fresh folder, removed when it is not needed any more.
private final class Folder {
    let path: String
    init() throws {
        var template = Array("/tmp/sluice-system-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make", "a temporary folder") }
        path = String(cString: made)
    }
    deinit {
        for name in Files.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

@Suite struct FilesTests {
    private let folder: Folder
    init() throws { folder = try Folder() }
    private var file: String { folder.path + "/file" }

    @Test func aFileIsReplacedWhole() throws {
        try Files.replace(file, with: [1, 2, 3])
        try Files.replace(file, with: [4])
        #expect(try Files.read(file) == [4])
        #expect(Files.names(in: folder.path) == ["file"])
        var status = stat()
        stat(file, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    /// The full disk: what was there stays, and nothing else is left.
    @Test func aFileThatCantBeWrittenIsLeftAsItWas() throws {
        try Files.replace(file, with: [1])
        mkdir(file + ".new", 0o700)
        defer { rmdir(file + ".new") }
        #expect(throws: SystemError.self) { try Files.replace(file, with: [2]) }
        #expect(try Files.read(file) == [1])
    }

    @Test func whatIsMissingIsSaid() throws {
        #expect(try Files.readIfPresent(file) == nil)
        let error = #expect(throws: SystemError.self) { try Files.read(file) }
        #expect(error?.description == "open \(file): No such file or directory")
        try Files.remove(file)
        #expect(Files.names(in: folder.path + "/none").isEmpty)
    }

    @Test func aFileOverTheLimitIsRefused() throws {
        try Files.replace(file, with: [UInt8](repeating: 7, count: 1000))
        #expect(try Files.read(file, limit: 1000).count == 1000)
        #expect(throws: SystemError.self) { try Files.read(file, limit: 999) }
    }

    @Test func foldersAreMadeOnTheWay() throws {
        let path = folder.path + "/a/b/c"
        try Files.makeFolder(path)
        try Files.makeFolder(path)
        #expect(Files.exists(path))
        for name in ["a/b/c", "a/b", "a"] { rmdir("\(folder.path)/\(name)") }
    }

    @Test func aHeldLockSaysWhose() throws {
        let lock = try Lock(file)
        let failure = #expect(throws: Failure.self) { _ = try Lock(file) }
        #expect(failure?.status == .tryAgain)
        #expect(failure?.what == "\(file) is locked by process \(getpid())")
        let other = try Child.run(
            ["flock", "-n", file, "true"], input: [], limits: .init(time: .seconds(30), output: 100))
        #expect(other.ending == .exited(1))
        withExtendedLifetime(lock) {}
    }

    @Test func aLockEndsWithItsValue() throws {
        do { _ = try Lock(file) }
        _ = try Lock(file)
    }

    @Test func descriptorsReadWriteAndCut() throws {
        let descriptor = try Descriptor(opening: file, O_RDWR | O_CREAT)
        try descriptor.write(Array("0123456789".utf8))
        #expect(try descriptor.size() == 10)
        try descriptor.truncate(to: 4)
        try descriptor.synchronize()
        #expect(try Files.read(file) == Array("0123".utf8))
        let isTerminal = descriptor.isTerminal
        #expect(!isTerminal)
        let error = #expect(throws: SystemError.self) {
            _ = try Descriptor(opening: folder.path + "/none/file", O_RDONLY)
        }
        #expect(error?.isMissing == true)
    }

    @Test func aClosedPipeIsToldApart() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        let writing = Descriptor(owning: ends[1], name: "pipe")
        let error = #expect(throws: SystemError.self) { try writing.write([1]) }
        #expect(error?.isClosedPipe == true)
    }
}
