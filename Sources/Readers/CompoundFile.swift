/// A file of streams within sectors (MS-CFB).
struct CompoundFile {
    private let bytes: [UInt8]
    private let sectorSize: Int
    private var next: [UInt32] = []

    /// - Returns: nil for what is no such file, or has no table of its sectors.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
            let shift = bytes.uint16(at: 30), shift == 9 || shift == 12
        else { return nil }
        sectorSize = 1 << shift
        // The sectors of the table: 109 in the header, and the others in a chain (section 2.5).
        var tables = (0..<109).compactMap { bytes.uint32(at: 76 + 4 * $0) }
        var list = bytes.uint32(at: 68) ?? .max
        var seen = 0
        while let at = place(of: list), seen * sectorSize < bytes.count {
            tables += (0..<(sectorSize / 4 - 1)).compactMap { bytes.uint32(at: at + 4 * $0) }
            list = bytes.uint32(at: at + sectorSize - 4) ?? .max
            seen += 1
        }
        for table in tables.prefix(bytes.count / sectorSize) {
            guard let at = place(of: table) else { continue }
            next += (0..<(sectorSize / 4)).map { bytes.uint32(at: at + 4 * $0) ?? .max }
        }
        if next.isEmpty { return nil }
    }

    /// The bytes of a stream of the sectors; those under 4096 bytes stand elsewhere, and are nil.
    func stream(_ name: String) -> [UInt8]? {
        let directory = chain(bytes.uint32(at: 48) ?? .max)
        let wanted = name.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        for at in stride(from: 0, to: directory.count - 127, by: 128) {
            guard directory[at + 64] == wanted.count + 2, directory[at...].starts(with: wanted),
                let start = directory.uint32(at: at + 116), let size = directory.uint32(at: at + 120), size >= 4096
            else { continue }
            return Array(chain(start).prefix(Int(size)))
        }
        return nil
    }

    private func chain(_ first: UInt32) -> [UInt8] {
        var out: [UInt8] = []
        var sector = first
        while let at = place(of: sector), out.count < bytes.count {
            out += bytes[at..<min(at + sectorSize, bytes.count)]
            sector = next.indices.contains(Int(sector)) ? next[Int(sector)] : .max
        }
        return out
    }

    private func place(of sector: UInt32) -> Int? {
        let at = (Int(sector) + 1) * sectorSize
        return at < bytes.count ? at : nil
    }
}

extension Collection where Element == UInt8, Index == Int {
    /// The little-endian number there; nil past the end.
    func uint16(at offset: Int) -> UInt16? {
        guard offset >= 0, offset + 2 <= count else { return nil }
        let at = startIndex + offset
        return UInt16(self[at]) | UInt16(self[at + 1]) << 8
    }
    func uint32(at offset: Int) -> UInt32? {
        guard let low = uint16(at: offset), let high = uint16(at: offset + 2) else { return nil }
        return UInt32(low) | UInt32(high) << 16
    }
    func uint64(at offset: Int) -> UInt64? {
        guard let low = uint32(at: offset), let high = uint32(at: offset + 4) else { return nil }
        return UInt64(low) | UInt64(high) << 32
    }
}
