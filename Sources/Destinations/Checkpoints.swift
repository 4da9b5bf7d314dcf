import JSON
import State
import Stream
import System

/// What a STATE does: the chain, the tenants, what listings remove, and when it is committed.
extension Loader {
    /// - Throws: `BrokenChain` for one that does not follow.
    func state(_ message: Message) throws {
        guard let json = message.json["value"] else { return }
        let value = try StateValue(json)
        let isForeign = value.position == nil
        if !isForeign { progress.isOurs = true }
        if value.isFinal { log.tally(progress.tally) }
        if hasBadLines { return }
        try begin()
        if !isForeign, !follows(value) {
            try rewind(value)
            throw BrokenChain()
        }
        try checkTenants(value)
        if progress.heldIn != value.position?.run { progress.heldIn = nil }
        let swept = try sweep(value)
        let state = CommittedState(
            value: ByteSlice(value.raw.array), position: value.position, swept: swept)
        try destination.apply(.state(state, folder: identity))
        try destination.mark()
        progress.last = state
        progress.isPending = true
        progress.isAtMark = true
        progress.isComplete = value.isFinal
        if value.isFinal || progress.sinceCommit >= options.batch || time.now() - committedAt >= options.batchTime {
            try commit()
        }
    }

    /// Each STATE must follow the one before it, and the first the destination's last. A copy in the folder that a kill left one
    /// behind is no exception: `dedupe` went on from that copy too, and what it calls unchanged need not be what the rows
    /// have since: a reader would stay who was removed.
    private func follows(_ value: StateValue) -> Bool { folder == nil || value.after == progress.last?.position }

    /// The stream goes on from somewhere else: commits what was whole, and writes the copy anew from the destination.
    private func rewind(_ value: StateValue) throws {
        try destination.rollBackToMark()
        try commit()
        guard let folder else { return }
        try folder.writeDebts(destination.debts(of: identity))
        let held = try destination.state(of: identity)
        if let held { try folder.writeCheckpoint(held.value) } else { try folder.removeCheckpoint() }
        log.report(
            Failure(
                .tryAgain,
                "the stream follows STATE \(value.after?.description ?? "(none)"), and the destination holds "
                    + "\(held?.position?.description ?? "none") of \(folder.path): the copy there was written anew",
                "run the same command again: it goes on from there"))
    }

    private func checkTenants(_ value: StateValue) throws {
        for bookmark in value.bookmarks {
            guard let tenant = bookmark.tenant, progress.tenants[bookmark.connection] != tenant else { continue }
            let known = try destination.tenant(of: bookmark.connection)
            if let known, known != tenant {
                throw Failure(
                    .configuration,
                    "connection '\(bookmark.connection)' of the destination belongs to '\(known)', and the stream comes "
                        + "from '\(tenant)'",
                    "give the new one its own name (fetch --name), or use its credentials")
            }
            if known == nil { try destination.apply(.tenant(connection: bookmark.connection, tenant)) }
            progress.tenants[bookmark.connection] = tenant
        }
    }

    // MARK: Listings

    /// Removes what complete listings did not meet.
    ///
    /// A listing is worked once: `swept` remembers which. Where it would remove more than the guard allows, it removes nothing and
    /// is not remembered, so that each run tries again and says so.
    /// - Returns: what was swept, for the destination to keep.
    private func sweep(_ value: StateValue) throws -> [String: [String: Timestamp]] {
        if value.position == nil { return progress.last?.swept ?? [:] }
        var swept: [String: [String: Timestamp]] = [:]
        for bookmark in value.bookmarks {
            let connection = bookmark.connection
            let before = progress.last?.swept[connection] ?? [:]
            var done: [String: Timestamp] = [:]
            var due: [String: Timestamp] = [:]
            for case (let partition, let complete?) in bookmark.partitions {
                if let old = before[partition] { done[partition] = old }
                if complete > before[partition] ?? Timestamp(microseconds: .min) { due[partition] = complete }
            }
            // Losing a group takes readers away and never adds one, and it is listed again by each run: no guard.
            if let begun = due["groups"] {
                try destination.apply(.sweepGroups(connection: connection, before: begun))
            }
            var sweeps = due.sorted { $0.key < $1.key }.map {
                Sweep.partition(connection: connection, $0.key, before: $0.value)
            }
            if value.partitionsComplete {
                sweeps.append(.partitions(connection: connection, except: bookmark.partitions.keys.sorted()))
            }
            if try allows(sweeps, of: connection, run: value.position?.run ?? "") {
                for sweep in sweeps { try destination.apply(.sweep(sweep)) }
                done.merge(due) { $1 }
            }
            if !done.isEmpty { swept[connection] = done }
        }
        return swept
    }

    /// The guard: true unless more than `--max-delete` percent of the connection's documents would go at once. One may always go,
    /// so that a connection of a few documents can lose one.
    private func allows(_ sweeps: [Sweep], of connection: String, run: String) throws -> Bool {
        if sweeps.isEmpty { return true }
        if progress.heldIn != nil { return false }
        let removed = try sweeps.reduce(0) { try $0 + destination.removals(by: $1) }
        if removed <= 1 { return true }
        let rows = try destination.count(of: connection)
        if removed * 100 <= rows * options.maxDelete { return true }
        progress.heldIn = run
        log.warn(
            "the listings of '\(connection)' would remove \(removed) of \(rows) documents, more than --max-delete "
                + "\(options.maxDelete) percent: none was removed",
            "look at the source; if they are gone, run it with --max-delete 100")
        return false
    }
}
