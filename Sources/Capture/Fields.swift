import HTTP
import JSON
import Redaction

/// What a request asks for, and nothing of how it was answered.
struct Asked: Sendable {
    /// Method, host and path, each segment of the path decoded.
    let place: String
    let fields: Fields

    init(_ method: String, _ url: URL, headers: Headers, body: [UInt8]?) {
        let path = url.path.split(separator: "/", omittingEmptySubsequences: false).map { PercentEncoding.decode($0) }
        place = ([method.uppercased(), url.authority] + path).joined(separator: "\u{0}")
        fields = Fields(url, headers: headers, body: body)
    }

    /// - Parameter names: texts that many requests have in common, held once.
    init(_ exchange: Exchange, names: inout Set<String>) {
        let asked = Asked(
            exchange.method, exchange.url, headers: exchange.requestHeaders, body: exchange.requestBody)
        place = names.insert(asked.place).memberAfterInsert
        fields = asked.fields.sharing(&names)
    }
}

/// The fields of a query and of a body, by name, in any order.
///
/// A form has its fields, a JSON object its members (each in a canonical form), any other body is one field. Credentials are
/// left out: they tell who asks.
struct Fields: Sendable {
    /// Sorted by name; the values of a name sorted and joined. Names of the query begin with `?`, those of the body with `&`.
    private(set) var all: [(name: String, value: String)] = []

    init(_ url: URL, headers: Headers, body: [UInt8]?) {
        var values: [String: [String]] = [:]
        func add(_ place: String, _ name: String, _ value: String) {
            if !SecretNames.isCredential(name) { values[place + name, default: []].append(value) }
        }
        for field in url.queryFields { add("?", field.name, field.value) }
        if let body, !body.isEmpty {
            if headers.mediaType == "application/x-www-form-urlencoded" {
                for field in PercentEncoding.fields(of: String(decoding: body, as: UTF8.self)) {
                    add("&", field.name, field.value)
                }
            } else if let json = try? JSON(parsing: body) {
                for (name, value) in json.members { add("&", name.string ?? "", canonical(value)) }
                if !json.isObject { add("&", "", canonical(json)) }
            } else {
                add("&", "", Fields.withoutBoundary(String(decoding: body, as: UTF8.self), headers["content-type"]))
            }
        }
        all = values.map { ($0.key, $0.value.sorted().joined(separator: "\u{0}")) }.sorted { $0.0 < $1.0 }
    }

    /// The boundary of a multipart body is drawn anew each time.
    private static func withoutBoundary(_ body: String, _ type: String?) -> String {
        guard let type, let start = type.firstRange(of: "boundary=") else { return body }
        let boundary = type[start.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        return boundary.isEmpty
            ? body : body.split(separator: boundary, omittingEmptySubsequences: false).joined(separator: "*")
    }

    /// The same fields, each text held once.
    fileprivate func sharing(_ names: inout Set<String>) -> Fields {
        var copy = self
        copy.all = all.map { (names.insert($0.name).memberAfterInsert, names.insert($0.value).memberAfterInsert) }
        return copy
    }

    /// What a name stands before; nil where there is no such field.
    subscript(name: String) -> String? {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < all.count && all[low].name == name ? all[low].value : nil
    }

    /// What the named fields hold, as one text that is equal where they are.
    func signature(_ names: [String]) -> String {
        var w = JSONWriter()
        w.array { w in for name in names { w.string(self[name]) } }
        return w.text
    }

    /// True when the named fields hold the same, a placeholder on either side being equal to anything.
    func matches(_ other: Fields, _ names: [String]) -> Bool {
        names.allSatisfy { name in
            let mine = self[name] ?? ""
            let theirs = other[name] ?? ""
            return mine == theirs || Placeholder.matches(theirs, pattern: mine)
                || Placeholder.matches(mine, pattern: theirs)
        }
    }

    /// True when a value of the named fields holds a placeholder.
    func holdPlaceholder(_ names: [String]) -> Bool {
        names.contains { self[$0].map(Placeholder.occurs) == true }
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
