import State
import System
import Testing

@testable import Destinations

/// Random streams, cut at random places and gone on with, compared with a model that is written in another way: lists, walked from
/// the first entry to the last, and no transactions: it reads the lines up to the last STATE that the sink had.
@Suite struct PropertyTests {
    /// An event of a stream, before it is a line.
    enum Event {
        case document(String, Int, String?, [String], Int, [String]?, Int)
        case permissions(String, String?, [String], Int, Int)
        case seen(String, String?, Int, Int)
        case gone(String, String?, Int)
        case failure(String, String?, Int)
        case state([String: Int?], all: Bool)
    }

    struct Model {
        struct Entry {
            var id: String
            var row: Held.Row
        }
        var rows: [Entry] = []
        var debts: [(id: String, partition: String?)] = []
        var worked: [String: Int] = [:]

        func row(_ id: String) -> Held.Row? { rows.first { $0.id == id }?.row }
        mutating func owe(_ id: String, _ partition: String?) {
            debts.removeAll { $0.id == id }
            debts.append((id, partition))
        }
        mutating func touch(_ id: String, _ partition: String?, _ readers: [String]?, _ t: Int) {
            for i in rows.indices where isUnder(rows[i].id, id) {
                if let partition { rows[i].row.partition = partition }
                if let readers { rows[i].row.permissions = readers }
                rows[i].row.at = Int64(1_700_000_000 + t)
            }
        }
        mutating func present(_ id: String, _ partition: String?, _ readers: [String]?, _ updated: Int, _ t: Int) {
            guard let row = row(id) else { return owe(id, partition) }
            touch(id, partition, readers, t)
            if row.updatedAt == Lines.time(updated) {
                debts.removeAll { $0.id == id }
            } else {
                owe(id, partition ?? row.partition)
            }
        }
        mutating func take(_ event: Event) {
            switch event {
            case .document(let id, let content, let partition, let readers, let updated, let parts, let t):
                if let parts {
                    rows.removeAll { entry in
                        entry.id != id && isUnder(entry.id, id) && !parts.contains { isUnder(entry.id, $0) }
                    }
                }
                touch(id, partition, readers, t)
                rows.removeAll { $0.id == id }
                rows.append(
                    Entry(
                        id: id,
                        row: .init(
                            content: "text \(content)", updatedAt: Lines.time(updated), partition: partition,
                            permissions: readers, at: Int64(1_700_000_000 + t))))
                debts.removeAll { $0.id == id }
            case .permissions(let id, let partition, let readers, let updated, let t):
                present(id, partition, readers, updated, t)
            case .seen(let id, let partition, let updated, let t): present(id, partition, nil, updated, t)
            case .gone(let id, let partition, _):
                rows.removeAll { isUnder($0.id, id) && (partition == nil || $0.row.partition == partition) }
                debts.removeAll { debt in
                    isUnder(debt.id, id) && (partition == nil || debt.partition == nil || debt.partition == partition)
                }
            case .failure(let id, let partition, let t):
                owe(id, partition)
                touch(id, nil, nil, t)
            case .state(let partitions, let all):
                for case (let name, let complete?) in partitions where complete > worked[name] ?? -1 {
                    rows.removeAll { $0.row.partition == name && $0.row.at < Int64(1_700_000_000 + complete) }
                    worked[name] = complete
                }
                worked = worked.filter { partitions[$0.key] != nil }
                if all { rows.removeAll { row in row.row.partition.map { partitions[$0] == nil } ?? false } }
            }
        }
        var held: Held {
            var held = Held()
            for entry in rows { held.rows[entry.id] = entry.row }
            for debt in debts { held.debts[debt.id] = .some(debt.partition) }
            return held
        }
    }

    static func events(_ random: inout SeededRandom) -> [Event] {
        var events: [Event] = []
        var complete: [String: Int?] = ["p": nil, "q": nil]
        let ids = ["s:1", "s:2", "s:3", "s:1#a", "s:1#b", "s:1#a#x", "s:2#a", "s:12"]
        let readers = [["ann@x.io"], ["ann@x.io", "group:s:g"], [], ["public"]]
        for t in 1...60 {
            let id = ids.randomElement(using: &random) ?? ""
            let partition = ["p", "p", "q", nil].randomElement(using: &random) ?? nil
            let updated = Int.random(in: 0...1, using: &random)
            let who = readers.randomElement(using: &random) ?? []
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7:
                let parts = [nil, nil, [], ["\(id)#a"]].randomElement(using: &random) ?? nil
                events.append(.document(id, t, partition, who, updated, parts, t))
            case 7..<9: events.append(.permissions(id, partition, who, updated, t))
            case 9..<11: events.append(.seen(id, partition, updated, t))
            case 11..<13: events.append(.gone(id, partition, t))
            case 13..<15: events.append(.failure(id, partition, t))
            case 15..<16:
                let name = Bool.random(using: &random) ? "p" : "q"
                complete[name] = .some(max(0, t - Int.random(in: 0...20, using: &random)))
                events.append(.state(complete, all: false))
            case 16..<17:
                if Bool.random(using: &random) { complete["q"] = nil } else { complete["q"] = .some(nil) }
                events.append(.state(complete, all: true))
            default: events.append(.state(complete, all: false))
            }
        }
        return events + [.state(complete, all: false)]
    }

    static func line(_ event: Event, _ stream: inout Lines, final: Bool) -> String {
        switch event {
        case .document(let id, let content, let partition, let readers, let updated, let parts, let t):
            return Lines.document(
                id, "text \(content)", in: partition, for: readers, updated: updated, parts: parts, at: t)
        case .permissions(let id, let partition, let readers, let updated, let t):
            return Lines.permissions(id, in: partition, readers, updated: updated, at: t)
        case .seen(let id, let partition, let updated, let t):
            return Lines.seen(id, in: partition, updated: updated, at: t)
        case .gone(let id, let partition, let t): return Lines.gone(id, from: partition, at: t)
        case .failure(let id, let partition, let t): return Lines.failure(id, in: partition, at: t)
        case .state(let partitions, let all):
            stream.bookmarks = ["s": partitions]
            return stream.state(final: final, all: all)
        }
    }

    @Test(arguments: Kind.allCases, 0..<40) func cutAnywhereAndGoneOnWithItComesToTheSame(_ kind: Kind, _ seed: Int)
        throws
    {
        var random = SeededRandom(seed: UInt64(seed))
        let events = PropertyTests.events(&random)
        var stream = Lines()
        let lines = events.indices.map { PropertyTests.line(events[$0], &stream, final: $0 == events.count - 1) }
        let bench = try Bench(kind)
        bench.options.batch = Int.random(in: 1...20, using: &random)
        var start = 0
        while start < lines.count {
            let end =
                Bool.random(using: &random) ? lines.count : Int.random(in: start + 1...lines.count, using: &random)
            let status = try bench.sink(Array(lines[start..<end]), torn: end < lines.count ? "{\"type\":" : "").status
            #expect(status == (end == lines.count ? 0 : 75))
            // The next process goes on after the last STATE that this one had.
            start = (start..<end).last { if case .state = events[$0] { true } else { false } }.map { $0 + 1 } ?? start
            var model = Model()
            for event in events[..<start] { model.take(event) }
            let held = try bench.held()
            #expect(held.rows == model.held.rows)
            #expect(held.debts == model.held.debts)
        }
    }
}

private func isUnder(_ key: String, _ id: String) -> Bool { key == id || key.hasPrefix(id + "#") }
