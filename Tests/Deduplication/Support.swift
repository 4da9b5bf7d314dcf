import Deduplication
import Glibc
import JSON
import State
import Stream
import System

/// A folder that ends with its test.
final class Scratch {
    let path: String
    init() throws {
        var random = SystemRandomNumberGenerator()
        path = "/tmp/sluice-dedupe-" + random.hexadecimal(bytes: 8)
        try Files.makeFolder(path)
    }
    deinit {
        for folder in [state + "/dedupe", state, path] {
            for name in Files.names(in: folder) { unlink(folder + "/" + name) }
            rmdir(folder)
        }
    }
    var state: String { path + "/S" }
    var journal: String { state + "/dedupe/journal.gz" }
    var index: String { state + "/dedupe/index.gz" }
    /// The file of the compacted memory.
    var base: String? {
        Files.names(in: state + "/dedupe").first { $0.hasPrefix("base-") }.map { "\(state)/dedupe/\($0)" }
    }
    func verify() throws { _ = try Memory.verify(folder()) }
    func folder() throws -> StateFolder { try StateFolder(state) }

    /// The sink commits a STATE; nil: the copy is taken away.
    func commit(_ position: (run: String, checkpoint: Int)?) throws {
        guard let position else { return try folder().removeCheckpoint() }
        try folder().writeCheckpoint(
            ByteSlice("{\"run\":\"\(position.run)\",\"checkpoint\":\(position.checkpoint),\"format\":1}"))
    }

    /// Runs the stage over lines, from the memory of the folder or from none.
    func run(_ lines: [String], _ mode: Memory.Mode = .digests, tombstones: Bool = false, keeping: Bool = true) throws
        -> [String]
    {
        let log = Log(program: "dedupe")
        let mode = tombstones ? .tombstones : mode
        let memory = keeping ? try Memory(of: folder(), mode, log: log) : Memory(mode)
        var stage = Dedupe(memory)
        let input = path + "/in"
        let output = path + "/out"
        try Files.replace(input, with: Array(lines.map { $0 + "\n" }.joined().utf8))
        _ = try StageLoop.run(
            &stage, input: Descriptor(opening: input, O_RDONLY),
            output: Descriptor(opening: output, O_WRONLY | O_CREAT | O_TRUNC), log: log)
        return String(decoding: try Files.read(output), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// A document of content `c` and access `a`.
func document(
    _ id: String, _ c: Int = 0, _ a: Int = 0, in partition: String = "p", at minute: Int = 0, parts: [String]? = nil
) -> String {
    let parts = parts.map { ",\"parts\":[" + $0.map { "\"g:\($0)\"" }.joined(separator: ",") + "]" } ?? ""
    return
        #"{"type":"RECORD","stream":"documents","record":{"id":"\#(id)","semantic_id":"g:\#(id)","content":"c\#(c)","#
        + #""metadata":{"updated_at":"u\#(c)","partition":"\#(partition)","permissions":["a\#(a)@x.org"]\#(parts)}},"#
        + #""time_extracted":"\#(time(minute))"}"#
}
func access(_ id: String, _ a: Int, in partition: String = "p", at minute: Int = 0) -> String {
    record("permissions", id, partition, minute, #","permissions":["a\#(a)@x.org"]"#)
}
func seen(_ id: String, in partition: String = "p", at minute: Int = 0) -> String {
    record("seen", id, partition, minute, "")
}
func failure(_ id: String, in partition: String = "p", at minute: Int = 0) -> String {
    record("failures", id, partition, minute, #","reason":"x""#)
}
func deleted(_ id: String, in partition: String = "p", at minute: Int = 0) -> String {
    #"{"type":"RECORD","stream":"documents","record":{"semantic_id":"g:\#(id)","metadata":{"partition":"\#(partition)"},"#
        + #""_sdc_deleted_at":"\#(time(minute))"},"time_extracted":"\#(time(minute))"}"#
}
private func record(_ stream: String, _ id: String, _ partition: String, _ minute: Int, _ more: String) -> String {
    #"{"type":"RECORD","stream":"\#(stream)","record":{"semantic_id":"g:\#(id)","partition":"\#(partition)""#
        + #"\#(more)},"time_extracted":"\#(time(minute))"}"#
}
func time(_ minute: Int) -> String { (Timestamp(seconds: 1_767_225_600) + .seconds(60 * minute)).description }

/// A STATE. `complete` names partitions, and the minute since which each is complete (nil: not).
func state(
    _ run: String, _ n: Int, after: String? = nil, complete: [String: Int?] = [:], all: Bool = false,
    final: Bool = false
) -> String {
    let partitions = complete.sorted { $0.key < $1.key }.map { name, minute in
        "\"\(name)\":{" + (minute.map { "\"complete\":\"\(time($0))\"" } ?? "") + "}"
    }.joined(separator: ",")
    let before = after ?? (n > 1 ? "[\"\(run)\",\(n - 1)]" : "null")
    return
        #"{"type":"STATE","value":{"bookmarks":{"g":{"partitions":{\#(partitions)}}},"run":"\#(run)","after":\#(before),"#
        + #""checkpoint":\#(n),"partitions_complete":\#(all),"final":\#(final),"format":1}}"#
}

/// What a line says, in a word or two; a line of `input` passed byte for byte has `=` before it.
func summary(_ lines: [String], of input: [String]) -> [String] {
    lines.compactMap { line in
        guard let json = try? JSON(parsing: line), let type = json["type"]?.string else { return "?" }
        if type == "SCHEMA" { return nil }
        let mark = input.contains(line) ? "=" : ""
        if type == "STATE" { return mark + "state" }
        let record = json["record"]
        let id = record?["semantic_id"]?.string?.split(separator: ":").last.map(String.init) ?? "?"
        if record?["_sdc_deleted_at"]?.string != nil { return mark + "gone " + id }
        let word = ["documents": "doc", "permissions": "access", "failures": "failure"]
        let stream = json["stream"]?.string ?? "?"
        return mark + (word[stream] ?? stream) + " " + id
    }
}
