import Testing

@testable import Mail

@Suite("Calendars") struct CalendarTests {
    private func text(_ value: [UInt8]) -> String {
        let whole = Array("BEGIN:VEVENT\r\nSUMMARY:".utf8) + value + Array("\r\nEND:VEVENT\r\n".utf8)
        return String(decoding: calendarText(whole, charset: nil), as: UTF8.self)
    }

    /// The words of a line that was folded after a blank ran together.
    @Test func keepsTheBlankBeforeAFold() {
        #expect(text(Array("one \r\n two\r\n \tthree".utf8)) == "Event: one two\tthree\n")
        #expect(text(Array("one\n\ttwo".utf8)) == "Event: onetwo\n")
    }

    /// A program that counts bytes folds within a character (section 3.1).
    @Test func joinsACharacterThatWasFolded() {
        let value = Array("é".utf8)
        #expect(text(value[..<1] + Array("\r\n ".utf8) + value[1...]) == "Event: é\n")
    }
}
