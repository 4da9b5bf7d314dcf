import JSON
import System

/// One answer out of a world as it is.
struct Service {
    let world: World
    /// What may go wrong; nil where nothing does.
    let chance: Chance?
    /// No page is longer, whatever is asked for.
    private static let longestPage = 2

    private struct Refusal: Error {
        let status: Int
        let reason: String
        let message: String
        var location: String?
        static func notFound(_ id: String) -> Refusal {
            Refusal(status: 404, reason: "notFound", message: "File not found: \(id).", location: "fileId")
        }
        static func invalid(_ location: String) -> Refusal {
            Refusal(status: 400, reason: "invalid", message: "Invalid Value", location: location)
        }
    }
    private typealias Query = [String: String]

    func answer(to request: DriveEmulator.Request) -> DriveEmulator.Answer {
        var w = JSONWriter()
        do {
            let path = request.path
            let query = request.query
            if request.host == "admin.googleapis.com", path.starts(with: ["admin", "directory", "v1", "groups"]) {
                try directory(Array(path.dropFirst(4)), query, &w)
                return DriveEmulator.Answer(status: 200, body: w.bytes)
            }
            guard request.host == "www.googleapis.com", path.starts(with: ["drive", "v3"]) else {
                throw Refusal(status: 404, reason: "notFound", message: "Not Found")
            }
            switch (path.dropFirst(2).first ?? "", Array(path.dropFirst(3))) {
            case ("about", []):
                guard query["fields"] != nil else {
                    throw Refusal(status: 400, reason: "required", message: "fields is required", location: "fields")
                }
                about(&w)
            case ("drives", []): try drives(query, &w)
            case ("changes", ["startPageToken"]):
                let drive = try place(query)
                w.object { $0.member("startPageToken", ChangeToken(world.position, drive).text) }
            case ("changes", []): try changes(query, &w)
            case ("files", []): try list(query, &w)
            case ("files", let rest): return try file(rest, query)
            default: throw Refusal(status: 404, reason: "notFound", message: "Not Found")
            }
            return DriveEmulator.Answer(status: 200, body: w.bytes)
        } catch {
            let refusal = error as? Refusal ?? Refusal(status: 500, reason: "internalError", message: "\(error)")
            w = JSONWriter()
            w.error(refusal.status, refusal.reason, refusal.message, at: refusal.location)
            return DriveEmulator.Answer(status: refusal.status, body: w.bytes)
        }
    }

    // MARK: The account, its drives, its groups

    private func about(_ w: inout JSONWriter) {
        w.object { w in
            w.key("user")
            w.object { w in
                w.member("emailAddress", "ann@example.com")
                w.member("displayName", "Ann")
                w.member("permissionId", "0712")
            }
        }
    }

    private func drives(_ query: Query, _ w: inout JSONWriter) throws {
        let (page, next) = try page(world.drives.sorted(), query, key: { $0 })
        w.object { w in
            if let next { w.member("nextPageToken", next) }
            w.key("drives")
            w.array { w in
                for drive in page {
                    w.object { w in
                        w.member("id", drive)
                        w.member("name", "Drive \(drive)")
                        w.member("hidden", false)
                    }
                }
            }
        }
    }

    private func directory(_ path: [String], _ query: Query, _ w: inout JSONWriter) throws {
        if path.isEmpty {
            guard query["customer"] == "my_customer" else { throw Refusal.invalid("customer") }
            w.object { w in
                w.key("groups")
                w.array { w in
                    for email in world.groups.keys.sorted() {
                        w.object { w in
                            w.member("id", "g-\(email)")
                            w.member("email", email)
                            w.member("name", "The \(email)")
                        }
                    }
                }
            }
            return
        }
        guard path.count == 2, path[1] == "members", let members = world.groups[path[0]] else {
            throw Refusal(status: 404, reason: "groupNotFound", message: "Resource Not Found: groupKey")
        }
        let (page, next) = try page(members.sorted(), query, key: { $0 })
        w.object { w in
            if let next { w.member("nextPageToken", next) }
            // The directory leaves a list out when it is empty.
            if page.isEmpty { return }
            w.key("members")
            w.array { w in
                for member in page {
                    w.object { w in
                        w.member("email", member)
                        w.member("type", "USER")
                        w.member("role", "MEMBER")
                        w.member("status", "ACTIVE")
                    }
                }
            }
        }
    }

    /// A page of things in the order of their keys; the token of the next is the last key.
    private func page<Thing>(_ all: [Thing], _ query: Query, key: (Thing) -> String) throws -> ([Thing], String?) {
        let after = query["pageToken"]
        let rest = after.map { after in all.filter { key($0) > after } } ?? all
        let page = Array(rest.prefix(try size(query)))
        return (page, page.count < rest.count ? page.last.map(key) : nil)
    }
    private func size(_ query: Query) throws -> Int {
        guard let text = query["pageSize"] ?? query["maxResults"] else { return Service.longestPage }
        guard let size = Int(text), size > 0 else { throw Refusal.invalid("pageSize") }
        return min(size, Service.longestPage)
    }

    // MARK: Files

    /// The shared drive that is asked about; nil for the user's own.
    private func place(_ query: Query) throws -> String? {
        guard query["supportsAllDrives"] == "true", let drive = query["driveId"] else { return nil }
        guard world.drives.contains(drive) else {
            throw Refusal(
                status: 404, reason: "notFound", message: "Shared drive not found: \(drive)", location: "driveId")
        }
        return drive
    }

    private func list(_ query: Query, _ w: inout JSONWriter) throws {
        var chance = chance
        let drive = try place(query)
        guard query["corpora"] == (drive == nil ? "user" : "drive"), query["includeItemsFromAllDrives"] == "true" else {
            throw Refusal.invalid("corpora")
        }
        guard query["orderBy"] == "createdTime" else { throw Refusal.invalid("orderBy") }
        var after: World.Place?
        if let token = query["pageToken"] {
            let parts = token.split(separator: "~")
            guard parts.count == 2, let created = Timestamp(parts[0]), chance?.happens(0.05) != true else {
                throw Refusal.invalid("pageToken")
            }
            after = World.Place(created: created, id: String(parts[1]))
        }
        let all = world.listing(of: drive, after: after, from: try begin(query["q"] ?? ""))
        let page = all.prefix(try size(query))
        let isShort = drive == nil && chance?.happens(0.02) == true
        w.object { w in
            w.member("incompleteSearch", isShort)
            if page.count < all.count, let last = page.last, query["fields"]?.contains("nextPageToken") == true {
                w.member("nextPageToken", "\(last.created)~\(last.id)")
            }
            w.key("files")
            w.array { w in for file in page { w.file(file) } }
        }
    }

    /// The one form of query that is known: `trashed = false`, and a time from which on.
    private func begin(_ q: String) throws -> Timestamp? {
        let parts = q.split(separator: "'", omittingEmptySubsequences: false)
        if q == "trashed = false" { return nil }
        guard parts.count == 3, parts[0] == "trashed = false and createdTime >= ", parts[2].isEmpty,
            let time = Timestamp(parts[1])
        else { throw Refusal.invalid("q") }
        return time
    }

    private func file(_ path: [String], _ query: Query) throws -> DriveEmulator.Answer {
        let id = path.first ?? ""
        guard let file = world.files[id], world.sees(file),
            file.drive == nil || query["supportsAllDrives"] == "true"
                || path.last == "export"
        else { throw Refusal.notFound(id) }
        let failing = chance?.failing
        let refused = Refusal(status: 403, reason: "notToday", message: "This file can't be read for now.")
        var w = JSONWriter()
        switch path.dropFirst() {
        case [] where query["alt"] == "media", ["export"]:
            if failing == .content || failing == .all { throw refused }
            guard file.isExported == (path.last == "export") else {
                throw Refusal(
                    status: 403, reason: file.isExported ? "fileNotDownloadable" : "fileNotExportable", message: "No.")
            }
            return DriveEmulator.Answer(
                status: 200, mediaType: query["mimeType"] ?? "text/plain", body: Array(file.content.utf8))
        case []:
            if failing == .all { throw refused }
            w.file(file)
        case ["permissions"]:
            if failing == .permissions || failing == .all { throw refused }
            if file.hidesReaders {
                throw Refusal(
                    status: 403, reason: "insufficientFilePermissions",
                    message: "The user does not have sufficient permissions for this file.")
            }
            w.object { w in
                w.key("permissions")
                w.permissions(file.readers)
            }
        default: throw Refusal.notFound(id)
        }
        return DriveEmulator.Answer(status: 200, body: w.bytes)
    }

    // MARK: Changes

    /// A position in a log; it is of use with this log alone.
    private struct ChangeToken {
        let position: Int
        let drive: String?
        var text: String { "\(position).\(drive ?? "user")" }
        init(_ position: Int, _ drive: String?) {
            self.position = position
            self.drive = drive
        }
        init?(_ text: String?) {
            let parts = text?.split(separator: ".") ?? []
            guard parts.count == 2, let position = Int(parts[0]) else { return nil }
            self.init(position, parts[1] == "user" ? nil : String(parts[1]))
        }
    }

    private func changes(_ query: Query, _ w: inout JSONWriter) throws {
        var chance = chance
        let drive = try place(query)
        guard let token = ChangeToken(query["pageToken"]), token.drive == drive, token.position <= world.position,
            chance?.happens(0.02) != true
        else { throw Refusal.invalid("pageToken") }
        let files = world.changes(of: drive, since: token.position).map { ($0.position, file: $0.file, drive: "") }
        let drives = drive == nil ? world.driveChanges(since: token.position) : []
        let all = (files + drives.map { ($0.position, file: "", drive: $0.drive) }).sorted { $0.0 < $1.0 }
        let page = all.prefix(try size(query))
        w.object { w in
            if page.count < all.count, let last = page.last {
                w.member("nextPageToken", ChangeToken(last.0, drive).text)
            } else {
                w.member("newStartPageToken", ChangeToken(world.position, drive).text)
            }
            w.key("changes")
            w.array { w in
                for entry in page {
                    if entry.file.isEmpty {
                        change(ofDrive: entry.drive, &w)
                    } else {
                        change(of: entry.file, in: drive, &w)
                    }
                }
            }
        }
    }

    /// An entry holds the present state. One log can't see what is in another; the user sees all drives it is a member of, and
    /// may be told of a file that went there in either way.
    private func change(of id: String, in drive: String?, _ w: inout JSONWriter) {
        let file = world.files[id]
        let isHere = file.map { $0.drive == drive || (drive == nil && world.sees($0) && $0.version % 2 == 0) } ?? false
        w.object { w in
            w.member("changeType", "file")
            w.member("time", world.now.description)
            w.member("removed", !isHere)
            w.member("fileId", id)
            if isHere, let file {
                w.key("file")
                w.file(file)
            }
        }
    }

    private func change(ofDrive drive: String, _ w: inout JSONWriter) {
        let isMember = world.drives.contains(drive)
        w.object { w in
            w.member("changeType", "drive")
            w.member("time", world.now.description)
            w.member("removed", !isMember)
            w.member("driveId", drive)
            if isMember {
                w.key("drive")
                w.object { w in
                    w.member("id", drive)
                    w.member("name", "Drive \(drive)")
                }
            }
        }
    }
}
