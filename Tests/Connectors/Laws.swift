import Connector
import HTTP
import JSON
import State
import Stream
import System

/// What must hold of every run of `fetch`, whatever went wrong in it.
enum Laws {
    /// Says which laws a run broke, and how.
    static func broken(by run: Fetched, _ sample: Sample) -> [String] {
        var wrong = calls(run, sample)
        do { wrong += try lines(run, sample) } catch { wrong.append("a line is no message: \(error)") }
        return wrong
    }

    /// Only reads, only at the hosts that the connector declares, and ids encoded.
    private static func calls(_ run: Fetched, _ sample: Sample) -> [String] {
        var wrong: [String] = []
        let hosts = AllowedHosts(Set(sample.about.hosts))
        let content = AllowedHosts(Set(sample.about.contentHosts))
        let tokenURL = sample.credentials.tokenURL
        for asked in run.asked {
            let request = asked.request
            let isToken = request.url == tokenURL && request.method == "POST"
            let reads = request.method == "POST" && sample.about.readsByPost(request.url.path)
            if request.method != "GET" && !reads && !isToken { wrong.append("\(request.summary) is no reading") }
            if request.headers["Authorization"] != nil, !hosts.contains(request.url) {
                wrong.append("\(request.summary) shows the credentials to \(request.url.host)")
            }
            if !hosts.contains(request.url), !content.contains(request.url), !isToken, asked.role != .none {
                wrong.append("\(request.summary) is no URL of the service")
            }
            let segments = request.url.path.split(separator: "/").map { PercentEncoding.decode($0) }
            if segments.contains(where: { $0.contains("/") || $0 == ".." }) {
                wrong.append("\(request.summary) has an id that climbs")
            }
        }
        return wrong
    }

    private static func lines(_ run: Fetched, _ sample: Sample) throws -> [String] {
        var wrong: [String] = []
        let start = try run.state.map { try StateValue(JSON(parsing: $0)) }
        var after = start?.position
        var clock = try run.state.flatMap {
            try JSON(parsing: $0)["bookmarks"]?[name: sample.source]?["clock"]?.string.flatMap { Timestamp($0) }
        }
        var checkpoint = 0
        var parser = JSONParser()
        // For each partition and id, the time of its last line; and for each partition, how many lines of items.
        var last: [String: [String: Timestamp]] = [:]
        var completeBefore = start?.bookmarks.first?.partitions ?? [:]
        var isFinal = false
        for (number, line) in run.lines.enumerated() {
            func broken(_ what: String) { wrong.append("line \(number + 1): \(what)") }
            let message = try Message(ByteSlice(line), with: &parser)
            if isFinal { broken("something after the final STATE") }
            switch message.kind {
            case .schema, .other: continue
            case .record:
                guard let time = message.timeExtracted else {
                    broken("no time")
                    continue
                }
                if let clock, time < clock { broken("the time goes back from \(clock) to \(time)") }
                clock = time
                let record = message.record
                let isDebt = message.stream == "failures"
                let id =
                    isDebt
                    ? record["semantic_id"]?.string.map { String($0.dropFirst(sample.source.count + 1)) }
                    : record["id"]?.string
                last[record["partition"]?.string ?? "", default: [:]][id ?? ""] = time
            case .state:
                guard let json = message.json["value"] else { continue }
                let value = try StateValue(json)
                if value.after != after {
                    broken("follows \(value.after?.description ?? "nothing"), not \(after?.description ?? "nothing")")
                }
                checkpoint += 1
                if value.position?.checkpoint != checkpoint { broken("checkpoint is not \(checkpoint)") }
                after = value.position
                isFinal = value.isFinal
                let bookmark = json["bookmarks"]?[name: sample.source]
                for (name, mark) in bookmark?["partitions"]?.members ?? [] {
                    balance(mark, name.string ?? "", broken)
                }
                for case (let partition, let complete?) in value.bookmarks.first?.partitions ?? [:] {
                    if completeBefore[partition] == .some(complete) { continue }
                    completeBefore[partition] = complete
                    met(partition, since: complete, last[partition] ?? [:], run, broken)
                }
            }
        }
        if let summary = run.summary {
            if !summary.isBalanced { wrong.append("the run is not balanced: \(summary)") }
            if summary.interruptedBy == nil && !isFinal { wrong.append("no final STATE") }
        }
        return wrong
    }

    /// listed = emitted + skipped + failed.
    private static func balance(_ mark: JSON, _ name: String, _ broken: (String) -> Void) {
        func count(_ json: JSON?) -> Int64 { json?.int ?? 0 }
        let skipped = (mark["skipped"]?.members ?? []).reduce(0) { $0 + count($1.value) }
        let told = count(mark["emitted"]) + skipped + count(mark["failed"])
        if count(mark["listed"]) != told { broken("\(name): \(count(mark["listed"])) listed, \(told) accounted for") }
    }

    /// Whatever was listed gives a line, so that nothing that exists looks gone.
    private static func met(
        _ partition: String, since complete: Timestamp, _ last: [String: Timestamp], _ run: Fetched,
        _ broken: (String) -> Void
    ) {
        guard run.found.begun.contains(partition) else { return }
        for id in run.found.listed[partition] ?? [] {
            // A failure has no item; what was skipped has no line.
            let item: String?
            if let found = run.found.items[id] { item = found } else { item = id }
            guard let item else { continue }
            if let time = last[item] ?? last[id], time >= complete { continue }
            broken("\(partition) is complete since \(complete), and \(item) was listed and has no line since")
        }
    }
}
