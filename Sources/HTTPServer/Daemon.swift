import CMicroHTTPD
import Glibc
import HTTP
import JSON
import System

/// A running libmicrohttpd. All calls of the library, and what it calls, are in this file.
struct Daemon: @unchecked Sendable {
    // Sendable: libmicrohttpd takes calls from any thread, and `HTTPServer` lets one of them stop it, once.
    private let raw: OpaquePointer
    private let service: Unmanaged<Service>
    let port: Int

    init(_ service: Service, address: String, port: UInt16, _ limits: HTTPServer.Limits) throws {
        let held = Unmanaged.passRetained(service)
        var error: Int32 = 0
        let started = address.withCString { address in
            mhd_start(
                mhd_settings(
                    address: address, port: port, connections: UInt32(clamping: limits.connections),
                    idle_seconds: UInt32(clamping: limits.idle.components.seconds), header_bytes: limits.headers),
                mhd_callbacks(begin: begin, access: access, end: end), held.toOpaque(), &error)
        }
        guard let started else {
            held.release()
            throw Failure(
                .unavailable, "can't listen on \(address) port \(port): \(String(cString: strerror(error)))",
                error == EADDRINUSE ? "end the other program, or take another port (0 picks a free one)" : "")
        }
        raw = started
        self.service = held
        self.port = Int(mhd_port(started))
    }

    /// Waits for the last callback.
    func stop() {
        mhd_ring(service.takeUnretainedValue().bell)
        MHD_stop_daemon(raw)
        service.release()
    }
}

/// A request on its way. The thread of its connection alone touches it.
private final class Exchange {
    let target: String
    var hasBegun = false
    var body: [UInt8] = []
    var excess = 0
    var completion: (@Sendable (Bool) -> Void)?

    init(_ target: String) { self.target = target }
}

private func begin(
    _ service: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    Unmanaged.passRetained(Exchange(target.map { String(cString: $0) } ?? "/")).toOpaque()
}

private func end(
    _ service: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let pointer = context?.pointee else { return }
    context?.pointee = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
    // MHD_REQUEST_TERMINATED_COMPLETED_OK; a connection that we cut ends with an error.
    exchange.completion?(reason.rawValue == 0)
}

/// Called with the headers, with each part of the body, and when the request is whole.
private func access(
    _ service: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ part: UnsafePointer<CChar>?,
    _ partSize: UnsafeMutablePointer<Int>?, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let service, let connection, let method, let partSize, let pointer = context?.pointee else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    let held = Unmanaged<Service>.fromOpaque(service).takeUnretainedValue()
    if !exchange.hasBegun {
        exchange.hasBegun = true
        let length = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length").map { String(cString: $0) }
        return (length.flatMap { Int($0) } ?? 0) > held.bodyLimit ? refuse(connection) : .YES
    }
    if partSize.pointee > 0, let part {
        let bytes = UnsafeRawBufferPointer(start: part, count: partSize.pointee)
        partSize.pointee = 0
        if exchange.excess == 0, exchange.body.count + bytes.count <= held.bodyLimit {
            exchange.body += bytes
            return .YES
        }
        // No answer can be given before the body has ended: a little more is passed over.
        exchange.body = []
        exchange.excess += bytes.count
        return exchange.excess <= max(held.bodyLimit, 1 << 20) ? .YES : .NO
    }
    if exchange.excess > 0 { return refuse(connection) }
    let request = ServerRequest(
        method: String(cString: method), target: exchange.target, headers: headers(of: connection), body: exchange.body)
    exchange.body = []
    let response = held.handler(request)
    exchange.completion = response.completion
    if let delay = response.delay, delay > .zero,
        mhd_wait(held.bell, -1, (delay.microseconds + 999) / 1000) == 0
    {
        return .NO
    }
    switch response.delivery {
    case .closed: return .NO
    case .stalled:
        _ = mhd_wait(held.bell, mhd_socket(connection), -1)
        return .NO
    case .truncated(let count) where count < response.body.count: return send(response, only: max(0, count), connection)
    case .truncated, .whole: return send(response, only: nil, connection)
    }
}

private func headers(of connection: OpaquePointer) -> Headers {
    var headers = Headers()
    withUnsafeMutablePointer(to: &headers) { headers in
        _ = MHD_get_connection_values(connection, .HEADER_KIND, addHeader, headers)
    }
    return headers
}

private func addHeader(
    _ headers: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?,
    _ value: UnsafePointer<CChar>?
) -> MHD_Result {
    guard let headers, let name else { return .NO }
    headers.assumingMemoryBound(to: Headers.self).pointee.append(
        String(cString: name), value.map { String(cString: $0) } ?? "")
    return .YES
}

private func refuse(_ connection: OpaquePointer) -> MHD_Result {
    send(.text(413, "the body is too long\n"), only: nil, connection)
}

/// - Parameter only: how much of the body is sent before the connection is closed; nil for all of it.
private func send(_ response: ServerResponse, only: Int?, _ connection: OpaquePointer) -> MHD_Result {
    let answer =
        if let only {
            MHD_create_response_from_callback(
                UInt64(response.body.count), 64 * 1024, readPart,
                Unmanaged.passRetained(Part(response.body[0..<only])).toOpaque(), freePart)
        } else {
            response.body.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        }
    guard let answer else { return .NO }
    defer { MHD_destroy_response(answer) }
    for field in response.headers.fields {
        // What can't be a header (a line feed in it) is left out by the library.
        _ = MHD_add_response_header(answer, field.name, field.value)
    }
    return MHD_queue_response(connection, UInt32(clamping: response.status), answer)
}

/// The beginning of a body that is cut.
private final class Part {
    let bytes: ByteSlice
    init(_ bytes: ByteSlice) { self.bytes = bytes }
}

private func readPart(
    _ part: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ room: Int
) -> Int {
    guard let part, let buffer else { return mhd_broken_off() }
    let bytes = Unmanaged<Part>.fromOpaque(part).takeUnretainedValue().bytes
    let start = Int(clamping: position)
    guard start < bytes.count else { return mhd_broken_off() }
    let count = min(room, bytes.count - start)
    UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: bytes[start..<start + count].array)
    return count
}

private func freePart(_ part: UnsafeMutableRawPointer?) {
    if let part { Unmanaged<Part>.fromOpaque(part).release() }
}
