import System
import Testing

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func vectors(_ text: String, _ coded: String) {
        #expect(Base64.encode(Array(text.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(text.utf8))
        #expect(Base64.decode(coded.filter { $0 != "=" }) == Array(text.utf8))
    }

    @Test func takesTheLettersOfURLs() {
        #expect(Base64.decode("-_-_") == Base64.decode("+/+/"))
        #expect(Base64.decode("-_-_") == [0xFB, 0xFF, 0xBF])
    }

    @Test(arguments: ["Z", "Zm9vY", "Zg===", "Zg==Zg==", "Z g=", "Zm9v\n", "Zm9é", "====", "="])
    func refuses(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func whatIsEncodedIsDecoded() {
        var random = SeededRandom(seed: 3)
        for length in 0..<500 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let coded = Base64.encode(bytes)
            #expect(coded.utf8.count == (length + 2) / 3 * 4)
            #expect(Base64.decode(coded) == bytes)
        }
    }
}
