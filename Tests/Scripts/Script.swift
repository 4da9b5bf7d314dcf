import HTTP
import JSON
import Synchronization
import System

/// A clock that goes only when somebody sleeps, and remembers for how long.
package final class ManualTime: TimeSource {
    private let state: Mutex<(now: Timestamp, sleeps: [Duration])>
    package static let start = Timestamp(seconds: 1_800_000_000)

    package init() { state = Mutex((ManualTime.start, [])) }
    package func now() -> Timestamp { state.withLock { $0.now } }
    package var sleeps: [Duration] { state.withLock { $0.sleeps } }
    package var elapsed: Duration { now() - ManualTime.start }
    package func advance(_ duration: Duration) { state.withLock { $0.now = $0.now + duration } }
    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.now = $0.now + duration
            $0.sleeps.append(duration)
        }
        await Task.yield()
    }
}

/// What happens to one request.
package enum Step: Sendable {
    case answer(Int, Headers = [:], String = "")
    case fail(TransportError)
    case cancel
}

/// A service in memory: it answers by a script, the last step for ever, and remembers what it was asked.
package final class Script: Transport {
    private let answer: @Sendable (Request, Int) async throws -> Step
    private let time: ManualTime
    private let asked = Mutex<[Request]>([])

    package init(_ time: ManualTime, _ answer: @escaping @Sendable (Request, Int) async throws -> Step) {
        self.time = time
        self.answer = answer
    }
    package convenience init(_ time: ManualTime, _ steps: [Step]) {
        self.init(time) { _, index in steps[min(index, steps.count - 1)] }
    }

    package var requests: [Request] { asked.withLock { $0 } }

    package func send(_ request: Request) async throws -> Response {
        let index = asked.withLock { asked in
            asked.append(request)
            return asked.count - 1
        }
        switch try await answer(request, index) {
        case .answer(let status, let headers, let body):
            return Response(status: status, headers: headers, body: ByteSlice(body), date: time.now())
        case .fail(let error): throw error
        case .cancel: throw CancellationError()
        }
    }
}

/// A request to the service of the tests.
package func get(_ text: String = "https://api.test/items/1", bucket: String = "user") -> Request {
    Request("GET", url(text), bucket: bucket)
}

package func url(_ text: String) -> URL {
    guard let url = URL(text) else { return url("https://the.url.of.this.test.is.wrong/") }
    return url
}

/// Opens when it is told to; whoever waits goes on then.
package final class Gate: Sendable {
    package init() {}
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))
    package func open() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }
    package func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// How a call ends.
package enum End: Equatable, Sendable {
    case answer(Int)
    case failed(String, CallFailure.Scope)
    case stopped(System.ExitStatus)
    case cancelled
}

package func end(of request: Request, _ client: Client) async -> End {
    do { return .answer(try await client.send(request).status) } catch let failure as CallFailure {
        return .failed(failure.reason, failure.scope)
    } catch let failure as Failure { return .stopped(failure.status) } catch is CancellationError {
        return .cancelled
    } catch {
        return .failed("unexpected: \(error)", .item)
    }
}
