// Office files and e-books, which a worker reads.

extension Format {
    static let docx = Format(
        "docx",
        mediaTypes: [
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
            "application/vnd.ms-word.document.macroenabled.12", "application/vnd.ms-word.template.macroenabled.12",
        ], suffixes: ["docx", "docm", "dotx", "dotm"], input: .bytes,
        signature: { isOfficeFile($0, folder: "word/") })

    static let pptx = Format(
        "pptx",
        mediaTypes: [
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
            "application/vnd.openxmlformats-officedocument.presentationml.template",
            "application/vnd.ms-powerpoint.presentation.macroenabled.12",
            "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
        ], suffixes: ["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"], input: .bytes,
        signature: { isOfficeFile($0, folder: "ppt/") })

    static let xlsx = Format(
        "xlsx",
        mediaTypes: [
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
            "application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-excel.template.macroenabled.12",
        ], suffixes: ["xlsx", "xlsm", "xltx", "xltm"], input: .bytes,
        signature: { isOfficeFile($0, folder: "xl/") })

    static let odt = Format(
        "odt",
        mediaTypes: [
            "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-template",
        ], suffixes: ["odt", "ott"], input: .bytes, signature: { isOpenDocument($0, "text") })

    static let ods = Format(
        "ods",
        mediaTypes: [
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.oasis.opendocument.spreadsheet-template",
        ], suffixes: ["ods", "ots"], input: .bytes, signature: { isOpenDocument($0, "spreadsheet") })

    static let odp = Format(
        "odp",
        mediaTypes: [
            "application/vnd.oasis.opendocument.presentation",
            "application/vnd.oasis.opendocument.presentation-template", "application/vnd.oasis.opendocument.graphics",
        ], suffixes: ["odp", "otp", "odg"], input: .bytes,
        signature: { isOpenDocument($0, "presentation") || isOpenDocument($0, "graphics") })

    static let epub = Format(
        "epub", mediaTypes: ["application/epub+zip"], suffixes: ["epub"], input: .bytes,
        signature: { typeOfArchive($0) == "application/epub+zip" })

    static let rtf = Format(
        "rtf", mediaTypes: ["application/rtf", "text/rtf", "application/x-rtf", "text/richtext"], suffixes: ["rtf"],
        input: .bytes, signature: { $0.starts(with: "{\\rtf".utf8) })

    static let doc = Format(
        "doc", mediaTypes: ["application/msword"], suffixes: ["doc", "dot"], input: .bytes,
        signature: { streams(of: $0).contains("WordDocument") })

    static let xls = Format(
        "xls", mediaTypes: ["application/vnd.ms-excel", "application/msexcel", "application/x-msexcel"],
        suffixes: ["xls", "xlt"], input: .bytes,
        signature: { !streams(of: $0).isDisjoint(with: ["Workbook", "Book"]) })

    static let ppt = Format(
        "ppt", mediaTypes: ["application/vnd.ms-powerpoint", "application/mspowerpoint"],
        suffixes: ["ppt", "pps", "pot"], input: .bytes,
        signature: { streams(of: $0).contains("PowerPoint Document") })

    /// A file of Word, Excel or PowerPoint that a password protects (MS-OFFCRYPTO, section 1.3.2).
    static let encryptedOffice = Format(
        "office", mediaTypes: [], suffixes: [], input: .bytes,
        signature: { streams(of: $0).contains("EncryptedPackage") })
}

private let zipMark = Array("PK\u{3}\u{4}".utf8)

/// A ZIP archive with the list of types that Office files have, and files in this folder.
private func isOfficeFile(_ bytes: [UInt8], folder: String) -> Bool {
    guard bytes.starts(with: zipMark) else { return false }
    let names = namesInArchive(bytes)
    return names.contains("[Content_Types].xml") && names.contains { $0.hasPrefix(folder) }
}

private func isOpenDocument(_ bytes: [UInt8], _ kind: String) -> Bool {
    guard let type = typeOfArchive(bytes) else { return false }
    let whole = "application/vnd.oasis.opendocument.\(kind)"
    return type == whole || type == whole + "-template"
}

/// What the file `mimetype` says, which stands first in the archive and as it is (ODF 1.3, part 2, section 3.3; EPUB OCF 3.3,
/// section 4.2).
private func typeOfArchive(_ bytes: [UInt8]) -> String? {
    let name = Array("mimetype".utf8)
    guard bytes.count > 38, bytes.starts(with: zipMark), bytes[30..<38].elementsEqual(name) else { return nil }
    let start = 38 + Int(bytes[28]) + Int(bytes[29]) << 8
    guard start < bytes.count else { return nil }
    let text = bytes[start...].prefix(80).prefix { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "P") }
    return String(decoding: text, as: UTF8.self)
}

/// Names near the start and the end of an archive: enough to know it by, whatever is damaged.
private func namesInArchive(_ bytes: [UInt8]) -> Set<String> {
    let near = 64 << 10
    let longest = 300
    var names: Set<String> = []
    func look(in range: Range<Int>) {
        var i = range.lowerBound
        while i + 46 < range.upperBound {
            defer { i += 1 }
            guard bytes[i] == 0x50, bytes[i + 1] == 0x4B else { continue }
            let (lengthAt, nameAt): (Int, Int)
            switch (bytes[i + 2], bytes[i + 3]) {
            case (3, 4): (lengthAt, nameAt) = (i + 26, i + 30)
            case (1, 2): (lengthAt, nameAt) = (i + 28, i + 46)
            default: continue
            }
            let length = Int(bytes[lengthAt]) | Int(bytes[lengthAt + 1]) << 8
            guard length <= longest, nameAt + length <= bytes.count else { continue }
            names.insert(String(decoding: bytes[nameAt..<(nameAt + length)], as: UTF8.self))
        }
    }
    look(in: 0..<min(near, bytes.count))
    look(in: max(min(near, bytes.count), bytes.count - near)..<bytes.count)
    return names
}

/// The names in the directory of a compound file that tell what it is (MS-CFB, section 2.6.1). Empty for a message, which may
/// hold files of others.
private func streams(of bytes: [UInt8]) -> Set<String> {
    guard bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) else { return [] }
    let wanted = [
        "WordDocument", "Workbook", "Book", "PowerPoint Document", "EncryptedPackage", "__properties_version1.0",
    ]
    // UTF-16, with the zero that ends it.
    let names: [[UInt8]] = wanted.map { name in
        var units: [UInt8] = []
        for byte in name.utf8 { units += [byte, 0] }
        return units + [0, 0]
    }
    var found: Set<String> = []
    var at = 512
    while at + 128 <= bytes.count {
        // Byte 64 is the length of the name.
        let length = Int(bytes[at + 64])
        for (name, units) in zip(wanted, names)
        where units.count == length && bytes[at..<(at + length)].elementsEqual(units) {
            found.insert(name)
        }
        at += 128
    }
    return found.contains("__properties_version1.0") ? [] : found
}
