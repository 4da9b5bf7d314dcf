import HTTP
import JSON
import Synchronization
import System

/// Faults as data: one JSON object a line, which says what goes wrong with which request.
///
///     {"match":{"method":"GET","path":"/slack.com/api/*","query":{"cursor":"x"}},"nth":2,"times":1,
///      "do":{"status":429,"headers":{"Retry-After":"1"},"body":"slow down"}}
///
/// `match` may be left out, and so may each of its members; `path` may end in `*`. A fault happens to the `nth` request that it
/// matches (from 1), and `times` in a row; to each of them where neither is given. Where two are due, the first line wins.
///
/// `do` gives another answer (`status`, `headers`, `body`), or spoils the recorded one: `"delay":"50ms"`, `"truncate":100` (its
/// length is announced, as many bytes are sent, the connection ends), `"close":true`, `"stall":true`.
public final class Faults: Sendable {
    /// What happens to a request.
    public struct Action: Sendable, Equatable {
        /// Nil where the recorded answer is given.
        public var status: Int?
        public var headers: Headers = [:]
        public var body: [UInt8]?
        public var close = false
        public var stall = false
        public var truncate: Int?
        public var delay: Duration?

        /// True where nothing of the recorded answer is used.
        public var replacesAnswer: Bool { status != nil || body != nil || close || stall }
    }

    struct Rule: Sendable {
        var method: String?
        var path: String?
        var query: [(name: String, value: String)] = []
        var nth = 1
        /// Nil is without end.
        var times: Int?
        var action = Action()

        func matches(_ method: String, _ path: String, _ query: [(name: String, value: String)]) -> Bool {
            if let wanted = self.method, wanted.uppercased() != method.uppercased() { return false }
            if let wanted = self.path {
                let path = Rule.normalized(path)
                let fits =
                    wanted.hasSuffix("*")
                    ? path.hasPrefix(Rule.normalized(wanted.dropLast())) : path == Rule.normalized(wanted)
                if !fits { return false }
            }
            return self.query.allSatisfy { field in query.contains { $0.name == field.name && $0.value == field.value }
            }
        }

        private static func normalized(_ path: some StringProtocol) -> String {
            path.split(separator: "/", omittingEmptySubsequences: false)
                .map { PercentEncoding.encode(PercentEncoding.decode($0)) }.joined(separator: "/")
        }
    }

    private let rules: [Rule]
    /// How many requests each rule matched.
    private let counts: Mutex<[Int]>

    /// No faults.
    public convenience init() { self.init(rules: []) }

    private init(rules: [Rule]) {
        self.rules = rules
        counts = Mutex(Array(repeating: 0, count: rules.count))
    }

    /// - Parameter name: what messages call the text.
    /// - Throws: `Failure` that names the line.
    public convenience init(parsing text: String, name: String) throws(Failure) {
        var rules: [Rule] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\r" }) { continue }
            do { rules.append(try Rule(JSON(parsing: String(line)))) } catch {
                throw Failure(
                    .configuration, "\(name) line \(index + 1): \(error)", "see replay --help for the form of a fault")
            }
        }
        self.init(rules: rules)
    }

    /// What goes wrong with the next request, if anything does. Every request is asked about once.
    /// - Parameter path: with the host, as `replay` serves it: `/slack.com/api/users.list`.
    public func next(_ method: String, path: String, query: [(name: String, value: String)]) -> Action? {
        counts.withLock { counts in
            var due: Action?
            for (index, rule) in rules.enumerated() where rule.matches(method, path, query) {
                counts[index] += 1
                let turn = counts[index] - rule.nth
                if due == nil, turn >= 0, rule.times.map({ turn < $0 }) ?? true { due = rule.action }
            }
            return due
        }
    }
}

extension Faults.Rule {
    init(_ json: JSON) throws {
        guard json.isObject else { throw EntryError("it is no object") }
        for (name, value) in json.members {
            switch name.string {
            case "match": try match(value)
            case "nth": nth = try value.count(from: 1, "nth")
            case "times": times = try value.count(from: 1, "times")
            case "do": try action(value)
            default: throw EntryError("\"\(name.string ?? "")\" is not known in a fault")
            }
        }
        if json["do"] == nil { throw EntryError("it has no \"do\"") }
        if json["nth"] != nil, json["times"] == nil { times = 1 }
    }

    private mutating func match(_ json: JSON) throws {
        for (name, value) in json.members {
            switch name.string {
            case "method": method = try value.text("method")
            case "path": path = try value.text("path")
            case "query": query = try value.members.map { ($0.name.string ?? "", try $0.value.text("query")) }
            default: throw EntryError("\"\(name.string ?? "")\" is not known in \"match\"")
            }
        }
    }

    private mutating func action(_ json: JSON) throws {
        for (name, value) in json.members {
            switch name.string {
            case "status": action.status = try value.count(from: 100, "status")
            case "headers":
                for field in value.members {
                    action.headers.append(field.name.string ?? "", try field.value.text("headers"))
                }
            case "body": action.body = value.string.map { Array($0.utf8) } ?? value.minified.array
            case "close": action.close = value.bool ?? false
            case "stall": action.stall = value.bool ?? false
            case "truncate": action.truncate = try value.count(from: 0, "truncate")
            case "delay":
                guard let delay = Duration(try value.text("delay")) else {
                    throw EntryError("\"delay\" is not a time such as \"50ms\" or \"2s\"")
                }
                action.delay = delay
            default: throw EntryError("\"\(name.string ?? "")\" is not known in \"do\"")
            }
        }
    }
}

extension JSON {
    fileprivate func text(_ name: String) throws -> String {
        guard let string else { throw EntryError("\"\(name)\" is no text") }
        return string
    }
    fileprivate func count(from least: Int, _ name: String) throws -> Int {
        guard let int, int >= least, int <= 1 << 31 else {
            throw EntryError("\"\(name)\" is no number from \(least) on")
        }
        return Int(int)
    }
}
