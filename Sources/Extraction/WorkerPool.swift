import Glibc
import System

/// Child processes that read what needs a parser of foreign bytes: a few at once, each one document at a time, under limits of
/// time, memory and output. One that takes too long, or in which two die, costs that document; and none lives for ever.
///
/// Nothing is done in the background: documents go out and texts come in while `begin` and `finish` run. One thread at a time.
public final class WorkerPool {
    public struct Options: Sendable {
        /// The program, with its arguments.
        public var program = [programFolder + "/extract-worker"]
        /// How many work at once.
        public var jobs = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        /// Bytes of address space of each.
        public var memory: UInt64 = 2 << 30
        /// Documents after which a worker is replaced by a new one.
        public var lifetime = 500
        public init() {}
    }

    private final class Job {
        let limits: Limits
        let request: [UInt8]
        /// A worker died over it. That may have come from outside: another gets it once more.
        var hasFailed = false
        var result: Result<FormatOutput, Unreadable>?

        init(_ request: [UInt8], _ limits: Limits) {
            self.request = request
            self.limits = limits
        }
    }
    private final class Seat {
        var worker: ChildProcess?
        var served = 0
        var job: Job?
        var deadline = ContinuousClock.now
        var received: [UInt8] = []
    }

    private let options: Options
    private var seats: [Seat] = []
    private var queue: [Job] = []
    private var jobs: [Int: Job] = [:]
    private var drawn = 0
    /// What a worker has beside the document's own time, to say that it had not enough.
    private static let grace = Duration.seconds(2)

    public init(_ options: Options = Options()) { self.options = options }

    /// How many documents may be begun before the first is finished, for all workers to have work.
    public var lookahead: Int { 2 * options.jobs }

    func begin(_ format: Format, _ input: FormatInput) -> Int {
        drawn += 1
        let job = Job(WorkerMessage.request(format, input), input.limits)
        jobs[drawn] = job
        queue.append(job)
        pump(until: nil)
        return drawn
    }

    /// Waits for a document that was begun.
    func finish(_ ticket: Int) -> Result<FormatOutput, Unreadable> {
        guard let job = jobs.removeValue(forKey: ticket) else { return .failure(Unreadable("crashed")) }
        if job.result == nil { pump(until: job) }
        return job.result ?? .failure(Unreadable("crashed"))
    }

    /// Moves what can be moved; and, until a job is done, waits for it.
    private func pump(until awaited: Job?) {
        while true {
            assign()
            if let awaited, awaited.result != nil { return }
            let busy = seats.filter { $0.job != nil }
            if busy.isEmpty { return }
            var timeout: Int32 = 0
            if awaited != nil {
                let now = ContinuousClock.now
                let left = busy.map { $0.deadline - now }.min() ?? .zero
                timeout = Int32(clamping: max(0, left.microseconds / 1000 + 1))
            }
            var ready = busy.map { pollfd(fd: $0.worker?.descriptor ?? -1, events: Int16(POLLIN), revents: 0) }
            let count = poll(&ready, nfds_t(ready.count), timeout)
            for (seat, events) in zip(busy, ready) where events.revents != 0 { receive(seat) }
            let now = ContinuousClock.now
            for seat in busy where seat.job != nil && seat.deadline <= now { lose(seat, "time_limit") }
            if awaited == nil && count <= 0 { return assign() }
        }
    }

    private func assign() {
        while !queue.isEmpty {
            guard let seat = seats.first(where: { $0.job == nil }) ?? newSeat() else { return }
            let job = queue.removeFirst()
            seat.job = job
            seat.deadline = ContinuousClock.now + job.limits.time + WorkerPool.grace
            seat.received = []
            if seat.worker == nil {
                do throws(SystemError) {
                    seat.worker = try ChildProcess(options.program, addressSpace: options.memory)
                    seat.served = 0
                } catch {
                    job.result = .failure(Unreadable(error.isMissing ? "tool_missing" : "tool_failed"))
                    seat.job = nil
                    continue
                }
            }
            guard seat.worker?.send(job.request, before: seat.deadline) == true else {
                lose(seat, ContinuousClock.now >= seat.deadline ? "time_limit" : "crashed")
                continue
            }
        }
    }

    private func newSeat() -> Seat? {
        guard seats.count < options.jobs else { return nil }
        let seat = Seat()
        seats.append(seat)
        return seat
    }

    private func receive(_ seat: Seat) {
        guard let job = seat.job, let worker = seat.worker else { return }
        let isOpen = worker.receive(into: &seat.received)
        if let result = WorkerMessage.parse(answer: seat.received, limit: job.limits.output) {
            if result.isNonsense { return lose(seat, "crashed") }
            job.result = result
            seat.job = nil
            seat.received = []
            seat.served += 1
            if !isOpen || seat.served >= options.lifetime { end(seat) }
        } else if !isOpen {
            lose(seat, "crashed")
        }
    }

    private func lose(_ seat: Seat, _ reason: String) {
        if let job = seat.job {
            if reason == "crashed", !job.hasFailed {
                job.hasFailed = true
                queue.insert(job, at: 0)
            } else {
                job.result = .failure(Unreadable(reason))
            }
        }
        seat.job = nil
        end(seat)
    }

    private func end(_ seat: Seat) {
        seat.worker?.end()
        seat.worker = nil
        seat.received = []
    }
}

extension Result<FormatOutput, Unreadable> {
    /// What came was no answer.
    fileprivate var isNonsense: Bool {
        guard case .failure(let why) = self else { return false }
        return why.reason == "crashed"
    }
}
