import CZlib

/// Decompresses a gzip body as it comes, and knows whether it came to its end.
///
/// libcurl can decompress too, but 7.88 takes a body whose compressed form stops early for a whole one. So nothing but gzip
/// is asked for, and it is decompressed here.
final class Inflation {
    private static let step = 64 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    /// True between two members: where a body may end.
    private(set) var isComplete = false

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: Inflation.step, alignment: 1)
        guard zlib_start_gunzip(stream) == Z_OK else { return nil }
    }
    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    enum Outcome { case fine, damaged, stopped }

    /// - Parameter emit: takes what comes out, and says whether to go on.
    func receive(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) -> Bool) -> Outcome {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        while true {
            if stream.pointee.avail_in > 0 { isComplete = false }
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(Inflation.step)
            let result = inflate(stream, Z_NO_FLUSH)
            let made = Inflation.step - Int(stream.pointee.avail_out)
            if made > 0, !emit(UnsafeRawBufferPointer(rebasing: output[..<made])) { return .stopped }
            switch result {
            case Z_STREAM_END:
                isComplete = true
                inflateReset(stream)
                if stream.pointee.avail_in == 0 { return .fine }
            case Z_OK where stream.pointee.avail_in == 0 && made < Inflation.step: return .fine
            case Z_OK: break
            case Z_BUF_ERROR where stream.pointee.avail_in == 0: return .fine
            default: return .damaged
            }
        }
    }
}
