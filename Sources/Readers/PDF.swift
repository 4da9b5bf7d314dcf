import CPoppler
import Extraction

/// Pages in the order in which a person reads. The library is poppler, which is also `pdftotext`.
func readPDF(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    var text: UnsafeMutablePointer<CChar>?
    var length = 0
    var pages: Int32 = 0
    var deadline = input.deadline
    let status = input.bytes.withUnsafeBytes { bytes in
        withUnsafeMutablePointer(to: &deadline) { deadline in
            pdf_read(
                bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, input.limits.output, isInTime, deadline,
                &text,
                &length, &pages)
        }
    }
    defer { pdf_free(text) }
    let utf8 = text.map { Array(UnsafeRawBufferPointer(start: $0, count: length)) } ?? []
    let isBlank = !utf8.contains { $0 > 0x20 }
    let reason: String?
    switch status {
    case PDF_OK: reason = nil
    case PDF_ENCRYPTED: throw Unreadable("encrypted")
    case PDF_TOO_LARGE: reason = "too_large"
    case PDF_TIME_LIMIT: reason = "time_limit"
    default: reason = "damaged"
    }
    if isBlank { throw Unreadable(reason ?? (pages == 0 ? "damaged" : "no_text")) }
    return FormatOutput(utf8: utf8, shortened: reason)
}

/// Called between two pages.
private func isInTime(_ deadline: UnsafeMutableRawPointer?) -> Int32 {
    guard let deadline else { return 0 }
    return ContinuousClock.now < deadline.load(as: ContinuousClock.Instant.self) ? 1 : 0
}
