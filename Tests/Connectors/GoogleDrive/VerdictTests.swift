import Connector
import HTTP
import JSON
import Synchronization
import System
import Testing

@testable import Connectors

/// What Google's errors mean. "Resolve errors" of the Drive API and of the Directory API.
@Suite struct GoogleDriveVerdictTests {
    enum Meaning: Sendable { case retry, run, item, cursor, token, success }

    struct Row: Sendable, CustomTestStringConvertible {
        var status: Int
        var reason: String
        var location: String?
        var meaning: Meaning
        var testDescription: String { "\(status) \(reason) \(location ?? "")" }
        init(_ status: Int, _ reason: String, _ meaning: Meaning) { self.init(status, reason, nil, meaning) }
        init(_ status: Int, _ reason: String, _ location: String?, _ meaning: Meaning) {
            self.status = status
            self.reason = reason
            self.location = location
            self.meaning = meaning
        }
    }

    static let rows: [Row] = [
        Row(403, "userRateLimitExceeded", .retry), Row(403, "rateLimitExceeded", .retry),
        Row(429, "rateLimitExceeded", .retry),
        Row(403, "quotaExceeded", .retry), Row(408, "requestTimeout", .retry), Row(500, "backendError", .retry),
        Row(500, "internalError", .retry), Row(502, "badGateway", .retry), Row(503, "backendError", .retry),
        Row(504, "gatewayTimeout", .retry), Row(429, "", .retry),
        Row(401, "authError", .token),
        Row(403, "accessNotConfigured", .run), Row(403, "SERVICE_DISABLED", .run), Row(403, "domainPolicy", .run),
        Row(403, "insufficientPermissions", .run), Row(403, "dailyLimitExceeded", .run),
        Row(404, "notFound", "fileId", .item), Row(403, "insufficientFilePermissions", .item),
        Row(403, "appNotAuthorizedToFile", .item), Row(403, "exportSizeLimitExceeded", .item),
        Row(403, "fileNotExportable", .item), Row(403, "fileNotDownloadable", "alt", .item),
        Row(403, "cannotDownloadAbusiveFile", .item), Row(403, "downloadQuotaExceeded", .item),
        Row(403, "forbidden", .item), Row(404, "groupNotFound", .item),
        Row(400, "invalid", "pageToken", .cursor), Row(410, "invalid", "pageToken", .cursor),
        Row(404, "notFound", "pageToken", .cursor),
        Row(400, "invalid", "q", .item), Row(400, "badRequest", .item), Row(410, "deleted", .item),
    ]

    private func meaning(_ verdict: Verdict) -> Meaning {
        switch verdict {
        case .success: .success
        case .retry: .retry
        case .unauthorised: .token
        case .failed(let failure):
            switch failure.scope {
            case .item: .item
            case .partition, .run: .run
            case .cursorExpired: .cursor
            }
        }
    }

    @Test(arguments: GoogleDriveVerdictTests.rows) func anError(_ row: Row) throws {
        let place = row.location.map { #","location":"\#($0)","locationType":"parameter""# } ?? ""
        let body =
            #"{"error":{"code":\#(row.status),"message":"no","errors":[{"domain":"global","reason":"\#(row.reason)","message":"no"\#(place)}]}}"#
        let verdict = try judged(row.status, body)
        #expect(meaning(verdict) == row.meaning)
        if case .failed(let failure) = verdict, row.meaning == .item { #expect(failure.reason == row.reason) }
    }

    /// The newer form of Google's errors has no list of reasons.
    @Test(arguments: [("SERVICE_DISABLED", Meaning.run), ("PERMISSION_DENIED", .item)])
    func theNewerForm(_ reason: String, _ meaning: Meaning) throws {
        let body = #"{"error":{"code":403,"message":"no","status":"\#(reason)"}}"#
        #expect(self.meaning(try judged(403, body)) == meaning)
    }

    @Test(arguments: [200, 204, 304]) func success(_ status: Int) throws {
        #expect(meaning(try judged(status, #"{"error":{"errors":[{"reason":"domainPolicy"}]}}"#)) == .success)
    }

    @Test(arguments: ["", "<html>", "[]", #"{"error":"x"}"#, #"{"error":{"errors":[]}}"#])
    func aBodyOfNoUse(_ body: String) throws {
        #expect(meaning(try judged(403, body)) == .item)
        #expect(meaning(try judged(503, body)) == .retry)
    }

    private func judged(_ status: Int, _ body: String) throws -> Verdict {
        let url = try #require(URL("https://www.googleapis.com/drive/v3/files/1"))
        let response = Response(status: status, headers: [:], body: ByteSlice(body), date: Timestamp(seconds: 0))
        return Classifier(GoogleDrive.rules, refine: GoogleDrive.verdict).verdict(of: response, to: .get(url))
    }
}
