import JSON
import System
import Testing

@Suite struct ValueTests {
    @Test func valuesAreFoundWhereTheyStand() throws {
        let json = try JSON(parsing: #" { "a" : [1, -2.5, "x"], "b":{"c":null,"d":true}, "a\u0062":"é", "n":"12" } "#)
        #expect(json.kind == .object)
        #expect(json["a"]?.elements.count == 3)
        #expect(json["a"]?.elements[0].int == 1)
        #expect(json["a"]?.elements[0].double == 1)
        #expect(json["a"]?.elements[1].int == nil)
        #expect(json["a"]?.elements[1].double == -2.5)
        #expect(json["a"]?.raw.text == #"[1, -2.5, "x"]"#)
        #expect(json["b"]?["c"]?.isNull == true)
        #expect(json["b"]?["d"]?.bool == true)
        #expect(json["ab"]?.string == "é")
        #expect(json[name: "ab"]?.string == "é")
        #expect(json["n"]?.int == nil)
        #expect(json["n"]?.lenientInt == 12)
        #expect(json["zz"] == nil)
        #expect(json["a"]?["x"] == nil)
        #expect(json["b"]?.elements.isEmpty == true)
        #expect(json.members.map { $0.name.string } == ["a", "b", "ab", "n"])
    }

    @Test func theLastOfARepeatedNameCounts() throws {
        let json = try JSON(parsing: #"{"a":1,"\u0061":2}"#)
        #expect(json["a"]?.int == 2)
        #expect(json.members.count == 2)
    }

    /// A name that holds a backslash is not the escape that looks like it.
    @Test func escapesInNamesAreResolved() throws {
        for text in [#"{"\n":1,"\\n":2}"#, #"{"\\n":2,"\n":1}"#] {
            let json = try JSON(parsing: text)
            #expect(json[name: "\\n"]?.int == 2)
            #expect(json[name: "\n"]?.int == 1)
        }
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("9223372036854775808", nil),
        ("1.0", nil),
        ("1e3", nil), ("-0", 0),
    ]) func integersFitOrAreNone(_ text: String, _ value: Int64?) throws {
        #expect(try JSON(parsing: text).int == value)
    }

    @Test(arguments: [
        (#""\b\f\n\r\t\"\\\/""#, "\u{8}\u{C}\n\r\t\"\\/"), (#""\u0000x""#, "\0x"), (#""\ud83d\ude00""#, "😀"),
        (#""\uD83D\uDE00""#, "😀"), (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"),
        (#""\ud800\u0041""#, "\u{FFFD}A"),
        (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud800\n""#, "\u{FFFD}\n"), (#""\uffff""#, "\u{FFFF}"),
        (#""""#, ""),
    ]) func escapesAreResolved(_ text: String, _ value: String) throws {
        #expect(try JSON(parsing: text).string.map { Array($0.utf8) } == Array(value.utf8))
    }

    @Test func stringsAreComparedWithoutBuildingThem() throws {
        #expect(try JSON(parsing: #""RECORD""#).equals("RECORD"))
        #expect(try JSON(parsing: #""REC\u004fRD""#).equals("RECORD"))
        #expect(try !JSON(parsing: #""RECORDS""#).equals("RECORD"))
        #expect(try !JSON(parsing: "1").equals("1"))
    }

    @Test func valuesOutliveTheParser() throws {
        var parser = JSONParser()
        let first = try parser.parse(ByteSlice(#"{"a":"one"}"#))
        let second = try parser.parse(ByteSlice(#"{"a":"two"}"#))
        #expect(first["a"]?.string == "one")
        #expect(second["a"]?.string == "two")
    }

    @Test(arguments: 1...4) func minifyingKeepsTheValue(_ seed: UInt64) throws {
        var generator = Generator(random: SeededRandom(seed: seed + 100))
        for _ in 0..<1_000 {
            let text = Array((generator.blank() + generator.value() + generator.blank()).utf8)
            let json = try JSON(parsing: text)
            let small = json.minified
            #expect(Tree(try JSON(parsing: small)) == ObviousParser.parse(text))
            #expect(try JSON(parsing: small).minified.array == small.array)
            #expect(small.count <= text.count)
        }
        #expect(try JSON(parsing: "[ 1 , { \"a b\" : \" \" } ]").minified.text == #"[1,{"a b":" "}]"#)
    }

    /// Every member of every object, first, last, alone or between others.
    @Test(arguments: 1...4) func aMemberTakenOutLeavesTheOthers(_ seed: UInt64) throws {
        var generator = Generator(random: SeededRandom(seed: seed + 200))
        for count in [1, 2, 3, 4] {
            for _ in 0..<150 {
                let names = (0..<count).map { "k\($0)" }
                for target in 0..<count {
                    let members = names.enumerated().map { index, name in
                        generator.blank() + "\"\(index == target ? "me" : name)\"" + generator.blank() + ":"
                            + generator.blank() + generator.value() + generator.blank()
                    }
                    let text = generator.blank() + "{" + members.joined(separator: ",") + "}" + generator.blank()
                    let json = try JSON(parsing: text)
                    let range = try #require(json.rangeOfMember("me"))
                    var bytes = Array(text.utf8)
                    bytes.removeSubrange(range)
                    let rest = try JSON(parsing: bytes)
                    #expect(rest["me"] == nil)
                    #expect(
                        rest.members.map { $0.name.string }
                            == names.enumerated().filter { $0.offset != target }.map(\.element))
                    for name in names where name != "k\(target)" {
                        #expect(rest[name: name].map { Tree($0) } == json[name: name].map { Tree($0) })
                    }
                }
            }
        }
        #expect(try JSON(parsing: #"{"a":1}"#).rangeOfMember("me") == nil)
    }
}

@Suite struct WriterTests {
    @Test func commasStandWhereTheyMust() {
        var w = JSONWriter()
        w.object { w in
            w.member("a", "x")
            w.member("b", String?.none)
            w.member("c", 7)
            w.member("d", true)
            w.key("e")
            w.array { w in
                w.int(-1)
                w.object { _ in }
                w.array { _ in }
                w.null()
            }
            w.member("f", ["p", "q"])
        }
        w.endLine()
        w.object { _ in }
        #expect(w.text == "{\"a\":\"x\",\"b\":null,\"c\":7,\"d\":true,\"e\":[-1,{},[],null],\"f\":[\"p\",\"q\"]}\n{}")
    }

    /// Every scalar up to U+07FF, and some beyond: what is written is read again, on one line.
    @Test func whatIsWrittenIsReadAgain() throws {
        let scalars = (0..<0x800).compactMap { Unicode.Scalar($0) } + ["\u{2028}", "\u{FFFD}", "\u{FFFF}", "😀"]
        for scalar in scalars {
            let text = "a\(Character(scalar))b"
            var w = JSONWriter()
            w.string(text)
            #expect(!w.bytes.contains { $0 < 0x20 }, "\(scalar.value)")
            #expect(try JSON(parsing: w.bytes).string.map { Array($0.utf8) } == Array(text.utf8), "\(scalar.value)")
            #expect(ObviousParser.parse(w.bytes) == .string(Array(text.utf8)), "\(scalar.value)")
        }
    }
}
