import JSON
import System

/// A run and one of its checkpoints: what a STATE is known by.
public struct Position: Hashable, Sendable, CustomStringConvertible {
    public let run: String
    public let checkpoint: Int

    public init(run: String, checkpoint: Int) {
        self.run = run
        self.checkpoint = checkpoint
    }
    /// Reads `["77ab…",41]`.
    public init?(_ json: JSON?) {
        guard let parts = json?.elements, parts.count == 2, let run = parts[0].string, let n = parts[1].int else {
            return nil
        }
        self.init(run: run, checkpoint: Int(n))
    }
    public func write(to w: inout JSONWriter) {
        w.array { w in
            w.string(run)
            w.int(checkpoint)
        }
    }
    public var description: String { "\(run)/\(checkpoint)" }
}

/// The part of a STATE value that programs other than `fetch` may read. The rest is `fetch`'s own, and passed on as it stands.
///
///     {"bookmarks":{"google_drive":{"tenant":"…","partitions":{"drive:0A…":{"complete":"…",…}},…}},
///      "run":"9f2c…","after":["77ab…",41],"checkpoint":42,"partitions_complete":true,"final":false,"format":1}
///
/// - `run` is drawn when a run starts, `checkpoint` grows by one, `after` names the STATE that this one follows (`null`: none).
/// - `complete` of a partition is when a listing of it to its end began; it is there in each STATE from that on.
/// - `partitions_complete` says that the partitions named are all there are.
/// - `final` ends a run.
public struct StateValue: Sendable {
    /// The newest number of the format that this version knows.
    public static let format = 1

    public struct Bookmark: Sendable {
        public let connection: String
        public let tenant: String?
        /// The partitions named, and since when each is complete.
        public let partitions: [String: Timestamp?]
    }

    /// The whole value, as it stands.
    public let raw: ByteSlice
    /// Nil for the STATE of a foreign tap, which has no chain: it is kept, and nothing else is done with it.
    public let position: Position?
    public let after: Position?
    public let isFinal: Bool
    public let partitionsComplete: Bool
    public let bookmarks: [Bookmark]

    /// - Throws: `Failure` for a format that this version does not know.
    public init(_ value: JSON) throws {
        raw = value.raw
        if let format = value["format"]?.int, format > StateValue.format {
            throw Failure(
                .configuration, "the STATE has format \(format), and this version knows \(StateValue.format)",
                "use the version that wrote it, or a newer one")
        }
        if let run = value["run"]?.string, let n = value["checkpoint"]?.int {
            position = Position(run: run, checkpoint: Int(n))
        } else {
            position = nil
        }
        after = Position(value["after"])
        isFinal = value["final"]?.bool ?? false
        partitionsComplete = value["partitions_complete"]?.bool ?? false
        bookmarks =
            position == nil
            ? []
            : (value["bookmarks"]?.members ?? []).map { name, bookmark in
                var partitions: [String: Timestamp?] = [:]
                for (partition, mark) in bookmark["partitions"]?.members ?? [] {
                    partitions[partition.string ?? ""] = .some(mark["complete"]?.string.flatMap { Timestamp($0) })
                }
                return Bookmark(
                    connection: name.string ?? "", tenant: bookmark["tenant"]?.string, partitions: partitions)
            }
    }
}
