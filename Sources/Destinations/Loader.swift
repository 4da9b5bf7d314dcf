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

    /// The last STATE, marked or committed.
    var last: CommittedState?
    /// `last` is marked and not committed.
    var isPending = false
    /// Nothing came since the mark.
    var isAtMark = true
    var sinceCommit = 0
    var committedAt: Timestamp
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
    private var hasBegun = false
    private var bad = 0
    /// For each other stream, the properties that identify a record.
    var keys: [String: [String]] = [:]

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
        while true {
            switch try reader.next(whenIdle: { if isAtMark { try commit() } }) {
            case .end(let torn): return try end(torn: torn, isEmpty: isEmpty)
            case .tooLong(let number): reject(number, "longer than \(options.maxLine) bytes (--max-line)")
            case .line(let line, let number):
                guard let content = line.trimmedLine(first: number == 1) else { continue }
                isEmpty = false
                do {
                    let message = try Message(content, with: &parser)
                    if message.kind == .state, try state(message) == .broken { return .tryAgain }
                    if message.kind == .schema { schema(message) }
                    if message.kind == .record { try count(message) }
                } catch let error as JSONError { reject(number, "\(error)") } catch let error as MessageError {
                    reject(number, "\(error)")
                } catch let error as BadRecord { reject(number, error.description) }
            }
        }
    }

    /// Begins a transaction: with the first line after a commit, so that another sink may write while the input waits.
    func begin() throws {
        try destination.begin()
        if hasBegun { return }
        hasBegun = true
        last = try destination.state(of: identity)
    }

    private func count(_ message: Message) throws {
        if hasBadLines {
            tally.input += 1
            return tally.drop("after a bad line")
        }
        try begin()
        let disposition = try record(message)
        tally.input += 1
        isAtMark = false
        isComplete = false
        sinceCommit += 1
        switch disposition {
        case .passed: tally.output += 1
        case .dropped(let reason): tally.drop(reason)
        case .failed, .rejected: tally.failed += 1
        }
    }

    private func reject(_ number: Int, _ why: String) {
        bad += 1
        tally.input += 1
        tally.failed += 1
        if bad <= 100 {
            log.warn("line \(number) is \(why)", "it was left out, and nothing after the STATE before it is committed")
        } else if bad == 101 {
            log.warn("more lines can't be read", "they are counted, and not named any more")
        }
    }
    var hasBadLines: Bool { bad > 0 }

    /// Says that a row was not stored.
    func warn(_ what: String, _ remedy: String) { if tally.failed < 100 { log.warn(what, remedy) } }

    private func end(torn: Bool, isEmpty: Bool) throws -> ExitStatus {
        log.event("end") { w in tally.write(to: &w) }
        let isForeign = !isOurs && !isEmpty && !torn && bad == 0
        if isForeign {
            try begin()
            try destination.mark()
            if !isPending { try destination.commit() }
        } else {
            try destination.rollBackToMark()
        }
        try commit()
        if bad > 0 { return .dataError }
        if isForeign || isComplete { return tally.failed > 0 || heldIn != nil ? .dataError : .done }
        log.warn("the input ended before the run did", "run the same command again: it goes on from the last STATE")
        return .tryAgain
    }

    /// Commits the STATE that is marked, if one is, and then copies and prints it.
    func commit() throws {
        guard isPending, let state = last else { return }
        try destination.commit()
        isPending = false
        sinceCommit = 0
        committedAt = time.now()
        if let folder {
            if debtsChanged { try folder.writeDebts(destination.debts(of: identity)) }
            debtsChanged = false
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
