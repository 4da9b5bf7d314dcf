import Connector
import Connectors
import Documents
import Extraction
import JSON
import Mail
import Stream

/// Items become documents; what was only listed becomes `seen`; what is gone becomes a tombstone. An item that was asked for
/// its access alone is passed on: `perms` makes `permissions` of it.
///
/// An item whose content is a mail makes a document of each attachment, too, whose id is the mail's, `#`, and a number. It counts as
/// one record that came in and one that went out, whatever hangs on it.
public struct ExtractStage: Stage {
    private let extractor: TextExtractor
    /// What was begun of each record that comes next, in order; nil where nothing was.
    private var begun: [Begun?] = []
    private var kinds: [String: any Connector.Type] = [:]
    private var schemas: [String: ByteSlice] = [:]

    /// A document whose text is being read.
    private struct Begun {
        let document: Document
        /// Nil where there is no content to read.
        let reading: TextExtractor.Reading?
        var attachments: [(file: Attachment, reading: TextExtractor.Reading)] = []
    }

    /// Attachments of one mail that become documents.
    private static let mostAttachments = 1000

    public init(_ extractor: TextExtractor) {
        self.extractor = extractor
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

    public var lookahead: Int { extractor.lookahead }

    public mutating func prepare(_ message: Message) { begun.append(begin(message)) }

    private func begin(_ message: Message) -> Begun? {
        let item = Item(message.record)
        guard let connector = kinds[message.stream], !item.isAccessOnly, !item.isIDsOnly, item.semanticID != nil,
            item.deletedAt == nil || item.raw != nil, let document = connector.document(item)
        else { return nil }
        return begin(item, document)
    }

    private func begin(_ item: Item, _ document: Document) -> Begun {
        let content = document.text.map { ItemContent(mediaType: "text/plain", body: .text($0)) } ?? item.content
        guard let content else { return Begun(document: document, reading: nil) }
        let reading = extractor.begin(content, name: document.title)
        var begun = Begun(document: document, reading: reading)
        if reading.isMail {
            begun.attachments = attachments(of: content.bytes).prefix(Self.mostAttachments).map { file in
                let content = ItemContent(mediaType: file.mediaTypeWithCharset, body: .bytes(file.bytes))
                return (file, extractor.begin(content, name: file.name))
            }
        }
        return begun
    }

    public mutating func record(_ message: Message, to output: StageOutput) throws -> Disposition {
        let begun = begun.isEmpty ? nil : begun.removeFirst()
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
        guard let document = begun?.document ?? connector.document(item) else {
            return .rejected("an item without what the service said")
        }
        if item.isIDsOnly {
            try output.write(.seen, time: time) { w in
                w.member("semantic_id", semanticID)
                w.member("partition", item.partition)
                w.member("updated_at", document.updatedAt)
            }
            return .passed
        }
        let all = begun ?? begin(item, document)
        func write(_ document: Document, _ suffix: String, _ reading: TextExtractor.Reading?) throws {
            let (text, extraction) =
                reading.map { extractor.finish($0) }
                ?? (nil, Extraction(format: "none", status: .skipped, reason: "no_content"))
            let id = item.id.map { $0 + suffix }
            try output.announce(
                StandardStream.documents.rawValue, StandardStream.documents.schema(withAccess: true))
            try output.write(.documents, time: time) { w in
                w.member("id", id)
                w.member("semantic_id", semanticID + suffix)
                w.member("content", text)
                w.key("metadata")
                w.object { w in metadata(item, id, document, extraction, to: &w) }
                w.key("access")
                access(item, connector.accessFields, to: &w)
            }
        }
        var parent = all.document
        if !all.attachments.isEmpty {
            parent.parts = (parent.parts ?? []) + all.attachments.map { "\(semanticID)#\($0.file.index)" }
        }
        try write(parent, "", all.reading)
        for (file, reading) in all.attachments {
            var part = document
            part.title = file.name
            part.mediaType = file.mediaType
            part.parent = semanticID
            part.parts = nil
            try write(part, "#\(file.index)", reading)
        }
        return .passed
    }

    private func metadata(
        _ item: Item, _ id: String?, _ document: Document, _ extraction: Extraction, to w: inout JSONWriter
    ) {
        w.member("source", item.source)
        w.member("source_id", id)
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

extension ItemContent {
    /// What there is of it, none where it was left out.
    fileprivate var bytes: [UInt8] {
        switch body {
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .absent: []
        }
    }
}

extension String {
    /// Without U+0000, which some databases refuse.
    fileprivate var withoutNull: String {
        unicodeScalars.contains("\0") ? String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" })) : self
    }
}
