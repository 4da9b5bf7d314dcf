import HTTP
import JSON
import OAuth
import System
import Testing

@Suite struct CredentialReadingTests {
    @Test func aSecretIsNeverShown() throws {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Credentials(accessToken: secret, refreshToken: secret, clientSecret: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: Optional(secret)), dumped] {
            #expect(!text.contains("hunter2") && text.contains("••••"))
        }
        #expect(secret.reveal() == "hunter2")
    }

    @Test func credentialsAreReadAndWritten() throws {
        let text =
            #"{"access_token":"a","refresh_token":"r","expires_at":"2026-01-02T03:04:05Z","client_id":"i","#
            + #""client_secret":"s","token_url":"https://login.test/token"}"#
        let read = try Credentials(JSON(parsing: text))
        #expect(read.expiresAt == Timestamp("2026-01-02T03:04:05Z"))
        var w = JSONWriter()
        read.write(to: &w)
        #expect(w.text == text)
        #expect(
            try Credentials(JSON(parsing: #"{"access_token":"a","expires_at":1767323045}"#)).expiresAt == read.expiresAt
        )
    }

    @Test(arguments: [
        "{}", #"{"access_token":""}"#, #"{"access_token":"hunter2","expires_at":3600}"#,
        #"{"access_token":"hunter2","expires_at":"tomorrow"}"#,
        #"{"access_token":"hunter2","token_url":"http://login.test"}"#,
        #"{"refresh_token":"hunter2"}"#,
    ]) func credentialsThatCannotBeAreRefused(text: String) throws {
        let json = try JSON(parsing: text)
        let failure = #expect(throws: Failure.self) { try Credentials(json) }
        #expect(failure?.status == .configuration)
        #expect(failure?.description.contains("hunter2") == false)
    }
}
