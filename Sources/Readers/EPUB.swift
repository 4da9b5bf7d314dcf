import Extraction

/// Books (EPUB 3.3): the chapters in the order of the spine, each as the web page that it is.
func readEPUB(_ input: FormatInput) throws(Unreadable) -> FormatOutput {
    let archive = try Archive(input)
    let container = BookContainer()
    guard archive.contains("META-INF/container.xml") else { throw Unreadable("damaged") }
    _ = try archive.parse("META-INF/container.xml", container)
    guard let path = container.package, archive.contains(path) else { throw Unreadable("damaged") }
    let book = Book(path)
    var shortened = try archive.parse(path, book)
    let locks = BookLocks()
    if archive.contains("META-INF/encryption.xml") { _ = try archive.parse("META-INF/encryption.xml", locks) }
    var out = MarkdownWriter()
    var locked = 0
    for chapter in book.chapters where archive.contains(chapter) {
        if locks.files.contains(chapter.lowercased()) {
            locked += 1
            continue
        }
        let left = input.limits.output - out.utf8.count
        if left <= 0 {
            shortened = shortened ?? "too_large"
            break
        }
        do throws(Unreadable) {
            guard let bytes = try archive.bytes(chapter, limit: 64 << 20) else { continue }
            var page = input
            page.bytes = cleaned(decodeText(bytes, charset: nil)).utf8
            page.limits.output = left
            let read = try readHTML(page)
            out.lines(read.utf8)
            shortened = shortened ?? read.shortened
        } catch {
            // Other chapters may be whole.
            shortened = shortened ?? error.reason
        }
        if ContinuousClock.now >= input.deadline {
            shortened = "time_limit"
            break
        }
    }
    if locked > 0 { shortened = "encrypted" }
    if out.utf8.isEmpty, let shortened { throw Unreadable(shortened) }
    return FormatOutput(utf8: out.utf8, shortened: shortened)
}

private final class BookContainer: XMLReader {
    private(set) var package: String?
    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "container:rootfile" && package == nil {
            package = attributes["full-path"].map { resolve($0, from: "") }
        }
    }
}

/// The package document: what the book consists of, in its order.
private final class Book: XMLReader {
    private let path: String
    private var files: [String: String] = [:]
    private var spine: [String] = []

    init(_ path: String) { self.path = path }

    var chapters: [String] { spine.compactMap { files[$0] } }

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "opf:item":
            guard let id = attributes["id"], let href = attributes["href"] else { return }
            let type = attributes["media-type"] ?? ""
            if type.contains("html") || type.contains("x-oeb1-document") { files[id] = resolve(href, from: path) }
        case "opf:itemref": if let id = attributes["idref"] { spine.append(id) }
        default: break
        }
    }
}

/// The files that rights management has encrypted (EPUB OCF 3.3, section 4.2.6.3.3).
private final class BookLocks: XMLReader {
    private(set) var files: Set<String> = []
    func start(_ name: String, _ attributes: XMLAttributes) {
        if name == "enc:CipherReference", let file = attributes["URI"] {
            files.insert(resolve(file, from: "").lowercased())
        }
    }
}
