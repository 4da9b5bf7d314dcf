extension Format {
    /// What is said in a film (SubRip; WebVTT, W3C, section 4): the text of the cues, without numbers, times and styles.
    static let subtitles = Format(
        "subtitles", mediaTypes: ["text/vtt", "application/x-subrip", "text/srt", "text/x-srt"],
        suffixes: ["srt", "vtt"],
        input: .characters
    ) { input throws(Unreadable) in FormatOutput(utf8: cueText(of: input.bytes)) }
}

/// A cue is a block of lines: what comes before its times names it, what comes after is said. A block without times says nothing.
private func cueText(of bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var last: ArraySlice<UInt8> = []
    var isCue = false
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
        if line.isEmpty {
            isCue = false
        } else if isTiming(line) {
            isCue = true
        } else if isCue, line != last {  // rolling captions say a line again as the next one appears
            appendCue(line, to: &out)
            last = line
        }
    }
    return out
}

/// `00:01.000 --> 00:04.000 align:start`
private func isTiming(_ line: ArraySlice<UInt8>) -> Bool {
    guard let dash = line.firstIndex(of: UInt8(ascii: "-")), line[dash...].starts(with: "-->".utf8) else {
        return false
    }
    return line[..<dash].contains(UInt8(ascii: ":"))
        && line[..<dash].allSatisfy { (0x30...0x3A).contains($0) || $0 == 0x20 || $0 == 0x2C || $0 == 0x2E }
}

/// The line without `<i>` and `{\an8}`; `<v Ann>` is who speaks.
private func appendCue(_ line: ArraySlice<UInt8>, to out: inout [UInt8]) {
    var rest = line
    // No line has an end of a tag beyond these: a line of open tags is not searched again and again.
    let lastTagEnd = line.lastIndex(of: UInt8(ascii: ">")) ?? -1
    let lastStyleEnd = line.lastIndex(of: UInt8(ascii: "}")) ?? -1
    while let first = rest.first {
        let isTag = first == UInt8(ascii: "<")
        let isStyle = first == UInt8(ascii: "{") && rest.dropFirst().first == UInt8(ascii: "\\")
        let close = isTag ? UInt8(ascii: ">") : UInt8(ascii: "}")
        guard isStyle || isTag && opensTag(rest.dropFirst()),
            rest.startIndex < (isTag ? lastTagEnd : lastStyleEnd), let end = rest.firstIndex(of: close)
        else {
            out.append(first)
            rest.removeFirst()
            continue
        }
        let tag = rest[..<end].dropFirst()
        if isTag, tag.first == UInt8(ascii: "v"), let blank = tag.firstIndex(of: 0x20) {
            out.append(contentsOf: tag[(blank + 1)...])
            out.append(contentsOf: ": ".utf8)
        }
        rest = rest[(end + 1)...]
    }
    out.append(0x0A)
}

/// A letter, `/` or a time follows, so that `a < b` stays.
private func opensTag(_ rest: ArraySlice<UInt8>) -> Bool {
    guard let byte = rest.first else { return false }
    return (0x61...0x7A).contains(byte | 0x20) || (0x2F...0x39).contains(byte)
}
