import System

/// A PostgreSQL database and a schema in it, as the operand of `sink` names them.
///
///     postgres:host=db.example.com dbname=docs schema=sluice
///     postgresql://ann@db.example.com/docs?schema=sluice
///     postgres:service=docs
///
/// All is libpq's ("Connection Strings"), and what is not named comes from its environment (`PGHOST`, `PGSERVICEFILE`, …), but for
/// `schema`, which is ours: `sluice` unless told.
public struct DatabaseName: Equatable, Sendable {
    /// What libpq reads.
    let connection: String
    let schema: String

    /// Takes `schema` out of a connection string or URI.
    public init(_ text: String) {
        let isURI = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        (connection, schema) = isURI ? DatabaseName.uri(text) : DatabaseName.settings(text)
    }

    /// - Throws: `Failure` for what libpq can't read, and for a password: every user of the machine can read the arguments of a program.
    func check() throws {
        let settings = try connectionSettings(connection)
        guard settings["password"] == nil, settings["sslpassword"] == nil else {
            throw Failure(
                .usage, "a password in an argument can be read by everybody on this machine",
                "leave it out, and give it by --password-fd, PGPASSWORD, PGPASSFILE or a service file")
        }
        guard !schema.isEmpty, !schema.utf8.contains(0), schema.utf8.count < 64, !schema.hasPrefix("pg_") else {
            throw Failure(.usage, "'\(schema)' can't be the name of a schema", "give another one, as in schema=sluice")
        }
    }

    private static func uri(_ text: String) -> (String, String) {
        guard let mark = text.firstIndex(of: "?") else { return (text, "sluice") }
        let all = text[text.index(after: mark)...].split(separator: "&")
        let rest = all.filter { !$0.hasPrefix("schema=") }.joined(separator: "&")
        let schema = all.last { $0.hasPrefix("schema=") }.map { String($0.dropFirst(7)) }
        return (String(text[..<mark]) + (rest.isEmpty ? "" : "?" + rest), schema ?? "sluice")
    }

    /// Words are parted by blanks; `'` quotes blanks, and `\` the character after it.
    private static func settings(_ text: String) -> (String, String) {
        var words: [(raw: String, plain: String)] = []
        var word = (raw: "", plain: "")
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if character.isWhitespace && !isQuoted && !isEscaped {
                if !word.raw.isEmpty { words.append(word) }
                word = ("", "")
                continue
            }
            word.raw.append(character)
            if !isEscaped && character == "\\" {
                isEscaped = true
            } else if !isEscaped && character == "'" {
                isQuoted.toggle()
            } else {
                word.plain.append(character)
                isEscaped = false
            }
        }
        if !word.raw.isEmpty { words.append(word) }
        let schema = words.last { $0.plain.hasPrefix("schema=") }.map { String($0.plain.dropFirst(7)) }
        let rest = words.filter { !$0.plain.hasPrefix("schema=") }.map(\.raw).joined(separator: " ")
        return (rest, schema ?? "sluice")
    }
}
