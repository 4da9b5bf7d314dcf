import JSON
import System

/// What a stage does with the messages that concern it. `StageLoop` does the rest: lines, bad lines, STATE, counting.
public protocol Stage {
    /// How many messages may come in before the first of them is handled, beside as many as are short. 0: each is handled as it
    /// comes.
    var lookahead: Int { get }
    /// Begins what can be done of a RECORD before its turn. `record` follows for each, in order.
    mutating func prepare(_ message: Message)
    /// Handles a RECORD: writes what follows from it, and says what became of it.
    mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition
    /// Handles a SCHEMA. Unless a stage has its own, it is passed on.
    mutating func schema(_ message: Message, to output: StageOutput) throws
    /// Does what must be done before a STATE is passed on; not called for one that is kept back.
    mutating func beforeState(_ message: Message, to output: StageOutput) throws
}

extension Stage {
    public var lookahead: Int { 0 }
    public mutating func prepare(_ message: Message) {}
    public mutating func schema(_ message: Message, to output: StageOutput) throws { try output.pass(message) }
    public mutating func beforeState(_ message: Message, to output: StageOutput) throws {}
}

/// What became of a record.
public enum Disposition: Sendable {
    case passed
    /// It was left out on purpose, for this reason.
    case dropped(String)
    /// It became a debt, or went on without what could not be read.
    case failed
    /// It can't be used, and nobody can say what it was: like a line that can't be read.
    case rejected(String)
}

/// Where a stage writes: lines it passes on, and records of its own, announced by their schema.
public final class StageOutput {
    private let writer: LineWriter
    private var announced: Set<String> = []

    public init(_ writer: LineWriter) { self.writer = writer }

    /// Passes a message on, byte for byte; but a type in small letters, which other programs don't take, in capitals.
    /// A schema of one of our streams that went out already is not said again.
    public func pass(_ message: Message) throws {
        if message.kind == .schema {
            let stream = message.stream
            if !announced.insert(stream).inserted && StandardStream(rawValue: stream) != nil { return }
        }
        if let range = message.smallType {
            return try splice(message, [(range, Array(message.line[range].text.uppercased().utf8))])
        }
        try writer.write(message.line)
    }

    /// Announces a stream, unless its schema went out already.
    public func announce(_ stream: String, _ schema: @autoclosure () -> ByteSlice) throws {
        if announced.insert(stream).inserted { try writer.write(schema()) }
    }

    /// Writes a record of one of our streams. `time` is that of the line it follows from.
    public func write(_ stream: StandardStream, time: JSON?, _ body: (inout JSONWriter) throws -> Void) throws {
        try announce(stream.rawValue, stream.schema())
        var w = JSONWriter()
        try w.object { w in
            w.member("type", "RECORD")
            w.member("stream", stream.rawValue)
            w.key("record")
            try w.object(body)
            if let time { w.member("time_extracted", time) }
        }
        try writer.write(w.bytes)
    }

    /// Passes a RECORD on with some bytes of its line replaced. The ranges are of the line, in order, and don't overlap.
    public func splice(_ message: Message, _ edits: [(range: Range<Int>, with: [UInt8])]) throws {
        var at = 0
        try message.line.withUnsafeBytes { line in
            for edit in edits {
                try writer.write(UnsafeRawBufferPointer(rebasing: line[at..<edit.range.lowerBound]))
                try edit.with.withUnsafeBytes { try writer.write($0) }
                at = edit.range.upperBound
            }
            try writer.write(UnsafeRawBufferPointer(rebasing: line[at...]))
        }
        try writer.endLine()
    }

    public func flush() throws { try writer.flush() }
}

/// The loop that every stage runs: standard input to standard output.
///
/// A message of a stream that the stage does not know is passed on byte for byte. A line that is not JSON, not UTF-8, no message
/// or too long is reported by its number; from then on no STATE is passed on, since nobody can say what was lost.
/// A last line without a line feed is cut off in silence: it is what a kill leaves. Output is flushed at each STATE and
/// when the input is idle.
public enum StageLoop {
    /// Bytes of messages that wait for their turn beside those of the stage's lookahead.
    private static let most = 8 << 20

    /// Runs a stage to the end of its input.
    /// - Returns: `done`, or `dataError` where a line could not be read or a record failed.
    public static func run(
        _ stage: inout some Stage, input: consuming Descriptor, output: consuming Descriptor,
        maxLine: Int = LineReader.defaultMaxLine, log: Log
    ) throws -> ExitStatus {
        var reader = LineReader(input, maxLine: maxLine)
        let out = StageOutput(LineWriter(output))
        var parser = JSONParser()
        var tally = Tally()
        var bad = 0

        func reject(_ number: Int, _ why: String) {
            bad += 1
            tally.failed += 1
            if bad <= 100 {
                log.warn("line \(number) is \(why)", "it was left out, and no STATE is passed on after it")
            } else if bad == 101 {
                log.warn("more lines can't be read", "they are counted, and not named any more")
            }
        }

        func handle(_ message: Message, _ number: Int, _ stage: inout some Stage) throws {
            switch message.kind {
            case .other: try out.pass(message)
            case .schema: try stage.schema(message, to: out)
            case .state:
                if bad == 0 {
                    try stage.beforeState(message, to: out)
                    try out.pass(message)
                }
                try out.flush()
                if message.json["value"]?["final"]?.bool == true { log.tally(tally) }
            case .record:
                tally.input += 1
                switch try stage.record(message, to: out) {
                case .passed: tally.output += 1
                case .dropped(let reason): tally.drop(reason)
                case .failed: tally.failed += 1
                case .rejected(let why): reject(number, why)
                }
            }
        }

        // Messages that came in before their turn, in order.
        var waiting: [(message: Message, number: Int)] = []
        var bytes = 0
        func handleWaiting(downTo count: Int, _ stage: inout some Stage) throws {
            guard waiting.count > count else { return }
            let ready = waiting.count - count
            for (message, number) in waiting[..<ready] {
                bytes -= message.line.count
                try handle(message, number, &stage)
            }
            waiting.removeFirst(ready)
        }

        reading: while true {
            let input = try reader.next(whenIdle: {
                try handleWaiting(downTo: 0, &stage)
                try out.flush()
            })
            switch input {
            case .end: break reading
            case .tooLong(let number):
                tally.input += 1
                reject(number, "longer than \(maxLine) bytes (--max-line)")
            case .line(let line, let number):
                guard let content = line.trimmedLine(first: number == 1) else { continue }
                let message: Message
                do { message = try Message(content, with: &parser) } catch {
                    tally.input += 1
                    reject(number, "\(error)")
                    continue
                }
                if stage.lookahead == 0 {
                    try handle(message, number, &stage)
                    continue
                }
                if message.kind == .record { stage.prepare(message) }
                waiting.append((message, number))
                bytes += message.line.count
                if message.kind == .state {
                    try handleWaiting(downTo: 0, &stage)
                } else if waiting.count > stage.lookahead, bytes > most || waiting.count > 16 * stage.lookahead {
                    try handleWaiting(downTo: max(stage.lookahead, waiting.count - stage.lookahead), &stage)
                }
            }
        }
        try handleWaiting(downTo: 0, &stage)
        try out.flush()
        log.event("end") { w in tally.write(to: &w) }
        return tally.failed == 0 ? .done : .dataError
    }
}

extension Log {
    /// The accounting, for machines.
    public func tally(_ tally: Tally) { event("final") { w in tally.write(to: &w) } }
}

extension ByteSlice {
    /// The line as a message may stand in it: a byte order mark before the first is not part of it. `nil` for a blank line.
    public func trimmedLine(first: Bool) -> ByteSlice? {
        var line = self
        if first, count >= 3, self[0] == 0xEF, self[1] == 0xBB, self[2] == 0xBF { line = self[3..<count] }
        let blank = line.withUnsafeBytes { $0.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 } }
        return blank ? nil : line
    }
}
