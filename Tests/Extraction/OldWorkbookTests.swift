import Testing

@testable import Extraction
@testable import Readers

@Suite("Workbooks before 2007") struct OldWorkbookTests {
    private func record(_ kind: UInt16, _ data: [UInt8]) -> [UInt8] { bytes(kind) + bytes(UInt16(data.count)) + data }
    private func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number & 0xFF), UInt8(number >> 8)] }

    /// A sheet A whose cells are these records.
    private func book(strings: [UInt8] = [], _ cells: [UInt8]) -> [UInt8] {
        let begin = record(0x0809, [0, 6, 5, 0])
        let end = record(0x0A, [])
        let offset = begin.count + 13 + strings.count + end.count
        let sheet = record(0x85, bytes(UInt16(offset)) + [0, 0, 0, 0, 1, 0, 0x41])
        return begin + sheet + strings + end + begin + cells + end
    }
    private func text(_ stream: [UInt8]) -> String? {
        OldWorkbook(stream).map { String(decoding: $0.text(limit: 1 << 20).utf8, as: UTF8.self) }
    }

    /// xls2csv took a character whose low byte is 0 for the mark of a string that goes on.
    @Test func readsStringsThatGoOnInAnotherRecord() {
        let table: [UInt8] = [1, 0, 0, 0, 1, 0, 0, 0]
        let strings = record(0xFC, table + [4, 0, 1, 0x00, 0x4E, 0x01, 0x4E]) + record(0x3C, [0, 0x61, 0x62])
        let cell = record(0xFD, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(text(book(strings: strings, cell))?.contains("| 一丁ab |") == true)
    }

    @Test func readsNumbers() {
        let integer = record(0x027E, [0, 0, 0, 0, 0, 0] + [0xE6, 0xFF, 0xFF, 0xFF])
        let hundredth = record(0x027E, [0, 0, 1, 0, 0, 0] + [0xD3, 0x04, 0, 0])
        #expect(text(book(integer + hundredth))?.contains("| -7 | 3.08 |") == true)
    }

    @Test func anyCutIsRead() {
        let whole = book(strings: record(0xFC, [1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0x0D, 1]), record(0xFD, [0, 0, 0, 0]))
        for end in whole.indices { _ = text(Array(whole[..<end])) }
        #expect(text([]) == nil)
    }
}
