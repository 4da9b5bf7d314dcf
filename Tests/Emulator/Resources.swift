import JSON
import System

/// The resources of the Drive API v3, as its discovery document names them.
extension JSONWriter {
    mutating func file(_ file: World.File) {
        object { w in
            w.member("id", file.id)
            w.member("name", "Title of \(file.id)")
            w.member("mimeType", file.isExported ? "application/vnd.google-apps.document" : "text/plain")
            if let drive = file.drive { w.member("driveId", drive) }
            w.member("parents", [file.drive ?? "root"])
            w.member("createdTime", file.created.description)
            w.member("modifiedTime", file.modified.description)
            w.member("trashed", file.isTrashed)
            w.member("version", String(file.version))
            if !file.isExported { w.member("size", String(file.content.utf8.count)) }
            w.member("webViewLink", "https://drive.google.com/file/d/\(file.id)/view")
            if file.drive == nil {
                w.key("owners")
                w.array { w in w.object { $0.member("emailAddress", "ann@example.com") } }
            }
            w.key("capabilities")
            w.object { w in
                w.member("canShare", !file.hidesReaders)
                w.member("canDownload", true)
            }
            // In a shared drive they never come inline, and in My Drive only for who may share the file.
            if file.drive == nil, !file.hidesReaders {
                w.key("permissions")
                w.permissions(file.readers)
            }
        }
    }

    mutating func permissions(_ readers: Readers) {
        array { w in
            w.permission("1", "user", "owner") { $0.member("emailAddress", "Ann@Example.com") }
            switch readers {
            case .ann: break
            case .annAndBob: w.permission("2", "user", "reader") { $0.member("emailAddress", "bob@example.com") }
            case .team: w.permission("3", "group", "reader") { $0.member("emailAddress", "Team@example.com") }
            case .domain:
                w.permission("4", "domain", "reader") { w in
                    w.member("domain", "example.com")
                    w.member("allowFileDiscovery", true)
                }
            case .domainWithLink:
                w.permission("4", "domain", "reader") { w in
                    w.member("domain", "example.com")
                    w.member("allowFileDiscovery", false)
                }
            case .link:
                w.permission("anyoneWithLink", "anyone", "reader") { $0.member("allowFileDiscovery", false) }
            case .everybody: w.permission("anyone", "anyone", "reader") { $0.member("allowFileDiscovery", true) }
            case .annAndDeletedBob:
                w.permission("2", "user", "reader") { w in
                    w.member("emailAddress", "bob@example.com")
                    w.member("deleted", true)
                }
            case .published: w.permission("5", "anyone", "reader") { $0.member("view", "published") }
            }
        }
    }

    private mutating func permission(
        _ id: String, _ type: String, _ role: String, _ more: (inout JSONWriter) -> Void
    ) {
        object { w in
            w.member("id", id)
            w.member("type", type)
            w.member("role", role)
            more(&w)
        }
    }

    /// "Resolve errors".
    mutating func error(_ status: Int, _ reason: String, _ message: String, at location: String?) {
        object { w in
            w.key("error")
            w.object { w in
                w.member("code", status)
                w.member("message", message)
                w.key("errors")
                w.array { w in
                    w.object { w in
                        w.member("domain", "global")
                        w.member("reason", reason)
                        w.member("message", message)
                        if let location {
                            w.member("location", location)
                            w.member("locationType", "parameter")
                        }
                    }
                }
            }
        }
    }
}
