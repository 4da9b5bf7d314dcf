import Documents

@testable import Extraction
@testable import Readers

/// A mail read in this process, with CRLF for the line feeds of a literal.
func read(_ mail: String, limits: Limits = .init()) -> (text: String?, extraction: Extraction) {
    read(Array(mail.replacing("\n", with: "\r\n").utf8), limits: limits)
}
func read(_ mail: [UInt8], limits: Limits = .init()) -> (text: String?, extraction: Extraction) {
    var options = TextExtractor.Options()
    options.limits = limits
    let extractor = TextExtractor(options, readers: Readers.all)
    return extractor.text(of: ItemContent(mediaType: "message/rfc822", body: .bytes(mail)), name: nil)
}

extension String {
    /// One byte for each character, as in ISO 8859-1.
    var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}
