import HTTP
import JSON

/// What a request asks for: the fields of its query and of its body, by name, in any order.
///
/// A form has its fields, a JSON object its members (each in a canonical form), any other body is one field. Credentials are
/// left out: they tell who asks.
struct Fields {
    /// The values of a name, sorted. Names of the query begin with `?`, those of the body with `&`.
    private(set) var values: [String: [String]] = [:]

    init(_ url: URL, headers: Headers, body: [UInt8]?) {
        for field in url.queryFields { add("?", field.name, field.value) }
        if let body, !body.isEmpty { read(body, headers) }
        for name in values.keys { values[name]?.sort() }
    }

    private mutating func add(_ place: String, _ name: String, _ value: String) {
        if SecretNames.isCredential(name) { return }
        values[place + name, default: []].append(value)
    }

    private mutating func read(_ body: [UInt8], _ headers: Headers) {
        if headers.mediaType == "application/x-www-form-urlencoded" {
            for field in PercentEncoding.fields(of: String(decoding: body, as: UTF8.self)) {
                add("&", field.name, field.value)
            }
        } else if let json = try? JSON(parsing: body) {
            if json.isObject {
                for (name, value) in json.members { add("&", name.string ?? "", canonical(value)) }
            } else {
                add("&", "", canonical(json))
            }
        } else {
            add("&", "", Fields.withoutBoundary(String(decoding: body, as: UTF8.self), headers["content-type"]))
        }
    }

    /// The boundary of a multipart body is drawn anew each time.
    private static func withoutBoundary(_ body: String, _ type: String?) -> String {
        guard let type, let start = type.firstRange(of: "boundary=") else { return body }
        let boundary = type[start.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        return boundary.isEmpty
            ? body : body.split(separator: boundary, omittingEmptySubsequences: false).joined(separator: "*")
    }

    /// What the named fields hold, as one text that is equal where they are.
    func signature(_ names: [String]) -> String {
        var w = JSONWriter()
        w.array { w in for name in names { w.strings(values[name] ?? []) } }
        return w.text
    }

    /// True when the named fields hold the same, a placeholder on either side being equal to anything.
    func matches(_ other: Fields, _ names: [String]) -> Bool {
        names.allSatisfy { name in
            let mine = (values[name] ?? []).joined(separator: "\n")
            let theirs = (other.values[name] ?? []).joined(separator: "\n")
            return mine == theirs || Placeholder.matches(theirs, pattern: mine)
                || Placeholder.matches(mine, pattern: theirs)
        }
    }

    /// True when a value of the named fields holds a placeholder.
    func holdPlaceholder(_ names: [String]) -> Bool {
        names.contains { values[$0]?.contains(where: Placeholder.occurs) == true }
    }
}

/// A value whose members are sorted, without blanks, every string escaped alike.
private func canonical(_ json: JSON) -> String {
    var w = JSONWriter()
    w.canonical(json)
    return w.text
}

extension JSONWriter {
    fileprivate mutating func canonical(_ json: JSON) {
        switch json.kind {
        case .object:
            object { w in
                for (name, value) in json.members.map({ ($0.name.string ?? "", $0.value) }).sorted(by: { $0.0 < $1.0 })
                {
                    w.key(name)
                    w.canonical(value)
                }
            }
        case .array: array { w in for element in json.elements { w.canonical(element) } }
        case .string: string(json.string)
        default: value(of: json)
        }
    }
}
