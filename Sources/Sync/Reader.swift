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
    case page(token: String, from: String?, after: String?)
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
    let queue: StepQueue<Step>
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
            } catch let failure as CallFailure where failure.scope == .cursorExpired || failure.isGoneFeed {
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
        /// The sort key of the last item listed.
        var after: String?
        var position: String?
        var hasBegun = false
        if let underWay = mark.listing, underWay.depth == depth {
            after = underWay.after
            let lasts = type(of: connector).about.pageTokensLast
            point = lasts ? ListingPoint(page: underWay.page, from: underWay.from) : ListingPoint(from: after)
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
        var tokens = PageTokens(point.page)
        var isRestarted = false
        while true {
            let api = self.api.fresh()
            let page: Page
            do { page = try await connector.list(partition, of: partitions, from: point, api) } catch let failure
                as CallFailure where failure.scope == .cursorExpired && point.page != nil
            {
                // Where the key did not move since the query began, the same page would be refused again.
                if let from = point.from, from == after { throw failure.ofPartition }
                if isRestarted { throw failure.ofPartition }
                isRestarted = after == nil
                let place = after == nil ? "begins again" : "goes on by sort key"
                queue.add(.note("the page token of \(partition.id) is not taken any more: its listing \(place)"))
                point = ListingPoint(from: after)
                tokens = PageTokens()
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
            after = page.after ?? after
            switch page.next {
            case .page(let token):
                try tokens.add(token)
                point.page = token
                try await queue.addAndWait(.page(token: token, from: point.from, after: after))
            case .end:
                try await queue.addAndWait(.listed)
                return depth == .full ? position : mark.cursor
            }
        }
    }

    /// Follows the changes since a cursor to their end.
    private func follow(_ partition: Partition, from start: String) async throws {
        var cursor = start
        var tokens = PageTokens(start)
        while true {
            let api = self.api.fresh()
            let page = try await connector.changes(partition, of: partitions, since: cursor, api)
            for entry in page.entries { add(entry, .full, isRepeated: false, after: api.date) }
            if page.accessMayDiffer { queue.add(.accessIsDue) }
            switch page.next {
            case .page(let next):
                try tokens.add(next)
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
            var bytes = 0
            defer { window.fill(bytes) }
            try Task.checkCancellation()
            let outcome = try await work(api)
            bytes = outcome.bytes
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
            var page = type(of: connector).about.pageTokensLast ? mark.listing?.page : nil
            var hasBegun = mark.listing != nil
            var tokens = PageTokens(page)
            while true {
                let api = self.api.fresh()
                let found: GroupPage
                do { found = try await connector.groups(from: page, api) } catch let failure as CallFailure
                    where failure.scope == .cursorExpired && page != nil && page == mark.listing?.page
                {
                    page = nil
                    tokens = PageTokens()
                    continue
                }
                if !hasBegun { queue.add(.began(.full, position: nil, date: api.date ?? runBegan)) }
                hasBegun = true
                for group in found.groups {
                    add { try await assembler.outcome(of: group, $0) }
                }
                guard let next = found.next else { break }
                try tokens.add(next)
                page = next
                try await queue.addAndWait(.page(token: next, from: nil, after: nil))
            }
            try await queue.addAndWait(.listed)
        } catch let failure as CallFailure where failure.scope != .run {
            queue.add(.failed(failure))
        }
    }
}

extension CallFailure {
    /// 410 of a feed itself: the cursor is not kept any more. RFC 9110, section 15.5.11.
    fileprivate var isGoneFeed: Bool { status == 410 && scope == .item }
    /// The same failure, as the end of a partition.
    fileprivate var ofPartition: CallFailure {
        CallFailure(status: status, reason: reason, scope: .partition, message: message)
    }
}
