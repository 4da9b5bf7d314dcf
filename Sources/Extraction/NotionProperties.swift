import JSON

extension NotionReader {
    /// The properties of a row of a database ("Page properties"), each a line `Name: value`; those without a value are left out.
    /// The title is the first.
    mutating func properties(_ properties: JSON?) {
        let all = properties?.members ?? []
        let isTitle = { (property: JSON) in property["type"]?.string == "title" }
        for property in all.filter({ isTitle($0.value) }) + all.filter({ !isTitle($0.value) }) where out.enter() {
            defer { out.leave() }
            let value = text(of: property.value)
            if !value.isEmpty { out.line("\(property.name.string ?? ""): \(value)") }
        }
        out.page.block(2)
    }

    /// What a property says, or an element of a rollup.
    private func text(of property: JSON, depth: Int = 0) -> String {
        guard depth < 4, let type = property["type"]?.string, let value = property[name: type] else { return "" }
        switch type {
        case "title", "rich_text": return plain(value)
        case "select", "status": return value["name"]?.string ?? ""
        case "multi_select", "people", "files", "relation": return list(value.elements.map(named))
        case "date": return date(value)
        case "checkbox", "boolean": return value.bool.map { $0 ? "yes" : "no" } ?? ""
        case "formula": return text(of: value, depth: depth + 1)
        case "rollup":
            if value["type"]?.string != "array" { return text(of: value, depth: depth + 1) }
            return list((value["array"]?.elements ?? []).map { text(of: $0, depth: depth + 1) })
        case "created_by", "last_edited_by": return named(value)
        case "unique_id":
            let number = value["number"].map(scalar) ?? ""
            return value["prefix"]?.string.map { "\($0)-\(number)" } ?? number
        case "verification": return value["state"]?.string ?? ""
        default: return scalar(value)  // number, string, url, email, phone_number, created_time, last_edited_time
        }
    }

    private func scalar(_ value: JSON) -> String {
        switch value.kind {
        case .string: value.string ?? ""
        case .number: value.raw.text
        case .bool, .null, .array, .object: ""
        }
    }
    /// A person, choice, file or page: by its name, or its id.
    private func named(_ value: JSON) -> String { value["name"]?.string ?? value["id"]?.string ?? "" }
    private func list(_ values: [String]) -> String { values.filter { !$0.isEmpty }.joined(separator: ", ") }
    private func date(_ value: JSON) -> String {
        guard let start = value["start"]?.string else { return "" }
        return value["end"]?.string.map { "\(start) – \($0)" } ?? start
    }
}
