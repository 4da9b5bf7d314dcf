import JSON
import System

/// Diagnostics on standard error: sentences for a person, or one JSON object a line for a machine.
///
///     extract: line 17 is not JSON at byte 4: it was left out, and no STATE is passed on
public struct Log: Sendable {
    public enum Form: String, Sendable, CaseIterable { case text, json }

    public let program: String
    public let form: Form
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameter sink: where lines go, each with its line feed: standard error, unless told.
    public init(
        program: String, form: Form = .text,
        to sink: @escaping @Sendable ([UInt8]) -> Void = { try? Descriptor.standardError.write($0) }
    ) {
        self.program = program
        self.form = form
        self.sink = sink
    }

    public func warn(_ what: String, _ remedy: String = "") { write("warning", what, remedy) }
    public func report(_ failure: Failure) { write("error", failure.what, failure.remedy) }

    private func write(_ level: String, _ what: String, _ remedy: String) {
        switch form {
        case .text:
            sink(Array("\(program): \(what)\(remedy.isEmpty ? "" : ": " + remedy)\n".utf8))
        case .json:
            event(level) { w in
                w.member("message", what)
                if !remedy.isEmpty { w.member("remedy", remedy) }
            }
        }
    }

    /// A line for machines; nothing in the text form.
    public func event(_ name: String, _ body: (inout JSONWriter) -> Void) {
        guard form == .json else { return }
        var w = JSONWriter()
        w.object { w in
            w.member("program", program)
            w.member("event", name)
            body(&w)
        }
        w.endLine()
        sink(w.bytes)
    }
}
