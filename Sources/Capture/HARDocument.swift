import JSON
import Redaction

/// A HAR 1.2 document: what other programs open. <http://www.softwareishard.com/blog/har-12-spec/>
public enum HARDocument {
    /// Bytes that are handed on at once, if no entry is longer.
    private static let block = 256 << 10

    /// Writes the entries of recordings as one document, in their order, a line each and without secrets. It holds one entry at a
    /// time. A run is told in the log, as `_run`, if there is one recording: so the document can be replayed too.
    /// - Throws: what `output` throws; `SystemError` or `Failure` where a recording can't be read any more.
    public static func write(
        _ recordings: [Recording], version: String, redactor: Redactor = Redactor(), to output: ([UInt8]) throws -> Void
    ) throws {
        var w = JSONWriter()
        w.object { w in
            w.log(version: version)
            if recordings.count == 1, let run = recordings[0].run {
                w.key("_run")
                run.member(to: &w, redactor: redactor)
            }
            w.key("pages")
            w.array { _ in }
        }
        var waiting = Array(#"{"log":"#.utf8) + w.bytes.dropLast() + Array(#","entries":["#.utf8)
        var separator = "\n"
        for recording in recordings {
            for index in 0..<recording.count {
                waiting += separator.utf8
                separator = ",\n"
                w = JSONWriter()
                try recording.exchange(index).write(to: &w, redactor: redactor)
                waiting += w.bytes
                if waiting.count >= block {
                    try output(waiting)
                    waiting.removeAll(keepingCapacity: true)
                }
            }
        }
        try output(waiting + "\n]}}\n".utf8)
    }
}
