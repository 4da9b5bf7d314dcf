/// The text of a document, to which the parts of a reader write in turn: an `HTMLReader` that they share.
final class OfficeText {
    private var reader = HTMLReader()

    /// Bytes of text so far.
    var size: Int { reader.size }

    func start(_ element: HTMLElement?, _ attributes: HTMLAttributes) { reader.start(element, attributes) }
    func end(_ element: HTMLElement?) { reader.end(element) }
    func text(_ bytes: UnsafeBufferPointer<UInt8>) { reader.text(bytes) }
    func text(_ text: String) { reader.text(text) }
    /// Lines that are written as they stand, a block of their own.
    func lines(_ lines: [UInt8]) { reader.lines(lines) }
    func image(_ alt: String) { reader.image(alt) }
    /// - Parameter target: nil for one whose target is not shown.
    func startLink(_ target: String?) { reader.startLink(target) }
    func startItem(marker: String) { reader.startItem(marker: marker) }
    func startCell(isHeader: Bool, span: Int) { reader.startCell(isHeader: isHeader, span: span) }
    /// The whole text, also where the document was left in the middle.
    func finish() -> [UInt8] { reader.finish() }
}
