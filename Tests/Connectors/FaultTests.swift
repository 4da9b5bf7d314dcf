import Connector
import Connectors
import HTTP
import JSON
import Synchronization
import System
import Testing

/// Keeps the first answer of all.
final class FirstResponse: Sendable {
    private let kept = Mutex<Response?>(nil)
    func keep(_ response: Response) -> Response {
        kept.withLock { kept in
            if kept == nil { kept = response }
            return kept ?? response
        }
    }
}

@Suite struct FaultTests {
    /// The one loop over the table.
    @Test(arguments: Sample.all, Case.all) func aFaultChangesNothingInTheEnd(_ sample: Sample, _ fault: Case)
        async throws
    {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterFirst(sample).mirror
        let (fetched, _) = try await mirror.run(sample.second, fault.run(plan))
        switch fault.end {
        case .undisturbed: #expect(fetched.exitStatus == plan.status, "\(fetched.said)")
        case .status(let status): #expect(fetched.exitStatus == status, "\(fetched.said)")
        }
        if let says = fault.says { #expect(fetched.said.contains(says), "\(fetched.said)") }
        let held = try mirror.held()
        try fault.check(plan, held, fetched)
        if fault.isHarmless { expectNone(held.differences(from: plan.after), fault.name) }
        try await mirror.run(sample.second)
        if try mirror.held() != plan.after { try await mirror.run(sample.second) }
        expectNone(try mirror.held().differences(from: plan.after), "\(fault.name), in the end:")
    }

    /// A bare 404 is a debt; the second run that meets it removes the row. A listing that finds it later brings it back.
    @Test(arguments: Sample.all) func whatIsNotFoundTwiceIsGone(_ sample: Sample) async throws {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterFirst(sample).mirror
        let missing = Fault(.answer(404), when: { [.item(plan.item), .find(plan.item)].contains($0.role) })
        try await mirror.run(sample.second, .init(listing: .full, faults: [missing]))
        #expect(try mirror.held().debts[plan.key] == "not_found")
        try await mirror.run(sample.second, .init(faults: [missing]))
        expectNone(try mirror.held().differences(from: plan.after(without: plan.key)))
        try await mirror.run(sample.second, .init(listing: .full))
        expectNone(try mirror.held().differences(from: plan.after))
    }

    @Test(arguments: Sample.all) func whatIsGoneIsRemovedAtOnce(_ sample: Sample) async throws {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterFirst(sample).mirror
        let gone = Fault(.answer(410), when: { $0.role == .item(plan.item) })
        try await mirror.run(sample.second, .init(listing: .full, faults: [gone]))
        expectNone(try mirror.held().differences(from: plan.after(without: plan.key)))
    }

    /// A vanished partition takes its rows and its debts with it; one that comes back is listed anew.
    @Test(arguments: Sample.all) func aPartitionVanishesAndComesBack(_ sample: Sample) async throws {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterSecond(sample).mirror
        // One item of it is owed.
        let refused = Fault(.answer(500), when: { $0.request.url == plan.content || $0.request.url == plan.access })
        try await mirror.run(sample.second, .init(listing: .full, faults: [refused]))
        #expect(try mirror.held().debts[plan.key] != nil)
        let home = plan.after.rows[plan.key]?.partition ?? ""
        var hidden = Mirror.Run(maxDelete: 100)
        hidden.tricks.hidden = [home]
        let item = plan.item
        hidden.faults = [
            Fault(.answer(403, [:], refusal(403, "forbidden")), when: { [.item(item), .find(item)].contains($0.role) })
        ]
        try await mirror.run(sample.second, hidden)
        try await mirror.run(sample.second, hidden)
        let held = try mirror.held()
        #expect(held.rows.values.contains { $0.partition == home } == false)
        #expect(held.debts[plan.key] == nil, "a debt outlived its partition")
        let others = plan.after.rows.filter { $0.value.partition != home }
        #expect(held.rows == others)
        #expect(try mirror.mark(home) == nil)
        let (fetched, _) = try await mirror.run(sample.second, .init(maxDelete: 100))
        #expect(fetched.found.begun.contains(home))
        // `dedupe` knew the rows still: what it took for unchanged is a debt, and the next run reads it.
        try await mirror.run(sample.second)
        expectNone(try mirror.held().differences(from: plan.after))
    }

    /// A run of one partition leaves every other as it is.
    @Test(arguments: Sample.all) func aSelectedPartitionRemovesNothingElsewhere(_ sample: Sample) async throws {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterFirst(sample).mirror
        let name = plan.partition
        let (fetched, _) = try await mirror.run(sample.second, .init(listing: .full, partitions: [name]))
        let held = try mirror.held()
        for (id, row) in plan.before.rows where row.partition != name {
            #expect(held.rows[id] == row || held.rows[id]?.partition == name, "\(id)")
        }
        #expect(held.groups == plan.before.groups)
        #expect(!fetched.lines.contains { $0.contains(#""partitions_complete":true"#) })
        let foreign = fetched.asked.filter {
            switch $0.role {
            case .list(let other), .changes(let other): other != name
            case .groups: true
            default: false
            }
        }
        #expect(foreign.isEmpty)
        try await mirror.run(sample.second)
        expectNone(try mirror.held().differences(from: plan.after))
    }

    /// Readers that were taken away are taken away also when the content can't be read.
    @Test(arguments: Sample.all) func accessChangesThoughTheContentFails(_ sample: Sample) async throws {
        let plan = try await Plan.of(sample)
        let mirror = try await Prepared.afterFirst(sample).mirror
        let fault = Fault(
            .answer(500),
            when: { asked in
                guard case .item = asked.role else { return false }
                return plan.contents.contains(asked.request.url)
            })
        try await mirror.run(sample.second, .init(faults: [fault]))
        let held = try mirror.held()
        for (id, row) in held.rows {
            guard let after = plan.after.rows[id] else { continue }
            #expect(Set(row.readers).isSubset(of: after.readers), "\(id)")
        }
        try await mirror.run(sample.second)
        #expect(try mirror.held().rows == plan.after.rows)
    }
}
