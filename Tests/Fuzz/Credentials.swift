import HTTP
import JSON
import Laws
import OAuth
import System

/// What a person, a browser and a token endpoint give: credentials, addresses to come back to, answers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let given = bytes(start, count)
    credentials(given)
    callback(String(decoding: given, as: UTF8.self))
    answer(given)
    return 0
}

private let now = Timestamp(seconds: 1_800_000_000)

private func credentials(_ given: [UInt8]) {
    guard let json = try? JSON(parsing: given), let read = try? Credentials(json) else { return }
    var w = JSONWriter()
    read.write(to: &w)
    guard let again = (try? JSON(parsing: w.slice)).flatMap({ try? Credentials($0) }) else {
        fatalError("what is written is read again")
    }
    var second = JSONWriter()
    again.write(to: &second)
    law(second.bytes == w.bytes, "what is written and read is written the same")
}

private func callback(_ text: String) {
    guard let pending = login, let state else { return }
    let addresses = [text, "\(redirect)?state=\(state)&\(text)"]
    for address in addresses {
        if let code = try? pending.code(from: address, at: now).reveal() {
            law(address.contains(state) || text.contains("%"), "no code without the state")
            law(!code.isEmpty && code.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "a code is text")
        }
    }
}

private let redirect = "http://127.0.0.1:4321/callback"
private let begun: (url: URL, pending: PendingAuthorization)? = {
    guard let google = Provider.named("google"), let endpoints = try? google.endpoints(),
        let (url, pending) = try? PendingAuthorization.begin(
            google, at: endpoints, clientID: "id", scopes: ["a"], redirect: redirect, now: now)
    else { return nil }
    return (url, pending)
}()
private var login: PendingAuthorization? { begun?.pending }
private var state: String? { begun?.url.queryFields.first { $0.name == "state" }?.value }

/// The first byte says the status and the service.
private func answer(_ given: [UInt8]) {
    guard let first = given.first, let url = URL("https://api.test/token") else { return }
    let response = Response(
        status: [200, 400, 401, 403, 429, 503][Int(first) % 6],
        headers: ["date": "Thu, 01 Jan 2026 00:00:00 GMT", "content-type": "application/json"],
        body: ByteSlice(given.dropFirst()), date: now)
    for row in Provider.all {
        guard let answer = try? TokenAnswer(response, to: .get(url), row, at: now) else { continue }
        law(response.isSuccess, "only a success gives a token")
        law(!answer.accessToken.reveal().isEmpty, "a token has characters")
        law(answer.expiresAt.map { $0.seconds > 0 } ?? true, "a token ends after 1970")
    }
}
