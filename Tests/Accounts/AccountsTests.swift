import Glibc
import HTTP
import JSON
import OAuth
import System
import Testing

@testable import Accounts

@Suite struct AccountsTests {
    private static let canary = """
        {"access_token":"canary-a","refresh_token":"canary-b","client_id":"id","client_secret":"canary-c",
         "token_url":"https://example.com/token","scope":"read","extras":{"team_id":"T1"},"source":"google_drive"}
        """

    private func file(_ text: String) throws -> String {
        var template = Array("/tmp/sluice-accounts-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make", "a temporary folder") }
        let path = String(cString: made) + "/credentials"
        try Files.replace(path, with: Array(text.utf8))
        return path
    }

    @Test func aSummaryShowsNoSecret() throws {
        let summary = Summary("drive", try Credentials(JSON(parsing: AccountsTests.canary)))
        var w = JSONWriter()
        try summary.write(to: &w)
        #expect(!(w.text + summary.line).contains("canary"))
        let json = try JSON(parsing: w.bytes)
        #expect(json["hidden"]?.elements.compactMap(\.string) == ["access_token", "refresh_token", "client_secret"])
        #expect(json["extras"]?["team_id"]?.string == "T1")
        #expect(summary.line == "drive\tgoogle_drive\trefresh_token\t-\tread")
    }

    @Test func aFileIsWrittenBackAndOneAtATimeRenewsIt() async throws {
        let path = try file(AccountsTests.canary)
        let store = FileCredentials(path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await FileCredentials(path).exclusively {
                        var credentials = try store.load()
                        let before = credentials.accessToken?.reveal() ?? ""
                        await Task.yield()
                        credentials.accessToken = Secret(before + "+")
                        try store.save(credentials)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.load().accessToken?.reveal() == "canary-a++++")
    }

    @Test(arguments: ["", "nonsense", "[]", "{\"access_token\":[\"canary\"]}"])
    func aFileThatHoldsNoCredentialsIsRefused(_ text: String) throws {
        let failure = #expect(throws: Failure.self) { try FileCredentials(try file(text)).load() }
        #expect(failure?.status == .configuration)
        #expect(failure?.description.contains("canary") == false)
    }

    @Test(arguments: ["nonsense", #"{"account":"a"}"#, #"{"account":"","credentials":{"access_token":"canary"}}"#])
    func whatIsNoExportIsNotImported(_ text: String) throws {
        let failure = #expect(throws: Failure.self) {
            try Accounts.imported(Array(text.utf8), "FILE", passphraseFrom: nil)
        }
        #expect(failure?.status == .ioError)
        #expect(failure?.description.contains("canary") == false)
    }

    @Test func aServiceAccountActsForSomebodyAndATokenDoesNot() throws {
        var robot = try Credentials(
            JSON(
                parsing: """
                    {"type":"service_account","client_email":"robot@example.com","private_key":"k","token_uri":"https://oauth2.googleapis.com/token"}
                    """))
        try robot.act(for: "ann@example.com")
        guard case .jwtBearer(let jwt) = robot.grant else {
            Issue.record("the grant is another")
            return
        }
        #expect(jwt.subject == "ann@example.com")
        var token = try Credentials(JSON(parsing: AccountsTests.canary))
        #expect(throws: Failure.self) { try token.act(for: "ann@example.com") }
    }
}
