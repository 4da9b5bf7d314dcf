import JSON
import State
import System

/// A line of the journal: what changed in the memory, or which STATE it belongs to. Digests are in hexadecimal.
///
///     +KEY CONTENT ACCESS                 the document was sent, and has these digests
///     -KEY                                its digests are forgotten
///     @KEY ["ID","PARTITION",TIME]        it was seen there, at these microseconds since 1970 (with `--tombstones`)
///     !KEY                                it is there no more (with `--tombstones`)
///     #KEY TEXT                           it has this text (with `--copies`); without TEXT: none that counts
///     ~TEXT SIGNATURE                     near to no text before it, and this is what later ones are compared with (with `--near`)
///     ~TEXT LEADER MATCHES                near to that one
///     =["RUN",CHECKPOINT]                 all that stands before is in what this STATE commits; always the last of a batch
enum Entry: Equatable {
    case keep(Key, Digests)
    case forget(Key)
    case place(Key, Place)
    case leave(Key)
    case text(Key, UInt64?)
    case leads(UInt64, Signature)
    case follows(UInt64, UInt64, matches: Int)
    case marker(Position)

    /// Bytes of a line that keeps digests, with its line feed.
    static let length = 1 + Key.digits + 2 * 17 + 1

    func write(to bytes: inout [UInt8]) {
        switch self {
        case .keep(let key, let digests):
            bytes.append(UInt8(ascii: "+"))
            key.write(to: &bytes)
            bytes.append(UInt8(ascii: " "))
            appendHexadecimal(digests.content, to: &bytes)
            bytes.append(UInt8(ascii: " "))
            appendHexadecimal(digests.access, to: &bytes)
        case .forget(let key):
            bytes.append(UInt8(ascii: "-"))
            key.write(to: &bytes)
        case .place(let key, let place):
            bytes.append(UInt8(ascii: "@"))
            key.write(to: &bytes)
            bytes.append(UInt8(ascii: " "))
            place.write(to: &bytes)
        case .leave(let key):
            bytes.append(UInt8(ascii: "!"))
            key.write(to: &bytes)
        case .text(let key, let text):
            bytes.append(UInt8(ascii: "#"))
            key.write(to: &bytes)
            if let text {
                bytes.append(UInt8(ascii: " "))
                appendHexadecimal(text, to: &bytes)
            }
        case .leads(let text, let signature): writeTexts([text] + signature.numbers, to: &bytes)
        case .follows(let text, let leader, let matches): writeTexts([text, leader, UInt64(matches)], to: &bytes)
        case .marker(let position):
            bytes.append(UInt8(ascii: "="))
            var w = JSONWriter()
            position.write(to: &w)
            bytes += w.bytes
        }
        bytes.append(0x0A)
    }

    /// - Parameter line: without its line feed.
    init?(_ line: ArraySlice<UInt8>) {
        guard let form = line.first else { return nil }
        let rest = line.dropFirst()
        if form == UInt8(ascii: "=") {
            guard let json = try? JSON(parsing: Array(rest)), let position = Position(json) else { return nil }
            self = .marker(position)
            return
        }
        if form == UInt8(ascii: "~") {
            let words = rest.split(separator: 0x20, omittingEmptySubsequences: false)
            let numbers = words.compactMap { $0.count == 16 ? number(hexadecimal: $0) : nil }
            guard numbers.count == words.count else { return nil }
            if numbers.count == 3, numbers[2] <= UInt64(Signature.permutations) {
                self = .follows(numbers[0], numbers[1], matches: Int(numbers[2]))
            } else if let signature = Signature(numbers: Array(numbers.dropFirst())) {
                self = .leads(numbers[0], signature)
            } else {
                return nil
            }
            return
        }
        let digits = rest.prefix(Key.digits)
        guard let key = Key(hexadecimal: digits) else { return nil }
        let more = rest.dropFirst(Key.digits)
        switch form {
        case UInt8(ascii: "+"):
            guard more.count == 34, more[more.startIndex] == 0x20, more[more.startIndex + 17] == 0x20,
                let content = number(hexadecimal: more.dropFirst().prefix(16)),
                let access = number(hexadecimal: more.dropFirst(18))
            else { return nil }
            self = .keep(key, Digests(content: content, access: access))
        case UInt8(ascii: "-") where more.isEmpty: self = .forget(key)
        case UInt8(ascii: "!") where more.isEmpty: self = .leave(key)
        case UInt8(ascii: "#"):
            if more.isEmpty {
                self = .text(key, nil)
            } else {
                guard more.count == 17, more.first == 0x20, let text = number(hexadecimal: more.dropFirst()) else {
                    return nil
                }
                self = .text(key, text)
            }
        case UInt8(ascii: "@"):
            guard more.first == 0x20, let place = Place(more.dropFirst()) else { return nil }
            self = .place(key, place)
        default: return nil
        }
    }
}

extension Key {
    fileprivate static let digits = 32

    fileprivate func write(to bytes: inout [UInt8]) {
        appendHexadecimal(high, to: &bytes)
        appendHexadecimal(low, to: &bytes)
    }
    fileprivate init?(hexadecimal digits: ArraySlice<UInt8>) {
        guard digits.count == Key.digits, let high = number(hexadecimal: digits.prefix(16)),
            let low = number(hexadecimal: digits.dropFirst(16))
        else { return nil }
        self.init(high: high, low: low)
    }
}

private func writeTexts(_ numbers: [UInt64], to bytes: inout [UInt8]) {
    for (i, number) in numbers.enumerated() {
        bytes.append(i == 0 ? UInt8(ascii: "~") : 0x20)
        appendHexadecimal(number, to: &bytes)
    }
}

private func appendHexadecimal(_ number: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
        bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
}

private func number(hexadecimal digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
        switch digit {
        case 0x30...0x39: value = value << 4 | UInt64(digit - 0x30)
        case 0x61...0x66: value = value << 4 | UInt64(digit - 0x57)
        default: return nil
        }
    }
    return value
}
