/// Writes archives as tests need them, also such as no honest program writes.
package struct ZIPWriter {
    private var local: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    package init() {}

    /// Stored as it is. `size` is what the headers say of it.
    package mutating func add(_ name: String, _ bytes: [UInt8], size: Int? = nil, isEncrypted: Bool = false) {
        let size = UInt32(size ?? bytes.count)
        add(
            name, bytes, method: 0, size: size, compressed: size, checksum: crc32(bytes), flags: isEncrypted ? 1 : 0)
    }
    package mutating func add(_ name: String, _ text: String) { add(name, Array(text.utf8)) }

    /// `head`, then `count` times `byte`: 13 bits for each 258 of them.
    package mutating func add(_ name: String, head: String, repeating byte: UInt8, count: Int) {
        var bits = BitWriter()
        bits.append(0b1, 1)
        bits.append(0b01, 2)  // fixed codes (RFC 1951, section 3.2.6)
        for byte in Array(head.utf8) + [byte] { bits.appendCode(0x30 + UInt32(byte), 8) }
        for _ in 0..<count / 258 {
            bits.appendCode(0b1100_0101, 8)  // 258 bytes
            bits.appendCode(0, 5)  // that stand one before
        }
        bits.appendCode(0, 7)
        let bytes = bits.finish()
        add(
            name, bytes, method: 8, size: UInt32(head.utf8.count + 1 + count / 258 * 258),
            compressed: UInt32(bytes.count),
            checksum: 0, flags: 0)
    }

    /// Another name for the last entry: the same bytes twice.
    package mutating func addAgain(_ name: String) {
        let last = Array(directory.suffix(lastLength))
        directory += last[..<28]
        directory += word(name.utf8.count, 2)
        directory += last[30..<46]
        directory += Array(name.utf8)
        lastLength = 46 + name.utf8.count
        count += 1
    }

    package var bytes: [UInt8] {
        var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
        end += word(count & 0xFFFF, 2)
        end += word(count & 0xFFFF, 2)
        end += word(directory.count, 4)
        end += word(local.count, 4)
        return local + directory + end + [0, 0]
    }

    private var lastLength = 0

    private mutating func add(
        _ name: String, _ bytes: [UInt8], method: Int, size: UInt32, compressed: UInt32, checksum: UInt32, flags: Int
    ) {
        var common: [UInt8] = []
        for (value, width) in [
            (20, 2), (flags, 2), (method, 2), (0, 4), (Int(checksum), 4), (Int(compressed), 4), (Int(size), 4),
            (name.utf8.count, 2), (0, 2),
        ] { common += word(value, width) }
        var entry: [UInt8] = [0x50, 0x4B, 1, 2, 20, 0]
        entry += common
        entry += [UInt8](repeating: 0, count: 10)
        entry += word(local.count, 4)
        entry += Array(name.utf8)
        local += [0x50, 0x4B, 3, 4]
        local += common
        local += Array(name.utf8)
        local += bytes
        directory += entry
        lastLength = entry.count
        count += 1
    }

    private func word(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

private struct BitWriter {
    private var bytes: [UInt8] = []
    private var used = 8

    mutating func append(_ bits: UInt32, _ count: Int) {
        for i in 0..<count {
            if used == 8 {
                bytes.append(0)
                used = 0
            }
            bytes[bytes.count - 1] |= UInt8(bits >> UInt32(i) & 1) << UInt8(used)
            used += 1
        }
    }
    /// Codes stand with their highest bit first.
    mutating func appendCode(_ code: UInt32, _ count: Int) {
        for i in (0..<count).reversed() { append(code >> UInt32(i), 1) }
    }
    func finish() -> [UInt8] { bytes }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 {
            let isOdd = crc & 1 == 1
            crc >>= 1
            if isOdd { crc ^= 0xEDB8_8320 }
        }
    }
    return ~crc
}

/// An Office file with one main part and others beside it. Those named like `w:footnotes` are related to the main part.
package func office(
    _ kind: String, _ main: String, parts: [(name: String, type: String, xml: String)] = [], links: [String] = []
) -> [UInt8] {
    let (folder, name, type) =
        switch kind {
        case "docx": ("word", "document", "wordprocessingml.document")
        case "xlsx": ("xl", "workbook", "spreadsheetml.sheet")
        default: ("ppt", "presentation", "presentationml.presentation")
        }
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    let package = "http://schemas.openxmlformats.org/package/2006"
    var zip = ZIPWriter()
    zip.add(
        "[Content_Types].xml",
        """
        <Types xmlns="\(package)/content-types"><Default Extension="xml" ContentType="application/xml"/>
        <Override PartName="/\(folder)/\(name).xml"
         ContentType="application/vnd.openxmlformats-officedocument.\(type).main+xml"/></Types>
        """)
    zip.add(
        "_rels/.rels",
        """
        <Relationships xmlns="\(package)/relationships"><Relationship Id="m" Type="\(relations)/officeDocument"
         Target="\(folder)/\(name).xml"/></Relationships>
        """)
    var relationships = ""
    for (i, part) in parts.enumerated() where !part.type.isEmpty {
        relationships += "<Relationship Id='p\(i)' Type='\(relations)/\(part.type)' Target='\(part.name)'/>"
    }
    for (i, link) in links.enumerated() {
        relationships +=
            "<Relationship Id='l\(i)' Type='\(relations)/hyperlink' Target='\(link)' TargetMode='External'/>"
    }
    zip.add(
        "\(folder)/_rels/\(name).xml.rels",
        "<Relationships xmlns=\"\(package)/relationships\">\(relationships)</Relationships>")
    zip.add("\(folder)/\(name).xml", main)
    for part in parts { zip.add("\(folder)/\(part.name)", part.xml) }
    return zip.bytes
}

package let wordSpaces =
    "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
    + " xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
    + " xmlns:wp='http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing'"
    + " xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"

/// A Word file with this body.
package func docx(
    _ body: String, parts: [(name: String, type: String, xml: String)] = [], links: [String] = []
) -> [UInt8] {
    office(
        "docx", "<w:document \(wordSpaces)><w:body>\(body)</w:body></w:document>", parts: parts, links: links)
}
