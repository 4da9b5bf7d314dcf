import Glibc
import Gzip
import JSON
import System

/// A file to which lines are appended, durably, batch by batch.
///
/// Each batch is a gzip member that ends with a whole line, so that `zcat` prints the journal. The first member is a header,
/// `{"kind":"dedupe","format":1}`. What a kill leaves at the end, a member that is not whole, is cut off in silence when the
/// journal is opened; a loss of power may leave zeros there.
public final class Journal {
    /// The newest number of the format that this version knows.
    public static let format = 1

    private let path: String
    private var file: Descriptor
    /// Where the first batch begins: `cut(to:)` this empties the journal.
    public let start: Int
    /// Where the next batch will begin.
    public private(set) var end: Int
    private let header: [UInt8]

    /// Opens a journal, or makes an empty one, and reads it from its begin.
    /// - Parameters:
    ///   - kind: what it holds; a journal of another kind is refused.
    ///   - batch: called with the lines of each batch that is whole, in order, and with the offset at which the batch ends.
    ///     It says why it can't read them, or nil.
    /// - Throws: `Failure` for damage that no kill leaves, for a newer format, and for another kind.
    public init(_ path: String, kind: String, batch: (_ lines: [UInt8], _ end: Int) -> String?) throws {
        self.path = path
        var w = JSONWriter()
        w.object { w in
            w.member("kind", kind)
            w.member("format", Journal.format)
        }
        w.endLine()
        header = w.bytes
        var first: Int?
        var valid = 0
        if Files.exists(path) {
            let file = try Descriptor(opening: path, O_RDONLY)
            valid = try file.size()
            do {
                try Gzip.members(of: file) { member, range in
                    if first == nil {
                        if let problem = Journal.check(member, kind, path) { throw problem }
                        first = range.upperBound
                    } else if let why = member.last == 0x0A ? batch(member, range.upperBound) : "a line without an end"
                    {
                        throw Journal.damaged(path, "after byte \(range.lowerBound), \(why)")
                    }
                }
            } catch Gzip.Damage.torn(let whole) {
                valid = whole
            } catch Gzip.Damage.corrupt(let at) {
                // No member ends in eight zeros: those would be its checksum and its length.
                guard try file.read(from: max(0, valid - 8), count: min(8, valid)).allSatisfy({ $0 == 0 }) else {
                    throw Journal.damaged(path, "what follows byte \(at) is not gzip, or its checksum is wrong")
                }
                valid = at
            } catch Gzip.Damage.tooLarge {
                throw Journal.damaged(path, "a batch of it holds more than 1 GiB")
            }
        }
        if let first {
            start = first
        } else {
            let made = Gzip.compress(header)
            try Files.replace(path, with: made)
            start = made.count
            valid = made.count
        }
        end = valid
        file = try Descriptor(opening: path, O_WRONLY | O_APPEND)
        if try file.size() > valid { try cut(to: valid) }
    }

    private static func check(_ header: [UInt8], _ kind: String, _ path: String) -> Failure? {
        guard let json = try? JSON(parsing: header), json["kind"]?.string == kind, let number = json["format"]?.int
        else {
            return damaged(path, "its header does not say that it is a journal of \(kind)")
        }
        return number > format ? newer(path, Int(number)) : nil
    }

    /// What a file of a format that this version does not know is refused with.
    public static func newer(_ path: String, _ number: Int) -> Failure {
        Failure(
            .configuration, "\(path) has format \(number), and this version knows \(format)",
            "use the version that wrote it, or a newer one")
    }

    /// What a file that no kill leaves so is refused with.
    public static func damaged(_ path: String, _ why: String) -> Failure {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return Failure(
            .ioError, "\(path) is damaged: \(why)",
            "remove the folder \(folder), and run the same command again: what it remembers may be lost, and is learned anew"
        )
    }

    /// Appends a batch.
    /// - Parameters:
    ///   - lines: whole lines, each with its line feed.
    ///   - durable: whether it must survive a loss of power when this returns; else the next durable batch makes it so.
    public func append(_ lines: [UInt8], durable: Bool = true) throws {
        let member = Gzip.compress(lines)
        try file.write(member)
        end += member.count
        if durable { try file.synchronize() }
    }

    /// Takes away what follows a batch.
    /// - Parameter offset: where that batch ends, or `start`.
    public func cut(to offset: Int) throws {
        try file.truncate(to: offset)
        try file.synchronize()
        end = offset
    }

    /// Puts other batches in the place of all, in one step: a kill leaves the old ones or the new ones.
    public func replace(_ body: (_ append: ([UInt8]) -> Void) -> Void) throws {
        var bytes = Gzip.compress(header)
        body { lines in bytes += Gzip.compress(lines) }
        try Files.replace(path, with: bytes)
        file = try Descriptor(opening: path, O_WRONLY | O_APPEND)
        end = bytes.count
    }
}
