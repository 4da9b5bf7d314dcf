// libFuzzer: -max_len=40000
import Laws

/// Whole files of Office, OpenDocument and EPUB, and the older binary ones: archives, directories and compound files.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = bytes(start, count)
    if file.starts(with: [0xD0, 0xCF]) {
        read("xls", file)
        read("doc", file)
        read("ppt", file)
    } else {
        read("docx", file)
        read("odt", file)
        read("epub", file)
    }
    return 0
}
