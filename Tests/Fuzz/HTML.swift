import Laws

/// Web pages, and the Markdown that is written of them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let page = bytes(start, count)
    if let text = read("html", page) {
        law(!text.contains("\n\n\n\n"), "no more than a few blank lines follow each other")
        // Every frame shows at most at each line; marks are short.
        law(text.utf8.count <= 256 + 256 * page.count, "nesting does not multiply the text without bounds")
    }
    read("html", page, limit: 64)
    return 0
}
