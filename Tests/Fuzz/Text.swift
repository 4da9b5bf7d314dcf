import Documents
import Extraction
import Laws
import Readers

/// What is made of characters, whose charset is said or guessed: tables, subtitles, calendars, plain text. The first byte says
/// which, and the second which charset.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 2 else { return 0 }
    let all = bytes(start, count)
    let type = types[Int(all[0]) % types.count]
    let charset = charsets[Int(all[1]) % charsets.count]
    let content = Array(all[2...])
    let item = ItemContent(
        mediaType: type + (charset.isEmpty ? "" : "; charset=\(charset)"), body: .bytes(content))
    var options = TextExtractor.Options()
    options.normalizes = all[0] >= 128
    let (text, extraction) = TextExtractor(options, readers: Readers.all).text(of: item, name: "a.csv")
    law((text == nil) == (extraction.status != .ok && extraction.status != .partial) || text == "", "a text is told")
    let decoded = decodeText(content, charset: charset.isEmpty ? nil : charset)
    law(String(validating: decoded, as: UTF8.self) != nil, "what is decoded is UTF-8")
    let (clean, isCut) = cleaned(decoded, limit: 16)
    law(clean.count <= 16 && String(validating: clean, as: UTF8.self) != nil, "a cut falls between characters")
    law(isCut || cleaned(clean).utf8 == clean, "what is cleaned is clean")
    return 0
}

private let types = [
    "text/csv", "text/tab-separated-values", "text/vtt", "text/calendar", "text/plain", "application/octet-stream",
    "text/markdown", "application/json",
]
private let charsets = [
    "", "utf-8", "utf-16", "utf-16le", "utf-32be", "windows-1252", "koi8-r", "shift_jis", "gb18030", "big5", "euc-kr",
    "iso-2022-jp", "utf-7", "x-nothing", "iso-8859-8-i", "us-ascii",
]
