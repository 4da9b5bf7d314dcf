import Connector
import State
import System

/// What a run is asked to do.
public struct SyncOptions: Sendable {
    /// The connection's name: the source's unless it was given another.
    public var connection: String
    /// A listing that is asked for now, due or not.
    public var listing: Depth?
    /// How old the last listing of ids, of access, of groups may be. Zero is never for the first two, always for groups.
    public var idsAge: Duration = .seconds(24 * 3600)
    public var accessAge: Duration = .seconds(24 * 3600)
    public var groupsAge: Duration = .seconds(3600)
    /// The partitions to read; nil is all.
    public var partitions: Set<String>?
    /// Bytes of items that may wait for their turn.
    public var window = 256 << 20
    /// The longest line that is written; an item over it goes without its content.
    public var maxLine = 48 << 20
    /// How many partitions are read at a time, where items stay in theirs.
    public var partitionsAhead = 8
    /// Names the run.
    public var run: String
    /// What the runs before left unread.
    public var debts: [Debt] = []

    public init(connection: String, run: String) {
        self.connection = connection
        self.run = run
    }
}
