import CCurl
import Glibc
import HTTP
import Synchronization
import System

/// The thread that moves the bytes of all transfers.
///
/// Sendable: `multi` may be woken from any thread (`curl_multi_wakeup`), and is else used by the loop's thread alone, as are
/// `active`, `idle` and `waiting`; the rest is behind a mutex.
final class Loop: @unchecked Sendable {
    private struct Queue {
        var submitted: [Transfer] = []
        /// Some transfer was cancelled.
        var hasCancelled = false
        var isStopped = false
    }

    private let multi: UnsafeMutableRawPointer
    private let options: CurlTransport.Options
    private let queue = Mutex(Queue())
    private var active: [UnsafeMutableRawPointer: (handle: Handle, transfer: Transfer)] = [:]
    private var idle: [Handle] = []
    /// Those that must wait for another to end, in order. libcurl could keep them, but when one that it has just woken is
    /// cancelled, it forgets to wake the next.
    private var waiting: [Transfer] = []
    /// No transfer can have stalled before.
    private var nextStall = ContinuousClock.now

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(options: CurlTransport.Options) throws {
        guard Loop.isReady, let made = curl_multi_init() else {
            throw Failure(.software, "libcurl can't start", "is there memory left?")
        }
        multi = made
        self.options = options
        curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.maxConnections)
        var thread = pthread_t()
        let loop = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, work, loop.toOpaque()) == 0 else {
            loop.release()
            throw Failure(.software, "no thread can be started", "is there memory left?")
        }
        pthread_detach(thread)
    }
    deinit { curl_multi_cleanup(multi) }

    func submit(_ transfer: Transfer, _ continuation: CheckedContinuation<Answer, any Error>) {
        transfer.continuation = continuation
        queue.withLock { $0.submitted.append(transfer) }
        wake()
    }

    private func wake() { curl_multi_wakeup(multi) }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        queue.withLock { $0.hasCancelled = true }
        wake()
    }

    /// Ends the thread; what is under way is broken off.
    func stop() {
        queue.withLock { $0.isStopped = true }
        wake()
    }

    fileprivate func run() {
        var running: Int32 = 0
        while true {
            let news = queue.withLock { queue in
                defer { queue = Queue(isStopped: queue.isStopped) }
                return queue
            }
            waiting += news.submitted
            if news.hasCancelled || news.isStopped {
                waiting.removeAll { transfer in
                    guard news.isStopped || transfer.isCancelled.load(ordering: .acquiring) else { return false }
                    transfer.resume(.failure(CancellationError()))
                    return true
                }
                for (handle, transfer) in active.values
                where news.isStopped || transfer.isCancelled.load(ordering: .acquiring) {
                    end(handle, transfer, .failure(CancellationError()))
                }
            }
            if news.isStopped { return }
            startWaiting()
            curl_multi_perform(multi, &running)
            finish()
            startWaiting()
            curl_multi_poll(multi, nil, 0, Int32(clamping: endStalled().microseconds / 1000 + 1), nil)
        }
    }

    /// Ends those to which nothing came for too long.
    /// - Returns: how long it takes until another one may have stalled.
    private func endStalled() -> Duration {
        if active.isEmpty { return .seconds(60) }
        let now = ContinuousClock.now
        if now >= nextStall {
            nextStall = now + options.stall
            for (handle, transfer) in active.values {
                let end = transfer.lastArrival + options.stall
                if end <= now {
                    self.end(handle, transfer, .failure(TransportError.lost("nothing came for \(options.stall)")))
                } else {
                    nextStall = min(nextStall, end)
                }
            }
            startWaiting()
        }
        return nextStall - now
    }

    private func startWaiting() {
        let count = min(waiting.count, max(1, options.maxConnections) - active.count)
        guard count > 0 else { return }
        waiting[..<count].forEach(start)
        waiting.removeFirst(count)
    }

    private func start(_ transfer: Transfer) {
        if transfer.isCancelled.load(ordering: .acquiring) { return transfer.resume(.failure(CancellationError())) }
        guard let handle = idle.popLast() ?? Handle() else {
            transfer.resume(.failure(TransportError.refused("libcurl can't start a transfer")))
            return
        }
        transfer.lastArrival = .now
        handle.prepare(transfer, options)
        active[handle.easy] = (handle, transfer)
        guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
            end(handle, transfer, .failure(TransportError.refused("libcurl can't start a transfer")))
            return
        }
    }

    /// Hands out what has come to its end.
    private func finish() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let (handle, transfer) = active[easy]
            else { continue }
            let code = message.pointee.data.result
            let error = transfer.error(
                code, handle.describe(code), sent: handle.hasSent, proxyStatus: handle.proxyStatus)
            end(handle, transfer, error.map { .failure($0) } ?? .success(transfer.answer))
        }
    }

    private func end(_ handle: Handle, _ transfer: Transfer, _ result: Result<Answer, any Error>) {
        curl_multi_remove_handle(multi, handle.easy)
        active[handle.easy] = nil
        if idle.count < options.maxConnections { idle.append(handle) }
        transfer.resume(result)
    }
}

extension Transfer {
    fileprivate func resume(_ result: Result<Answer, any Error>) {
        continuation?.resume(with: result)
        continuation = nil
    }
}

/// The body of the thread. Signals are for the other threads.
private func work(_ loop: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    if let loop { Unmanaged<Loop>.fromOpaque(loop).takeRetainedValue().run() }
    return nil
}
