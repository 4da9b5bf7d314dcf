/// A mail, or a part of one (RFC 2045, section 2.4): a header and a body, which may hold others.
///
/// Nothing is decoded or copied before it is asked for. Whatever the bytes are, reading ends: with bounds on depth and number.
package struct Entity: Sendable {
    package let header: Header
    /// `text/plain`, in small letters.
    package private(set) var mediaType: String
    package let content: Content
    private let type: ParameterizedValue
    private let disposition: ParameterizedValue?

    package indirect enum Content: Sendable {
        /// In its transfer encoding.
        case leaf(ArraySlice<UInt8>)
        case multipart([Entity])
        case message(Entity)
    }

    /// A bound was met, and what is behind it is in the text of its place.
    package let isCut: Bool

    static let deepest = 30
    static let mostEntities = 10_000

    /// Reads a whole mail.
    package init(_ mail: [UInt8]) {
        var budget = Entity.mostEntities
        self.init(mail[...], depth: 0, budget: &budget)
    }

    init(_ bytes: ArraySlice<UInt8>, depth: Int, budget: inout Int, defaultType: String = "text/plain") {
        var body = bytes
        header = Header(takenFrom: &body, isWhole: depth == 0)
        let declared = header.parameterized("content-type")
        type = declared ?? ParameterizedValue([])
        disposition = header.parameterized("content-disposition")
        // What is no type and subtype says nothing (RFC 2045, section 5.2).
        let isType = type.value.split(separator: "/", omittingEmptySubsequences: false).count == 2
        mediaType = isType ? type.value : declared == nil ? defaultType : "text/plain"
        budget -= 1

        let isDeep = depth >= Entity.deepest
        if mediaType.hasPrefix("multipart/") {
            let parts = isDeep ? [] : split(body, at: boundary(type), most: budget)
            if parts.isEmpty {
                // Without a boundary the body is what it looks like.
                content = .leaf(body)
                mediaType = "text/plain"
                isCut = isDeep
            } else {
                let inner = mediaType == "multipart/digest" ? "message/rfc822" : "text/plain"
                var children: [Entity] = []
                for part in parts where budget > 0 {
                    children.append(Entity(part, depth: depth + 1, budget: &budget, defaultType: inner))
                }
                content = .multipart(children)
                isCut = budget <= 0 || children.contains { $0.isCut }
            }
        } else if ["message/rfc822", "message/global", "text/rfc822-headers"].contains(mediaType), budget > 0, !isDeep {
            let encoding = TransferEncoding(header.transferEncoding)
            let inner = encoding == .identity ? body : encoding.decode(body)[...]
            let message = Entity(inner, depth: depth + 1, budget: &budget)
            content = .message(message)
            isCut = message.isCut
        } else {
            content = .leaf(body)
            isCut = isDeep && mediaType.hasPrefix("message/")
        }
    }

    /// A parameter of Content-Type.
    package func parameter(_ name: String) -> String? { type[name] }

    package var charset: String? { type["charset"]?.lowercased() }

    /// The bytes of a leaf, out of their transfer encoding; empty for what holds others.
    package var bytes: [UInt8] {
        guard case .leaf(let body) = content else { return [] }
        return TransferEncoding(header.transferEncoding).decode(body)
    }

    /// `inline`, `attachment`, or what else the sender said, in small letters.
    package var dispositionName: String? { disposition?.value }

    /// The file's name, without folders and control characters. Nil where there is none.
    package var fileName: String? {
        guard let whole = disposition?["filename"] ?? type["name"] else { return nil }
        let name = whole.unicodeScalars.split { $0 == "/" || $0 == "\\" }.last ?? [][...]
        let visible = name.filter { $0.value >= 0x20 && $0.value != 0x7F }
        let text = String(String.UnicodeScalarView(visible.prefix(255)))
        return text.isEmpty ? nil : text
    }
}

extension Header {
    /// In small letters, without a comment after it.
    var transferEncoding: String { parameterized("content-transfer-encoding")?.value ?? "" }
}

/// RFC 2046, section 5.1.1.
private func boundary(_ type: ParameterizedValue) -> [UInt8]? {
    guard let boundary = type["boundary"], !boundary.isEmpty, boundary.utf8.count <= 1000 else { return nil }
    return Array(boundary.utf8)
}

/// The parts of a multipart body, without what stands before the first and after the last. One that is never closed ends with
/// the body; one that is closed, and goes on all the same, goes on.
private func split(_ body: ArraySlice<UInt8>, at boundary: [UInt8]?, most: Int) -> [ArraySlice<UInt8>] {
    guard let boundary else { return [] }
    var parts: [ArraySlice<UInt8>] = []
    var start: Int?
    var rest = body
    func close(before line: Int) {
        guard let begin = start else { return }
        var end = line
        // The end of line before a boundary belongs to it.
        if end > begin, body[end - 1] == 0x0A { end -= 1 }
        if end > begin, body[end - 1] == 0x0D { end -= 1 }
        parts.append(body[begin..<end])
        start = nil
    }
    while !rest.isEmpty, parts.count <= most {
        let (line, after) = rest.firstLine
        if let isLast = isDelimiter(line, boundary) {
            close(before: line.startIndex)
            start = isLast ? nil : after.startIndex
        }
        rest = after
    }
    if start.map({ $0 < body.endIndex }) == true { close(before: body.endIndex) }
    return parts
}

/// Nil for a line that is none; true for the one that closes.
private func isDelimiter(_ line: ArraySlice<UInt8>, _ boundary: [UInt8]) -> Bool? {
    guard line.first == UInt8(ascii: "-"), line.dropFirst().first == UInt8(ascii: "-"),
        line.dropFirst(2).starts(with: boundary)
    else { return nil }
    let rest = line.dropFirst(2 + boundary.count)
    if rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return false }
    return rest.starts(with: "--".utf8) && rest.dropFirst(2).allSatisfy { $0 == 0x20 || $0 == 0x09 } ? true : nil
}
