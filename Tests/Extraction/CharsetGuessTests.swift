import Glibc
import Testing

@testable import Extraction

@Suite("Charsets that nothing declares") struct CharsetGuessTests {
    static let russian = "Съешь ещё этих мягких французских булок, да выпей чаю. Не забудь, что завтра приезжают гости."
    static let japanese = "昨日は天気がとても良かったので、友達と一緒に公園へ行って、写真をたくさん撮りました。"
    static let korean = "오늘은 날씨가 아주 좋아서 친구들과 함께 공원에 가서 사진을 많이 찍었습니다. 내일도 갈 것입니다."
    static let simplified = "今天天气很好,所以我和朋友们一起去了公园,拍了很多照片。我们还在那里吃了午饭,下午才回家。"
    static let traditional = "今天天氣很好,所以我和朋友們一起去了公園,拍了很多照片。我們還在那裡吃了午飯,下午才回家。"
    static let greek = "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί και τρέχει προς το δάσος."
    static let hebrew = "השועל החום המהיר קופץ מעל הכלב העצלן ורץ לתוך היער כדי לחפש אוכל לילדים שלו."
    static let polish =
        "Zażółć gęślą jaźń. Dzień dobry, chciałbym się dowiedzieć, o której odjeżdża następny pociąg do Łodzi."
    static let french =
        "L'été dernier, nous sommes allés à la plage où les élèves étaient déjà très fatigués après leur année."

    @Test(arguments: [
        ("CP1251", russian), ("KOI8-R", russian), ("ISO-8859-5", russian),
        ("SHIFT_JIS", japanese), ("ISO-2022-JP", japanese), ("EUC-JP", japanese), ("EUC-KR", korean),
        ("GB18030", simplified),
        ("BIG5", traditional),
        ("CP1253", greek), ("CP1255", hebrew), ("ISO-8859-2", polish), ("CP1250", polish), ("CP1252", french),
        ("UTF-16LE", russian), ("UTF-16BE", french), ("UTF-16LE", hebrew),
    ])
    func guesses(charset: String, text: String) throws {
        let bytes = try #require(encode(text, as: charset))
        #expect(read(bytes, "text/plain").text == text, "\(charset)")
    }

    @Test func looksPastABeginningOfASCII() throws {
        let start = String(repeating: "x = 1;\n", count: 40_000)
        let bytes = Array(start.utf8) + (try #require(encode(Self.russian, as: "KOI8-R")))
        #expect(read(bytes, "text/plain").text?.hasSuffix(Self.russian) == true)
    }

    /// Bytes of `text` in a charset of the C library; nil where it can't write one of its characters.
    private func encode(_ text: String, as charset: String) -> [UInt8]? {
        guard let converter = iconv_open(charset, "UTF-8"), converter != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(converter) }
        var input = text.utf8.map { CChar(bitPattern: $0) }
        var out = [CChar](repeating: 0, count: input.count * 2 + 16)
        let capacity = out.count
        let left = input.withUnsafeMutableBufferPointer { input in
            out.withUnsafeMutableBufferPointer { out -> Int? in
                var (from, to) = (input.baseAddress, out.baseAddress)
                var (count, free) = (input.count, capacity)
                return iconv(converter, &from, &count, &to, &free) == -1 ? nil : free
            }
        }
        return left.map { out.prefix(capacity - $0).map { UInt8(bitPattern: $0) } }
    }
}
