import JSON
import Stream
import System

/// The marks of copies.
extension Dedupe {
    /// Notes the text of a document.
    /// - Returns: the members of `metadata` that mark it as a copy, each with a comma before it; empty where it is none. A document
    ///   in no partition is not followed, and has none.
    mutating func mark(_ key: Key, _ record: JSON) throws -> [UInt8] {
        guard memory.copies != nil else { return [] }
        let text = record["metadata"]?["partition"]?.string == nil ? nil : plainText(record["content"])
        try memory.setText(key, text?.digest)
        if let text { try memory.compare(text.digest, of: key, text.utf8) }
        switch memory.copies?.mark(of: key) {
        case .copy(let original): return members("copy_of", original, matches: nil)
        case .near(let original, let matches): return members("near_copy_of", original, matches: matches)
        case nil: return []
        }
    }

    private func members(_ name: String, _ original: Key, matches: Int?) -> [UInt8] {
        guard let id = memory.places?[original]?.id else { return [] }
        var w = JSONWriter()
        w.string(id)
        var text = Array(",\"\(name)\":".utf8) + w.bytes
        if let matches {
            let hundredths = Int(Signature.similarity(matches: matches) * 100)
            text += Array(",\"similarity\":\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)".utf8)
        }
        return text
    }

    /// Makes a debt of each document whose mark is not true any more.
    mutating func oweMismarked(_ output: StageOutput) throws {
        for (key, place) in memory.takeMismarked() {
            try memory.forget(key)
            let time = try JSON(parsing: "\"\(max(sweep?.latest ?? place.time, place.time))\"")
            try output.write(.failures, time: time) { w in
                w.member("semantic_id", place.id)
                w.member("partition", place.partition)
                w.member("stage", "dedupe")
                w.member("reason", "copy_of changed")
                w.member("attempts", 1)
            }
        }
    }
}
