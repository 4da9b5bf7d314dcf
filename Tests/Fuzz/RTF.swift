import Laws

/// Rich Text Format.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    read("rtf", bytes(start, count))
    return 0
}
