import CVerdict
import Glibc
import JSON
import Laws
import Stream
import System

/// JSON beside simdjson's own parser, and lines of a stream.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = bytes(start, count)
    let judged = verdict(start, count)
    do throws(JSONError) {
        let json = try JSON(parsing: text)
        law(judged != 2, "what simdjson refuses is refused")
        walk(json, deeper: 64)
        guard let again = try? JSON(parsing: json.minified) else { fatalError("a minified text is JSON") }
        law(again.minified.array == json.minified.array, "minified twice is minified once")
    } catch {
        law(judged != 0, "what simdjson takes is taken")
    }
    lines(text)
    return 0
}

private func walk(_ json: JSON, deeper: Int) {
    _ = (json.int, json.double, json.bool, json.lenientInt)
    if let text = json.string {
        var w = JSONWriter()
        w.string(text)
        law((try? JSON(parsing: w.slice))?.string == text, "a string that is written is read again")
    }
    guard deeper > 0 else { return }
    for (name, value) in json.members {
        guard let key = name.string else { fatalError("a name is a string") }
        law(json[name: key] != nil, "a name is found")
        walk(value, deeper: deeper - 1)
    }
    for element in json.elements { walk(element, deeper: deeper - 1) }
    guard let taken = json.rangeOfMember("type") else { return }
    let outer = json.range
    let text = json.text.array
    let rest = Array(text[outer.lowerBound..<taken.lowerBound] + text[taken.upperBound..<outer.upperBound])
    law((try? JSON(parsing: rest)) != nil, "an object without a member is an object")
}

private let file: Int32 = {
    guard let file = try? Files.temporary() else { return -1 }
    return dup(file.raw)
}()

/// The reader gives every line once, whatever is in it.
private func lines(_ text: [UInt8]) {
    ftruncate(file, 0)
    lseek(file, 0, SEEK_SET)
    _ = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    lseek(file, 0, SEEK_SET)
    let maxLine = 512
    var reader = LineReader(Descriptor(borrowing: file, name: "lines"), maxLine: maxLine)
    var parser = JSONParser()
    var expected = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    let rest = expected.removeLast()
    var seen = 0
    while true {
        guard let input = try? reader.next() else { fatalError("a file in memory can be read") }
        switch input {
        case .line(let line, let number):
            seen += 1
            law(number == seen && line.array == Array(expected[seen - 1]), "lines come in order")
            message(line, &parser)
        case .tooLong(let number):
            seen += 1
            law(number == seen && expected[seen - 1].count > maxLine, "only long lines are too long")
        case .end(let torn):
            law(seen == expected.count && torn == !rest.isEmpty, "all lines were given")
            return
        }
    }
}

private func message(_ line: ByteSlice, _ parser: inout JSONParser) {
    guard let message = try? Message(line, with: &parser) else { return }
    if message.kind == .record { law(message.record.isObject, "a record is an object") }
    _ = (message.stream, message.timeExtracted)
}
