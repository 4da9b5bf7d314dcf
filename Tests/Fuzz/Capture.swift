import Capture
import HTTP
import JSON
import Laws

/// Captures, also those of other programs: HAR files as documents and as lines.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let given = bytes(start, count)
    _ = try? Faults(parsing: String(decoding: given, as: UTF8.self), name: "faults")
    guard let recording = try? Recording(parsing: given, name: "capture") else { return 0 }
    _ = recording.clock
    let library = Library([recording])
    for index in 0..<recording.count {
        guard let exchange = try? recording.exchange(index) else { continue }
        law((100...999).contains(exchange.response.status), "a status has three digits")
        let match = try? library.answer(
            exchange.method, exchange.url, headers: exchange.requestHeaders, body: exchange.requestBody)
        law(match != nil, "what was recorded is answered")
    }
    return 0
}
