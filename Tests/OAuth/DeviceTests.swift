import HTTP
import OAuth
import Scripts
import System
import Testing

// RFC 8628.
@Suite struct DeviceTests {
    private static let begun =
        #"{"device_code":"GmRhm_D","user_code":"WDJB-MJHT","verification_uri":"https://example.com/device","#
        + #""verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":5}"#
    private static let pending = Step.answer(400, [:], #"{"error":"authorization_pending"}"#)
    private static let token = Step.answer(200, [:], #"{"access_token":"A","token_type":"bearer","refresh_token":"R"}"#)

    private func flow(_ first: String, _ steps: [Step], _ time: ManualTime, name: String = "github") async throws
        -> (DeviceFlow, Script)
    {
        let row = try #require(Provider.named(name))
        let endpoints = try row.endpoints()
        let script = Script(time, [.answer(200, [:], first)] + steps)
        let flow = try await DeviceFlow.begin(
            row, at: endpoints, as: row.credentials(at: endpoints, clientID: "id"), scopes: ["repo"],
            through: endpoint(script, time))
        return (flow, script)
    }

    /// What the service answers, how long each wait was, and how it ends.
    static let endings: [([Step], [Int], System.ExitStatus?)] = [
        ([pending, pending, token], [5, 5, 5], nil),
        ([.answer(400, [:], #"{"error":"slow_down"}"#), pending, token], [5, 10, 10], nil),
        ([.answer(200, [:], #"{"error":"slow_down","interval":10}"#), token], [5, 10], nil),
        ([.fail(.timedOut), pending, token], [5, 10, 10], nil),
        ([.answer(503), token], [5, 10], nil),
        ([pending, .answer(400, [:], #"{"error":"access_denied"}"#)], [5, 5], .noPermission),
        ([pending, .answer(400, [:], #"{"error":"expired_token"}"#)], [5, 5], .noPermission),
        ([.answer(400, [:], #"{"error":"invalid_client"}"#)], [5], .configuration),
    ]

    @Test(arguments: endings) func itIsAskedForInTime(steps: [Step], waits: [Int], status: System.ExitStatus?)
        async throws
    {
        let time = ManualTime()
        let (flow, script) = try await flow(DeviceTests.begun, steps, time)
        #expect(flow.prompt.userCode == "WDJB-MJHT")
        #expect(flow.prompt.completeURL?.description == "https://example.com/device?user_code=WDJB-MJHT")
        #expect(text(of: script.requests[0]) == "scope=repo&client_id=id")
        #expect(script.requests[0].url.description == "https://github.com/login/device/code")
        do {
            let new = try await flow.credentials()
            #expect(status == nil && new.accessToken?.reveal() == "A" && new.canRenew)
        } catch let failure as Failure { #expect(failure.status == status) }
        #expect(time.sleeps == waits.map { .seconds($0) })
        #expect(
            text(of: script.requests[1])
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhm_D&client_id=id")
    }

    @Test func theCodeEnds() async throws {
        let time = ManualTime()
        let (flow, _) = try await flow(DeviceTests.begun, [DeviceTests.pending], time)
        #expect(await failure { try await flow.credentials() }?.status == .noPermission)
        #expect(time.elapsed <= .seconds(1800) && time.elapsed > .seconds(1700))
    }

    @Test func theOldNameOfTheAddressIsRead() async throws {
        let time = ManualTime()
        let (flow, script) = try await flow(
            #"{"device_code":"d","user_code":"u","verification_url":"https://www.google.com/device","expires_in":1800}"#,
            [DeviceTests.token], time, name: "google")
        #expect(flow.prompt.verificationURL.description == "https://www.google.com/device")
        _ = try await flow.credentials()
        #expect(time.sleeps == [.seconds(5)] && script.requests.count == 2)
    }

    @Test(arguments: [
        #"{"device_code":"d","user_code":"\u001b[2J","verification_uri":"https://a.test"}"#,
        #"{"device_code":"d","user_code":"u","verification_uri":"http://a.test"}"#,
        #"{"device_code":"d","user_code":"u"}"#, "[]", "",
    ]) func aPromptThatCannotBeShownIsNone(answer: String) async {
        let time = ManualTime()
        #expect(await failure { try await self.flow(answer, [], time).0.prompt }?.status == .unavailable)
    }

    @Test func aServiceWithoutItSaysSo() async {
        let time = ManualTime()
        #expect(await failure { try await self.flow("", [], time, name: "slack").0.prompt }?.status == .configuration)
    }
}
