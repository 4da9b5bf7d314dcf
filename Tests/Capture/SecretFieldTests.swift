import JSON
import Testing

@testable import Redaction

/// What a connector declares: the same placeholder in an item, in the capture of its run, and in the next run.
@Suite struct SecretFieldTests {
    private let fields = SecretFields(["resourceKey", "targetResourceKey"])
    private let secret = "0-Zq8hunter2canary"

    private func item(_ template: String) -> String {
        String(decoding: fields.redacted(Array(template.replacing("CANARY", with: secret).utf8)), as: UTF8.self)
    }
    private func captured(_ template: String) -> String {
        let redactor = Redactor(fields: fields)
        let body = Array(template.replacing("CANARY", with: secret).utf8)
        return String(decoding: redactor.body(body, mediaType: "application/json"), as: UTF8.self)
    }

    @Test(arguments: [
        #"{"resourceKey":"CANARY"}"#, #"{"raw":{"shortcutDetails":{"targetResourceKey":"CANARY"}}}"#,
        #"{"resource_key" : "CANARY", "n":1.50}"#,
        #"{"l":"https://docs.google.com/d/1/edit?usp=x&resourcekey=CANARY"}"#,
        #"{"content":{"text":"see https://docs.google.com/d/1?resourcekey=CANARY, and\nresourceKey = 'CANARY'"}}"#,
        #"{"resourceKey":"CANARY","also":"here it is: CANARY."}"#, #"{"resourceKey":"C\u0041NARY","a":"\u00e9"}"#,
    ])
    func itemsAndCapturesHaveTheSamePlaceholder(_ template: String) {
        let template = template.replacing("C\\u0041NARY", with: "0\\u002dZq8hunter2canary")
        let clean = item(template)
        #expect(!clean.contains(secret))
        #expect(clean.contains("[secret:"))
        #expect(clean == captured(template))
        #expect(clean == item(template))
        // A replay reads placeholders.
        #expect(clean == item(clean))
    }

    /// Only what is declared is replaced in items: they are what the service said.
    @Test(arguments: [
        #"{"access_token":"abcdefgh12345678","password":"x"}"#,
        #"{"key":"resource","monkey":"CANARY","resourceKey":""}"#,
        #"{"text":"Bearer abcdefgh12345678 ghp_0123456789abcdefghijABCDEFGHIJ012345","resourceKeys":["CANARY"]}"#,
        #"{"url":"https://www.dropbox.com/s/CANARY/x","text":"a resourceKey: is it. resourceKey"}"#, "not JSON", "",
    ])
    func whatIsNotDeclaredStays(_ template: String) {
        #expect(item(template) == template.replacing("CANARY", with: secret))
    }

    @Test func nothingDeclaredIsNothingDone() {
        let text = Array(#"{"resourceKey":"x"}"#.utf8)
        #expect(SecretFields([]).redacted(text) == text)
    }

    /// Everything else has a placeholder that is another one in each capture.
    @Test func otherSecretsKeepTheirKey() {
        let a = captured(#"{"access_token":"CANARY"}"#)
        #expect(a != captured(#"{"access_token":"CANARY"}"#))
    }
}
