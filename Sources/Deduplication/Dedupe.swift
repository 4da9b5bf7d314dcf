import JSON
import State
import Stream
import System

/// Writes what is unchanged as `seen`, and what changed in its access alone as `permissions`.
///
/// | comes | known, all equal | known, content equal | else |
/// |---|---|---|---|
/// | `documents` | `seen` | `permissions` | passes |
/// | `documents` with `_sdc_deleted_at` | passes, and is forgotten | | |
/// | `permissions` | `seen` (access equal) | | passes; remembered where the key is known |
/// | all else | passes | | |
///
/// The content is the bytes of the record without the value of `metadata.permissions`, which are the access. One line comes out
/// for each that came in.
///
/// Lines come in the order of their `time_extracted`, and the last line of a document is true, whatever its `updated_at` says: a
/// document that was restored at the source has an older one, and a changed access has the same. So nothing is dropped here for
/// being older. What a destination has from a later time, by another stream, `sink` keeps.
///
/// With copies, a document whose text another one has is sent with `metadata.copy_of`, the `semantic_id` of the first that was
/// seen, while that is there; one whose text is nearly the same with `metadata.near_copy_of` and `metadata.similarity`. When the
/// first goes or changes, what was marked by it becomes a debt: `fetch` reads it again, and it is sent with its new mark, or none.
///
/// With tombstones, for a target that knows no `seen`: an unchanged document and a `seen` are dropped, a changed access sends the
/// whole document, `permissions` passes as it is, and what a complete listing shows to be gone gets a tombstone before the STATE
/// that says so.
public struct Dedupe: Stage {
    var memory: Memory
    private(set) var sweep: Sweep?
    private let isWithTombstones: Bool
    private var roundEnded = false
    /// Documents without a `semantic_id`: passed on as they are.
    public private(set) var unidentified = 0

    public init(_ memory: Memory) {
        self.memory = memory
        isWithTombstones = memory.mode == .tombstones
        sweep = memory.places == nil ? nil : Sweep(writes: isWithTombstones)
    }

    public mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition {
        if roundEnded {
            // By now the sink has committed the round before, and `fetch` reads the same debts.
            roundEnded = false
            try memory.forgetDebts()
        }
        let disposition = try handle(message, output)
        try oweMismarked(output)
        return disposition
    }

    private mutating func handle(_ message: Message, _ output: StageOutput) throws -> Disposition {
        guard let stream = message.json["stream"] else { return try pass(message, output) }
        if stream.equals("documents") { return try document(message, output) }
        if sweep != nil { try see(stream, message) }
        if isWithTombstones { return stream.equals("seen") ? .dropped("seen") : try pass(message, output) }
        if stream.equals("permissions") { return try permissions(message, output) }
        return try pass(message, output)
    }

    public mutating func beforeState(_ message: Message, to output: StageOutput) throws {
        guard let value = message.json["value"] else { return }
        let state = try StateValue(value)
        try sweep?.run(state, &memory, output)
        try oweMismarked(output)
        try memory.mark(state)
        roundEnded = state.isFinal
    }

    private mutating func document(_ message: Message, _ output: StageOutput) throws -> Disposition {
        let record = message.record
        guard let id = record["semantic_id"], let key = Key(id) else {
            unidentified += 1
            return try pass(message, output)
        }
        if let deleted = record["_sdc_deleted_at"], !deleted.isNull {
            try memory.forget(key)
            let disposition = try pass(message, output)
            try sweep?.left(key, message, &memory, output)
            return disposition
        }
        let metadata = record["metadata"]
        let permissions = metadata?["permissions"]
        if !isWithTombstones { try sweep?.seen(key, partition: metadata?["partition"], message, &memory) }
        let mark = try mark(key, record)
        var new = Digests(record: record, permissions: permissions)
        if !mark.isEmpty { new.content = Digests.digest(ByteSlice(mark), seed: new.content) }
        let old = try memory[key]
        if old != new { try memory.keep(key, new) }
        let parts = metadata?["parts"]
        if isWithTombstones {
            let disposition = old == new ? Disposition.dropped("seen") : try pass(message, output)
            try sweep?.seen(key, partition: metadata?["partition"], message, &memory)
            if let parts { try sweep?.keep(parts, of: key, message, &memory, output) }
            return disposition
        }
        if let parts { try sweep?.keep(parts, of: key, message, &memory, output) }
        if old == new {
            try write(.seen, id, metadata, nil, message, output)
        } else if old?.content == new.content, let permissions {
            try write(.permissions, id, metadata, permissions, message, output)
        } else if !mark.isEmpty, let end = metadata?.range.upperBound {
            try output.splice(message, [(end - 1..<end - 1, mark)])
        } else {
            try output.pass(message)
        }
        return .passed
    }

    private mutating func permissions(_ message: Message, _ output: StageOutput) throws -> Disposition {
        let record = message.record
        guard let id = record["semantic_id"], let key = Key(id), let permissions = record["permissions"],
            var known = try memory[key]
        else { return try pass(message, output) }
        let access = Digests.digest(permissions.raw)
        if known.access == access {
            try write(.seen, id, record, nil, message, output)
            return .passed
        }
        known.access = access
        try memory.keep(key, known)
        return try pass(message, output)
    }

    /// A line that is no document, but tells that one is there.
    private mutating func see(_ stream: JSON, _ message: Message) throws {
        let isFailure = stream.equals("failures")
        let record = message.record
        if isFailure || stream.equals("seen") || stream.equals("permissions"), let key = Key(record["semantic_id"]),
            !isFailure || memory.places?[key] != nil
        {
            try sweep?.seen(key, partition: record["partition"], message, &memory)
        }
    }

    private func pass(_ message: Message, _ output: StageOutput) throws -> Disposition {
        try output.pass(message)
        return .passed
    }

    private func write(
        _ stream: StandardStream, _ id: JSON, _ place: JSON?, _ permissions: JSON?, _ message: Message,
        _ output: StageOutput
    ) throws {
        try output.write(stream, time: message.json["time_extracted"]) { w in
            w.member("semantic_id", id)
            for name in ["partition", "updated_at"] {
                if let value = place?[name: name] { w.member(name, value) } else { w.member(name, String?.none) }
            }
            if let permissions { w.member("permissions", permissions) }
        }
    }
}
