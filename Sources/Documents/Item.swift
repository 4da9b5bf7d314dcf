import JSON
import System

/// All that one document needs, as the service said it: a record of a stream `<source>_<kind>`.
///
///     {"id":"1AbC","source":"google_drive","connection":"google_drive","kind":"file","partition":"drive:0A…",
///      "raw":{…},"parts":{…},"content":{…},"access":{…},"ids_only":true,"access_only":true}
public struct Item {
    public let json: JSON
    public init(_ json: JSON) { self.json = json }

    public var id: String? { json["id"]?.string }
    public var source: String? { json["source"]?.string }
    public var connection: String? { json["connection"]?.string ?? source }
    public var partition: String? { json["partition"]?.string }
    /// The main answer of the service.
    public var raw: JSON? { json["raw"] }
    /// What other calls told.
    public var parts: JSON? { json["parts"] }
    /// Entries of access that `raw` does not hold.
    public var access: JSON? { json["access"] }
    /// It was listed, and no more.
    public var isIDsOnly: Bool { json["ids_only"]?.bool ?? false }
    /// No content was asked for.
    public var isAccessOnly: Bool { json["access_only"]?.bool ?? false }
    /// When it went, for an item that is gone.
    public var deletedAt: String? { json["_sdc_deleted_at"]?.string }

    /// The content that came with it.
    public var content: ItemContent? {
        guard let json = json["content"], json.isObject else { return nil }
        let type = json["media_type"]?.string
        if let text = json["text"]?.string { return ItemContent(mediaType: type, body: .text(text)) }
        if let coded = json["base64"]?.string {
            return ItemContent(mediaType: type, body: Base64.decode(coded).map { .bytes($0) } ?? .absent("damaged"))
        }
        return ItemContent(mediaType: type, body: .absent(json["absent"]?.string ?? "absent"))
    }

    /// The id as it stands in a `semantic_id`: `<connection>:<id>`.
    public var semanticID: String? {
        guard let connection, let id else { return nil }
        return "\(connection):\(id)"
    }
}

/// The content of an item: `{"media_type":"text/plain","text":"…"}`, `{"media_type":"application/pdf","base64":"…"}`, or
/// `{"media_type":"application/pdf","absent":"too_large"}` where it was left out, and why.
public struct ItemContent: Sendable {
    public enum Body: Sendable {
        case text(String)
        case bytes([UInt8])
        /// The reason for which there is none.
        case absent(String)
    }
    /// As the service said it, parameters included.
    public var mediaType: String?
    public var body: Body

    public init(mediaType: String?, body: Body) {
        self.mediaType = mediaType
        self.body = body
    }

    /// Content as it came over HTTP: kept as text where the type is one of text and the bytes are UTF-8.
    public init(mediaType: String?, received bytes: ByteSlice) {
        self.mediaType = mediaType
        let type = mediaType?.lowercased() ?? ""
        let isText = type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasPrefix("application/xml")
        let declaresOther = type.contains("charset=") && !type.contains("utf-8") && !type.contains("us-ascii")
        if isText, !declaresOther, let text = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) {
            body = .text(text)
        } else {
            body = .bytes(bytes.array)
        }
    }

    public func write(to w: inout JSONWriter) {
        w.object { w in
            w.member("media_type", mediaType)
            switch body {
            case .text(let text): w.member("text", text)
            case .bytes(let bytes): w.member("base64", Base64.encode(bytes))
            case .absent(let reason): w.member("absent", reason)
            }
        }
    }
}
