import Documents
import JSON
import System

extension GoogleDrive {
    public static func document(_ item: Item) -> Document? {
        guard let file = item.raw, file.isObject else { return nil }
        return Document(
            title: file["name"]?.string,
            createdAt: time(file["createdTime"]), updatedAt: time(file["modifiedTime"]),
            author: address(file["owners"]?.elements.first) ?? address(file["lastModifyingUser"]),
            url: file["webViewLink"]?.string,
            container: file["parents"]?.elements.first?.string,
            mediaType: file["mimeType"]?.string)
    }

    private static func time(_ value: JSON?) -> String? {
        value?.string.flatMap { Timestamp($0) }.map(\.description)
    }
    private static func address(_ user: JSON?) -> String? { user?["emailAddress"]?.string?.lowercased() }
}
