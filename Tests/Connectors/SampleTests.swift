import Connector
import HTTP
import JSON
import Testing

@Suite struct SampleTests {
    @Test(arguments: Sample.all) func theFirstRunHoldsWhatItMust(_ sample: Sample) async throws {
        let (mirror, fetched) = try await Prepared.afterFirst(sample)
        expectNone(sample.expectedFirst.differences(from: try mirror.held()))
        #expect(fetched.exitStatus == (sample.expectedFirst.failures.isEmpty ? 0 : 65))
        let foreign = fetched.asked.filter { !$0.isRecorded }.map { $0.request.url.description }
        #expect(foreign.isEmpty, "asked what the capture does not hold")
    }

    @Test(arguments: Sample.all) func theSecondRunHoldsWhatItMust(_ sample: Sample) async throws {
        let (mirror, first) = try await Prepared.afterFirst(sample)
        let (fetched, _) = try await mirror.run(sample.second)
        expectNone(sample.expectedSecond.differences(from: try mirror.held()))

        // It asks for what changed, and for nothing else.
        let old = Set(first.found.listed.keys)
        let listedAgain = fetched.asked.filter {
            if case .list(let name) = $0.role { old.contains(name) } else { false }
        }
        if sample.about.hasFeed { #expect(listedAgain.isEmpty) }
        let before = sample.expectedFirst.documents
        let changed = sample.expectedSecond.documents.filter { before[$0.key]?.row != $0.value.row }
        let changes = Set(fetched.found.entriesOfChanges).count
        let new = fetched.found.listed.filter { !old.contains($0.key) }.values.reduce(0) { $0 + $1.count }
        let items = Set(fetched.asked.compactMap { if case .item(let id) = $0.role { id } else { nil } })
        #expect(items.count <= changes + new + sample.expectedFirst.failures.count)
        #expect(changes <= 2 * (changed.count + sample.expectedSecond.removed.count) + 10)
        let pages = fetched.asked.count { $0.role.isPage }
        let perItem = fetched.asked.count { if case .item = $0.role { true } else { false } }
        #expect(perItem <= 4 * items.count)
        #expect(pages <= 3 * (fetched.found.listed.count + old.count) + 10)
        #expect(fetched.calls < first.calls / 4, "\(fetched.calls) calls, and \(first.calls) in the first run")
    }

    @Test(arguments: Sample.all, [Depth.full, .ids, .access])
    func aListingOfWhatIsMirroredChangesNothing(_ sample: Sample, _ depth: Depth) async throws {
        let (mirror, _) = try await Prepared.afterFirst(sample)
        try await mirror.run(sample.second)
        let before = try mirror.held()
        let (fetched, status) = try await mirror.run(sample.second, .init(listing: depth))
        expectNone(try mirror.held().differences(from: before))
        #expect(status == (fetched.exitStatus == 0 ? 0 : status))
        // But for what is owed, which is read whole.
        let owed = Set(fetched.debts.map { String($0.semanticID.dropFirst(sample.source.count + 1)) })
        let content = fetched.asked.filter {
            if case .item(let id) = $0.role { !$0.isJSON && !owed.contains(id) } else { false }
        }
        if depth != .full { #expect(content.isEmpty, "content was asked for") }
        let cursors = { (mirror: Mirror) in
            try mirror.folder.checkpoint()?["bookmarks"]?[name: sample.source]?["partitions"]?.members.map {
                $0.value["cursor"]?.string
            }
        }
        #expect(try cursors(mirror)?.isEmpty == false)
    }

    /// The bound that `about` declares: the next run, or the next listing, takes away what is gone and who may read no more.
    @Test(arguments: Sample.all) func deletionsAndAccessAreNoticedWhenDeclared(_ sample: Sample) async throws {
        let (mirror, _) = try await Prepared.afterFirst(sample)
        try await mirror.run(sample.second)
        if sample.about.deletions == .listing { try await mirror.run(sample.second, .init(listing: .ids)) }
        if sample.about.accessChanges == .listing { try await mirror.run(sample.second, .init(listing: .access)) }
        let held = try mirror.held()
        for id in sample.expectedSecond.removed { #expect(held.rows["\(sample.source):\(id)"] == nil) }
        for (id, document) in sample.expectedSecond.documents {
            #expect(held.rows[id]?.permissions == document.row.permissions, "\(id)")
        }
    }
}
