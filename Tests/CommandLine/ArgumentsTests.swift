import CommandLine
import Glibc
import System
import Testing

/// The tests set variables of the environment, so they run one after the other.
@Suite(.serialized) struct ArgumentsTests {
    private static func command(_ names: String...) -> Command {
        Command(
            "test", "tests", operands: [.init("FILE", "a file"), .init("MORE", required: false, "another")],
            options: names.map { .init($0, "VALUE", "an option") }
                + [.init("list", "VALUE", repeatable: true, "a list"), .init("fast", "a switch")],
            examples: [])
    }
    private func parse(_ words: String..., names: String = "size") throws -> Arguments {
        try Arguments(words, for: ArgumentsTests.command(names))
    }
    private func config(_ text: String) throws -> String {
        var template = Array("/tmp/sluice-config-XXXXXX".utf8CString)
        close(mkstemp(&template))
        let path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        try Files.replace(path, with: Array(text.utf8))
        return path
    }

    @Test func anOptionComesBeforeTheEnvironmentBeforeTheConfigFile() throws {
        let file = try config(#"{"first":"c","second":"c","third_one":"c","fourth":null,"fifth":5}"#)
        defer { unlink(file) }
        setenv("SLUICE_FIRST", "e", 1)
        setenv("SLUICE_SECOND", "e", 1)
        let command = ArgumentsTests.command("first", "second", "third-one", "fourth", "fifth")
        let arguments = try Arguments(["--first", "o", "--config", file], for: command)
        #expect(arguments["first"] == "o")
        #expect(arguments["second"] == "e")
        #expect(arguments["third-one"] == "c")
        #expect(arguments["fourth"] == nil)
        #expect(arguments["fifth"] == "5")
        #expect(try arguments.int("fifth", in: 1...9) == 5)
    }

    @Test func listsComeFromAnywhere() throws {
        #expect(try parse("--list", "a", "--list=b", "--list", "c,d").all("list") == ["a", "b", "c,d"])
        #expect(try parse().all("list").isEmpty)
        for text in [#"{"list":["a","b"]}"#, #"{"list":"a"}"#] {
            let file = try config(text)
            defer { unlink(file) }
            #expect(try parse("--config", file).all("list") == (text.contains("[") ? ["a", "b"] : ["a"]))
        }
        setenv("SLUICE_DRIVES", "a,b", 1)
        #expect(try parse(names: "drives").all("drives") == ["a", "b"])
    }

    @Test func anEqualsSignBelongsToTheFirstWordOnly() throws {
        #expect(try parse("--size=a=b")["size"] == "a=b")
        #expect(try parse("--size=")["size"] == "")
        #expect(try parse("--size", "--fast")["size"] == "--fast")
    }

    @Test func operandsMayStandAnywhere() throws {
        let arguments = try parse("a", "--fast", "-", "--", "--size")
        #expect(arguments.operands == ["a", "-", "--size"])
        #expect(arguments.has("fast"))
        #expect(throws: Failure.self) { try arguments.checkOperands() }
        #expect(throws: Failure.self) { try parse().checkOperands() }
        try parse("a").checkOperands()
        try parse("a", "b").checkOperands()
    }

    @Test func switchesMayComeFromTheEnvironment() throws {
        for (value, isOn) in [("1", true), ("yes", true), ("0", false), ("false", false), ("", false)] {
            setenv("SLUICE_FAST", value, 1)
            #expect(try parse().has("fast") == isOn, "\(value)")
        }
        unsetenv("SLUICE_FAST")
    }

    @Test(arguments: [
        (["--sise", "1"], "there is no option '--sise': did you mean 'size'?"),
        (["--size"], "--size needs a value: give --size VALUE"),
        (["--fast=1"], "--fast takes no value: leave '=1' out"),
        (["--fast", "--fast"], "--fast was given twice: give it once"),
    ]) func mistakesAreNamed(_ words: [String], _ message: String) {
        let failure = #expect(throws: Failure.self) { try Arguments(words, for: ArgumentsTests.command("size")) }
        #expect(failure?.description == message)
        #expect(failure?.status == .usage)
    }

    @Test(arguments: [
        ("1", 1), ("4096", 4096), ("64K", 65_536), ("64k", 65_536), ("48M", 48 << 20), ("2G", 2 << 30),
        ("4294967295", 4_294_967_295), ("0", nil), ("-1", nil), ("", nil), ("K", nil), ("1.5M", nil), ("64KB", nil),
        ("1T", nil), ("4294967296", nil), ("99999999999999999999", nil), (" 1", nil),
    ]) func sizes(_ text: String, _ bytes: Int?) throws {
        let arguments = try parse("--size=\(text)")
        if let bytes {
            #expect(try arguments.bytes("size") == bytes)
        } else {
            #expect(throws: Failure.self) { try arguments.bytes("size") }
        }
    }

    @Test(arguments: [
        ("20ms", 0.02), ("30s", 30), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("0", 0), ("0s", 0),
        ("10000d", 864_000_000), ("10001d", nil), ("٣s", nil), ("5", nil), ("1y", nil), ("-1s", nil), ("", nil),
        ("s", nil),
        ("1.5h", nil),
        ("2147483648s", nil), ("1S", nil), ("１s", nil),
    ]) func durations(_ text: String, _ seconds: Double?) throws {
        let arguments = try parse("--size=\(text)")
        if let seconds {
            #expect(try arguments.duration("size") == .seconds(seconds))
        } else {
            #expect(throws: Failure.self) { try arguments.duration("size") }
        }
    }

    @Test(arguments: ["", "[]", "nonsense", "{", "null"]) func aConfigFileIsAnObject(_ text: String) throws {
        let file = try config(text)
        defer { unlink(file) }
        let failure = #expect(throws: Failure.self) { try parse("--config", file) }
        #expect(failure?.status == .configuration)
    }

    @Test func everyOptionIsInTheHelp() {
        let page = ArgumentsTests.command("size", "max-line").helpPage
        for name in ["--size VALUE", "--max-line VALUE", "--list VALUE", "--fast", "--config FILE", "--log", "--help"] {
            #expect(page.contains(name), "\(name)")
        }
    }
}
