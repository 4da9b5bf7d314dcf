import JSON

/// What a connector makes of an item: the fields of a document. `extract` adds the text.
///
/// What is unknown is nil, never made up.
public struct Document: Sendable {
    public var title: String?
    /// RFC 3339 in UTC.
    public var createdAt: String?
    public var updatedAt: String?
    /// An address where the service tells one.
    public var author: String?
    public var url: String?
    public var container: String?
    public var mediaType: String?
    /// The `semantic_id` of what this is attached to.
    public var parent: String?
    /// The `semantic_id`s of what is attached to this.
    public var parts: [String]?
    /// Text that the connector composes; nil where the item's `content` is to be read.
    public var text: String?

    public init(
        title: String?, createdAt: String?, updatedAt: String?, author: String?, url: String?,
        container: String? = nil, mediaType: String? = nil, parent: String? = nil, parts: [String]? = nil,
        text: String? = nil
    ) {
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.author = author
        self.url = url
        self.container = container
        self.mediaType = mediaType
        self.parent = parent
        self.parts = parts
        self.text = text
    }
}

/// What became of an item's content: `{"format":"pdf","status":"ok","reason":null}` in `metadata.extraction`.
public struct Extraction: Sendable, Equatable {
    public enum Status: String, Sendable {
        case ok, partial
        /// There was nothing to read, or it is not read on purpose.
        case skipped
        /// It could not be read. The same bytes fail again, so it is no debt.
        case failed
    }
    public var format: String
    public var status: Status
    public var reason: String?

    public init(format: String, status: Status, reason: String? = nil) {
        self.format = format
        self.status = status
        self.reason = reason
    }
}
