import Extraction
import Glibc
import System

/// Files of Word, Excel and PowerPoint from before 2007, through the programs of catdoc, each in a child under limits.
func readOldOffice(_ program: [String], _ input: FormatInput) throws(Unreadable) -> FormatOutput {
    if isLocked(input.bytes) { throw Unreadable("encrypted") }
    let left = input.deadline - ContinuousClock.now
    let limits = Child.Limits(
        time: max(left, .milliseconds(1)), cpuSeconds: 60, addressSpace: 1 << 30, output: input.limits.output)
    let result: Child.Result
    do throws(SystemError) {
        // Two of the three read a file alone. It has no name, and the child opens it as one of ours.
        let file = try Files.temporary()
        try file.write(input.bytes)
        result = try Child.run(program + ["/proc/\(getpid())/fd/\(file.raw)"], input: [], limits: limits)
    } catch { throw Unreadable(error.isMissing ? "tool_missing" : "crashed") }
    let shortened: String?
    switch result.ending {
    case .exited(0): shortened = nil
    case .exited: shortened = "damaged"
    case .signalled: shortened = "crashed"
    case .timeLimit: shortened = "time_limit"
    case .outputLimit: shortened = "too_large"
    }
    let utf8 = cleaned(result.output).utf8
    if utf8.isEmpty { throw Unreadable(shortened ?? "no_text") }
    return FormatOutput(utf8: Array(String(decoding: result.output, as: UTF8.self).utf8), shortened: shortened)
}

/// True where the stream at the start of a sector says that a password protects it: the header of a text (MS-DOC, section
/// 2.5.2, fEncrypted), or the record after the first of a workbook (MS-XLS, section 2.4.117, FilePass).
private func isLocked(_ bytes: [UInt8]) -> Bool {
    for at in stride(from: 512, to: bytes.count - 24, by: 512) {
        if bytes[at...].starts(with: [0xEC, 0xA5, 0xC1, 0]) { return bytes[at + 11] & 1 == 1 }
        if bytes[at...].starts(with: [0x09, 0x08, 0x10, 0, 0, 6, 5, 0]) {
            return bytes[at + 20] == 0x2F && bytes[at + 21] == 0
        }
    }
    return false
}

/// `-w`: lines are as long as they are.
func readDOC(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    try readOldOffice(["catdoc", "-a", "-w", "-d", "utf-8"], input)
}

func readPPT(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    try readOldOffice(["catppt", "-d", "utf-8"], input)
}

/// The sheets as tables. Of a version before Excel 97 their names are not told.
func readXLS(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    if isLocked(input.bytes) { throw Unreadable("encrypted") }
    if let stream = CompoundFile(input.bytes)?.stream("Workbook"), let book = OldWorkbook(stream) {
        return book.text(limit: input.limits.output)
    }
    let read = try readOldOffice(["xls2csv", "-d", "utf-8", "-q", "1", "-b", "\u{C}"], input)
    var out = MarkdownWriter()
    for sheet in read.utf8.split(separator: 0x0C) {
        let rows = tableRows(ofDelimited: Array(sheet), limit: input.limits.output).utf8
        out.lines(Array(rows.last == 0x0A ? rows.dropLast() : rows[...]))
    }
    return FormatOutput(utf8: out.utf8, shortened: read.shortened)
}
