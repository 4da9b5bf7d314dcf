import Connector
import HTTP
import JSON
import Synchronization
import System
import Testing

/// What the table of faults needs to know of a sample: where it can be hurt, and what it holds when it is not.
struct Plan: Sendable {
    let sample: Sample
    /// After the first run, and after an undisturbed second.
    let before: Held
    let after: Held
    /// How an undisturbed run ends.
    let status: Int32
    /// A partition of more than one page, and the answers to them.
    let partition: String
    let pages: [Response]
    /// An item that the sample's runs read without trouble: its id, and the calls for its content and for its access.
    let item: String
    let content: URL
    let access: URL
    /// The calls of all items for their content.
    let contents: Set<URL>

    var key: String { "\(sample.source):\(item)" }

    static func of(_ sample: Sample) async throws -> Plan {
        let before = try await Prepared.afterFirst(sample).mirror.held()
        let (mirror, fetched) = try await Prepared.afterSecond(sample)
        let partition = try #require(
            fetched.found.begun.max { fetched.pages(.list($0)) < fetched.pages(.list($1)) }, "nothing was listed")
        let pages = fetched.answers[.list(partition)] ?? []
        try #require(pages.count > 1, "the sample has no partition of two pages")
        let after = try mirror.held()
        var calls: [String: [Asked]] = [:]
        for asked in fetched.asked { if case .item(let id) = asked.role { calls[id, default: []].append(asked) } }
        let victims = calls.filter { id, calls in
            let key = "\(sample.source):\(id)"
            return calls.count == 2 && calls.allSatisfy { $0.status == 200 } && calls.contains { $0.isJSON }
                && calls.contains { !$0.isJSON } && after.debts[key] == nil && before.debts[key] == nil
                && before.rows[key] == after.rows[key] && after.rows[key]?.readers.isEmpty == false
        }
        let victim = try #require(victims.min { $0.key < $1.key }, "the sample has no item of two calls")
        return Plan(
            sample: sample, before: before, after: after, status: fetched.exitStatus, partition: partition,
            pages: pages, item: victim.key, content: try #require(victim.value.first { !$0.isJSON }).request.url,
            access: try #require(victim.value.first { $0.isJSON }).request.url,
            contents: Set(calls.values.joined().filter { !$0.isJSON }.map(\.request.url)))
    }

    /// What there is when everything is undisturbed but one item.
    func after(without key: String) -> Held {
        var held = after
        held.rows[key] = nil
        return held
    }
}

/// Counts, for what happens once or the nth time.
final class Counter: Sendable {
    private let count = Mutex(0)
    /// From 1.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// The points from which pages were listed, in order.
final class Points: Sendable {
    private let points = Mutex<[ListingPoint]>([])
    var all: [ListingPoint] { points.withLock { $0 } }
    func add(_ point: ListingPoint) { points.withLock { $0.append(point) } }
}

/// A refusal in the form of the most common services.
func refusal(_ status: Int, _ reason: String) -> String {
    #"{"error":{"code":\#(status),"message":"no","errors":[{"domain":"global","reason":"\#(reason)","message":"no"}]}}"#
}
