import HTTP

/// Who the credentials are, and which calls they are allowed, a sentence at a time.
public enum Check {
    /// Asks, and says what came of it.
    /// - Parameter say: is given each sentence when it is known, with its line feed.
    /// - Throws: `CallFailure` where the credentials are not taken, or the partitions can't be listed.
    public static func run(_ connector: any Connector, _ api: API, say: (String) throws -> Void) async throws {
        let about = type(of: connector).about
        let account = try await connector.check(api)
        try say("\(about.source): the credentials are \(account.user ?? "somebody")'s, of \(account.tenant)\n")
        let partitions = try await connector.partitions(api)
        try say("\(about.source): \(partitions.all.count) partitions can be read\n")
        guard about.hasGroups else { return }
        do {
            _ = try await connector.groups(from: nil, api)
            try say("\(about.source): groups can be read\n")
        } catch let failure as CallFailure {
            try say(
                "\(about.source): groups can't be read (\(failure)): what is shared with a group gives no readers\n")
        }
    }
}
