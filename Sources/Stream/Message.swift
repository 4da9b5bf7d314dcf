import JSON
import System

/// A message of the Singer specification, seen in the line that holds it.
///
/// A line is one JSON object; its `type` says which message it is, in capitals (small letters are accepted):
///
///     {"type":"SCHEMA","stream":"documents","schema":{…},"key_properties":["semantic_id"]}
///     {"type":"RECORD","stream":"documents","record":{…},"time_extracted":"2026-01-02T03:04:05Z"}
///     {"type":"STATE","value":{…}}
///
/// What a stage does not need stays as it stands in `line`, and is passed on byte for byte.
public struct Message {
    public enum Kind: Sendable {
        case schema, record, state
        /// A type that this program does not know; it is passed on.
        case other
    }
    public let kind: Kind
    /// The object.
    public let json: JSON
    /// The line, as it came.
    public let line: ByteSlice
    /// Where in the line the type stands in small letters, if it does.
    let smallType: Range<Int>?

    /// - Throws: `JSONError` where the line is not JSON, `MessageError` where it is no message.
    public init(_ line: ByteSlice, with parser: inout JSONParser) throws {
        let json = try parser.parse(line)
        guard json.isObject else { throw MessageError.notAnObject }
        guard let type = json["type"], type.kind == .string else { throw MessageError.noType }
        self.line = line
        self.json = json
        if type.equals("RECORD") || type.equals("record") {
            kind = .record
            guard json["stream"]?.kind == .string else { throw MessageError.noStream }
            guard json["record"]?.isObject == true else { throw MessageError.noRecord }
        } else if type.equals("STATE") || type.equals("state") {
            kind = .state
            guard json["value"] != nil else { throw MessageError.noValue }
        } else if type.equals("SCHEMA") || type.equals("schema") {
            kind = .schema
            guard json["stream"]?.kind == .string else { throw MessageError.noStream }
        } else {
            kind = .other
        }
        let isSmall = kind != .other && type.insideOfString[0] >= UInt8(ascii: "a")
        smallType = isSmall ? type.range : nil
    }

    /// The stream's name; empty for a message of none.
    public var stream: String { json["stream"]?.string ?? "" }
    /// What a RECORD holds. `Message.init` has checked that it is an object.
    public var record: JSON { json["record"] ?? json }
    public var timeExtracted: Timestamp? { json["time_extracted"]?.string.flatMap { Timestamp($0) } }
}

/// Why an object is no message.
public enum MessageError: Error, Sendable, CustomStringConvertible {
    case notAnObject, noType, noStream, noRecord, noValue
    public var description: String {
        switch self {
        case .notAnObject: "not an object"
        case .noType: "no message: it has no type"
        case .noStream: "no message: it names no stream"
        case .noRecord: "a RECORD without a record"
        case .noValue: "a STATE without a value"
        }
    }
}
