import Glibc
import JSON
import Stream
import System
import Testing

/// Does with a record what the record says.
private struct Obeying: Stage {
    var states = 0
    mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition {
        switch message.record["do"]?.string {
        case "drop": return .dropped("told")
        case "fail": return .failed
        case "reject": return .rejected("told to be bad")
        case "write":
            try output.write(.seen, time: message.json["time_extracted"]) { w in w.member("semantic_id", "s:1") }
            return .passed
        default:
            try output.pass(message)
            return .passed
        }
    }
    mutating func beforeState(_ message: Message, to output: StageOutput) throws { states += 1 }
}

@Suite struct StageTests {
    private struct End {
        var lines: [String]
        var status: Int32
        var states: Int
    }
    private func run(_ input: String, maxLine: Int = 1 << 20) throws -> End {
        var ends: [Int32] = [0, 0, 0, 0]
        for at in [0, 2] { #expect(ends.withUnsafeMutableBufferPointer { pipe($0.baseAddress.map { $0 + at }) } == 0) }
        let bytes = Array(input.utf8)
        precondition(bytes.count < 60_000)  // it must fit into the pipe
        _ = write(ends[1], bytes, bytes.count)
        close(ends[1])
        var stage = Obeying()
        let status = try StageLoop.run(
            &stage, input: Descriptor(owning: ends[0], name: "in"), output: Descriptor(owning: ends[3], name: "out"),
            maxLine: maxLine, log: Log(program: "test"))
        var out = [UInt8](repeating: 0, count: 65_536)
        let count = max(0, read(ends[2], &out, out.count))
        close(ends[2])
        let lines = String(decoding: out[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
        return End(lines: lines, status: status.rawValue, states: stage.states)
    }
    private let state = #"{"type":"STATE","value":{"x":1}}"#
    private func record(_ what: String) -> String { #"{"type":"RECORD","stream":"s","record":{"do":"\#(what)"}}"# }

    @Test func whatIsNotUnderstoodIsPassedOnByteForByte() throws {
        let lines = [
            #"{ "type" : "RECORD", "stream":"s" , "record" : {"n":1.0,"t":"\u0041\/"} }"#,
            #"{"type":"BATCH","x":[1 ,2]}"#,
            #"{"type":"SCHEMA","stream":"s","schema":{},"key_properties":[]}"#, state,
        ]
        let end = try run(lines.joined(separator: "\n") + "\n")
        #expect(end.lines == lines)
        #expect(end.status == 0)
    }

    @Test(arguments: [
        "nonsense", "[]", "{}", #"{"type":"RECORD"}"#, #"{"type":"RECORD","stream":"s"}"#, #"{"type":"STATE"}"#,
        #"{"type":"SCHEMA"}"#, #"{"type":7}"#, "{\"type\":\"x\u{1}\"}",
    ]) func noStateIsPassedOnAfterALineThatCantBeRead(_ bad: String) throws {
        let end = try run([state, bad, record("pass"), state].joined(separator: "\n") + "\n")
        #expect(end.lines == [state, record("pass")])
        #expect(end.states == 1)
        #expect(end.status == 65)
    }

    @Test func aRejectedRecordIsALineThatCantBeRead() throws {
        let end = try run([record("reject"), state].joined(separator: "\n") + "\n")
        #expect(end.lines.isEmpty)
        #expect(end.status == 65)
    }

    @Test func aFailureIsADebtAndStateGoesOn() throws {
        let end = try run([record("fail"), state].joined(separator: "\n") + "\n")
        #expect(end.lines == [state])
        #expect(end.status == 65)
    }

    @Test func whatIsLeftOutOnPurposeIsFine() throws {
        let end = try run([record("drop"), state].joined(separator: "\n") + "\n")
        #expect(end.lines == [state])
        #expect(end.status == 0)
    }

    @Test func aLineOverTheLimitIsNotRead() throws {
        let end = try run(
            [record("pass"), record(String(repeating: "x", count: 200)), state].joined(separator: "\n") + "\n",
            maxLine: 100)
        #expect(end.lines == [record("pass")])
        #expect(end.status == 65)
    }

    @Test func aTornLineIsCutOffInSilence() throws {
        let end = try run(state + "\n" + record("pass"))
        #expect(end.lines == [state])
        #expect(end.status == 0)
    }

    @Test func blanksAndAByteOrderMarkAreNoLines() throws {
        let end = try run("\u{FEFF}" + record("pass") + "\n\n  \r\n" + state + "\r\n")
        #expect(end.lines.count == 2)
        #expect(end.lines.first == record("pass"))
        #expect(end.status == 0)
    }

    /// Other programs take capitals only.
    @Test func aTypeInSmallLettersGoesOnInCapitals() throws {
        let end = try run(
            #"{"type" : "record","stream":"s","record":{}}"# + "\n" + #"{"type":"state","value":{}}"# + "\n")
        #expect(end.lines == [#"{"type" : "RECORD","stream":"s","record":{}}"#, #"{"type":"STATE","value":{}}"#])
    }

    @Test func aStreamOfOursIsAnnouncedOnce() throws {
        let end = try run([record("write"), record("write")].joined(separator: "\n") + "\n")
        #expect(end.lines.count == 3)
        #expect(end.lines.first == StandardStream.seen.schema().text)
    }

    /// What was written goes out when the input is idle, so that a slow source is not waited for.
    @Test func outputIsFlushedWhenTheInputIsIdle() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writing = ends[1]
        var reader = LineReader(Descriptor(owning: ends[0], name: "in"))
        _ = write(writing, "a\nb\n", 4)
        var idle = 0
        for wanted in ["a", "b"] {
            guard case .line(let line, _) = try reader.next(whenIdle: { idle += 1 }) else { throw Unexpected() }
            #expect(line.text == wanted)
        }
        #expect(idle == 0)
        let input = try reader.next(whenIdle: {
            idle += 1
            close(writing)
        })
        guard case .end = input else { throw Unexpected() }
        #expect(idle == 1)
    }
}

private struct Unexpected: Error {}

/// The profile that every Singer target takes.
@Suite struct SchemaTests {
    @Test(arguments: StandardStream.allCases) func schemasAreStrict(_ stream: StandardStream) throws {
        let message = try JSON(parsing: stream.schema())
        #expect(message.members.first?.name.string == "type")
        #expect(message["type"]?.string == "SCHEMA")
        #expect(message["key_properties"]?.elements.compactMap(\.string) == [stream.key])
        let name = try #require(message["stream"]?.string)
        #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) })
        try check(try #require(message["schema"]), key: stream.key)
    }

    private func check(_ schema: JSON, key: String?) throws {
        let types = schema["type"]?.elements.compactMap(\.string) ?? []
        #expect(
            types.allSatisfy { ["object", "array", "string", "integer", "boolean", "number", "null"].contains($0) })
        #expect(!types.isEmpty)
        #expect(schema["$ref"] == nil && schema["format"] == nil)
        let properties = schema["properties"]?.members ?? []
        if key != nil { #expect(!properties.isEmpty) }
        for (name, value) in properties {
            let isKey = name.string == key
            #expect(value["type"]?.elements.contains { $0.equals("null") } == !isKey, "\(name.string ?? "")")
            try check(value, key: nil)
        }
        if let items = schema["items"] { try check(items, key: nil) }
    }
}
