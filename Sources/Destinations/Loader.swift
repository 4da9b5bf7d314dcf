import JSON
import State
import Stream
import System

/// Loads a stream into a destination: what every destination has in common.
///
/// Rows, debts and the STATE that stands after them are one transaction. STATE is committed when it is final, when `batch` records
/// or `batchTime` went by since the last commit, and when the input waits; a STATE in between is marked, and committed with the
/// next. What comes after the last STATE is rolled back. After a commit the debts and then the STATE are copied to the state
/// folder, and the STATE value is printed, so that the copy is never ahead of the destination.
public final class Loader {
    public struct Options: Sendable {
        /// Records after which a STATE is committed.
        public var batch = 100
        /// Time after which a STATE is committed.
        public var batchTime = Duration.seconds(1)
        /// The most that listings may remove at one STATE, in percent of a connection's documents.
        public var maxDelete = 10
        public var maxLine = LineReader.defaultMaxLine
        public init() {}
    }

    let destination: any Destination
    let folder: StateFolder?
    /// What the destination knows the folder by; empty without one.
    let identity: String
    let options: Options
    let time: any TimeSource
    let log: Log
    let output: LineWriter

    /// What is known between two lines.
    var progress = Progress()
    /// The same at the last commit, from where lines are worked again when a transaction was lost.
    private var committed = Progress()
    /// The lines since the last commit; the first `worked` of them are in the transaction.
    private var lines: [Line] = []
    private var worked = 0
    /// Lines up to here were told to the destination.
    private var expected = 0
    /// Bytes of all the lines, and of those that wait; and how many records they are.
    private var size = (kept: 0, waiting: 0, records: 0)
    /// All that came since the last commit is in `lines`.
    private var isWhole = true
    var committedAt: Timestamp
    private var bad = 0

    private struct Line {
        let number: Int
        /// Or why it is none.
        let message: Result<Message, BadRecord>
        let size: Int

        var isState: Bool { if case .success(let message) = message { message.kind == .state } else { false } }
        var isRecord: Bool { if case .success(let message) = message { message.kind == .record } else { false } }
    }

    struct Progress {
        /// The last STATE, marked or committed.
        var last: CommittedState?
        /// `last` is marked and not committed.
        var isPending = false
        /// Nothing came since the mark.
        var isAtMark = true
        /// Records worked since the last commit.
        var sinceCommit = 0
        var debtsChanged = true
        /// Connections whose tenant the destination knows, and whose it is.
        var tenants: [String: String] = [:]
        /// The run in which a listing was held back, if one was; nothing more is removed by listings until the next run.
        var heldIn: String?
        /// A STATE of ours, or a schema or record of our streams, came: the input is not just a foreign tap's.
        var isOurs = false
        /// The last STATE ended a run, and no record came after it.
        var isComplete = false
        var clock: Timestamp?
        var tally = Tally()
        var hasBegun = false
        /// For each other stream, the properties that identify a record.
        var keys: [String: [String]] = [:]
    }

    /// - Parameter folder: where the copy of STATE and debts is kept. Without one the chain of STATEs is not checked.
    public init(
        into destination: any Destination, folder: StateFolder?, options: Options = Options(), time: any TimeSource,
        log: Log, output: consuming Descriptor
    ) throws {
        self.destination = destination
        self.folder = folder
        self.options = options
        self.time = time
        self.log = log
        self.output = LineWriter(output)
        identity = try folder?.identity() ?? ""
        committedAt = time.now()
    }

    /// Loads the input to its end.
    /// - Returns: `done`; `dataError` where a line could not be read, a row could not be stored or a listing was held back;
    ///   `tryAgain` where the input ended before its run did, or does not follow what the destination holds.
    public func run(input: consuming Descriptor) throws -> ExitStatus {
        var reader = LineReader(input, maxLine: options.maxLine)
        var parser = JSONParser()
        var isEmpty = true
        do {
            while true {
                switch try reader.next(whenIdle: workToState) {
                case .end(let torn): return try end(torn: torn, isEmpty: isEmpty)
                case .tooLong(let number):
                    let why = BadRecord("longer than \(options.maxLine) bytes (--max-line)")
                    try take(Line(number: number, message: .failure(why), size: 0))
                case .line(let line, let number):
                    guard let content = line.trimmedLine(first: number == 1) else { continue }
                    isEmpty = false
                    try take(Line(number: number, message: read(content, with: &parser), size: content.count))
                }
            }
        } catch is BrokenChain { return .tryAgain }
    }

    private func read(_ line: ByteSlice, with parser: inout JSONParser) -> Result<Message, BadRecord> {
        do { return .success(try Message(line, with: &parser)) } catch { return .failure(BadRecord("\(error)")) }
    }

    // MARK: Lines that wait

    /// Works a line, or lets it wait for those that come.
    private func take(_ line: Line) throws {
        lines.append(line)
        size.kept += line.size
        size.waiting += line.size
        if line.isRecord { size.records += 1 }
        if try isDue(line) { try untilItHolds(work) }
    }

    private func isDue(_ line: Line) throws -> Bool {
        if size.waiting >= destination.lookahead { return true }
        guard case .success(let message) = line.message else { return true }
        guard message.kind == .state else { return false }
        return size.records >= options.batch || time.now() - committedAt >= options.batchTime
            || message.json["value"]?["final"]?.bool == true
    }

    /// Where the input waits after a STATE, that is committed. Where it waits elsewhere the lines wait with it, and no transaction is
    /// held open for them.
    private func workToState() throws {
        guard lines.last?.isState ?? progress.isAtMark else { return }
        try untilItHolds {
            try work()
            if progress.isAtMark { try commit() }
        }
    }

    /// Repeats what a lost transaction undid, from the last commit on.
    private func untilItHolds(_ body: () throws -> Void) throws {
        while true {
            do { return try body() } catch let lost as TransactionLost {
                guard isWhole else { throw lost.failure }
                try destination.recover(from: lost)
                progress = committed
                (worked, expected) = (0, 0)
            }
        }
    }

    /// Works the lines that wait. They are kept for another try, within bounds.
    private func work() throws {
        while worked < lines.count {
            if worked >= expected { try expect() }
            let line = lines[worked]
            worked += 1
            do { try work(line.message.get()) } catch let error as BadRecord {
                try reject(line.number, error)
            } catch let error as RowRefused {
                try reject(line.number, BadRecord("a record that can't be stored: \(error)"))
            }
        }
        size.waiting = 0
        if hasBadLines { keep() }
        if size.kept > destination.lookahead * 8 {
            try destination.settle()
            isWhole = false
            drop()
        }
    }

    private func work(_ message: Message) throws {
        switch message.kind {
        case .schema: schema(message)
        case .record: try count(message)
        case .state: try state(message)
        case .other: break
        }
    }

    /// What was worked up to here is done with.
    private func keep() {
        committed = progress
        isWhole = true
        drop()
    }

    private func drop() {
        size.kept -= lines[..<worked].reduce(0) { $0 + $1.size }
        size.records -= lines[..<worked].count { $0.isRecord }
        lines.removeFirst(worked)
        expected = max(0, expected - worked)
        worked = 0
    }

    /// Tells the destination which documents come next.
    private func expect() throws {
        let next = lines[worked..<min(lines.count, worked + 1000)]
        expected = next.endIndex
        if destination.lookahead == 0 || hasBadLines { return }
        let keys = next.compactMap { line -> String? in
            guard case .success(let message) = line.message, message.kind == .record,
                let stream = StandardStream(rawValue: message.stream), stream != .groups
            else { return nil }
            return message.record[name: stream.key]?.string
        }
        if keys.isEmpty { return }
        try begin()
        try destination.expect(keys)
    }

    /// Begins a transaction: with the first line after a commit, so that another sink may write while the input waits.
    func begin() throws {
        try destination.begin()
        if progress.hasBegun { return }
        progress.hasBegun = true
        progress.last = try destination.state(of: identity)
    }

    private func count(_ message: Message) throws {
        if hasBadLines {
            progress.tally.input += 1
            return progress.tally.drop("after a bad line")
        }
        try begin()
        let disposition = try record(message)
        progress.tally.input += 1
        progress.isAtMark = false
        progress.isComplete = false
        progress.sinceCommit += 1
        switch disposition {
        case .passed: progress.tally.output += 1
        case .dropped(let reason): progress.tally.drop(reason)
        case .failed, .rejected: progress.tally.failed += 1
        }
    }

    /// A line can't be read. With the first one what was whole is committed, for nothing after it will be.
    private func reject(_ number: Int, _ why: BadRecord) throws {
        if bad == 0 {
            try destination.rollBackToMark()
            try commit()
        }
        bad += 1
        progress.tally.input += 1
        progress.tally.failed += 1
        keep()
        if bad <= 100 {
            log.warn("line \(number) is \(why)", "it was left out, and nothing after the STATE before it is committed")
        } else if bad == 101 {
            log.warn("more lines can't be read", "they are counted, and not named any more")
        }
    }
    var hasBadLines: Bool { bad > 0 }

    /// Says that a row was not stored.
    func warn(_ what: String, _ remedy: String) { if progress.tally.failed < 100 { log.warn(what, remedy) } }

    private func end(torn: Bool, isEmpty: Bool) throws -> ExitStatus {
        var isForeign = false
        try untilItHolds {
            try work()
            isForeign = !progress.isOurs && !isEmpty && !torn && bad == 0
            if isForeign {
                try begin()
                try destination.mark()
                if !progress.isPending { try destination.commit() }
            } else {
                try destination.rollBackToMark()
            }
            try commit()
        }
        log.event("end") { w in progress.tally.write(to: &w) }
        if bad > 0 { return .dataError }
        if isForeign || progress.isComplete {
            return progress.tally.failed > 0 || progress.heldIn != nil ? .dataError : .done
        }
        log.warn("the input ended before the run did", "run the same command again: it goes on from the last STATE")
        return .tryAgain
    }

    /// Commits the STATE that is marked, if one is, and then copies and prints it.
    func commit() throws {
        guard progress.isPending, let state = progress.last else { return }
        try destination.commit()
        progress.isPending = false
        progress.sinceCommit = 0
        committedAt = time.now()
        keep()
        if let folder {
            if progress.debtsChanged { try folder.writeDebts(destination.debts(of: identity)) }
            progress.debtsChanged = false
            committed.debtsChanged = false
            try folder.writeCheckpoint(state.value)
        }
        try output.write(state.value)
        try output.flush()
    }
}

/// A record that says nothing which could be kept, not even whose debt it would be: it is as a line that can't be read.
struct BadRecord: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A STATE that does not follow the one before it. It was said, and the folder goes on from what the destination holds.
struct BrokenChain: Error {}
