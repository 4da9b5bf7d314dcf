import Documents
import JSON
import State
import Stream
import System

/// Writes the stream: records with their time, debts, STATE.
struct StreamWriter: ~Copyable {
    private let output: StageOutput
    private let writer: LineWriter
    private let options: SyncOptions
    private var checkpoint: Int
    private var after: Position?
    private var stateWritten: Timestamp?
    /// The length of the last STATE, and where it ended.
    private var lastState = (length: 0, end: 0)
    /// The time of the last line; no later line is earlier.
    private(set) var clock: Timestamp

    init(_ writer: LineWriter, options: SyncOptions, after: Position?, clock: Timestamp) {
        self.writer = writer
        self.output = StageOutput(writer)
        self.options = options
        self.after = after
        self.clock = clock
        checkpoint = 0
    }

    mutating func advance(to time: Timestamp?) { if let time, time > clock { clock = time } }

    /// A time later than that of every line written so far, and not earlier than `time`.
    mutating func begin(at time: Timestamp) -> Timestamp {
        clock = max(time, clock + .milliseconds(1))
        return clock
    }

    mutating func write(_ outcome: Outcome) throws {
        advance(to: outcome.date)
        for (stream, record) in outcome.records {
            try output.announce(stream, StreamWriter.itemSchema(stream))
            try line(stream) { $0.raw(record) }
        }
        if let debt = outcome.debt {
            try output.announce(StandardStream.failures.rawValue, StandardStream.failures.schema())
            try line(StandardStream.failures.rawValue) { debt.write(to: &$0) }
        }
    }

    private func line(_ stream: String, _ record: (inout JSONWriter) -> Void) throws {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "RECORD")
            w.member("stream", stream)
            w.key("record")
            record(&w)
            w.member("time_extracted", clock.description)
        }
        try writer.write(w.bytes)
    }

    /// Writes a STATE when one is due: after each page while it is short. A long one (it grows with the partitions) comes once a
    /// second of the stream's time, which may stand still, or where more was written since the last than that was long; and
    /// always where it must be.
    mutating func writeState(
        _ bookmark: borrowing Bookmark, always: Bool = false, partitionsComplete: Bool = false, isFinal: Bool = false
    ) throws {
        let isLong = lastState.length > 16 << 10 && writer.written - lastState.end <= lastState.length
        if !always, isLong, let stateWritten, clock - stateWritten < .seconds(1) { return }
        stateWritten = clock
        checkpoint += 1
        var w = JSONWriter()
        w.object { w in
            w.member("type", "STATE")
            w.key("value")
            w.object { w in
                w.key("bookmarks")
                w.object { w in
                    w.key(options.connection)
                    bookmark.write(to: &w)
                }
                w.member("run", options.run)
                w.key("after")
                if let after { after.write(to: &w) } else { w.null() }
                w.member("checkpoint", checkpoint)
                if partitionsComplete { w.member("partitions_complete", true) }
                w.member("final", isFinal)
                w.member("format", StateValue.format)
            }
        }
        try writer.write(w.bytes)
        try writer.flush()
        lastState = (w.count, writer.written)
        after = Position(run: options.run, checkpoint: checkpoint)
    }

    /// The schema of a stream of items or of a source's groups.
    private static func itemSchema(_ stream: String) -> ByteSlice {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "SCHEMA")
            w.member("stream", stream)
            w.key("schema")
            w.schema(
                of: [
                    .init("id", "string"), .init("source", "string"), .init("connection", "string"),
                    .init("kind", "string"), .init("partition", "string"), .init("raw", "object"),
                    .init("parts", "object"), .init("content", "object"), .init("access", "object"),
                    .init("members", list: "object"), .init("ids_only", "boolean"), .init("access_only", "boolean"),
                    .init("_sdc_deleted_at", "string"),
                ], key: "id")
            w.member("key_properties", ["id"])
        }
        return w.slice
    }
}
