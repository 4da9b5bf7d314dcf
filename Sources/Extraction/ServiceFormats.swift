// What wikis and chats write, handed over as the content of an item. The services have no media types of their own for it:
//
//     application/vnd.sluice.atlassian.document+json  Jira v3, Confluence: Atlassian Document Format, the `doc` node
//     application/vnd.sluice.confluence.storage+xml   Confluence: `body.storage.value`
//     application/vnd.sluice.gitbook.document+json    GitBook: a page with `format=document`, or its `document`
//     application/vnd.sluice.jira.wiki                Jira v2 and Data Center: text in wiki markup
//     application/vnd.sluice.notion.blocks+json       Notion: the blocks of a page, or the page with `children`; see `readNotion`
//     application/vnd.sluice.sharepoint.page+json     SharePoint: a `sitePage` with its `canvasLayout`
//     application/vnd.sluice.slack.message+json       Slack: a message or thread with names beside; see `readSlack`
//     application/vnd.sluice.teams.message+json       Teams: a `chatMessage`, with `replies` for a thread
//
// GitHub, GitLab: text/markdown. Teams bodies without attachments, rendered Confluence pages: text/html.

extension Format {
    static let services: [Format] = [
        .atlassianDocument, .notion, .gitBook, .slack, .jiraWiki, .confluence, .teams, .sharePoint,
    ]

    static let atlassianDocument = service("adf", "atlassian.document+json") { input throws(Unreadable) in
        try readAtlassianDocument(input)
    }
    static let notion = service("notion", "notion.blocks+json") { input throws(Unreadable) in try readNotion(input) }
    static let gitBook = service("gitbook", "gitbook.document+json") { input throws(Unreadable) in
        try readGitBook(input)
    }
    static let slack = service("slack", "slack.message+json") { input throws(Unreadable) in try readSlack(input) }

    static let jiraWiki = Format(
        "jira", mediaTypes: ["application/vnd.sluice.jira.wiki"], suffixes: [], input: .characters
    ) { input throws(Unreadable) in readJiraWiki(input) }

    // With HTML inside, and so a worker's.
    static let confluence = Format(
        "confluence", mediaTypes: ["application/vnd.sluice.confluence.storage+xml"], suffixes: [], input: .characters)
    static let teams = service("teams", "teams.message+json")
    static let sharePoint = service("sharepoint", "sharepoint.page+json")

    private static func service(_ name: String, _ type: String, read: Read? = nil) -> Format {
        Format(name, mediaTypes: ["application/vnd.sluice." + type], suffixes: [], input: .bytes, read: read)
    }
}
