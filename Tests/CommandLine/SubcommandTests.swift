import System
import Testing

@testable import CommandLine

@Suite struct SubcommandTests {
    private static let command = Command(
        "keep", "keeps things",
        subcommands: [
            Command(
                "add", "adds a thing", operands: [.init("NAME", "its name")],
                options: [
                    .init("token", "a token is asked for"), .init("token-fd", "N", "read it from descriptor N"),
                    .init("secret-fd", "N", "read it from descriptor N"),
                    .init("store", "FILE", variable: "SLUICE_KEEP_STORE", "where"),
                ], examples: [("keep add x", "add x")]),
            Command("list", "lists the things", examples: []),
        ], examples: [("keep list", "see what there is")])

    private func parse(_ words: String...) throws -> Arguments {
        let chosen = try SubcommandTests.command.chosen(by: words)
        return try Arguments(chosen.rest, for: chosen.command)
    }

    @Test func theFirstWordChoosesTheCommand() throws {
        let arguments = try parse("add", "x", "--token-fd", "3")
        #expect(arguments.command.name == "add")
        #expect(arguments.operands == ["x"])
        #expect(try arguments.int("token-fd", in: 0...9) == 3)
    }

    @Test(arguments: [
        ([], "no command was given: give one of: add, list"),
        (["lisst"], "there is no command 'lisst': did you mean 'list'?"),
        (["--store", "f", "list"], "the command comes first, then its options: run: keep COMMAND …; see --help"),
    ]) func mistakesAreNamed(_ words: [String], _ message: String) {
        let failure = #expect(throws: Failure.self) { try SubcommandTests.command.chosen(by: words) }
        #expect(failure?.description == message)
        #expect(failure?.status == .usage)
    }

    @Test(arguments: [
        ["add", "--secret", "canary"], ["add", "--secret=canary"], ["add", "--token=canary"],
        ["add", "x", "--token", "canary"],
    ]) func aSecretIsRefusedAndNotRepeated(_ words: [String]) throws {
        let failure = try #require(
            throws: Failure.self,
            performing: {
                let chosen = try SubcommandTests.command.chosen(by: words)
                try Arguments(chosen.rest, for: chosen.command).checkOperands()
            })
        #expect(failure.status == .usage)
        #expect(!failure.description.contains("canary"))
    }

    @Test func aSecretIsToldWhereItBelongs() {
        let failure = #expect(throws: Failure.self) { try parse("add", "--secret", "x") }
        #expect(failure?.remedy == "give --secret-fd N, the number of a descriptor that it is read from")
    }

    @Test func eachCommandHasItsPage() throws {
        let page = SubcommandTests.command.helpPage
        #expect(page.contains("usage: keep COMMAND [options]"))
        #expect(page.contains("adds a thing"))
        let chosen = try SubcommandTests.command.chosen(by: ["add", "--help"])
        #expect(chosen.command.helpPage.contains("usage: keep add NAME [options]"))
        #expect(chosen.command.helpPage.contains("--config FILE"))
    }
}
