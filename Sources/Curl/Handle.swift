import CCurl
import HTTP
import System

/// One easy handle, used for many requests after each other: the one place that sets libcurl's options.
///
/// It and what its callbacks reach are touched only by the thread of the loop.
final class Handle {
    let easy: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    init?() {
        guard let made = curl_easy_init() else { return nil }
        easy = made
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }
    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        message.deallocate()
    }

    /// What libcurl says about an error.
    func describe(_ code: CURLcode) -> String {
        message[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
    }

    /// True when some of a request has left.
    var hasSent: Bool { curl_get_long(easy, CURLINFO_REQUEST_SIZE) > 0 }

    /// What a proxy answered to CONNECT; 0 for nothing.
    var proxyStatus: Int { curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE) }

    /// Readies the handle for a transfer, which must outlive it there.
    func prepare(_ transfer: Transfer, _ options: CurlTransport.Options) {
        curl_easy_reset(easy)
        message[0] = 0
        curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
        setConnection(transfer.request, options)
        setRequest(transfer.request)

        let pointer = Unmanaged.passUnretained(transfer).toOpaque()
        curl_set_receiver(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        curl_set_pointer(easy, CURLOPT_WRITEDATA, pointer)
        curl_set_receiver(easy, CURLOPT_HEADERFUNCTION, receiveLine)
        curl_set_pointer(easy, CURLOPT_HEADERDATA, pointer)
    }

    private func setConnection(_ request: Request, _ options: CurlTransport.Options) {
        curl_set_string(easy, CURLOPT_URL, request.url.description)
        curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        curl_set_long(easy, CURLOPT_HTTP_VERSION, curl_http_version)
        curl_set_long(easy, CURLOPT_PIPEWAIT, request.url.scheme == "https" ? 1 : 0)
        curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // On a connection that was used before, libcurl sends again by itself what got no answer.
        curl_set_long(easy, CURLOPT_FRESH_CONNECT, request.isIdempotent ? 0 : 1)

        curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        curl_set_long(easy, CURLOPT_SSLVERSION, curl_tls_version)
        if let file = options.caFile {
            curl_set_string(easy, CURLOPT_CAINFO, file)
            curl_set_string(easy, CURLOPT_PROXY_CAINFO, file)
        }
        // None named is what the environment says to libcurl, so none is named in so many words.
        let proxy = request.url.isLoopback ? nil : options.proxy
        curl_set_string(easy, CURLOPT_PROXY, proxy?.url.reveal() ?? "")
        curl_set_string(easy, CURLOPT_NOPROXY, proxy?.exceptions ?? "")

        curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        curl_set_long(easy, CURLOPT_TIMEOUT_MS, options.timeout.milliseconds)
        curl_set_string(easy, CURLOPT_USERAGENT, options.userAgent)
    }

    private func setRequest(_ request: Request) {
        curl_slist_free_all(headers)
        headers = nil
        // An empty field takes away what libcurl would add.
        headers = curl_slist_append(headers, "Expect:")
        headers = curl_slist_append(headers, "Accept-Encoding: gzip")
        if request.headers["content-type"] == nil { headers = curl_slist_append(headers, "Content-Type:") }
        for field in request.headers.fields {
            headers = curl_slist_append(
                headers, field.value.isEmpty ? field.name + ";" : "\(field.name): \(field.value)")
        }
        curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)

        if let body = request.body {
            curl_set_long(easy, CURLOPT_POST, 1)
            curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            body.withUnsafeBytes { bytes in
                // For no bytes, libcurl still wants an address.
                _ = curl_set_pointer(
                    easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? easy)
            }
        } else if request.method == "HEAD" {
            curl_set_long(easy, CURLOPT_NOBODY, 1)
        } else {
            curl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(request.limit, 1)))
        }
        if request.method != "HEAD" { curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method) }
    }
}

extension Duration {
    fileprivate var milliseconds: Int { Int(microseconds / 1000) }
}

// The callbacks belong to no actor: libcurl calls them on the thread of the loop.

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ transfer: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer else { return 0 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().receive(body: buffer) ? buffer.count : -1
}

private func receiveLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ transfer: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer else { return 0 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue().receive(line: buffer) ? buffer.count : -1
}
