import Connector
import HTTP
import State
import Stream
import System

/// What changes while a run goes on: the bookmark, the output, and the accounting. Only the writer's side touches it.
struct Run: ~Copyable {
    var bookmark: Bookmark
    var writer: StreamWriter
    let log: Log
    let interruption: @Sendable () -> Int32?
    /// When the run began, by the service's clock.
    let began: Timestamp
    private var summary = Sync.Summary()

    init(
        bookmark: Bookmark, writer: consuming StreamWriter, log: Log,
        interruption: @escaping @Sendable () -> Int32?, began: Timestamp
    ) {
        self.bookmark = bookmark
        self.writer = writer
        self.log = log
        self.interruption = interruption
        self.began = began
    }

    /// A run that a signal ended; what was written up to the STATE before stands.
    struct Interrupted: Error {}

    /// Names every partition in the bookmark, and takes out those that are gone: one STATE earlier than
    /// `partitions_complete` says so, so that one which comes back is listed anew.
    mutating func prepare(_ all: Partitions, _ chosen: [Partition], isShard: Bool) throws {
        for name in bookmark.partitions.keys { bookmark.partitions[name]?.counts = Mark.Counts() }
        if all.isComplete && !isShard {
            let gone = bookmark.partitions.keys.filter { $0 != Mark.groups && !all.contains($0) }
            for name in gone { bookmark.partitions[name] = nil }
            if !gone.isEmpty { try writeState(always: true) }
        }
        for partition in chosen where bookmark.partitions[partition.id] == nil {
            bookmark.partitions[partition.id] = Mark()
        }
    }

    func groupsAreDue(_ options: SyncOptions) -> Bool {
        guard let mark = bookmark.partitions[Mark.groups], mark.listing == nil, let last = mark.complete else {
            return true
        }
        return options.listing != nil || began - last >= options.groupsAge
    }

    /// Writes what a reader brings, to its end.
    mutating func write(_ reader: Reader, partition: String?, _ window: ByteWindow) async throws {
        try await reader.queue.forEach { step in try await apply(step, partition, window) }
    }

    private mutating func apply(_ step: Step, _ partition: String?, _ window: ByteWindow) async throws {
        let name = partition ?? ""
        var asksForMore = false
        switch step {
        case .outcome(let task, let ticket):
            window.hurry(ticket)
            let outcome = try await task.value
            if let note = outcome.note { log.warn(note) }
            try writer.write(outcome)
            window.leave(ticket, outcome.bytes)
            count(outcome, partition)
            return
        case .note(let note):
            log.warn(note)
            return
        case .accessIsDue:
            bookmark.partitions[name]?.accessIsDue = true
            return
        case .failed(let failure):
            summary.partitionsFailed += 1
            log.warn("\(name) could not be read to its end: \(failure)", "the next run goes on from here")
            return
        case .began(let depth, let position, let date):
            let moment = writer.begin(at: date)
            bookmark.partitions[name, default: Mark()].listing = Mark.Listing(
                depth: depth, began: moment, position: position)
            return
        case .page(let token, let from, let after):
            bookmark.partitions[name]?.listing?.page = token
            bookmark.partitions[name]?.listing?.from = from
            bookmark.partitions[name]?.listing?.after = after
            // The next page is asked for now: were this one not in STATE, a kill would cost two.
            asksForMore = true
        case .listed:
            bookmark.partitions[name]?.endListing(cursorOfTime: began.description)
        case .passed(let cursor):
            if let cursor {
                bookmark.partitions[name]?.cursor = cursor
                bookmark.lastCursor = cursor
            }
        }
        let signal = interruption()
        try writeState(always: asksForMore || signal != nil)
        if let signal {
            summary.interruptedBy = signal
            throw Interrupted()
        }
    }

    private mutating func count(_ outcome: Outcome, _ partition: String?) {
        var counts = partition.flatMap { bookmark.partitions[$0]?.counts } ?? Mark.Counts()
        counts.listed += 1
        summary.listed += 1
        switch outcome.fate {
        case .emitted:
            counts.emitted += 1
            summary.emitted += 1
        case .skipped(let reason):
            counts.skipped[reason, default: 0] += 1
            summary.skipped[reason, default: 0] += 1
        case .failed:
            counts.failed += 1
            summary.failed += 1
        }
        if let partition { bookmark.partitions[partition]?.counts = counts }
        if partition == Mark.groups { return }
        if case .emitted = outcome.fate { bookmark.documentsSynced += 1 }
        if case .failed = outcome.fate { bookmark.documentsFailed += 1 }
    }

    private mutating func writeState(
        always: Bool = false, partitionsComplete: Bool = false, isFinal: Bool = false
    ) throws {
        bookmark.clock = writer.clock
        try writer.writeState(
            bookmark, always: always, partitionsComplete: partitionsComplete, isFinal: isFinal)
    }

    /// Ends the run with its final STATE.
    mutating func finish(isComplete: Bool) throws -> Sync.Summary {
        bookmark.lastSuccessfulSync = began
        try writeState(always: true, partitionsComplete: isComplete, isFinal: true)
        return summary
    }

    /// What was done until a signal came.
    var interrupted: Sync.Summary { summary }
}
