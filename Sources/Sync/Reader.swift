import Connector
import HTTP
import JSON
import System

/// What a reader has for the writer, in order.
enum Step: Sendable {
    /// An outcome that is being worked at. Its ticket is its place in the window.
    case outcome(Task<Outcome, any Error>, ticket: Int)
    /// The page of changes or debts to which the outcomes before belong is done, and this cursor is passed.
    case passed(cursor: String?)
    /// A listing begins, at the time of the answer, the feed being at the position.
    case began(Depth, position: String?, date: Timestamp)
    /// A page of the listing is done.
    case page(token: String, after: String?)
    /// The listing is done.
    case listed
    /// Access may differ in more than the entries tell.
    case accessIsDue
    case note(String)
    /// The partition is given up for this run.
    case failed(CallFailure)
}

/// Reads one partition, and hands over what it finds step by step. It never runs ahead of the writer by more than a page.
struct Reader: Sendable {
    let connector: any Connector
    let assembler: Assembler
    let options: SyncOptions
    let partitions: Partitions
    let window: ByteWindow
    let queue = StepQueue<Step>()
    let api: API

    /// Reads a partition: the listing that is due, then what changed.
    func read(_ partition: Partition, from mark: Mark, runBegan: Timestamp) async throws {
        defer { queue.finish() }
        do {
            var cursor = mark.cursor
            if let depth = mark.listingDue(options, at: runBegan) {
                cursor = try await list(partition, depth, mark, runBegan)
            }
            guard let start = cursor else { return }
            do {
                try await follow(partition, from: start)
            } catch let failure as CallFailure where failure.scope == .cursorExpired {
                queue.add(.note("the cursor of \(partition.id) is not taken any more: everything is listed again"))
                var fresh = mark
                fresh.listing = nil
                fresh.cursor = nil
                if let next = try await list(partition, .full, fresh, runBegan) {
                    try await follow(partition, from: next)
                }
            }
        } catch let failure as CallFailure where failure.scope != .run { queue.add(.failed(failure)) }
    }

    /// Lists a partition to its end, and returns the cursor from which changes follow.
    private func list(_ partition: Partition, _ depth: Depth, _ mark: Mark, _ runBegan: Timestamp) async throws
        -> String?
    {
        var point = ListingPoint()
        var position: String?
        var hasBegun = false
        if let underWay = mark.listing, underWay.depth == depth {
            point = ListingPoint(page: underWay.page, after: underWay.after)
            position = underWay.position
            hasBegun = true
        } else if depth == .full {
            let api = self.api.fresh()
            position = try await connector.position(partition, api)
            // From here on the listing is the one under way, so that a kill before its first page costs no position.
            queue.add(.began(depth, position: position, date: api.date ?? runBegan))
            hasBegun = true
        }
        var before: Set<String> = []
        while true {
            let api = self.api.fresh()
            let page: Page
            do { page = try await connector.list(partition, of: partitions, from: point, api) } catch let failure
                as CallFailure where failure.scope == .cursorExpired && point.page != nil
            {
                queue.add(
                    .note("the page token of \(partition.id) is not taken any more: its listing goes on by sort key"))
                point.page = nil
                continue
            }
            if !hasBegun {
                queue.add(.began(depth, position: nil, date: api.date ?? runBegan))
                hasBegun = true
            }
            if page.isPartial {
                throw CallFailure(
                    status: 200, reason: "incomplete", scope: .partition,
                    message: "the service left something out of the listing")
            }
            for entry in page.entries { add(entry, depth, isRepeated: before.contains(entry.id), after: api.date) }
            before = Set(page.entries.map(\.id))
            point.after = page.after ?? point.after
            switch page.next {
            case .page(let token):
                if token == point.page {
                    throw CallFailure(
                        status: 200, reason: "page_repeated", scope: .partition,
                        message: "the next page is the same page again")
                }
                point.page = token
                try await queue.addAndWait(.page(token: token, after: point.after))
            case .end:
                try await queue.addAndWait(.listed)
                return depth == .full ? position : mark.cursor
            }
        }
    }

    /// Follows the changes since a cursor to their end.
    private func follow(_ partition: Partition, from start: String) async throws {
        var cursor = start
        while true {
            let api = self.api.fresh()
            let page = try await connector.changes(partition, of: partitions, since: cursor, api)
            for entry in page.entries { add(entry, .full, isRepeated: false, after: api.date) }
            if page.accessMayDiffer { queue.add(.accessIsDue) }
            switch page.next {
            case .page(let next):
                if next == cursor {
                    throw CallFailure(
                        status: 200, reason: "page_repeated", scope: .partition,
                        message: "the next page is the same page again")
                }
                cursor = next
                try await queue.addAndWait(.passed(cursor: next))
            case .end(let next):
                try await queue.addAndWait(.passed(cursor: next))
                return
            }
        }
    }

    private func add(_ entry: Entry, _ depth: Depth, isRepeated: Bool, after date: Timestamp?) {
        var entry = entry
        if isRepeated { entry.presence = .skipped("repeated") }
        let settled = entry
        add { api in
            var outcome = try await assembler.outcome(of: settled, depth, api)
            outcome.date = [outcome.date, date].compactMap { $0 }.max()
            return outcome
        }
    }

    /// Begins to work at something whose outcome is written in its turn.
    private func add(_ work: @escaping @Sendable (API) async throws -> Outcome) {
        let ticket = window.ticket()
        let api = self.api.fresh()
        let task = Task {
            await window.enter(ticket)
            let outcome = try await work(api)
            window.fill(outcome.bytes)
            return outcome
        }
        queue.add(.outcome(task, ticket: ticket))
    }

    /// Looks again at what the runs before could not read.
    func readDebts(_ prefix: String, at now: Timestamp) async throws {
        defer { queue.finish() }
        for debt in options.debts where debt.semanticID.hasPrefix(prefix) && (debt.due.map { $0 <= now } ?? true) {
            let id = String(debt.semanticID.dropFirst(prefix.count))
            add { try await assembler.outcome(ofDebt: debt, id: id, in: partitions, $0) }
        }
        try await queue.addAndWait(.passed(cursor: nil))
    }

    /// Lists the groups, to their end.
    func readGroups(_ mark: Mark, runBegan: Timestamp) async throws {
        defer { queue.finish() }
        do {
            var page = mark.listing?.page
            var hasBegun = mark.listing != nil
            while true {
                let api = self.api.fresh()
                let found = try await connector.groups(from: page, api)
                if !hasBegun { queue.add(.began(.full, position: nil, date: api.date ?? runBegan)) }
                hasBegun = true
                for group in found.groups {
                    add { api in
                        let (outcome, failure) = try await assembler.outcome(of: group, api)
                        if let failure {
                            queue.add(
                                .note(
                                    "the members of group \(group.id) can't be read (\(failure)): nobody is taken for one"
                                ))
                        }
                        return outcome
                    }
                }
                guard let next = found.next, next != page else { break }
                page = next
                try await queue.addAndWait(.page(token: next, after: nil))
            }
            try await queue.addAndWait(.listed)
        } catch let failure as CallFailure where failure.scope == .cursorExpired || failure.scope != .run {
            queue.add(.failed(failure))
        }
    }
}
