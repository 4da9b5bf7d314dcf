import System
import Testing

@testable import Destinations

/// The view `document_permissions`: who may read, through groups, cycles and rules. It fails closed.
@Suite struct AccessTests {
    /// Documents and their principals, groups and their members, rules and their clauses; and each document's readers.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var groups: [String: [String]] = [:]
        var rules: [String: [String]] = [:]
        let principals: [String]
        let readers: [String]
        var testDescription: String { name }

        init(
            _ name: String, _ principals: [String], groups: [String: [String]] = [:], rules: [String: [String]] = [:],
            _ readers: [String]
        ) {
            self.name = name
            self.groups = groups
            self.rules = rules
            self.principals = principals
            self.readers = readers
        }
    }

    /// A and B are in each other.
    static let common = [
        "group:c:A": ["ann@x.io", "group:c:B"], "group:c:B": ["bob@x.io", "group:c:A"],
        "group:c:C": ["bob@x.io", "cy@y.io"], "user:github:17": ["dee@x.io"],
    ]

    static let cases = [
        Case(
            "rule of two groups", ["group:c:all:h1"], groups: common,
            rules: ["group:c:all:h1": ["group:c:A", "group:c:C"]], ["bob@x.io"]),
        Case("groups round a cycle", ["group:c:A"], groups: common, ["ann@x.io", "bob@x.io"]),
        Case(
            "rule with a group nobody defines", ["group:c:all:h2"], groups: common,
            rules: ["group:c:all:h2": ["group:c:A", "group:c:gone"]], []),
        Case("group nobody defines", ["group:c:gone"], groups: common, []),
        Case("user whose address is told", ["user:github:17"], groups: common, ["dee@x.io"]),
        Case("user whose address nobody tells", ["user:github:18"], groups: common, []),
        Case(
            "rule with a domain and a person", ["group:c:all:h3"], groups: common,
            rules: ["group:c:all:h3": ["group:c:A", "domain:x.io", "ann@x.io"]], ["ann@x.io"]),
        Case(
            "domain, link and public as they are", ["domain:x.io", "link", "public"], ["domain:x.io", "link", "public"]),
        Case(
            "undefined member of a group", ["group:c:D"],
            groups: ["group:c:D": ["group:c:gone", "user:c:9", "ann@x.io"]], ["ann@x.io"]),
        Case("group that is its own member", ["group:c:D"], groups: ["group:c:D": ["group:c:D"]], []),
        Case("empty group", ["group:c:D"], groups: ["group:c:D": []], []),
        Case("empty rule", ["group:c:all:1"], rules: ["group:c:all:1": []], []),
        Case(
            "rule with public", ["group:c:all:1"], groups: common, rules: ["group:c:all:1": ["public", "group:c:C"]],
            ["bob@x.io", "cy@y.io"]),
        Case("rule of public alone", ["group:c:all:1"], rules: ["group:c:all:1": ["public"]], ["public"]),
        Case(
            "rule of link and a group", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["link", "group:c:A"]], []),
        Case(
            "rule of a domain and a group", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["domain:y.io", "group:c:C"]], ["cy@y.io"]),
        Case(
            "domain is no suffix", ["group:c:all:1"], groups: ["group:c:D": ["a@xx.io", "b@sub.x.io", "c@x.io"]],
            rules: ["group:c:all:1": ["domain:x.io", "group:c:D"]], ["c@x.io"]),
        Case(
            "letters that LIKE takes for others", ["group:c:all:1"], groups: ["group:c:D": ["a@xyio", "b@x_io"]],
            rules: ["group:c:all:1": ["domain:x_io", "group:c:D"]], ["b@x_io"]),
        Case("two domains", ["group:c:all:1"], rules: ["group:c:all:1": ["domain:x.io", "domain:y.io"]], []),
        Case(
            "union in a rule", ["group:c:all:1"],
            groups: common.merging(["group:c:any:2": ["cy@y.io", "group:c:A"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:any:2", "group:c:C"]], ["bob@x.io", "cy@y.io"]),
        Case(
            "group with a domain in a rule", ["group:c:all:1"],
            groups: ["group:c:D": ["domain:x.io"], "group:c:E": ["ann@x.io", "cy@y.io"]],
            rules: ["group:c:all:1": ["group:c:D", "group:c:E"]], ["ann@x.io"]),
        Case(
            "rule in a group", ["group:c:D"],
            groups: common.merging(["group:c:D": ["dee@x.io", "group:c:all:1"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:A", "group:c:C"]], ["bob@x.io", "dee@x.io"]),
        Case(
            "rule in a rule", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["group:c:all:2", "group:c:A"], "group:c:all:2": ["group:c:A"]], []),
        Case(
            "rule in a group in a rule", ["group:c:all:1"],
            groups: common.merging(["group:c:D": ["cy@y.io", "group:c:all:2"]]) { $1 },
            rules: ["group:c:all:1": ["group:c:D", "group:c:C"], "group:c:all:2": ["bob@x.io"]], ["cy@y.io"]),
        Case(
            "rule of a user", ["group:c:all:1"], groups: common,
            rules: ["group:c:all:1": ["user:github:17", "domain:x.io"]], ["dee@x.io"]),
        Case("no readers", [], []),
    ]

    @Test(arguments: [Kind.sqlite, .postgres], cases) func readers(_ kind: Kind, _ some: Case) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        var lines = [Lines.document("c:1", for: some.principals, at: 1)]
        for (id, members) in some.groups { lines.append(Lines.group(id, members, at: 1)) }
        for (id, clauses) in some.rules { lines.append(Lines.group(id, clauses, as: "all", at: 1)) }
        #expect(try bench.sink(lines + [stream.state(final: true)]).status == 0)
        let readers = try bench.pairs("select semantic_id, principal from document_permissions order by 1, 2").map(\.1)
        #expect(readers == some.readers)
    }

    @Test(arguments: [Kind.sqlite, .postgres]) func whoLeavesAGroupLosesWhatItsRuleGave(_ kind: Kind) throws {
        let bench = try Bench(kind)
        var stream = Lines()
        var lines = [Lines.document("c:1", for: ["group:c:all:h1"], at: 1)]
        for (id, members) in AccessTests.common { lines.append(Lines.group(id, members, at: 1)) }
        lines.append(Lines.group("group:c:all:h1", ["group:c:A", "group:c:C"], as: "all", at: 1))
        try bench.sink(lines + [stream.state(final: true)])
        #expect(try bench.pairs("select * from document_permissions").map(\.1) == ["bob@x.io"])
        stream.newRun("r2")
        try bench.sink([Lines.group("group:c:C", ["cy@y.io"], at: 2), stream.state(final: true)])
        #expect(try bench.pairs("select * from document_permissions").isEmpty)
    }
}
