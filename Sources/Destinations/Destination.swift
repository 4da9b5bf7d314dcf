import JSON
import State
import System

/// Where rows are kept, and with them, in the same transaction, the last STATE of each state folder.
///
/// A destination only stores and finds. What a line of the stream means, when STATE may be committed, and what a listing may
/// remove is decided once, in `Loader`, for all of them. Each one passes the same contract tests.
///
/// Every call throws `Failure` for what ends the run; `apply` throws `RowRefused` for one row that can't be stored. One that is reached
/// over a network may throw `TransactionLost`.
public protocol Destination: AnyObject {
    /// The most bytes of lines that wait to be worked together, so that a transaction is short; 0: each is worked as it comes.
    var lookahead: Int { get }
    /// These documents come next.
    func expect(_ semanticIDs: [String]) throws
    /// Makes ready for another try, after a pause where that helps.
    /// - Throws: `lost.failure` when it has been tried for long enough.
    func recover(from lost: TransactionLost) throws
    /// What was changed up to here will not be changed again: what is wrong with it is said now, and with each change from here on
    /// at once.
    func settle() throws

    /// Begins a transaction, unless one is under way.
    func begin() throws
    /// Makes one change. Nobody else sees it before `commit`.
    /// - Returns: for `paid`, how many debts there were. For others it may only say that something was asked.
    @discardableResult func apply(_ change: Change) throws -> Int
    /// All changes up to here belong together.
    func mark() throws
    /// Undoes the changes after the last mark, or since `begin` where there is none.
    func rollBackToMark() throws
    /// Makes the changes durable, and ends the transaction.
    func commit() throws

    /// What is known of a document; nil where there is no row.
    func row(_ semanticID: String) throws -> StoredRow?
    func debt(of semanticID: String) throws -> Debt?
    /// The debts that came through a state folder, in the order of their keys.
    func debts(of folder: String) throws -> [Debt]
    /// How many documents a connection has.
    func count(of connection: String) throws -> Int
    /// How many documents a sweep would remove.
    func removals(by sweep: Sweep) throws -> Int
    func tenant(of connection: String) throws -> String?
    /// The last STATE of a state folder; nil before the first.
    func state(of folder: String) throws -> CommittedState?
}

extension Destination {
    public var lookahead: Int { 0 }
    public func expect(_ semanticIDs: [String]) throws {}
    public func recover(from lost: TransactionLost) throws { throw lost.failure }
    public func settle() throws {}
}

/// Nothing of the transaction was kept. The same changes again may be.
public struct TransactionLost: Error {
    /// How the run ends, if it is not tried again.
    public let failure: Failure
    /// A row was to blame: the next try finds out which.
    public let isRow: Bool

    public init(_ failure: Failure, isRow: Bool = false) {
        self.failure = failure
        self.isRow = isRow
    }
}

/// One change to what a destination holds. The keys "under" a document are those of its attachments: `<semantic_id>#…`.
public enum Change {
    /// Writes a document whole. What is under its key takes its partition, readers and time; where the document names its parts,
    /// what is under its key and not named goes.
    case document(DocumentRow)
    /// A document is there, and so is what is under its key: they take the time and, unless nil, the partition and the readers.
    case touched(String, partition: String?, permissions: [String]?, at: Timestamp)
    /// Removes a document and its debt, each only while it is in the partition (nil: wherever it is; a debt of no partition is in
    /// every one), and likewise what is under its key.
    case removed(String, in: String?)
    /// Removes one document, which could not be stored, and nothing under its key.
    case refused(String)
    case group(GroupRow)
    /// Removes a group, while it is in the partition (nil: wherever it is).
    case groupRemoved(String, in: String?)
    /// Writes a debt in place of the one with its key.
    case debt(Debt, folder: String)
    case paid(String)
    /// Writes a record of another stream, as a row of the table with its name. Without a key it is added.
    case record(stream: String, key: String?, JSON, at: Timestamp)
    case recordRemoved(stream: String, key: String)
    /// Removes the documents that a complete listing did not meet.
    case sweep(Sweep)
    /// Removes the groups that a listing of the connection's groups did not meet. A group of no partition stays: see `GroupRow`.
    case sweepGroups(connection: String, before: Timestamp)
    case tenant(connection: String, String)
    case state(CommittedState, folder: String)
}

/// What a complete listing removes from a connection.
public enum Sweep: Equatable {
    /// The documents of a partition whose last line is older than the begin of its listing.
    case partition(connection: String, String, before: Timestamp)
    /// The documents of every partition but these. What is in no partition stays.
    case partitions(connection: String, except: [String])
}

/// What `Loader` asks of a row.
public struct StoredRow: Equatable, Sendable {
    public let partition: String?
    public let updatedAt: String?
    public let extractedAt: Timestamp
}

/// A row that a destination can't hold. It is removed and becomes a debt; the run goes on.
public struct RowRefused: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// The last STATE of a state folder, as a destination keeps it.
public struct CommittedState: Sendable {
    /// The value, as it stood in its line.
    public var value: ByteSlice
    /// Nil for the STATE of a foreign tap.
    public var position: Position?
    /// For each connection, since when each of its partitions was swept. A sweep that was held back is not in it.
    public var swept: [String: [String: Timestamp]]

    public init(
        value: ByteSlice, position: Position?, swept: [String: [String: Timestamp]] = [:]
    ) {
        self.value = value
        self.position = position
        self.swept = swept
    }
}

extension CommittedState {
    /// Reads `swept` as `writeSwept` wrote it.
    init(value: ByteSlice, swept: JSON?) throws {
        var times: [String: [String: Timestamp]] = [:]
        for (connection, partitions) in swept?.members ?? [] {
            for (name, time) in partitions.members {
                times[connection.string ?? "", default: [:]][name.string ?? ""] =
                    time.int.map { Timestamp(microseconds: $0) }
            }
        }
        let position = try StateValue(try JSON(parsing: value)).position
        self.init(value: value, position: position, swept: times)
    }

    func writeSwept(to w: inout JSONWriter) {
        w.object { w in
            for (connection, partitions) in swept.sorted(by: { $0.key < $1.key }) {
                w.key(connection)
                w.object { w in
                    for (name, time) in partitions.sorted(by: { $0.key < $1.key }) {
                        w.member(name, time.microseconds)
                    }
                }
            }
        }
    }
}
