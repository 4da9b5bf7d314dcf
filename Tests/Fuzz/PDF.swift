// libFuzzer: -max_len=8192
import Laws

/// What stands between us and poppler, and poppler itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    read("pdf", bytes(start, count))
    return 0
}
