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
        /// The variable of the environment that it may come from.
        let variable: String

        /// A switch.
        public init(_ name: String, _ help: String) {
            self.name = name
            self.value = nil
            self.help = help
            self.isRepeatable = false
            variable = Option.variable(for: name)
        }
        /// An option with a value.
        /// - Parameter variable: where it comes from in the environment, if that is not `SLUICE_` and its name.
        public init(
            _ name: String, _ value: String, repeatable: Bool = false, variable: String? = nil, _ help: String
        ) {
            self.name = name
            self.value = value
            self.help = help
            self.isRepeatable = repeatable
            self.variable = variable ?? Option.variable(for: name)
        }

        private static func variable(for name: String) -> String {
            "SLUICE_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
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
    /// What it can be told to do, each with operands and options of its own; none for a program that does one thing.
    public let subcommands: [Command]
    /// `--log` means something else here.
    let hasOwnLog: Bool
    /// What is typed to run it: `auth login`.
    private var invocation: String

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
        subcommands = []
        hasOwnLog = own.contains("log")
        invocation = name
    }

    /// A program that is told by its first word what to do.
    public init(
        _ name: String, _ summary: String, subcommands: [Command], notes: String = "",
        examples: [(command: String, what: String)]
    ) {
        self.name = name
        self.summary = summary
        operands = []
        options = Command.common.filter { $0.name == "help" || $0.name == "version" }
        self.notes = notes
        self.examples = examples
        self.subcommands = subcommands.map { subcommand in
            var subcommand = subcommand
            subcommand.invocation = "\(name) \(subcommand.name)"
            return subcommand
        }
        hasOwnLog = true
        invocation = name
    }

    /// The subcommand that a command line names, with the words after it; the command itself where it has none, and where the
    /// first word asks for its help or version.
    func chosen(by words: [String]) throws -> (command: Command, rest: [String]) {
        if subcommands.isEmpty { return (self, words) }
        let names = subcommands.map(\.name)
        guard let first = words.first else {
            throw Failure(.usage, "no command was given", "give one of: \(names.joined(separator: ", "))")
        }
        if ["--help", "-h", "--version"].contains(first) { return (self, words) }
        if first.hasPrefix("-") {
            throw Failure(.usage, "the command comes first, then its options", "run: \(name) COMMAND …; see --help")
        }
        guard let subcommand = subcommands.first(where: { $0.name == first }) else {
            throw Failure(
                .usage, "there is no command '\(first)'", Command.suggestion(for: first, among: names))
        }
        return (subcommand, Array(words.dropFirst()))
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

    public func option(_ name: some StringProtocol) -> Option? { options.first { $0.name == name } }
    /// True for what is read from a descriptor and never from the command line: there is an option `--NAME-fd`.
    func isSecret(_ name: some StringProtocol) -> Bool { option("\(name)-fd") != nil }
    /// True where some option is read from a descriptor.
    var takesSecrets: Bool { options.contains { $0.name.hasSuffix("-fd") } }

    /// The page that `--help` prints.
    public var helpPage: String {
        var page = "\(invocation): \(summary)\n\nusage: \(invocation)"
        if !subcommands.isEmpty { page += " COMMAND" }
        for o in operands {
            let shown = o.isRepeatable ? "\(o.name)…" : o.name
            page += o.isRequired ? " \(shown)" : " [\(shown)]"
        }
        page += " [options]\n"
        for c in subcommands { page += "  \(padded(c.name)) \(c.summary)\n" }
        for o in operands { page += "  \(padded(o.name)) \(o.help)\n" }
        page += "\noptions:\n"
        for o in options { page += "  \(padded("--\(o.name)" + (o.value.map { " \($0)" } ?? ""))) \(o.help)\n" }
        page +=
            subcommands.isEmpty
            ? "\nAn option may also come from the environment (SLUICE_STATE for --state) or from --config FILE.\n"
            : "\nEach command has a page of its own: \(name) COMMAND --help\n"
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
