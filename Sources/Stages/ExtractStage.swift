import Connector
import Connectors
import Documents
import Extraction
import JSON
import Stream

/// Items become documents; what was only listed becomes `seen`; what is gone becomes a tombstone. An item that was asked for
/// its access alone is passed on: `perms` makes `permissions` of it.
public struct ExtractStage: Stage {
    private let extractor = TextExtractor()
    private var kinds: [String: any Connector.Type] = [:]
    private var schemas: [String: ByteSlice] = [:]

    public init() {
        for connector in Sources.all {
            for kind in connector.about.kinds { kinds["\(connector.about.source)_\(kind)"] = connector }
        }
    }

    /// The streams of items end here, so that nobody downstream makes a table of them.
    public mutating func schema(_ message: Message, to output: StageOutput) throws {
        if kinds[message.stream] != nil {
            schemas[message.stream] = ByteSlice(message.line.array)
        } else {
            try output.pass(message)
        }
    }

    public mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition {
        guard let connector = kinds[message.stream] else {
            try output.pass(message)
            return .passed
        }
        let item = Item(message.record)
        guard let semanticID = item.semanticID else { return .rejected("an item without an id") }
        let time = message.json["time_extracted"]
        if let deleted = item.deletedAt, item.raw == nil {
            try output.write(.documents, time: time) { w in
                w.member("id", item.id)
                w.member("semantic_id", semanticID)
                w.member("content", String?.none)
                w.key("metadata")
                w.object { w in
                    w.member("source", item.source)
                    w.member("source_id", item.id)
                    w.member("partition", item.partition)
                }
                w.member("_sdc_deleted_at", deleted)
            }
            return .passed
        }
        if item.isAccessOnly {
            if let schema = schemas.removeValue(forKey: message.stream) { try output.announce(message.stream, schema) }
            try output.pass(message)
            return .passed
        }
        guard let document = connector.document(item) else { return .rejected("an item without what the service said") }
        if item.isIDsOnly {
            try output.write(.seen, time: time) { w in
                w.member("semantic_id", semanticID)
                w.member("partition", item.partition)
                w.member("updated_at", document.updatedAt)
            }
            return .passed
        }
        let (text, extraction) = read(item, document)
        try output.announce(
            StandardStream.documents.rawValue, StandardStream.documents.schema(withAccess: true))
        try output.write(.documents, time: time) { w in
            w.member("id", item.id)
            w.member("semantic_id", semanticID)
            w.member("content", text)
            w.key("metadata")
            w.object { w in metadata(item, document, extraction, to: &w) }
            w.key("access")
            access(item, connector.accessFields, to: &w)
        }
        return .passed
    }

    private func read(_ item: Item, _ document: Document) -> (String?, Extraction) {
        if let text = document.text {
            return extractor.text(of: ItemContent(mediaType: "text/plain", body: .text(text)), name: document.title)
        }
        guard let content = item.content else {
            return (nil, Extraction(format: "none", status: .skipped, reason: "no_content"))
        }
        return extractor.text(of: content, name: document.title)
    }

    private func metadata(_ item: Item, _ document: Document, _ extraction: Extraction, to w: inout JSONWriter) {
        w.member("source", item.source)
        w.member("source_id", item.id)
        w.member("title", document.title?.withoutNull)
        w.member("created_at", document.createdAt)
        w.member("updated_at", document.updatedAt)
        w.member("author", document.author?.withoutNull)
        w.member("url", document.url?.withoutNull)
        w.member("partition", item.partition)
        w.member("permissions", [String]())
        if let type = document.mediaType { w.member("media_type", type) }
        if let container = document.container { w.member("container", container) }
        if let parent = document.parent { w.member("parent", parent) }
        if let parts = document.parts { w.member("parts", parts) }
        w.key("extraction")
        w.object { w in
            w.member("format", extraction.format)
            w.member("status", extraction.status.rawValue)
            w.member("reason", extraction.reason)
        }
    }

    /// What the service said of access: the item's own, and the fields of `raw` that the connector names.
    private func access(_ item: Item, _ fields: [String], to w: inout JSONWriter) {
        w.object { w in
            var named: Set<String> = []
            for (name, value) in item.access?.members ?? [] {
                guard let name = name.string, named.insert(name).inserted else { continue }
                w.member(name, value)
            }
            for field in fields where !named.contains(field) {
                if let value = item.raw?[name: field] { w.member(field, value) }
            }
        }
    }
}

extension String {
    /// Without U+0000, which some databases refuse.
    fileprivate var withoutNull: String {
        unicodeScalars.contains("\0") ? String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" })) : self
    }
}
