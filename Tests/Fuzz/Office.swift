// libFuzzer: -max_len=40000
import Documents
import Extraction
import Laws

/// Whole files of Office, OpenDocument and EPUB: archives, their directories, and the directories of compound files by which the
/// older ones are told apart. What stands in those is read by programs of others.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = bytes(start, count)
    let content = ItemContent(mediaType: nil, body: .bytes(file))
    let (_, extraction) = TextExtractor(readers: [:]).text(of: content, name: nil)
    law(!extraction.format.isEmpty, "whatever it is has a name")
    if file.starts(with: [0xD0, 0xCF]) { return 0 }
    read("docx", file)
    read("odt", file)
    read("epub", file)
    return 0
}
