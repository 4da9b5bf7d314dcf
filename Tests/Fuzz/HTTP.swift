import HTTP
import JSON
import System

/// What parses the bytes of a server: lines of a header, URLs, `Location`, `Retry-After` and dates, codes of errors.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let text = String(decoding: bytes, as: UTF8.self)
    guard let base = URL("https://api.test/a/b?c=d") else { return 0 }
    header(bytes, base)
    url(text, base)
    date(text)
    return 0
}

/// Stops where something that must hold does not.
private func law(_ holds: Bool, _ what: StaticString) {
    if !holds { fatalError("\(what)") }
}

private func header(_ bytes: [UInt8], _ base: URL) {
    var headers = Headers()
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
        let line = HeaderLine(Array(line).span)
        headers.receive(line)
        if case .field(let name, let value) = line {
            law(!name.isEmpty && name.utf8.allSatisfy(HeaderLine.isToken), "a name is a token")
            law(value.trimmed == value, "a value has no blanks at its ends")
        }
        if case .status(let status) = line { law((100...999).contains(status), "a status has three digits") }
    }
    for field in headers.fields { law(headers[field.name.uppercased()] != nil, "names have no case") }
    let response = Response(
        status: 429, headers: headers, body: ByteSlice(bytes), date: Timestamp(seconds: 1_800_000_000))
    if let wait = response.retryAfter { law(wait > .zero && wait <= .seconds(604_800), "a pause has a bound") }
    _ = response.mediaType
    if let reason = response.errorReason { law(reason.utf8.count <= 64, "a code is short") }
    let verdict = Classifier([Rule(429, reason: "x", .run)]).verdict(of: response, to: .get(base))
    law(verdict != .success, "429 is no success")
}

private func url(_ text: String, _ base: URL) {
    if let url = URL(text) {
        law(URL(url.description) == url, "a URL that is printed is read again")
        law(url.scheme == "https" || url.scheme == "http", "the scheme is one of two")
        law(!url.host.contains("@") && !url.authority.contains("/"), "a host is a host")
        law(!url.path.contains("/../") && url.path.hasPrefix("/"), "a path does not climb")
        law(url.isSafe == (url.scheme == "https" || url.isLoopback), "plain text stays on this machine")
        _ = url.queryFields
        let same = URL(url.description.uppercased().replacing(url.target.uppercased(), with: url.target))
        law(same == nil || same?.host == url.host, "a host has no case")
    }
    if let next = base.resolving(text) {
        law(URL(next.description) == next, "what is resolved is a URL")
        // Without a scheme or two slashes, a reference stays where it is.
        let stays = !text.hasPrefix("//") && !text.contains(":")
        law(!stays || next.authority == base.authority, "a path leads to the same host")
    }
    let made = base.appending(text)
    law(made.authority == base.authority && made.query == base.query, "an id changes no more than the path")
    law(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "what is encoded can be decoded")
    for field in PercentEncoding.fields(of: text) {
        law(PercentEncoding.fields(of: PercentEncoding.form([field])).first?.value == field.value, "a field comes back")
    }
}

private func date(_ text: String) {
    if let moment = Timestamp(httpDate: text) {
        law(Timestamp(httpDate: moment.httpDate) == moment, "a date that is printed is read again")
    }
    if let moment = Timestamp(text) { law(Timestamp(moment.description) == moment, "so is a moment") }
    if let duration = Duration(text) {
        law(duration >= .zero && duration <= .seconds(864_000_000), "a time has a bound")
    }
}
