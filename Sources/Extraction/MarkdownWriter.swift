/// Writes text with the structure that a reader needs: blocks, quotes, lists, marks. Blanks collapse as in HTML, and nothing is
/// written for what turns out empty: a line, a marker or a mark appears with the first character after it.
package struct MarkdownWriter {
    package private(set) var utf8: [UInt8] = []
    private var frames: [Frame] = []
    /// The fewest frames since the last character: what a blank line before the next one is inside of.
    private var lowest = 0
    /// Line feeds that the next character is owed.
    private var owed = 1
    private var owesBlank = false
    /// Marks that the next character is owed.
    private var marks: [String] = []
    /// Where the text after the last mark begins.
    private var markEnd = 0
    /// Inside what must stay one line, such as a heading.
    private var inlineDepth = 0

    /// Frames deeper than this add nothing to a line, so that nesting can't make the text longer than a multiple of itself.
    private static let visibleFrames = 16

    package init() {}

    private struct Frame {
        /// What its first line begins with.
        var first: String
        /// What the others begin with.
        var rest: String
        var isStarted = false
    }

    /// An item or quote is open in which nothing was written: what comes first stands beside its marker.
    private var isAtMarker: Bool { frames.last.map { !$0.isStarted } ?? false }

    /// What follows begins on a line of its own, after `lineFeeds` (1, or 2 for a blank line between).
    package mutating func block(_ lineFeeds: Int) {
        if isAtMarker { return }
        if inlineDepth > 0 { owesBlank = true } else { owed = max(owed, lineFeeds) }
    }

    package mutating func lineBreak() {
        if isAtMarker { return }
        if inlineDepth > 0 { owesBlank = true } else { owed = min(owed + 1, 2) }
    }

    package mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var i = 0
        func flush() {
            guard start < i else { return }
            begin()
            utf8.append(contentsOf: bytes[start..<i])
        }
        while i < bytes.count {
            let byte = bytes[i]
            if byte > 0x20 && byte != 0xC2 {
                i += 1
                continue
            }
            if byte == 0x20, i > start, i + 1 < bytes.count, bytes[i + 1] > 0x20, bytes[i + 1] != 0xC2 {
                i += 2  // one blank between two words stays where it is
                continue
            }
            let next = byte == 0xC2 && i + 1 < bytes.count ? bytes[i + 1] : 0
            if byte <= 0x20 || next == 0xA0 {  // U+00A0: a blank to whoever searches
                flush()
                owesBlank = true
                i += byte <= 0x20 ? 1 : 2
                start = i
            } else if next == 0xAD {  // U+00AD: where a word may be broken
                flush()
                i += 2
                start = i
            } else {
                i += 1
            }
        }
        flush()
    }
    package mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { self.text($0) }
    }

    /// Lines that are written as they stand, a block of their own.
    package mutating func lines(_ lines: [UInt8]) { self.lines(lines[...]) }
    package mutating func lines(_ lines: ArraySlice<UInt8>) {
        block(2)
        for line in lines.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.isEmpty {
                owed += 1
                continue
            }
            begin()
            utf8.append(contentsOf: line)
            owed = 1
        }
        owed = 1
        block(2)
    }

    /// A fenced block.
    package mutating func code(_ code: [UInt8], language: String) {
        var fence = 3
        var run = 0
        for byte in code {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            fence = max(fence, run + 1)
        }
        let ticks = [UInt8](repeating: UInt8(ascii: "`"), count: fence)
        lines((ticks + language.utf8 + [0x0A] + code + [0x0A] + ticks)[...])
    }

    /// A mark such as `[` that is written with the first character after it.
    package mutating func open(_ mark: String) { marks.append(mark) }

    /// What ends the last mark; nothing where it was not written.
    package mutating func close(_ end: String) {
        if marks.popLast() == nil { utf8.append(contentsOf: end.utf8) }
    }

    package mutating func closeLink(_ target: String) {
        if marks.popLast() != nil { return }
        if markEnd > 0, utf8[markEnd - 1] == UInt8(ascii: "["), shows(target) {
            utf8.remove(at: markEnd - 1)
        } else {
            utf8.append(contentsOf: "](\(target))".utf8)
        }
    }
    /// The text since the last mark is the target itself, or its address.
    private func shows(_ target: String) -> Bool {
        let shown = utf8[markEnd...]
        return shown.elementsEqual(target.utf8)
            || shown.elementsEqual(target.utf8.dropFirst("mailto:".utf8.count))
                && target.hasPrefix("mailto:")
    }

    package mutating func beginHeading(_ level: Int) {
        block(2)
        if inlineDepth == 0 { marks.insert(String(repeating: "#", count: level) + " ", at: 0) }
        inlineDepth += 1
    }
    package mutating func endHeading() {
        inlineDepth = max(0, inlineDepth - 1)
        if inlineDepth == 0 && !marks.isEmpty { marks.removeFirst() }
        block(2)
    }

    package mutating func beginQuote() {
        block(2)
        frames.append(Frame(first: "> ", rest: "> "))
    }
    package mutating func endQuote() {
        endFrame()
        block(2)
    }

    /// An item of a list; a tight one stands directly under what is before it.
    package mutating func beginItem(_ marker: String, isTight: Bool) {
        owed = isTight && !isAtMarker ? 1 : max(owed, 1)
        frames.append(Frame(first: marker, rest: String(repeating: " ", count: marker.utf8.count)))
    }
    package mutating func endItem() {
        endFrame()
        block(1)
    }

    private mutating func endFrame() {
        _ = frames.popLast()
        lowest = min(lowest, frames.count)
    }

    /// Writes what the next character is owed.
    private mutating func begin() {
        if owed > 0 {
            beginLine()
        } else if owesBlank {
            utf8.append(0x20)
        }
        owesBlank = false
        if marks.isEmpty { return }
        for mark in marks { utf8.append(contentsOf: mark.utf8) }
        marks.removeAll(keepingCapacity: true)
        markEnd = utf8.count
    }

    private mutating func beginLine() {
        if !utf8.isEmpty {
            utf8.append(0x0A)
            for _ in 1..<max(owed, 1) {
                for frame in frames.prefix(min(lowest, Self.visibleFrames)) { utf8.append(contentsOf: frame.rest.utf8) }
                utf8.append(0x0A)
            }
        }
        for i in frames.indices.prefix(Self.visibleFrames) {
            utf8.append(contentsOf: frames[i].isStarted ? frames[i].rest.utf8 : frames[i].first.utf8)
            frames[i].isStarted = true
        }
        for i in frames.indices.reversed() {
            if frames[i].isStarted { break }
            frames[i].isStarted = true
        }
        owed = 0
        lowest = frames.count
    }
}
