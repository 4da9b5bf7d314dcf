import Glibc
import System
import Testing

@Suite struct ChildTests {
    private let limits = Child.Limits(time: .seconds(30), output: 1 << 20)

    /// Our variables may be secrets, and so may be a file that the shell opened for us.
    @Test func aChildGetsNeitherOurVariablesNorOurFiles() throws {
        setenv("SLUICE_TEST_CANARY", "canary", 1)
        setenv("TEST_CANARY", "kept", 1)
        let secret = open("/dev/null", O_RDONLY)
        defer { close(secret) }
        let environment = try Child.run(["env"], input: [], limits: limits)
        let lines = String(decoding: environment.output, as: UTF8.self).split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("SLUICE_") })
        #expect(lines.contains("TEST_CANARY=kept"))
        let files = try Child.run(
            ["sh", "-c", "[ ! -e /proc/self/fd/\(secret) ]"], input: [], limits: limits)
        #expect(files.ending == .exited(0))
    }

    @Test func whatIsLaunchedIsLeftToItself() throws {
        try Child.launch(["true"])
        let failure = #expect(throws: SystemError.self) { try Child.launch(["/nonexistent/browser"]) }
        #expect(failure?.isMissing == true)
    }
}
