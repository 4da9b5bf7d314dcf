import Glibc
import HTTP
import JSON
import Pacing
import Stream
import System

/// What is known of the pace of a source: a table for a person, or one object a line.
struct RateLimits {
    private struct Row {
        let bucket: String
        let known: Bucket?
        let budget: Budget?
    }
    private let rows: [Row]
    private let now = SystemTime().now()

    init(_ source: String, _ budgets: [Budget]) {
        let known = BucketStore(folder: BucketStore.defaultFolder) { _ in }.known(of: source)
        let used = known.map { bucket in
            Row(
                bucket: bucket.name.bucket, known: bucket,
                budget: budgets.first { $0.bucket == bucket.name.bucket && $0.isBound })
        }
        let unused = budgets.filter { budget in
            budget.isBound && !known.contains { $0.name.bucket == budget.bucket }
        }
        rows = used + unused.map { Row(bucket: $0.bucket, known: nil, budget: $0) }
    }

    func print(_ log: Log) throws {
        var out: [UInt8] = []
        if log.form == .json {
            for row in rows { out += json(row) }
        } else {
            let heads = [
                "BUCKET", "HOST", "ACCOUNT", "DECLARED", "TOLD", "LEARNED", "REMAINING", "PAUSED UNTIL", "ALSO USED BY",
            ]
            let table = [heads] + rows.map(cells)
            let widths = heads.indices.map { i in table.map { $0[i].count }.max() ?? 0 }
            for line in table {
                let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                out += Array(cells.joined(separator: "  ").trimmed.utf8) + [0x0A]
            }
        }
        try Descriptor.standardOutput.write(out)
    }

    private func cells(_ row: Row) -> [String] {
        let told = row.known?.told(at: now) ?? []
        let left = told.compactMap { known in known.remaining.map { prefix(known.name) + String($0) } }
        let declared = row.budget.flatMap { budget in (row.known?.remaining(of: budget, at: now)).map { String($0) } }
        return [
            row.bucket, row.known?.name.host, row.known?.name.account,
            row.budget.map { rate(Int64($0.units), $0.per) },
            told.map { prefix($0.name) + rate($0.limit, $0.per) }.joined(separator: ", "),
            row.known?.learned(at: now).map { rate($0.limit, $0.per) },
            (left.isEmpty ? declared.map { [$0] } ?? [] : left).joined(separator: ", "),
            paused(row)?.description,
            row.known?.processes(except: getpid(), at: now).map { "process \($0)" }.joined(separator: ", "),
        ].map { text in text.flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
    }
    private func prefix(_ name: String) -> String { name.isEmpty ? "" : name + " " }
    private func rate(_ units: Int64, _ per: Duration) -> String {
        let seconds = Double(per.microseconds) / 1e6
        return "\(units)/\(seconds == seconds.rounded() ? String(Int64(seconds)) : String(seconds)) s"
    }
    private func paused(_ row: Row) -> Timestamp? { row.known.map(\.pausedUntil).flatMap { $0 > now ? $0 : nil } }

    private func json(_ row: Row) -> [UInt8] {
        var w = JSONWriter()
        w.object { w in
            w.member("bucket", row.bucket)
            if let name = row.known?.name {
                w.member("host", name.host)
                w.member("account", name.account)
            }
            if let budget = row.budget {
                w.key("declared")
                w.object { w in
                    w.member("units", budget.units)
                    w.member("per_ms", budget.per.microseconds / 1000)
                    w.member("of", budget.of)
                    if let left = row.known?.remaining(of: budget, at: now) { w.member("remaining", left) }
                }
            }
            guard let bucket = row.known else { return }
            w.key("told")
            w.array { w in for known in bucket.told(at: now) { write(known, &w) } }
            if let learned = bucket.learned(at: now) {
                w.key("learned")
                write(learned, &w)
            }
            w.member("refusals", bucket.refusals)
            if let until = paused(row) { w.member("paused_until", until.description) }
            w.key("used_by")
            w.array { w in for process in bucket.processes(except: getpid(), at: now) { w.int(process) } }
        }
        w.endLine()
        return w.bytes
    }
    private func write(_ known: Bucket.Known, _ w: inout JSONWriter) {
        w.object { w in
            if !known.name.isEmpty { w.member("name", known.name) }
            w.member("limit", known.limit)
            w.member("per_ms", known.per.microseconds / 1000)
            if let left = known.remaining { w.member("remaining", left) }
        }
    }
}
