/// The tree of a text in Confluence's storage format: XML without a root and without declarations. Text and the values of
/// attributes are as they stand, references to entities included.
struct StorageTree {
    struct Node {
        /// Empty for text.
        var name = ""
        var attributes: [(name: String, value: Range<Int>)] = []
        var children: [Int] = []
        /// The bytes of text.
        var text = 0..<0
        /// The text stands in a CDATA section, where nothing is a reference.
        var isVerbatim = false
    }

    let bytes: [UInt8]
    /// The first is the root.
    private(set) var nodes = [Node()]

    /// Elements inside one another.
    private static let mostDepth = 200
    private static let mostAttributes = 100

    /// Nil for what is not well formed, and for what is nested too deep.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard parse() else { return nil }
    }

    subscript(node: Int) -> Node { nodes[node] }

    /// The elements in a node that have this name.
    func children(of node: Int, named name: String) -> [Int] {
        nodes[node].children.filter { nodes[$0].name == name }
    }
    func attribute(_ name: String, of node: Int) -> ArraySlice<UInt8>? {
        nodes[node].attributes.first { $0.name == name }.map { bytes[$0.value] }
    }

    private mutating func parse() -> Bool {
        var open = [0]
        var i = 0
        func find(_ end: StaticString, from start: Int) -> Int? {
            end.withUTF8Buffer { end in
                var at = start
                while at + end.count <= bytes.count {
                    if bytes[at] == end[0] && (1..<end.count).allSatisfy({ bytes[at + $0] == end[$0] }) { return at }
                    at += 1
                }
                return nil
            }
        }
        func isAt(_ word: StaticString) -> Bool {
            word.withUTF8Buffer { word in
                i + word.count <= bytes.count && (0..<word.count).allSatisfy { bytes[i + $0] == word[$0] }
            }
        }
        func add(_ node: Node) -> Int {
            nodes.append(node)
            if let parent = open.last { nodes[parent].children.append(nodes.count - 1) }
            return nodes.count - 1
        }
        while i < bytes.count {
            if bytes[i] != UInt8(ascii: "<") {
                let end = bytes[i...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                _ = add(Node(text: i..<end))
                i = end
            } else if isAt("<![CDATA[") {
                guard let end = find("]]>", from: i + 9) else { return false }
                _ = add(Node(text: i + 9..<end, isVerbatim: true))
                i = end + 3
            } else if isAt("<!--") {
                guard let end = find("-->", from: i + 4) else { return false }
                i = end + 3
            } else if isAt("<?") {
                guard let end = find("?>", from: i + 2) else { return false }
                i = end + 2
            } else if isAt("</") {
                guard let end = bytes[i...].firstIndex(of: UInt8(ascii: ">")), let last = open.last, open.count > 1
                else { return false }
                let name = bytes[i + 2..<end].filter { $0 > 0x20 }
                guard name.elementsEqual(nodes[last].name.utf8) else { return false }
                open.removeLast()
                i = end + 1
            } else {
                guard let (node, isEmpty) = element(from: &i) else { return false }
                let added = add(node)
                if !isEmpty { open.append(added) }
                if open.count > Self.mostDepth { return false }
            }
        }
        return open.count == 1
    }

    /// A start tag, from its `<`, which `i` passes.
    private func element(from i: inout Int) -> (Node, isEmpty: Bool)? {
        var at = i + 1
        func skipBlanks() { while at < bytes.count, bytes[at] <= 0x20 { at += 1 } }
        func name() -> String? {
            let start = at
            while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
            return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
        }
        guard let elementName = name() else { return nil }
        var node = Node(name: elementName)
        while true {
            skipBlanks()
            guard at < bytes.count else { return nil }
            if bytes[at] == UInt8(ascii: ">") {
                i = at + 1
                return (node, false)
            }
            if bytes[at] == UInt8(ascii: "/") {
                guard at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: ">") else { return nil }
                i = at + 2
                return (node, true)
            }
            guard let attribute = name(), node.attributes.count < Self.mostAttributes else { return nil }
            skipBlanks()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "=") else { return nil }
            at += 1
            skipBlanks()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'"),
                let end = bytes[(at + 1)...].firstIndex(of: bytes[at])
            else { return nil }
            node.attributes.append((attribute, at + 1..<end))
            at = end + 1
        }
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xFF: true
        case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
