import JSON

/// What a connector is and can do, declared: `fetch --about` prints it, and the contract tests hold the connector to it.
public struct About: Sendable {
    /// How soon something is noticed, and by what.
    public enum Notice: String, Sendable {
        /// The change feed tells, in the next run.
        case feed
        /// An event tells, when `listen` runs.
        case events
        /// A listing of all ids or of all access tells (`--ids-age`, `--access-age`).
        case listing
        /// The service does not tell.
        case never
    }

    /// The name of the source: `[a-z0-9_]+`.
    public var source: String
    /// The row of the table of providers that gives its tokens.
    public var provider: String
    /// The service's own name.
    public var title: String
    /// The kinds of items: each is a stream `<source>_<kind>`.
    public var kinds: [String]
    /// The only hosts that credentials are sent to; `*.example.com` stands for every host below.
    public var hosts: [String]
    /// The least scopes that a complete sync needs.
    public var scopes: [String]
    /// What to sync: names of settings, each a list of strings, and their help.
    public var settings: [(name: String, help: String)]
    /// A change feed is followed by a cursor; otherwise time is.
    public var hasFeed: Bool
    /// An item may go from one partition to another and keep its id. Then partitions are read one after the other: what one
    /// was told before the move must not be written after what the other was told after it.
    public var itemsMove: Bool
    /// A page token is a resume point also in a later run.
    public var pageTokensLast: Bool
    /// Groups and their members are listed.
    public var hasGroups: Bool
    public var hasWebhooks: Bool
    /// The names of members that let whoever has them read more, and that the service draws at random, too long to be guessed:
    /// a placeholder stands in items for what they hold.
    public var secretFields: [String]
    /// What is noticed how: a deletion, a change of access, a late reply.
    public var deletions: Notice
    public var accessChanges: Notice
    public var lateReplies: String

    public init(
        source: String, provider: String, title: String, kinds: [String], hosts: [String], scopes: [String],
        settings: [(name: String, help: String)], hasFeed: Bool, itemsMove: Bool = true, pageTokensLast: Bool,
        hasGroups: Bool,
        hasWebhooks: Bool, deletions: Notice, accessChanges: Notice, lateReplies: String, secretFields: [String] = []
    ) {
        self.source = source
        self.provider = provider
        self.title = title
        self.kinds = kinds
        self.hosts = hosts
        self.scopes = scopes
        self.settings = settings
        self.hasFeed = hasFeed
        self.itemsMove = itemsMove
        self.pageTokensLast = pageTokensLast
        self.hasGroups = hasGroups
        self.hasWebhooks = hasWebhooks
        self.deletions = deletions
        self.accessChanges = accessChanges
        self.lateReplies = lateReplies
        self.secretFields = secretFields
    }

    public func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("source", source)
            w.member("provider", provider)
            w.member("title", title)
            w.member("streams", kinds.map { "\(source)_\($0)" } + (hasGroups ? ["\(source)_group"] : []))
            w.member("hosts", hosts)
            w.member("scopes", scopes)
            w.key("settings")
            w.object { w in for s in settings { w.member(s.name, s.help) } }
            w.key("capabilities")
            w.object { w in
                w.member("change_feed", hasFeed)
                w.member("items_move", itemsMove)
                w.member("resume_inside_listing", pageTokensLast)
                w.member("groups", hasGroups)
                w.member("webhooks", hasWebhooks)
            }
            w.key("noticed_by")
            w.object { w in
                w.member("deletion", deletions.rawValue)
                w.member("access", accessChanges.rawValue)
                w.member("late_reply", lateReplies)
            }
        }
    }
}
