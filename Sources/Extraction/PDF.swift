import Glibc
import System

extension Format {
    /// Read by `pdftotext` of poppler in a process of its own, so that a file that kills it costs its own text alone.
    static let pdf = Format(
        "pdf", mediaTypes: ["application/pdf", "application/x-pdf", "text/pdf"], suffixes: ["pdf"], input: .bytes,
        signature: { isPDF($0) }
    ) { input throws(Unreadable) in try readPDF(input) }
}

/// The mark stands at the start, or after a little rubbish (PDF 1.7, appendix H, note 13).
private func isPDF(_ bytes: [UInt8]) -> Bool {
    let mark = Array("%PDF-".utf8)
    if bytes.starts(with: mark) { return true }
    // Rubbish, and not a text that speaks of the mark.
    guard let at = bytes.prefix(1024).firstIndex(of: mark[0]), bytes[at...].starts(with: mark) else { return false }
    return bytes[..<at].contains { $0 < 0x09 || $0 >= 0x80 } || bytes[..<at].allSatisfy { $0 <= 0x20 }
}

private func readPDF(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let seconds = max(1, input.limits.time.components.seconds)
    let limits = Child.Limits(
        time: input.deadline - ContinuousClock.now, cpuSeconds: UInt64(seconds), addressSpace: input.limits.memory,
        output: input.limits.output)
    let result: Child.Result
    do throws(SystemError) {
        result = try Child.run([input.limits.pdftotext, "-enc", "UTF-8", "-", "-"], input: input.bytes, limits: limits)
    } catch {
        throw Unreadable(error.isMissing ? "tool_missing" : "tool_failed")
    }
    let said = String(decoding: result.errors, as: UTF8.self)
    func shortened(by reason: String) throws(Unreadable) -> FormatOutput {
        guard result.output.contains(where: { $0 > 0x20 }) else { throw Unreadable(reason) }
        return FormatOutput(utf8: result.output, shortened: reason)
    }
    switch result.ending {
    case .timeLimit: return try shortened(by: "time_limit")
    case .outputLimit: return try shortened(by: "too_large")
    case .exited(3): throw Unreadable("encrypted")
    case .exited(let status) where status != 0 && said.contains("Incorrect password"): throw Unreadable("encrypted")
    case .exited(0):
        let isDamaged = said.contains("Couldn't read xref table") || said.contains("Couldn't find trailer")
        let isBlank = !result.output.contains { $0 > 0x20 }
        if isDamaged && isBlank { throw Unreadable("damaged") }
        return FormatOutput(utf8: result.output)
    case .exited, .signalled:
        let isMemory = said.contains("bad_alloc") || said.contains("emory")
        return try shortened(by: isMemory ? "too_large" : "damaged")
    }
}
