import JSON

/// The streams whose records are ours, with their schemas. Every other stream is an item's (`<source>_<kind>`), a source's
/// groups (`<source>_group`), or somebody else's.
public enum StandardStream: String, Sendable, CaseIterable {
    /// One document, completed by `perms`.
    case documents
    /// A normalised group.
    case groups
    /// Who may read a document whose content is not sent.
    case permissions
    /// A document is there; its content is not sent.
    case seen
    /// A debt: what could not be read, and is tried again.
    case failures

    /// The name of the property that identifies a record.
    public var key: String { self == .groups ? "id" : "semantic_id" }

    /// The line that announces the stream: simple types only, every one of them nullable, the key aside.
    ///
    /// - Parameter withAccess: `documents` between `extract` and `perms` carries what the service said of access.
    public func schema(withAccess: Bool = false) -> ByteSlice {
        var w = JSONWriter()
        w.object { w in
            w.member("type", "SCHEMA")
            w.member("stream", rawValue)
            w.key("schema")
            w.schema(of: withAccess ? properties + [.init("access", "object")] : properties, key: key)
            w.member("key_properties", [key])
        }
        return w.slice
    }

    private var properties: [SchemaProperty] {
        switch self {
        case .documents:
            [
                .init("id", "string"), .init("semantic_id", "string"), .init("content", "string"),
                .init(
                    "metadata", "object",
                    [
                        .init("source", "string"), .init("source_id", "string"), .init("title", "string"),
                        .init("created_at", "string"), .init("updated_at", "string"), .init("author", "string"),
                        .init("url", "string"), .init("partition", "string"), .init("permissions", list: "string"),
                        .init("media_type", "string"), .init("container", "string"), .init("parent", "string"),
                        .init("parts", list: "string"), .init("extraction", "object"),
                        .init("copy_of", "string"), .init("near_copy_of", "string"), .init("similarity", "number"),
                    ]),
                .init("_sdc_deleted_at", "string"),
            ]
        case .groups:
            [
                .init("id", "string"), .init("source", "string"), .init("partition", "string"),
                .init("name", "string"), .init("members", list: "string"), .init("all", list: "string"),
                .init("_sdc_deleted_at", "string"),
            ]
        case .permissions:
            [
                .init("semantic_id", "string"), .init("partition", "string"), .init("updated_at", "string"),
                .init("permissions", list: "string"),
            ]
        case .seen:
            [.init("semantic_id", "string"), .init("partition", "string"), .init("updated_at", "string")]
        case .failures:
            [
                .init("semantic_id", "string"), .init("partition", "string"), .init("stage", "string"),
                .init("reason", "string"), .init("attempts", "integer"),
            ]
        }
    }
}

/// A property of a schema: nullable, of one simple type.
public struct SchemaProperty: Sendable {
    let name: String
    let type: String
    let element: String?
    let properties: [SchemaProperty]

    public init(_ name: String, _ type: String, _ properties: [SchemaProperty] = []) {
        self.name = name
        self.type = type
        self.element = nil
        self.properties = properties
    }
    /// A list of values of one simple type.
    public init(_ name: String, list element: String) {
        self.name = name
        self.type = "array"
        self.element = element
        self.properties = []
    }
}

extension JSONWriter {
    /// A JSON Schema of an object.
    public mutating func schema(of properties: [SchemaProperty], key: String? = nil) {
        object { w in
            w.member("type", key == nil ? ["object", "null"] : ["object"])
            w.key("properties")
            w.object { w in
                for p in properties {
                    w.key(p.name)
                    if p.properties.isEmpty {
                        w.object { w in
                            w.member("type", p.name == key ? [p.type] : [p.type, "null"])
                            if let element = p.element {
                                w.key("items")
                                w.object { $0.member("type", [element, "null"]) }
                            }
                        }
                    } else {
                        w.schema(of: p.properties)
                    }
                }
            }
        }
    }
}
