import System

/// A program's command line, declared once: the parser, `--help` and the checks all come from it.
public struct Command: Sendable {
    /// An option: `--name`, or `--name VALUE` where it has a placeholder.
    public struct Option: Sendable {
        public let name: String
        /// What stands for the value in the help; nil for a switch.
        public let value: String?
        public let help: String
        public let isRepeatable: Bool

        /// A switch.
        public init(_ name: String, _ help: String) {
            self.name = name
            self.value = nil
            self.help = help
            self.isRepeatable = false
        }
        /// An option with a value.
        public init(_ name: String, _ value: String, repeatable: Bool = false, _ help: String) {
            self.name = name
            self.value = value
            self.help = help
            self.isRepeatable = repeatable
        }
    }
    /// An argument without a dash.
    public struct Operand: Sendable {
        public let name: String
        public let help: String
        public let isRequired: Bool
        public let isRepeatable: Bool

        public init(_ name: String, required: Bool = true, repeatable: Bool = false, _ help: String) {
            self.name = name
            self.help = help
            self.isRequired = required
            self.isRepeatable = repeatable
        }
    }

    public let name: String
    /// One line: what it does.
    public let summary: String
    public let operands: [Operand]
    public let options: [Option]
    /// What a user must know beside the options.
    public let notes: String
    /// Each a command line, and what it is for.
    public let examples: [(command: String, what: String)]
    /// `--log` means something else here.
    let hasOwnLog: Bool

    public init(
        _ name: String, _ summary: String, operands: [Operand] = [], options: [Option] = [], notes: String = "",
        examples: [(command: String, what: String)]
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        let own = Set(options.map(\.name))
        self.options = options + Command.common.filter { !own.contains($0.name) }
        self.notes = notes
        self.examples = examples
        hasOwnLog = own.contains("log")
    }

    /// What every program takes.
    private static let common = [
        Option("config", "FILE", "read options that are not given from this JSON file"),
        Option("log", "FORM", "diagnostics as 'text' (the default) or 'json', one object a line"),
        Option("help", "print this page"),
        Option("version", "print the version"),
    ]
    /// The option of every program that reads the stream.
    public static let maxLine = Option("max-line", "BYTES", "the longest line taken, e.g. 64M (48M)")

    public static let version = "0.1.0"

    func option(_ name: some StringProtocol) -> Option? { options.first { $0.name == name } }

    /// The page that `--help` prints.
    public var helpPage: String {
        var page = "\(name): \(summary)\n\nusage: \(name)"
        for o in operands {
            let shown = o.isRepeatable ? "\(o.name)…" : o.name
            page += o.isRequired ? " \(shown)" : " [\(shown)]"
        }
        page += " [options]\n"
        for o in operands { page += "  \(padded(o.name)) \(o.help)\n" }
        page += "\noptions:\n"
        for o in options { page += "  \(padded("--\(o.name)" + (o.value.map { " \($0)" } ?? ""))) \(o.help)\n" }
        page +=
            "\nAn option may also come from the environment (SLUICE_STATE for --state) or from --config FILE.\n"
        if !notes.isEmpty { page += "\n\(notes)\n" }
        page += "\nexamples:\n"
        for e in examples { page += "  \(e.command)\n      \(e.what)\n" }
        return page
    }

    private func padded(_ text: String) -> String { text + String(repeating: " ", count: max(0, 24 - text.count)) }

    /// The name among `known` that was most likely meant, for a message.
    public static func suggestion(for typed: String, among known: [String]) -> String {
        let near = known.map { (name: $0, distance: editDistance(typed, $0)) }.min { $0.distance < $1.distance }
        if let near, near.distance <= max(2, typed.count / 3) { return "did you mean '\(near.name)'?" }
        return known.count <= 20 ? "there are: \(known.joined(separator: ", "))" : "see --help"
    }
}

/// How many letters must change to make one word the other.
private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8.prefix(64))
    let b = Array(b.utf8.prefix(64))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let next = min(diagonal + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1)
            diagonal = row[j + 1]
            row[j + 1] = next
        }
    }
    return row[b.count]
}
