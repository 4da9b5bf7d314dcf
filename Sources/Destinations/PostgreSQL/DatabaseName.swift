import System

/// A PostgreSQL database and a schema in it, as the operand of `sink` names them.
///
///     postgres:host=db.example.com dbname=docs schema=sluice
///     postgresql://ann@db.example.com/docs?schema=sluice
///     postgres:service=docs
///
/// All is libpq's ("Connection Strings"), and what is not named comes from its environment (`PGHOST`, `PGSERVICEFILE`, …), but for what
/// is ours: `schema`, which is `sluice` unless told, and `search`, whether full text search is kept (`on`) or not (`off`); a database
/// stays with what it was last told.
public struct DatabaseName: Equatable, Sendable {
    /// What libpq reads.
    let connection: String
    let schema: String
    let search: String?

    /// Takes our settings out of a connection string or URI.
    public init(_ text: String) {
        let isURI = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        let words = isURI ? DatabaseName.query(of: text) : DatabaseName.settings(in: text)
        func told(_ name: String) -> String? {
            words.last { $0.plain.hasPrefix(name + "=") }.map { String($0.plain.dropFirst(name.count + 1)) }
        }
        schema = told("schema") ?? "sluice"
        search = told("search")
        let rest = words.filter { !$0.plain.hasPrefix("schema=") && !$0.plain.hasPrefix("search=") }.map(\.raw)
        if isURI {
            let query = rest.joined(separator: "&")
            connection = text.prefix { $0 != "?" } + (query.isEmpty ? "" : "?" + query)
        } else {
            connection = rest.joined(separator: " ")
        }
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
        guard ["on", "off", nil].contains(search) else {
            throw Failure(.usage, "search can't be '\(search ?? "")'", "give search=on or search=off")
        }
    }

    private static func query(of text: String) -> [(raw: String, plain: String)] {
        guard let mark = text.firstIndex(of: "?") else { return [] }
        return text[text.index(after: mark)...].split(separator: "&").map { (String($0), String($0)) }
    }

    /// Words are parted by blanks; `'` quotes blanks, and `\` the character after it.
    private static func settings(in text: String) -> [(raw: String, plain: String)] {
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
        return words
    }
}
