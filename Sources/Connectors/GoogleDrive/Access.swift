import Documents
import JSON
import System

extension GoogleDrive {
    public static let accessFields = ["permissions"]

    /// "Share files, folders and drives", "Permissions": every role can read; what is deleted, expired, for the folder's
    /// name only, or for the published copy only, gives nothing. A link confined to a domain gives nothing either.
    public static func principals(_ access: JSON, connection: String, at time: Timestamp?) -> [Principal]? {
        guard let permissions = access["permissions"], permissions.kind == .array else { return nil }
        return permissions.elements.compactMap { entry in
            if entry["deleted"]?.bool == true || entry["view"]?.string != nil { return nil }
            if let expiry = entry["expirationTime"]?.string {
                guard let end = Timestamp(expiry), let time, end > time else { return nil }
            }
            let discoverable = entry["allowFileDiscovery"]?.bool
            switch entry["type"]?.string {
            case "user": return Principal.user(address: entry["emailAddress"]?.string)
            case "group":
                guard Principal.user(address: entry["emailAddress"]?.string) != nil else { return nil }
                return entry["emailAddress"]?.string.map { .group(connection: connection, id: $0.lowercased()) }
            case "domain": return discoverable == true ? Principal.domain(entry["domain"]?.string) : nil
            case "anyone": return discoverable == true ? .everybody : .link
            default: return nil
            }
        }
    }

    /// "Members" of the Directory API: users and groups count while they are active. Nested groups stay groups.
    public static func group(_ record: JSON, connection: String) -> Group? {
        guard let id = record["id"]?.string else { return nil }
        let members: [Principal] = (record["members"]?.elements ?? []).compactMap { member in
            if let status = member["status"]?.string, status != "ACTIVE" { return nil }
            guard let address = Principal.user(address: member["email"]?.string) else { return nil }
            switch member["type"]?.string {
            case "USER": return address
            case "GROUP": return .group(connection: connection, id: address.description)
            default: return nil
            }
        }
        return Group(
            id: .group(connection: connection, id: id), name: record["raw"]?["name"]?.string,
            readers: .members(members))
    }
}
