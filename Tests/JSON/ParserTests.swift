import JSON
import System
import Testing

@Suite struct ParserTests {
    private static func agree(_ bytes: [UInt8], _ parser: inout JSONParser) -> Bool {
        let fast = (try? parser.parse(ByteSlice(bytes))).map { Tree($0) }
        return fast == ObviousParser.parse(bytes)
    }

    /// What simdjson's On-Demand parser, a walker without a UTF-8 check, or both of them took.
    @Test(arguments: [
        #"{"a":1"#, #"{"a":1}}}"#, "[}]", "[1 2]", #"["a":1]"#, "[1,]", "nul", "01", #"{"z":}"#, #"{"a":1}{"b":2}"#,
        "[1][2]",
        #""\q""#, #""\u12""#, #""\u12g4""#, "\"a\u{1}b\"", "\"a\nb\"", "", " ", "1.", ".5", "-", "+1", "1e", "1e+",
        "0x10", "tru",
        "truee", "True", "NaN", "Infinity", "'a'", "{a:1}", "{1:2}", "[,1]", "{,}", #"{"a" 1}"#, #"{"a":1,}"#,
        #"{"a"}"#, "]", "}",
        "[", "{", #"""#, #""a"#, #""a\"#, #""\""#, "\u{FEFF}1", "1 1", "1,1", #""a""b""#, #"true"x""#, #""x"true"#,
        "[true false]",
        "-01", "1.0.0", "1e1e1", "--1", "\u{0}", "1\u{0}", "\u{0B}1", "\u{A0}1", "/**/1", "[1//]", "{\"a\":1:2}", "[[]",
        "[]]",
    ]) func hostileTextsAreRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(ObviousParser.parse(Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE2, 0x82, 0x22], [0x31, 0x20, 0x80], [0xEF, 0xBB, 0x31],
        ] as [[UInt8]]) func whatIsNotUTF8IsRefused(_ bytes: [UInt8])
    {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test(arguments: [
        "0", "-0", "\"\"", " null ", "\r\n\t[ ]\n", "{}", "[[],{}]", #"{"":""}"#, #"{"a":1,"a":2}"#, "1e999",
        "\"\u{7F}\u{2028}\"",
        #""\ud800""#, "-1.5E+10", "123456789012345678901234567890123456789",
    ]) func oddTextsAreTaken(_ text: String) throws {
        #expect(Tree(try JSON(parsing: text)) == ObviousParser.parse(Array(text.utf8)))
    }

    @Test(arguments: ["[", "{\"a\":"]) func nestingHasALimit(_ open: String) throws {
        let close = open == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + (open == "[" ? "" : "1") + String(repeating: close, count: depth)
        }
        _ = try JSON(parsing: nested(1024))
        #expect(throws: JSONError.tooDeep) { try JSON(parsing: nested(1025)) }
        #expect(throws: JSONError.tooDeep) { try JSON(parsing: nested(100_000)) }
        #expect(throws: JSONError.tooDeep) { try JSON(parsing: String(repeating: open, count: 100_000)) }
    }

    /// 10^5 texts: the parser of every stage says what the obvious one says, and finds the same values.
    @Test(arguments: 1...8) func agreesWithTheObviousParser(_ seed: UInt64) {
        var generator = Generator(random: SeededRandom(seed: seed))
        var parser = JSONParser()
        var valid = 0
        for _ in 0..<2_500 {
            let text = Array((generator.blank() + generator.value() + generator.blank()).utf8)
            #expect(ParserTests.agree(text, &parser), "\(String(decoding: text, as: UTF8.self))")
            for _ in 0..<4 {
                let mutated = generator.mutate(text)
                if ObviousParser.parse(mutated) != nil { valid += 1 }
                #expect(ParserTests.agree(mutated, &parser), "\(mutated): \(String(decoding: mutated, as: UTF8.self))")
            }
        }
        #expect((500..<9_500).contains(valid))  // both verdicts were met often
    }

    /// Longer than the blocks of 64 bytes that the first pass takes, with what matters at each place in one.
    @Test func nothingDependsOnWhereABlockEnds() {
        var parser = JSONParser()
        for pad in 0..<140 {
            for tail in ["\\\"\"", "\\\\\"", "\\u0041\"", "é\"", "\u{1}\"", "\\", "\"x", "\\\\\\\"\""] {
                let text = Array(("[\"" + String(repeating: "a", count: pad) + tail + "]").utf8)
                #expect(ParserTests.agree(text, &parser), "\(pad) \(tail)")
            }
        }
    }
}
