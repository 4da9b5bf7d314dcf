import Connector
import HTTP
import JSON
import State
import Stream
import System

/// One run of `fetch`: reads what changed in a source, and writes the stream.
///
/// Readers, one a partition and a few at a time, call the service; one writer puts what they bring in order. The
/// writer alone holds the bookmark, so that a STATE says what was written before it, and nothing else.
public struct Sync {
    /// How a run ended.
    public struct Summary: Sendable {
        public var listed = 0
        public var emitted = 0
        public var skipped: [String: Int] = [:]
        public var failed = 0
        /// Partitions that were given up.
        public var partitionsFailed = 0
        /// The signal that ended the run before its time.
        public var interruptedBy: Int32?

        /// Law 4.
        public var isBalanced: Bool { listed == emitted + skipped.values.reduce(0, +) + failed }
    }

    private let connector: any Connector
    private let options: SyncOptions
    private let api: API
    private let log: Log
    private let interruption: @Sendable () -> Int32?

    /// - Parameter interruption: the signal that asks the run to end after the page under way.
    public init(
        _ connector: any Connector, _ options: SyncOptions, api: API, log: Log,
        interruption: @escaping @Sendable () -> Int32? = { nil }
    ) {
        self.connector = connector
        self.options = options
        self.api = api
        self.log = log
        self.interruption = interruption
    }

    /// The partitions that a run would read.
    public func partitions() async throws -> Partitions { try await connector.partitions(api.fresh()) }

    /// Runs to the end, or until it is interrupted.
    /// - Parameter state: the STATE value to go on from; nil for the first run.
    /// - Throws: `Failure`, `CallFailure` of scope `run`, or `SystemError` when the output can't be written.
    public func run(from state: JSON?, to output: LineWriter) async throws -> Summary {
        let about = type(of: connector).about
        var bookmark = Bookmark(state?["bookmarks"]?[name: options.connection])
        let first = api.fresh()
        let account = try await connector.check(first)
        if let tenant = bookmark.tenant, tenant != account.tenant {
            throw Failure(
                .configuration, "the credentials are of '\(account.tenant)', and the state is of '\(tenant)'",
                "use the right credentials, or another --state and --name")
        }
        bookmark.tenant = account.tenant
        bookmark.documentsSynced = 0
        bookmark.documentsFailed = 0
        let all = try await connector.partitions(first)
        let began = max(first.date ?? Timestamp(microseconds: 0), bookmark.clock ?? Timestamp(microseconds: 0))
        var run = Run(
            bookmark: bookmark,
            writer: StreamWriter(output, options: options, after: state.flatMap(Position.init(of:)), clock: began),
            log: log, interruption: interruption, began: began)
        do { return try await self.run(&run, all, about) } catch is Run.Interrupted { return run.interrupted }
    }

    private func run(_ run: inout Run, _ all: Partitions, _ about: About) async throws -> Summary {
        let window = ByteWindow(limit: options.window)
        let owed = Dictionary(options.debts.map { ($0.semanticID, $0) }, uniquingKeysWith: { a, _ in a })
        func reader() -> Reader {
            // What nobody will write is not fetched either.
            let queue = StepQueue<Step> { step in
                guard case .outcome(let task, let ticket) = step else { return }
                task.cancel()
                window.hurry(ticket)
            }
            return Reader(
                connector: connector, assembler: Assembler(connector: connector, options: options, owed: owed),
                options: options, partitions: all, window: window, queue: queue, api: api)
        }
        let began = run.began
        let chosen = all.all.filter { options.partitions?.contains($0.id) ?? true }
        try run.prepare(all, chosen, isShard: options.partitions != nil)

        // What is owed, then groups, then the partitions, each of which is listed before its changes are followed.
        let debts = reader()
        let prefix = options.connection + ":"
        try await withReaders([{ try await debts.readDebts(prefix, at: began) }]) {
            try await run.write(debts, partition: nil, window)
        }
        if about.hasGroups, options.partitions?.contains(Mark.groups) ?? true, run.groupsAreDue(options) {
            let groups = reader()
            let mark = run.bookmark.partitions[Mark.groups] ?? Mark()
            try await withReaders([{ try await groups.readGroups(mark, runBegan: began) }]) {
                try await run.write(groups, partition: Mark.groups, window)
            }
        }
        let ahead = about.itemsMove ? 1 : options.partitionsAhead
        var waiting = chosen[...]
        var underWay: [(partition: Partition, reader: Reader)] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            do {
                while true {
                    while underWay.count < ahead, let partition = waiting.popFirst() {
                        let reader = reader()
                        let mark = run.bookmark.partitions[partition.id] ?? Mark()
                        underWay.append((partition, reader))
                        group.addTask { try await reader.read(partition, from: mark, runBegan: began) }
                    }
                    if underWay.isEmpty { break }
                    let (partition, reader) = underWay.removeFirst()
                    try await run.write(reader, partition: partition.id, window)
                    try await group.next()
                }
            } catch {
                for (_, reader) in underWay { reader.queue.cancel() }
                group.cancelAll()
                throw error
            }
        }
        return try run.finish(isComplete: all.isComplete && options.partitions == nil)
    }

    /// Runs a reader beside its writer.
    private func withReaders(_ read: [@Sendable () async throws -> Void], _ write: () async throws -> Void) async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for one in read { group.addTask { try await one() } }
            do { try await write() } catch {
                group.cancelAll()
                throw error
            }
            try await group.waitForAll()
        }
    }
}

extension Position {
    /// The position that a STATE value has.
    fileprivate init?(of value: JSON) {
        guard let run = value["run"]?.string, let n = value["checkpoint"]?.int else { return nil }
        self.init(run: run, checkpoint: Int(n))
    }
}
