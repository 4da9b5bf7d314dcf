import CZip
import Extraction

/// A ZIP archive in memory. Nothing is written to disk, archives inside are bytes like others, and what comes out is bounded
/// whatever the directory says of sizes.
final class Archive {
    /// Entries of its directory.
    static let mostEntries = 10_000
    /// Bytes that come out of all entries together, each counted as often as it is read.
    static let mostBytes = 512 << 20
    /// Bytes that come out of one entry.
    static let mostBytesOfEntry = 256 << 20

    private let handle: OpaquePointer
    /// The archive reads from here as long as it lives.
    private let storage: UnsafeMutableRawBufferPointer
    /// By names in small letters: the names of parts differ in more than case (ECMA-376, part 2, section 6.2.2).
    private let indices: [String: UInt64]
    private var left = Archive.mostBytes
    let deadline: ContinuousClock.Instant

    /// - Throws: `damaged`; `too_large` for too many entries.
    init(_ input: FormatInput) throws(Unreadable) {
        deadline = input.deadline
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, input.bytes.count), alignment: 1)
        storage.copyBytes(from: input.bytes)
        guard let handle = zip_archive_make(storage.baseAddress, input.bytes.count) else {
            storage.deallocate()
            throw Unreadable("damaged")
        }
        let count = zip_archive_count(handle)
        guard count <= Self.mostEntries else {
            zip_archive_free(handle)
            storage.deallocate()
            throw Unreadable("too_large")
        }
        var indices: [String: UInt64] = [:]
        for index in 0..<UInt64(max(0, count)) {
            guard let name = zip_archive_name(handle, index) else { continue }
            indices[Self.key(String(cString: name)), default: index] = index
        }
        (self.handle, self.storage, self.indices) = (handle, storage, indices)
    }
    deinit {
        zip_archive_free(handle)
        storage.deallocate()
    }

    private static func key(_ name: String) -> String {
        String(
            decoding: name.lowercased().utf8.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
    }

    func contains(_ name: String) -> Bool { indices[Self.key(name)] != nil }

    /// Gives the bytes of an entry in pieces, while `take` says true.
    /// - Returns: false where there is no such entry.
    /// - Throws: `damaged`, `encrypted`, `too_large`, `time_limit`.
    @discardableResult
    func read(_ name: String, _ take: (UnsafeRawBufferPointer) -> Bool) throws(Unreadable) -> Bool {
        guard let index = indices[Self.key(name)] else { return false }
        var status = ZIP_READING_OK
        guard let entry = zip_entry_open(handle, index, &status) else { throw Unreadable(Self.reason(status.rawValue)) }
        defer { zip_entry_close(entry) }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 1)
        defer { chunk.deallocate() }
        var room = Self.mostBytesOfEntry
        while true {
            let count = Int(zip_entry_read(entry, chunk.baseAddress, chunk.count))
            if count < 0 { throw Unreadable(Self.reason(Int32(count))) }
            if count == 0 { return true }
            left -= count
            room -= count
            if left < 0 || room < 0 { throw Unreadable("too_large") }
            if ContinuousClock.now >= deadline { throw Unreadable("time_limit") }
            if !take(UnsafeRawBufferPointer(rebasing: chunk[..<count])) { return true }
        }
    }

    /// The bytes of an entry, nil where there is none.
    /// - Throws: `too_large` for more than `limit` of them, and as `read`.
    func bytes(_ name: String, limit: Int) throws(Unreadable) -> [UInt8]? {
        var bytes: [UInt8] = []
        let isThere = try read(name) {
            bytes += $0
            return bytes.count <= limit
        }
        if bytes.count > limit { throw Unreadable("too_large") }
        return isThere ? bytes : nil
    }

    private static func reason(_ status: Int32) -> String {
        switch status {
        case ZIP_READING_ENCRYPTED.rawValue: "encrypted"
        case ZIP_READING_UNSUPPORTED.rawValue: "unsupported"
        default: "damaged"
        }
    }
}
