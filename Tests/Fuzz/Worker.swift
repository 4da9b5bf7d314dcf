import Extraction
import Glibc
import Laws
import System

/// What `extract` and its workers say to each other: any bytes as an answer, and any bytes as requests.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let said = bytes(start, count)
    answer(said)
    requests(said)
    return 0
}

private func answer(_ said: [UInt8]) {
    let limit = 1024
    guard let result = WorkerMessage.parse(answer: said, limit: limit) else { return }
    switch result {
    case .success(let output): law(output.utf8.count <= limit, "a text is within its limit")
    case .failure(let why): law(!why.reason.isEmpty, "there is a reason")
    }
    // What is written is read again.
    let again = WorkerMessage.parse(answer: WorkerMessage.answer(result), limit: limit)
    switch (result, again) {
    case (.success(let output), .success(let other)): law(output.utf8 == other.utf8, "a text comes back")
    case (.failure(let why), .failure(let other)): law(why == other, "a reason comes back")
    default: law(false, "an answer comes back")
    }
}

private func requests(_ said: [UInt8]) {
    files.withInput(said)
    try? Worker.serve([
        "html": { input throws(Unreadable) in FormatOutput(utf8: input.bytes) },
        "pdf": { _ throws(Unreadable) in throw Unreadable("damaged") },
    ])
}

/// Standard input and output, which are files as long as this runs.
private struct Streams: Sendable {
    private let input = memory()
    private let output = memory()

    init() {
        dup2(input, 0)
        dup2(output, 1)
    }

    func withInput(_ bytes: [UInt8]) {
        ftruncate(input, 0)
        ftruncate(output, 0)
        lseek(output, 0, SEEK_SET)
        lseek(input, 0, SEEK_SET)
        _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        lseek(input, 0, SEEK_SET)
    }
}
private let files = Streams()

private func memory() -> Int32 {
    guard let file = try? Files.temporary() else { return -1 }
    return dup(file.raw)
}
