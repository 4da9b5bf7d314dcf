import Extraction
import Readers

/// Stops where something that must hold does not.
public func law(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

/// The bytes that libFuzzer gives.
public func bytes(_ start: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Reads a document as a worker does, and holds what comes out to what all formats promise.
/// - Returns: the text, or nil where there is none.
@discardableResult
public func read(_ name: String, _ bytes: [UInt8], charset: String? = nil, limit: Int = 1 << 20) -> String? {
    guard let format = Format.named(name), let reader = Readers.all[name] else { fatalError("no format \(name)") }
    var limits = Limits()
    limits.output = limit
    limits.time = .seconds(5)
    let input = FormatInput(bytes: bytes, charset: charset, limits: limits)
    do throws(Unreadable) {
        let output = try format.extract(input, with: reader)
        law(!output.utf8.isEmpty && output.utf8.count <= limit, "a text is within its limit")
        law(output.shortened.map(isWord) ?? true, "a reason is a word")
        guard let text = String(validating: output.utf8, as: UTF8.self) else { fatalError("a text is UTF-8") }
        law(cleaned(output.utf8).utf8 == output.utf8, "what is cleaned is clean")
        return text
    } catch {
        law(isWord(error.reason), "a reason is a word")
        return nil
    }
}

private func isWord(_ reason: String) -> Bool {
    !reason.isEmpty && reason.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7A).contains($0) }
}
