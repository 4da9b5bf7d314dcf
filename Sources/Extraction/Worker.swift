import Glibc
import System

/// What is said between `extract` and a worker: a line, and then so many bytes.
///
///     pdf 48213 33554432 60000 -          format, bytes, the most bytes of text, milliseconds, charset or -
///     ok 1234 -                           or `no`; bytes of text; why not, or why not all, or -
package enum WorkerMessage {
    package static func request(_ format: Format, _ input: FormatInput) -> [UInt8] {
        let time = max(0, (input.deadline - ContinuousClock.now).microseconds / 1000)
        let charset = input.charset.map { $0.filter { $0.isASCII && !$0.isWhitespace } } ?? ""
        let line =
            "\(format.name) \(input.bytes.count) \(input.limits.output) \(time) \(charset.isEmpty ? "-" : charset)\n"
        return Array(line.utf8) + input.bytes
    }

    /// The line of a request.
    package struct Request {
        package let format: String
        package let count: Int
        package let limits: Limits
        package let charset: String?

        /// - Returns: nil for what is no request, and for numbers that no request has: its time is 10,000 days at most.
        package init?(_ line: ArraySlice<UInt8>) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 5, let count = Int(words[1]), count >= 0, let output = Int(words[2]), output >= 0,
                let time = Int64(words[3]), (0...864_000_000_000).contains(time)
            else { return nil }
            format = words[0]
            self.count = count
            var limits = Limits()
            limits.output = output
            limits.time = .milliseconds(time)
            self.limits = limits
            charset = words[4] == "-" ? nil : words[4]
        }
    }

    package static func answer(_ result: Result<FormatOutput, Unreadable>) -> [UInt8] {
        switch result {
        case .success(let output): Array("ok \(output.utf8.count) \(output.shortened ?? "-")\n".utf8) + output.utf8
        case .failure(let why): Array("no 0 \(why.reason)\n".utf8)
        }
    }

    /// The longest line.
    static let longest = 256

    /// - Returns: nil while it is not whole.
    package static func parse(answer bytes: [UInt8], limit: Int) -> Result<FormatOutput, Unreadable>? {
        guard let end = bytes.prefix(longest).firstIndex(of: 0x0A) else {
            return bytes.count < longest ? nil : .failure(Unreadable("crashed"))
        }
        let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, let count = Int(words[1]), (0...limit).contains(count) else {
            return .failure(Unreadable("crashed"))
        }
        if words[0] == "no" { return .failure(Unreadable(String(words[2]))) }
        guard bytes.count - end - 1 >= count else { return nil }
        let text = Array(bytes[(end + 1)..<(end + 1 + count)])
        return .success(FormatOutput(utf8: text, shortened: words[2] == "-" ? nil : String(words[2])))
    }
}

/// The other side: what the worker's program runs, until its input ends.
package enum Worker {
    /// - Parameter readers: by the names of their formats.
    package static func serve(_ readers: [String: Format.Read]) throws {
        let input = Descriptor.standardInput
        var waiting: [UInt8] = []
        func read() throws -> Bool {
            let at = waiting.count
            waiting += [UInt8](repeating: 0, count: 256 << 10)
            var got = 0
            var failure: SystemError?
            waiting.withUnsafeMutableBytes { all in
                do throws(SystemError) {
                    got = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: all[at...]))
                } catch { failure = error }
            }
            if let failure { throw failure }
            waiting.removeLast(waiting.count - at - got)
            return got > 0
        }
        while true {
            guard let end = waiting.prefix(WorkerMessage.longest).firstIndex(of: 0x0A) else {
                if waiting.count >= WorkerMessage.longest { return }
                guard try read() else { return }
                continue
            }
            guard let asked = WorkerMessage.Request(waiting[..<end]) else { return }
            waiting.removeFirst(end + 1)
            waiting.reserveCapacity(min(asked.count, 64 << 20))
            while waiting.count < asked.count { if try !read() { return } }
            let bytes = Array(waiting[..<asked.count])
            waiting.removeFirst(asked.count)
            // Whoever asked may have ended: then nobody else ends what does not end by itself.
            alarm(UInt32(clamping: asked.limits.time.components.seconds + 5))
            let result: Result<FormatOutput, Unreadable>
            do throws(Unreadable) {
                guard let format = Format.named(asked.format), let reader = readers[asked.format] else {
                    throw Unreadable("unsupported")
                }
                let input = FormatInput(bytes: bytes, charset: asked.charset, limits: asked.limits)
                result = .success(try format.extract(input, with: reader))
            } catch { result = .failure(error) }
            alarm(0)
            try Descriptor.standardOutput.write(WorkerMessage.answer(result))
        }
    }
}
