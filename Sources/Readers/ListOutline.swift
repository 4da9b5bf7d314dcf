import Extraction

/// Paragraphs that each say at which level of a list they are, as lists inside lists.
struct ListOutline {
    private var levels: [Int] = []

    var isOpen: Bool { !levels.isEmpty }

    /// Begins an item; `end` or the next one ends it.
    mutating func item(level: Int, marker: String, in text: OfficeText) {
        while let last = levels.last, last > level { close(in: text) }
        if levels.last == level {
            text.end(.item)
        } else {
            text.start(.list(isOrdered: false), .none)
            levels.append(level)
        }
        text.startItem(marker: marker)
    }

    /// A paragraph that is of no list.
    mutating func end(in text: OfficeText) { while isOpen { close(in: text) } }

    private mutating func close(in text: OfficeText) {
        _ = levels.popLast()
        text.end(.item)
        text.end(.list(isOrdered: false))
    }
}

/// `a`, …, `z`, `aa`, `bb` as Word counts.
func letters(_ number: Int) -> String {
    guard number > 0, number <= 26 * 10 else { return "\(number)" }
    let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8((number - 1) % 26)))
    return String(repeating: letter, count: (number - 1) / 26 + 1)
}

func roman(_ number: Int) -> String {
    guard (1..<4000).contains(number) else { return "\(number)" }
    var left = number
    var text = ""
    for (value, digits) in [
        (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
        (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
    ] {
        while left >= value {
            text += digits
            left -= value
        }
    }
    return text
}
