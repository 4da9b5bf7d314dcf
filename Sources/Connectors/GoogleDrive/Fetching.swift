import Connector
import Documents
import HTTP
import JSON
import System

/// Google Drive: My Drive and every shared drive. The pages of its documentation are those of the Drive API v3, "Search for files",
/// "Retrieve changes", "Export formats", "Share files", and of the Directory API v1.
///
/// Partitions are `my_drive` (all that the account sees outside the shared drives it is a member of) and `drive:<id>`.
public struct GoogleDrive: Connector {
    public static let about = About(
        source: "google_drive", provider: "google", title: "Google Drive", kinds: ["file"],
        hosts: ["www.googleapis.com", "admin.googleapis.com"],
        scopes: [
            "https://www.googleapis.com/auth/drive.readonly",
            "https://www.googleapis.com/auth/admin.directory.group.readonly",
        ],
        settings: [(name: "drives", help: "'my_drive' or the id of a shared drive")],
        hasFeed: true, itemsMove: true, pageTokensLast: true, hasGroups: true, hasWebhooks: false,
        deletions: .feed, accessChanges: .feed, lateReplies: "none",
        secretFields: ["resourceKey", "targetResourceKey"])

    private static let drive = "https://www.googleapis.com/drive/v3"
    private static let directory = "https://admin.googleapis.com/admin/directory/v1"
    private static let pageSize = "100"
    private static let permissionFields =
        "id,type,role,emailAddress,domain,allowFileDiscovery,deleted,pendingOwner,expirationTime,view,"
        + "permissionDetails(permissionType,role,inherited,inheritedFrom)"
    private static let fileFields =
        "id,name,mimeType,driveId,parents,createdTime,modifiedTime,trashed,version,size,md5Checksum,webViewLink,"
        + "owners(emailAddress,displayName),lastModifyingUser(emailAddress,displayName),"
        + "capabilities(canShare,canDownload),hasAugmentedPermissions,inheritedPermissionsDisabled,permissionIds,"
        + "permissions(\(permissionFields)),shortcutDetails(targetId,targetMimeType,targetResourceKey),resourceKey,"
        + "clientEncryptionDetails(encryptionState)"
    private static let allDrives = [("supportsAllDrives", "true")]
    /// Units of quota. "Usage limits".
    private enum Cost {
        static let read = 5
        static let list = 100
        static let download = 200
    }

    private let settings: Settings

    public init(_ settings: Settings) throws { self.settings = settings }

    /// "Resolve errors": the reason decides, never the status alone.
    public static func verdict(on response: Response) -> Verdict? {
        guard response.status >= 400, let error = (try? JSON(parsing: response.body))?["error"] else { return nil }
        let detail = error["errors"]?.elements.first
        let reason = detail?["reason"]?.string ?? error["status"]?.string ?? ""
        func failed(_ scope: CallFailure.Scope) -> Verdict {
            .failed(
                CallFailure(
                    status: response.status, reason: reason, scope: scope,
                    message: error["message"]?.string ?? reason))
        }
        switch reason {
        case "userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "backendError", "internalError":
            return .retry(after: nil)
        case "accessNotConfigured", "SERVICE_DISABLED", "domainPolicy", "insufficientPermissions", "dailyLimitExceeded":
            return failed(.run)
        default: break
        }
        let location = detail?["location"]?.string
        if [400, 404, 410].contains(response.status), location == "pageToken" {
            return failed(.cursorExpired)
        }
        return nil
    }

    public func check(_ api: API) async throws -> Account {
        let about = try await call(
            ["about"], [("fields", "user(emailAddress,displayName,permissionId)")], cost: Cost.read, api)
        let user = about["user"]
        guard let id = user?["permissionId"]?.string ?? user?["emailAddress"]?.string else {
            throw Failure(.unavailable, "google_drive does not tell who the credentials are", "make new ones")
        }
        return Account(tenant: id, user: user?["emailAddress"]?.string)
    }

    public func partitions(_ api: API) async throws -> Partitions {
        var all = [Partition("my_drive", name: "My Drive")]
        try await api.pages { page in
            let answer = try await call(
                ["drives"],
                [("pageSize", "100"), ("fields", "nextPageToken,drives(id,name,hidden,createdTime,restrictions)")]
                    + token(page), cost: Cost.list, api)
            for drive in answer["drives"]?.elements ?? [] {
                if let id = drive["id"]?.string { all.append(Partition("drive:\(id)", name: drive["name"]?.string)) }
            }
            return answer["nextPageToken"]?.string
        }
        let wanted = settings["drives"]
        if wanted.isEmpty { return Partitions(all) }
        for name in wanted where !all.contains(where: { $0.id == name || $0.id == "drive:\(name)" }) {
            throw Failure(
                .configuration, "google_drive: there is no drive '\(name)'",
                "there are: " + all.map(\.id).joined(separator: ", "))
        }
        return Partitions(all.filter { wanted.contains($0.id) || wanted.contains(String($0.id.dropFirst(6))) })
    }

    public func position(_ partition: Partition, _ api: API) async throws -> String? {
        let answer = try await call(
            ["changes", "startPageToken"], GoogleDrive.allDrives + driveID(partition), cost: Cost.read, api)
        return answer["startPageToken"]?.string
    }

    public func list(_ partition: Partition, of all: Partitions, from point: ListingPoint, _ api: API) async throws
        -> Page
    {
        var query = "trashed = false"
        if let from = point.from { query += " and createdTime >= '\(from)'" }
        let answer = try await call(
            ["files"],
            [("corpora", partition.id == "my_drive" ? "user" : "drive")] + driveID(partition) + [
                ("includeItemsFromAllDrives", "true"), ("supportsAllDrives", "true"), ("spaces", "drive"),
                ("q", query), ("orderBy", "createdTime"), ("pageSize", GoogleDrive.pageSize),
                ("fields", "nextPageToken,incompleteSearch,files(\(GoogleDrive.fileFields))"),
            ] + token(point.page), cost: Cost.list, api)
        let files = answer["files"]?.elements ?? []
        var page = Page(
            files.map { entry($0, in: partition, of: all) },
            next: answer["nextPageToken"]?.string.map { .page($0) } ?? .end(cursor: nil),
            after: files.last?["createdTime"]?.string)
        page.isPartial = answer["incompleteSearch"]?.bool ?? false
        return page
    }

    public func changes(_ partition: Partition, of all: Partitions, since cursor: String, _ api: API) async throws
        -> Page
    {
        let answer = try await call(
            ["changes"],
            [
                ("pageToken", cursor), ("pageSize", GoogleDrive.pageSize), ("includeRemoved", "true"),
                ("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true"),
                (
                    "fields",
                    "nextPageToken,newStartPageToken,changes(changeType,time,removed,fileId,driveId,"
                        + "file(\(GoogleDrive.fileFields)),drive(id,name))"
                ),
            ] + driveID(partition), cost: Cost.list, api)
        var entries: [Entry] = []
        var accessMayDiffer = false
        for change in answer["changes"]?.elements ?? [] {
            if let file = change["file"], change["removed"]?.bool != true {
                let entry = entry(file, in: partition, of: all, isChange: true)
                if case .skipped("folder") = entry.presence { accessMayDiffer = true }
                entries.append(entry)
            } else if let id = change["fileId"]?.string {
                entries.append(Entry(id, kind: "file", partition: partition.id, .gone, raw: change))
            } else if let id = change["driveId"]?.string {
                entries.append(Entry(id, kind: "file", partition: partition.id, .skipped("drive")))
            }
        }
        let next: Page.Next =
            answer["nextPageToken"]?.string.map { .page($0) } ?? .end(cursor: answer["newStartPageToken"]?.string)
        var page = Page(entries, next: next)
        page.accessMayDiffer = accessMayDiffer
        return page
    }

    public func find(_ id: String, in all: Partitions, _ api: API) async throws -> Entry? {
        do {
            let file = try await file(id, resourceKey: nil, api)
            let home = Partition(home(of: file, in: all))
            var entry = entry(file, in: home, of: all, isChange: true)
            if !all.contains(home.id) { entry.presence = .gone }
            return entry
        } catch let failure as CallFailure where failure.status == 404 { return nil }
    }

    public func item(_ entry: Entry, _ depth: Depth, _ api: API) async throws -> ItemDraft {
        guard var file = entry.raw else { return .skip("unknown") }
        var draft = ItemDraft()
        if let shortcut = file["shortcutDetails"] {
            guard let target = try await target(of: shortcut, api) else { return .skip("dangling_shortcut") }
            if target["driveId"] != nil || entry.partition != "my_drive" { return .skip("shortcut") }
            if case .skipped(let reason) = presence(of: target) { return .skip("shortcut_to_\(reason)") }
            if target["shortcutDetails"] != nil || target["trashed"]?.bool == true { return .skip("shortcut") }
            file = target
            draft.id = target["id"]?.string
            draft.raw = target
        }
        if depth == .ids { return draft }
        do {
            if let permissions = try await permissions(of: file, api) {
                draft.access = [(name: "permissions", values: permissions)]
            }
        } catch let failure as CallFailure where failure.status == 403 && failure.scope == .item {
            draft.shortfall = "permissions_refused"
        }
        if depth == .full { draft.content = try await content(of: file, api) }
        return draft
    }

    public func groups(from page: String?, _ api: API) async throws -> GroupPage {
        let answer = try await callDirectory(
            ["groups"], [("customer", "my_customer"), ("maxResults", "200")] + token(page), api)
        let groups = (answer["groups"]?.elements ?? []).compactMap { group in
            group["email"]?.string.map { GroupEntry($0.lowercased(), raw: group) }
        }
        return GroupPage(groups, next: answer["nextPageToken"]?.string)
    }

    public func members(_ group: GroupEntry, _ api: API) async throws -> [JSON] {
        var all: [JSON] = []
        try await api.pages { page in
            let answer = try await callDirectory(
                ["groups", group.raw["email"]?.string ?? group.id, "members"],
                [("maxResults", "200")] + token(page), api)
            all += answer["members"]?.elements ?? []
            return answer["nextPageToken"]?.string
        }
        return all
    }
}

// MARK: - The parts of it

extension GoogleDrive {
    /// What a file is to a partition. In a change, a file that lives elsewhere or is trashed has gone from here.
    private func entry(_ file: JSON, in partition: Partition, of all: Partitions, isChange: Bool = false) -> Entry {
        let id = file["id"]?.string ?? ""
        var presence = presence(of: file)
        if file["trashed"]?.bool == true {
            presence = isChange ? .gone : .skipped("trashed")
        } else if home(of: file, in: all) != partition.id {
            presence = isChange ? .gone : .skipped("elsewhere")
        } else if file["driveId"] != nil, partition.id == "my_drive", !settings["drives"].isEmpty {
            presence = isChange ? .gone : .skipped("elsewhere")
        }
        return Entry(id, kind: "file", partition: partition.id, presence, raw: file)
    }

    private func presence(of file: JSON) -> Entry.Presence {
        file["mimeType"]?.equals("application/vnd.google-apps.folder") == true ? .skipped("folder") : .there
    }

    /// The partition in which a file lives.
    private func home(of file: JSON, in all: Partitions) -> String {
        if let drive = file["driveId"]?.string, all.contains("drive:\(drive)") { return "drive:\(drive)" }
        return "my_drive"
    }

    private func file(_ id: String, resourceKey: String?, _ api: API) async throws -> JSON {
        let url = try URL(
            GoogleDrive.drive, path: ["files", id],
            query: GoogleDrive.allDrives + [("fields", GoogleDrive.fileFields)])
        var request = Request.get(url, bucket: "user", cost: Cost.read)
        if let resourceKey { request.headers["X-Goog-Drive-Resource-Keys"] = "\(id)/\(resourceKey)" }
        return try await api.json(request)
    }

    /// The file that a shortcut leads to; nil where it is not there, or not to be seen.
    private func target(of shortcut: JSON, _ api: API) async throws -> JSON? {
        guard let id = shortcut["targetId"]?.string else { return nil }
        do {
            return try await file(id, resourceKey: shortcut["targetResourceKey"]?.string, api)
        } catch let failure as CallFailure where failure.scope == .item && [403, 404].contains(failure.status) {
            return nil
        }
    }

    /// The entries of a file's access that did not come with it: in a shared drive they never do, and what stands inline
    /// there (nothing) means nothing.
    private func permissions(of file: JSON, _ api: API) async throws -> [JSON]? {
        if file["driveId"] == nil, file["permissions"]?.elements.isEmpty == false { return nil }
        var all: [JSON] = []
        try await api.pages { page in
            let answer = try await call(
                ["files", file["id"]?.string ?? "", "permissions"],
                GoogleDrive.allDrives + [
                    ("pageSize", "100"), ("fields", "nextPageToken,permissions(\(GoogleDrive.permissionFields))"),
                ] + token(page), cost: Cost.list, api)
            all += answer["permissions"]?.elements ?? []
            return answer["nextPageToken"]?.string
        }
        return all
    }

    private func content(of file: JSON, _ api: API) async throws -> ItemContent {
        let type = file["mimeType"]?.string ?? ""
        let id = file["id"]?.string ?? ""
        func absent(_ reason: String) -> ItemContent { ItemContent(mediaType: type, body: .absent(reason)) }

        if file["clientEncryptionDetails"]?["encryptionState"]?.equals("encrypted") == true {
            return absent("encrypted")
        }
        if ["image/", "audio/", "video/"].contains(where: type.hasPrefix) { return absent("media") }
        if file["capabilities"]?["canDownload"]?.bool == false { return absent("not_downloadable") }

        var path = ["files", id]
        var query = [("alt", "media")] + GoogleDrive.allDrives
        var size: Int64 = 0
        if type.hasPrefix("application/vnd.google-apps") {
            guard let export = GoogleDrive.exports[type] else { return absent("not_exportable") }
            path.append("export")
            query = [("mimeType", export)]
        } else {
            size = file["size"]?.lenientInt ?? 0
            if size > Int64(settings.maxContent) { return absent("too_large") }
        }
        let url = try URL(GoogleDrive.drive, path: path, query: query)
        var request = Request.get(url, bucket: "user", cost: Cost.download)
        request.limit = settings.maxContent
        do {
            let response = try await api.call(request)
            return ItemContent(
                mediaType: response.headers["content-type"] ?? type, received: response.body)
        } catch let failure as CallFailure where failure.scope == .item {
            switch failure.reason {
            case "exportSizeLimitExceeded", "too_large": return absent("too_large")
            case "fileNotExportable": return absent("not_exportable")
            case "fileNotDownloadable": return absent("not_downloadable")
            case "cannotDownloadAbusiveFile": return absent("abusive")
            default: throw failure
            }
        }
    }

    /// What the editors' files are exported as. "Export MIME types": text/csv is the first sheet only.
    private static let exports = [
        "application/vnd.google-apps.document": "text/markdown",
        "application/vnd.google-apps.spreadsheet": "text/csv",
        "application/vnd.google-apps.presentation": "text/plain",
    ]

    private func token(_ page: String?) -> [(String, String)] { page.map { [("pageToken", $0)] } ?? [] }

    private func driveID(_ partition: Partition) -> [(String, String)] {
        partition.id.hasPrefix("drive:") ? [("driveId", String(partition.id.dropFirst(6)))] : []
    }

    private func call(_ path: [String], _ query: [(String, String)], cost: Int, _ api: API) async throws -> JSON {
        try await api.json(URL(GoogleDrive.drive, path: path, query: query), bucket: "user", cost: cost)
    }

    private func callDirectory(_ path: [String], _ query: [(String, String)], _ api: API) async throws -> JSON {
        try await api.json(URL(GoogleDrive.directory, path: path, query: query), bucket: "directory")
    }
}
