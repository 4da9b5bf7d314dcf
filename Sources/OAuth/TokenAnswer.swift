import HTTP
import JSON
import System

/// What a token endpoint gave. RFC 6749, section 5.1, read as services write it.
package struct TokenAnswer: Sendable {
    package var accessToken: Secret
    var refreshToken: Secret?
    var receivedAt: Timestamp
    /// By our clock.
    package var expiresAt: Timestamp?
    var refreshExpiresAt: Timestamp?
    var scope: String?
    var extras: [String: String] = [:]

    /// - Parameters:
    ///   - request: what was answered.
    ///   - row: how the service's answers differ.
    ///   - now: when the answer came, by our clock.
    /// - Throws: `TokenRefusal` for what gives no token.
    package init(_ response: Response, to request: Request, _ row: Provider?, at now: Timestamp) throws {
        let date = response.headers["date"].flatMap { Timestamp(httpDate: $0) }
        let ahead = date.map { $0 - now } ?? .zero
        let json = try? JSON(parsing: response.body)
        if let refusal = TokenRefusal(response, json, to: request, row, ahead: ahead) { throw refusal }
        guard response.isSuccess, let json, let place = TokenAnswer.place(in: json, row),
            let token = (place["access_token"] ?? place["token"])?.string, TokenAnswer.isToken(token),
            TokenAnswer.isBearer(place["token_type"])
        else { throw TokenRefusal(code: nil, status: response.status, meaning: .later, ahead: ahead) }

        accessToken = Secret(token)
        refreshToken = place["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        receivedAt = now
        expiresAt = TokenAnswer.end(place, date: date, now)
        refreshExpiresAt = TokenAnswer.seconds(place["refresh_token_expires_in"]).map { now + $0 }
        scope = place["scope"]?.string
        if scope == nil, let list = place["scopes"]?.elements, !list.isEmpty {
            scope = list.compactMap(\.string).joined(separator: " ")
        }
        for extra in row?.extras ?? [] {
            var value: JSON? = json
            for name in extra.path { value = value?[name: name] }
            if let text = value?.string ?? value?.int.map({ String($0) }), text.utf8.count <= 4096 {
                extras[extra.name] = text
            }
        }
    }

    /// The object that holds the token: the answer, or the member of it that the provider's row names.
    private static func place(in json: JSON, _ row: Provider?) -> JSON? {
        if json["access_token"]?.string == nil, let name = row?.nestedToken, let nested = json[name: name] {
            return nested
        }
        return json
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1 << 16 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// A token of another type must not be used. RFC 6749, section 7.1. Slack's types are `bot` and `user`; some send none.
    private static func isBearer(_ type: JSON?) -> Bool {
        guard let type = type?.string else { return type?.isNull ?? true }
        return ["bearer", "bot", "user"].contains(type.lowercased())
    }

    /// A life in seconds, also as a string or with a fraction; nil for what is none.
    private static func seconds(_ value: JSON?) -> Duration? {
        guard let value else { return nil }
        let number =
            value.lenientInt
            ?? (value.double ?? value.string.flatMap { Double($0) }).flatMap { Int64(exactly: $0.rounded()) }
        return number.flatMap { $0 > 0 && $0 < 1 << 31 ? .seconds($0) : nil }
    }

    /// When the token ends by our clock, however wrong that is: what the service tells by its own is measured from its `Date`.
    private static func end(_ json: JSON, date: Timestamp?, _ now: Timestamp) -> Timestamp? {
        if let life = seconds(json["expires_in"]) {
            // GitLab: from `created_at` on.
            guard let date, let created = json["created_at"]?.lenientInt, created > 0, created < 1 << 40 else {
                return now + life
            }
            return now + life - min(max(.zero, date - Timestamp(seconds: created)), life)
        }
        // GitHub App: absolute.
        guard let end = json["expires_at"]?.string.flatMap({ Timestamp($0) }) else { return nil }
        return now + (end - (date ?? now))
    }
}

extension Credentials {
    /// With what an answer to a renewal brings; what it does not bring stays.
    func renewed(by answer: TokenAnswer) -> Credentials {
        var new = self
        new.accessToken = answer.accessToken
        new.obtainedAt = answer.receivedAt
        new.expiresAt = answer.expiresAt
        new.extras.merge(answer.extras) { $1 }
        guard grant == .refreshToken else { return new }
        if let token = answer.refreshToken { new.refreshToken = token }
        if let end = answer.refreshExpiresAt { new.refreshExpiresAt = end }
        if let scope = answer.scope { new.scope = scope }
        return new
    }

    /// With what the answer to a code, of a browser or a device, brings.
    func begun(by answer: TokenAnswer) -> Credentials {
        var new = self
        new.grant = answer.refreshToken == nil ? nil : .refreshToken
        new.refreshToken = answer.refreshToken
        return new.renewed(by: answer).with { $0.scope = answer.scope ?? scope }
    }

    private func with(_ change: (inout Credentials) -> Void) -> Credentials {
        var new = self
        change(&new)
        return new
    }
}
