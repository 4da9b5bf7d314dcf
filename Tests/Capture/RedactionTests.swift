import Gzip
import HTTP
import JSON
import System
import Testing

@testable import Capture
@testable import Redaction

/// A secret that no rule knows by its looks.
private let canary = "canary-hunter2-Zq8"
private func redactor() -> Redactor { Redactor(key: Array("a key of the tests".utf8)) }

private func clean(_ body: String, _ type: String = "application/json") -> String {
    String(decoding: redactor().body(Array(body.utf8), mediaType: type), as: UTF8.self)
}

@Suite struct RedactionTests {
    /// A replay gave other bytes than the run that was captured: the blanks round a JSON body were lost.
    @Test func blanksRoundABodyStay() {
        #expect(clean(" \n{\"a\": 1}\r\n", "application/json") == " \n{\"a\": 1}\r\n")
    }

    @Test(arguments: [
        #"{"access_token":"CANARY"}"#, #"{"a":[{"refreshToken":"CANARY"}]}"#, #"{"client_secret" : "CANARY" , "x":1}"#,
        #"{"token":["CANARY","CANARY2"]}"#, #"{"grant_type":"authorization_code","code":"CANARY"}"#,
        #"{"url":"https://h.example/p?a=1&access_token=CANARY&b=2"}"#, #"{"url":"https:\/\/h.example\/p?sig=CANARY"}"#,
        #"{"u":"https://bucket.example/k?X-Amz-Credential=CANARY&X-Amz-Signature=CANARY"}"#,
        #"{"u":"https://st.example/k?X-Goog-Signature=CANARY"}"#,
        #"{"u":"https://b.example/c?sv=CANARY&se=CANARY&sp=CANARY&sig=CANARY"}"#,
        #"{"u":"https://x.sharepoint.com/d?UniqueId=1&tempauth=CANARY"}"#,
        #"{"u":"https://h.example/#access_token=CANARY"}"#,
        #"{"u":"https://x.sharepoint.com/:w:/g/personal/ann/CANARY?e=abc"}"#,
        #"{"u":"https://www.dropbox.com/scl/fi/CANARY/name.txt?rlkey=CANARY&dl=0"}"#,
        #"{"u":"see https://www.dropbox.com/s/CANARY/name.txt, and more"}"#, #"{"u":"https://ann:CANARY@h.example/"}"#,
        #"{"u":"https://h.example/r?to=https%3A%2F%2Fi.example%2F%3Ftoken%3DCANARY"}"#,
        #"{"text":"{\"access_token\": \"CANARY\"}"}"#, #"{"text":"curl -H 'Authorization: Bearer CANARY'"}"#,
        #"{"text":"client_secret=CANARY"}"#, #"{"text":"https:\u002f\u002fh.example/?token=CANARY"}"#,
        #"{"id_token":"CANARY","also":"here it is: CANARY."}"#, #"{"CANARY":1,"password":"CANARY"}"#,
        #"{"also":"CANARY first","password":"CANARY"}"#, #"[{"name":"Authorization","value":"Bearer CANARY"}]"#,
        #"{"hook_secret":"CANARY","uploadToken":"CANARY","x_password":"CANARY"}"#,
        #"{"u":"https%3A%2F%2Fh.example%2F%3Ftoken%3DCANARY"}"#,
        // Not JSON after all.
        #"{"access_token":"CANARY","#, #")]}'{"refresh_token": "CANARY"}"#,
        "{\"access_token\":\"CANARY\"}\n{\"token\":\"CANARY\"}",
        #"{"u":"https://h.example/?a=1\u0026access_token=CANARY","#,
    ])
    func noSecretLeavesJSON(_ template: String) throws {
        let out = clean(template.replacing("CANARY", with: canary))
        #expect(!out.contains(canary))
        #expect(out.contains("[secret:"))
        if (try? JSON(parsing: template)) != nil { #expect(throws: Never.self) { try JSON(parsing: out) } }
    }

    @Test(arguments: [
        ("grant_type=refresh_token&refresh_token=CANARY&client_secret=CANARY", "application/x-www-form-urlencoded"),
        ("code=CANARY&state=x&redirect_uri=y", "application/x-www-form-urlencoded"),
        ("grant_type=x&assertion=CANARY&password=CANARY", "application/x-www-form-urlencoded"),
        ("q=https%3A%2F%2Fh.example%2F%3Faccess_token%3DCANARY", "application/x-www-form-urlencoded"),
        ("<a href=\"https://h.example/x?a=1&amp;Signature=CANARY\">x</a>", "text/html"),
        ("<access_token>CANARY</access_token>", "application/xml"),
        ("--b\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"CANARY\"}\r\n--b--", "multipart/mixed"),
        ("var token = 'x', apiKey = \"CANARY\";", "text/javascript"),
        ("\u{1}\u{2} access_token=CANARY", "application/octet-stream"),
    ])
    func noSecretLeavesText(_ template: String, _ type: String) {
        let out = clean(template.replacing("CANARY", with: canary), type)
        #expect(!out.contains(canary))
        #expect(out.contains("[secret:"))
    }

    @Test(arguments: [
        ("Authorization", "Bearer CANARY"), ("authorization", "CANARY"), ("Proxy-Authorization", "Basic CANARY"),
        ("Cookie", "a=CANARY; b=2"), ("Set-Cookie", "sid=CANARY; Path=/"), ("X-Api-Key", "CANARY"),
        ("PRIVATE-TOKEN", "CANARY"),
        ("X-Slack-Signature", "v0=CANARY"), ("X-Amz-Security-Token", "CANARY"), ("X-CSRF-Token", "CANARY"),
        ("Location", "https://h.example/f?sig=CANARY"),
        ("Link", "<https://h.example/f?access_token=CANARY>; rel=\"next\""),
        ("Dropbox-API-Arg", "{\"url\":\"https://www.dropbox.com/s/CANARY/a\"}"),
    ])
    func noSecretLeavesHeaders(_ name: String, _ template: String) {
        let out = redactor().header(name, template.replacing("CANARY", with: canary))
        #expect(!out.contains(canary))
        #expect(out.contains("[secret:"))
    }

    @Test(arguments: [
        "xoxb-1234567890-abcdefghijkl", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "glpat-abcdefgh1jklmnopqrst",
        "ya29.a0AfH6SMBx1234567890", "AIzaSyA1234567890abcdefghij", "secret_1234567890abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ])
    func aTokenIsKnownByItsLooks(_ token: String) {
        for text in ["use \(token).", "(\(token))", token, "a=\(token)&b"] {
            #expect(!redactor().text(text).contains(token))
        }
    }

    /// What tells requests, pages and errors apart, and what people write, stays byte for byte.
    @Test(arguments: [
        #"{ "nextPageToken" : "~!!~AI9FV7TY=", "error":{"code":"itemNotFound","status":404}, "n":1.50 }"#,
        #"{"text":"My password: is secret; the token is short, bearer of news. secret_santa eyJ sl.ow","token":"","secret":true}"#,
        #"{"url":"https://docs.google.com/document/d/1AbC/edit?usp=drivesdk","x":"\u00e9\/"}"#,
        #"{"u":"https://x.sharepoint.com/:w:/r/sites/a/Doc.aspx?sourcedoc=%7B1%7D","link":"http://","http":"https://?#"}"#,
        #"{"u":"https://h.example/list?cursor=abc&sv=2&st=done&se=1#section"}"#,
    ])
    func whatIsNoSecretStays(_ body: String) { #expect(clean(body) == body) }

    @Test func aNumberIsASecretUnderAPassword() {
        #expect(
            clean(#"{"password":12345678,"token":17}"#).wholeMatch(of: /{"password":"\[secret:.{8}\]","token":17}/)
                != nil)
    }

    /// Bytes at random: redaction ends, keeps JSON what it is, and a second time finds nothing more.
    @Test func anyBytesAreRedactedOnce() {
        let pieces: [[UInt8]] =
            [
                "{\"", "\":\"", "\",\"", "\"}", "access_token", "token", "=", ":", "&", "https://",
                "www.dropbox.com/s/", "?", "/", " ",
                "%3D", "%253D", "\\u0026", "\\\"", "Bearer ", "eyJ", ".", "xoxb-1", canary, "12345678", "é", "#", "@",
                "[", "]", "sig", "code",
                "[secret:", "[secret:0a1b2c3d]", "%5Bsecret%3A0a1b2c3d%5D", "\n", "0",
            ].map { Array($0.utf8) } + [[0xFF], [0]]
        var random = SeededRandom(seed: 7)
        for round in 0..<1500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...14, using: &random) { bytes += pieces.randomElement(using: &random) ?? [] }
            for type in ["application/json", "application/x-www-form-urlencoded", "application/pdf"] {
                let redactor = redactor()
                let once = redactor.body(bytes, mediaType: type)
                let twice = redactor.body(once, mediaType: type)
                #expect(
                    String(decoding: once, as: UTF8.self) == String(decoding: twice, as: UTF8.self),
                    "round \(round) \(type): \(String(decoding: bytes, as: UTF8.self))")
                if (try? JSON(parsing: bytes)) != nil { #expect((try? JSON(parsing: once)) != nil) }
            }
        }
    }

    /// Each of these once took a time that grew with the square of its length, or a stack as deep as it is long.
    @Test(arguments: [
        "%25", "eyJ.", "se=1&", "https://a?b=", "Bearer ", "access_token", "code=1&", "[secret:", "\\\"token\\\":",
        "%3D",
    ])
    func whatIsRepeatedIsReadOnce(_ piece: String) {
        let text = String(repeating: piece, count: 5000) + "3D&sig=\(canary)"
        for type in ["text/plain", "application/x-www-form-urlencoded"] {
            let clean = clean(text, type)
            #expect(!clean.contains(canary))
        }
    }

    @Test func theSameSecretHasTheSamePlaceholder() throws {
        let redactor = Redactor()
        let placeholder = redactor.placeholder(for: canary)
        #expect(placeholder.wholeMatch(of: /\[secret:[0-9a-f]{8}\]/) != nil)
        #expect(redactor.header("Authorization", "Bearer \(canary)") == "Bearer \(placeholder)")
        #expect(
            redactor.url("https://h.example/?token=canary%2Dhunter2-Zq8") == "https://h.example/?token=\(placeholder)")
        #expect(redactor.form("password=\(canary)") == "password=\(placeholder)")
        #expect(redactor.placeholder(for: canary + "x") != placeholder)
        #expect(Redactor().placeholder(for: canary) != Redactor().placeholder(for: canary))
    }

    @Test func redactingTwiceChangesNothing() {
        let first = redactor()
        let second = Redactor()
        for text in [
            "https://h.example/?token=\(canary)&sig=\(canary)", "access_token=\(canary)", "Bearer \(canary)1",
            "https://www.dropbox.com/s/\(canary)/x", "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        ] {
            let once = first.text(text)
            #expect(once != text)
            #expect(second.text(once) == once)
            #expect(second.header("Cookie", first.header("Cookie", text)) == first.header("Cookie", text))
        }
        let json = String(
            decoding: first.body(Array(#"{"password":"x","a":{"token":"y"}}"#.utf8), mediaType: nil), as: UTF8.self)
        #expect(String(decoding: second.body(Array(json.utf8), mediaType: nil), as: UTF8.self) == json)
    }

    @Test func aSecretOfEightBytesIsFoundAloneAndAShorterOneIsNot() {
        let redactor = Redactor()
        redactor.learn("12345678")
        redactor.learn("1234567")
        #expect(redactor.text("a 1234567 b") == "a 1234567 b")
        #expect(redactor.text("a 12345678 b") == "a \(redactor.placeholder(for: "12345678")) b")
        #expect(!redactor.url("https://h.example/x/12345678/y").contains("12345678"))
    }

    @Test func aPasswordOfBasicIsKnownAfterwards() {
        let redactor = Redactor()
        _ = redactor.header("Authorization", "Basic " + Base64.encode(Array("ann:\(canary)".utf8)))
        #expect(!redactor.text("it is \(canary)").contains(canary))
    }

    @Test func bytesKeepTheirNumber() {
        let redactor = Redactor()
        redactor.learn(canary)
        let bytes: [UInt8] = [0xFF, 0xFE, 0] + Array(canary.utf8) + [0x80, 0]
        let out = redactor.body(bytes, mediaType: "application/pdf")
        #expect(out.count == bytes.count)
        #expect(!String(decoding: out, as: UTF8.self).contains(canary))
        #expect(out.suffix(2) == [0x80, 0])
    }

    @Test func aBrokenByteDoesNotHideASecret() {
        let out = redactor().body([0xFF] + Array("access_token=\(canary)".utf8), mediaType: "text/plain")
        #expect(out.first == 0xFF)
        #expect(!String(decoding: out, as: UTF8.self).contains(canary))
    }

    /// RFC 4231, test case 2.
    @Test func hmac() {
        #expect(Placeholder.make(for: "what do ya want for nothing?", key: Array("Jefe".utf8)) == "[secret:5bdcc146]")
    }
}
