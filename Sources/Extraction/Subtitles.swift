extension Format {
    /// What is said in a film (SubRip; WebVTT), without numbers, times and marks.
    static let subtitles = Format(
        "subtitles", mediaTypes: ["application/x-subrip", "text/vtt", "text/srt"],
        suffixes: ["srt", "vtt"], input: .characters
    ) { input throws(Unreadable) in FormatOutput(utf8: cues(of: input.bytes)) }
}

/// The lines of each cue: those between a line of times and the next empty one. All of it where there is none.
private func cues(of text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var isInside = false
    var hasTimes = false
    var previous: [UInt8] = []
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
        if isTimes(line) {
            isInside = true
            hasTimes = true
        } else if line.isEmpty {
            isInside = false
        } else if isInside {
            let said = withoutTags(line)
            // Captions that roll say the line before again.
            if !said.isEmpty && said != previous { out += said + [0x0A] }
            previous = said
        }
    }
    return hasTimes ? out : text
}

/// `00:00:01,000 --> 00:00:02,000`, and what follows it.
private func isTimes(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first, (0x30...0x39).contains(first) else { return false }
    let words = line.split(separator: 0x20, maxSplits: 2)
    return words.count >= 3 && words[1].elementsEqual("-->".utf8) && words[0].contains(UInt8(ascii: ":"))
}

/// Without `<i>` and `{\an8}`.
private func withoutTags(_ line: ArraySlice<UInt8>) -> [UInt8] {
    let longestTag = 200
    var out: [UInt8] = []
    var rest = line
    while let byte = rest.first {
        let next = rest.dropFirst().first
        let isTag = byte == UInt8(ascii: "<") && next.map { $0 == UInt8(ascii: "/") || $0 > 0x2F } == true
        let isStyle = byte == UInt8(ascii: "{") && next == UInt8(ascii: "\\")
        if isTag || isStyle,
            let end = rest.prefix(longestTag).firstIndex(of: isTag ? UInt8(ascii: ">") : UInt8(ascii: "}"))
        {
            rest = rest[(end + 1)...]
        } else {
            out.append(byte)
            rest.removeFirst()
        }
    }
    return out
}
