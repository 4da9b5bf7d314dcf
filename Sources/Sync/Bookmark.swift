import Connector
import JSON
import System

/// What `fetch` remembers of one connection, in STATE.
struct Bookmark {
    /// Where the run before began; see `last_successful_sync` in the design.
    var lastSuccessfulSync: Timestamp?
    var lastCursor: String?
    /// What this run wrote so far.
    var documentsSynced = 0
    var documentsFailed = 0
    var tenant: String?
    /// The time of the last line written: no later line is earlier.
    var clock: Timestamp?
    var partitions: [String: Mark] = [:]

    init() {}

    /// Reads the bookmark of a connection out of a STATE value.
    init(_ json: JSON?) {
        lastSuccessfulSync = time(json?["last_successful_sync"])
        lastCursor = json?["last_sync_cursor"]?.string
        tenant = json?["tenant"]?.string
        clock = time(json?["clock"])
        for (name, mark) in json?["partitions"]?.members ?? [] { partitions[name.string ?? ""] = Mark(mark) }
    }

    func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("last_successful_sync", lastSuccessfulSync?.description)
            w.member("last_sync_cursor", lastCursor)
            w.member("documents_synced", documentsSynced)
            w.member("documents_failed", documentsFailed)
            w.member("tenant", tenant)
            w.member("clock", clock?.description)
            w.key("partitions")
            w.object { w in
                for (name, mark) in partitions.sorted(by: { $0.key < $1.key }) {
                    w.key(name)
                    mark.write(to: &w)
                }
            }
        }
    }
}

/// What `fetch` remembers of one partition.
struct Mark {
    /// From where the next incremental run goes on; nil until a full listing ended.
    var cursor: String?
    /// A listing under way.
    var listing: Listing?
    /// When the last listing that ended began: the sink removes what has not been seen since.
    var complete: Timestamp?
    /// When the last listings that told of ids, and of access, began.
    var idsAt: Timestamp?
    var accessAt: Timestamp?
    /// A change that may concern the access of many items came by.
    var accessIsDue = false
    /// The accounting of this run: listed = emitted + skipped + failed.
    var counts = Counts()

    struct Listing {
        var depth: Depth
        var began: Timestamp
        /// The position of the feed before the listing began.
        var position: String?
        var page: String?
        /// The sort key from which the query of `page` lists; nil where it lists everything.
        var from: String?
        /// The sort key of the last item listed.
        var after: String?
    }

    struct Counts {
        var listed = 0
        var emitted = 0
        var skipped: [String: Int] = [:]
        var failed = 0
    }

    init() {}

    init(_ json: JSON) {
        cursor = json["cursor"]?.string
        complete = time(json["complete"])
        idsAt = time(json["ids_at"])
        accessAt = time(json["access_at"])
        accessIsDue = json["access_due"]?.bool ?? false
        if let listing = json["listing"], let depth = listing["depth"]?.string.flatMap(Depth.init),
            let began = time(listing["began"])
        {
            self.listing = Listing(
                depth: depth, began: began, position: listing["position"]?.string, page: json["page"]?.string,
                from: listing["from"]?.string, after: listing["after"]?.string)
        }
    }

    func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("cursor", cursor)
            if let listing {
                w.member("page", listing.page)
                w.key("listing")
                w.object { w in
                    w.member("depth", listing.depth.rawValue)
                    w.member("began", listing.began.description)
                    if let position = listing.position { w.member("position", position) }
                    if let from = listing.from { w.member("from", from) }
                    if let after = listing.after { w.member("after", after) }
                }
            }
            if let complete { w.member("complete", complete.description) }
            if let idsAt { w.member("ids_at", idsAt.description) }
            if let accessAt { w.member("access_at", accessAt.description) }
            if accessIsDue { w.member("access_due", true) }
            w.member("listed", counts.listed)
            w.member("emitted", counts.emitted)
            w.key("skipped")
            w.object { w in
                for (reason, count) in counts.skipped.sorted(by: { $0.key < $1.key }) { w.member(reason, count) }
            }
            w.member("failed", counts.failed)
        }
    }

    /// The listing that a run has to make, if any: one under way, or one that was asked for or is due.
    func listingDue(_ options: SyncOptions, at now: Timestamp) -> Depth? {
        let underWay = listing?.depth
        if cursor == nil || underWay == .full || options.listing == .full { return .full }
        if let asked = options.listing { return asked }
        if let underWay { return underWay }
        if accessIsDue || isDue(accessAt, options.accessAge, now) { return .access }
        return isDue(idsAt, options.idsAge, now) ? .ids : nil
    }

    private func isDue(_ last: Timestamp?, _ age: Duration, _ now: Timestamp) -> Bool {
        guard age > .zero else { return false }
        return last.map { now - $0 >= age } ?? true
    }

    /// Ends the listing under way.
    mutating func endListing(cursorOfTime: String) {
        guard let ended = listing else { return }
        listing = nil
        complete = ended.began
        idsAt = ended.began
        if ended.depth != .ids {
            accessAt = ended.began
            accessIsDue = false
        }
        if ended.depth == .full { cursor = ended.position ?? cursorOfTime }
    }
}

private func time(_ json: JSON?) -> Timestamp? { json?.string.flatMap { Timestamp($0) } }
