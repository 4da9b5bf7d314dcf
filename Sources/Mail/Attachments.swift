/// A file that came with a mail.
package struct Attachment: Sendable {
    /// Counted from 1, in the order of the parts.
    package let index: Int
    package let name: String?
    package let entity: Entity

    package var mediaType: String { entity.mediaType }
    package var mediaTypeWithCharset: String {
        entity.charset.map { "\(mediaType); charset=\($0.filter { $0 != ";" })" } ?? mediaType
    }
    /// Decoded anew at each call.
    package var bytes: [UInt8] { entity.bytes }
}

/// The attachments of a mail, those of the mails inside it among them. At most 10,000, as a mail has parts.
package func attachments(of mail: [UInt8]) -> [Attachment] { Entity(mail).attachments }

extension Entity {
    package var attachments: [Attachment] {
        var all: [Attachment] = []
        collectFiles(of: self, into: &all)
        return all
    }

    private func collectFiles(of mail: Entity, into all: inout [Attachment]) {
        if !mail.isBodyAsRoot { mail.collect(into: &all, isRelated: false) }
    }

    private func collect(into all: inout [Attachment], isRelated: Bool) {
        switch content {
        case .multipart(let parts):
            for part in parts { part.collect(into: &all, isRelated: mediaType == "multipart/related") }
        case .message(let mail): collectFiles(of: mail, into: &all)
        case .leaf:
            // The pictures of a page, and what only proves or wraps another part.
            let isPicture = isRelated && dispositionName != "attachment" && mediaType.hasPrefix("image/")
            if isAttachment && !isPicture && !isMachinery {
                all.append(Attachment(index: all.count + 1, name: fileName, entity: self))
            }
        }
    }

    /// The text that is all of a mail, whatever it is called.
    package var isBodyAsRoot: Bool {
        guard case .leaf = content else { return false }
        return mediaType.hasPrefix("text/")
    }

    /// It is a file of its own, and not something to be read in its place.
    package var isAttachment: Bool {
        guard case .leaf = content else { return false }
        if dispositionName == "attachment" { return true }
        if Entity.reports.contains(mediaType) { return false }
        if !mediaType.hasPrefix("text/") { return true }
        return fileName != nil && !(dispositionName == "inline" || mediaType == "text/calendar")
    }

    /// What a mail server tells of a mail, in fields (RFC 3464, RFC 8098, RFC 5965).
    package static let reports: Set<String> = [
        "message/delivery-status", "message/disposition-notification", "message/feedback-report",
        "message/global-delivery-status",
    ]
    private var isMachinery: Bool {
        [
            "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
            "application/pgp-encrypted", "application/pgp-keys",
        ].contains(mediaType)
    }

    /// All of it is written for a key that we don't have.
    package var isEncrypted: Bool {
        mediaType == "multipart/encrypted"
            || mediaType.hasSuffix("/pkcs7-mime") && parameter("smime-type")?.lowercased() != "signed-data"
            || mediaType.hasSuffix("/x-pkcs7-mime") && parameter("smime-type")?.lowercased() != "signed-data"
    }
}
