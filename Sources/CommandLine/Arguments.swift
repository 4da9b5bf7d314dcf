import Glibc
import JSON
import Stream
import System

/// What was given: options before environment variables (`SLUICE_…`) before `--config FILE`.
public struct Arguments: Sendable {
    /// The arguments without a dash, in order.
    public let operands: [String]
    /// What was asked for: of a program with subcommands, one of these.
    public let command: Command
    private let given: [String: [String]]
    private let config: JSON?

    /// - Parameter words: the command line without the program's name.
    /// - Throws: `Failure` with status `usage`, or `configuration` for a config file that can't be read.
    public init(_ words: [String], for command: Command) throws {
        var given: [String: [String]] = [:]
        var operands: [String] = []
        var rest = words[...]
        var onlyOperands = false
        while let word = rest.popFirst() {
            guard !onlyOperands, word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            if word == "--" {
                onlyOperands = true
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = word == "-h" ? "help" : String(parts[0].dropFirst(2))
            let option = command.option(name)
            if command.isSecret(name), option == nil || (option?.value == nil && parts.count > 1) {
                throw Failure(
                    .usage, "--\(name) takes nothing from the command line, which others on this machine can read",
                    "give --\(name)-fd N, the number of a descriptor that it is read from")
            }
            guard word.hasPrefix("--") || word == "-h", let option else {
                throw Failure(
                    .usage, "there is no option '\(parts[0])'",
                    Command.suggestion(for: name, among: command.options.map(\.name)))
            }
            var value = ""
            if option.value != nil {
                if parts.count > 1 {
                    value = String(parts[1])
                } else if let next = rest.popFirst() {
                    value = next
                } else {
                    throw Failure(.usage, "--\(name) needs a value", "give --\(name) \(option.value ?? "")")
                }
            } else if parts.count > 1 {
                throw Failure(.usage, "--\(name) takes no value", "leave '=\(parts[1])' out")
            }
            if given[name] != nil && !option.isRepeatable {
                throw Failure(.usage, "--\(name) was given twice", "give it once")
            }
            given[name, default: []].append(value)
        }
        self.command = command
        self.given = given
        self.operands = operands
        let file = given["config"]?.last ?? Arguments.environment("config", command)
        if let file {
            let bytes: [UInt8]
            do { bytes = try Files.read(file, limit: 16 << 20) } catch {
                throw Failure(.configuration, "--config: \(error)", "name a JSON file that can be read")
            }
            guard let json = try? JSON(parsing: bytes), json.isObject else {
                throw Failure(.configuration, "\(file) is not a JSON object", "mend it, or leave --config out")
            }
            config = json
        } else {
            config = nil
        }
    }

    /// Checks the number of operands.
    public func checkOperands() throws {
        let required = command.operands.filter(\.isRequired)
        if operands.count < required.count {
            let missing = required[operands.count]
            throw Failure(.usage, "\(missing.name) is missing", "give \(missing.help); see --help")
        }
        if operands.count > command.operands.count, command.operands.last?.isRepeatable != true {
            // What is one too many may be a secret.
            let extra = command.takesSecrets ? "there" : "'\(operands[command.operands.count])'"
            throw Failure(.usage, "\(extra) is one argument too many", "see --help")
        }
    }

    private static func environment(_ name: String, _ command: Command) -> String? {
        command.option(name).flatMap { getenv($0.variable) }.map { String(cString: $0) }
    }
    private func environment(_ name: String) -> String? { Arguments.environment(name, command) }

    /// True for an option that stands on the command line itself.
    public func isGiven(_ name: String) -> Bool { given[name] != nil }
    /// A value, from wherever it was given.
    public subscript(_ name: String) -> String? {
        if let value = given[name]?.last { return value }
        if let value = environment(name) { return value }
        guard let value = setting(name) else { return nil }
        return value.string ?? value.raw.text
    }
    /// All values of a repeatable option; from the environment, separated by commas.
    public func all(_ name: String) -> [String] {
        if let values = given[name] { return values }
        if let value = environment(name) { return value.split(separator: ",").map(String.init) }
        guard let value = setting(name) else { return [] }
        return value.kind == .array ? value.elements.compactMap(\.string) : value.string.map { [$0] } ?? []
    }
    /// True for a switch that was given.
    public func has(_ name: String) -> Bool {
        if given[name] != nil { return true }
        if let value = environment(name) { return value != "0" && value != "false" && !value.isEmpty }
        return setting(name)?.bool ?? false
    }
    /// A member of the config file; `max-line` may be written `max_line` there.
    public func setting(_ name: String) -> JSON? {
        let found = config?[name: name] ?? config?[name: String(name.map { $0 == "-" ? "_" : $0 })]
        return found?.isNull == true ? nil : found
    }

    public func int(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Failure(
                .usage, "--\(name): '\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound)",
                "give one")
        }
        return value
    }

    /// A number of bytes: `4096`, `64K`, `48M`, `2G` (powers of 1024).
    public func bytes(_ name: String) throws -> Int? {
        guard let text = self[name] else { return nil }
        let units: [Character: Int] = ["K": 10, "M": 20, "G": 30]
        let unit = text.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()), number > 0, number < 1 << 32 else {
            throw Failure(.usage, "--\(name): '\(text)' is no number of bytes", "give one such as 4096, 64K, 48M or 2G")
        }
        return number << (unit ?? 0)
    }

    /// A duration: `20ms`, `30s`, `15m`, `24h`, `7d`, or `0`.
    public func duration(_ name: String) throws -> Duration? {
        guard let text = self[name] else { return nil }
        guard let duration = Duration(text) else {
            throw Failure(.usage, "--\(name): '\(text)' is no duration", "give one such as 20ms, 30s, 15m, 24h or 7d")
        }
        return duration
    }

    /// The longest line that a stage takes.
    public func maxLine() throws -> Int { try bytes("max-line") ?? LineReader.defaultMaxLine }

    var logForm: Log.Form {
        get throws {
            guard !command.hasOwnLog, let text = self["log"] else { return .text }
            guard let form = Log.Form(rawValue: text) else {
                throw Failure(.usage, "--log: '\(text)' is unknown", "give 'text' or 'json'")
            }
            return form
        }
    }
}
