import Pacing
import Synchronization
import System

/// Keeps calls from being made faster than a service wants them.
public protocol Pacer: Sendable {
    /// Lets a call go, or says how long to wait before asking again. A pacer does not wait itself: the client does, without
    /// keeping others from going. For each call that may go, `learn` is called, once.
    func admit(_ request: Request) async throws -> Admission
    /// Takes in what the answer says about the pace.
    /// - Parameters:
    ///   - response: nil where none came.
    ///   - isRefusal: the service would not take the call because there were too many.
    func learn(from response: Response?, isRefusal: Bool, of request: Request, _ ticket: Ticket) async
}

public enum Admission: Sendable, Equatable {
    case go(Ticket)
    case wait(Duration)
}

/// No pace.
public struct Unpaced: Pacer {
    public init() {}
    public func admit(_ request: Request) -> Admission { .go(Ticket()) }
    public func learn(from response: Response?, isRefusal: Bool, of request: Request, _ ticket: Ticket) {}
}

/// Paces each bucket by what is declared, what the answers say, and what refusals teach; with all processes of the machine where
/// its store is shared by them. See `Bucket`.
public final class BucketPacer: Pacer {
    private struct State {
        var crews: [BucketName: Bucket.Crew] = [:]
        var random: any RandomNumberGenerator & Sendable
    }
    private let source: String
    private let account: String
    private let store: BucketStore
    private let budgets: [String: Budget]
    private let told: (@Sendable (Response) -> [RateWindow])?
    private let isGentle: Bool
    private let process: Int32
    private let time: any TimeSource
    private let state: Mutex<State>

    /// - Parameters:
    ///   - account: who calls: an id, or a digest of what does not change; never a token.
    ///   - told: windows that an answer tells elsewhere than in its headers.
    ///   - isGentle: a bucket that was never used before begins slowly.
    ///   - process: the number by which others are told who uses a bucket; 0 is not told.
    public init(
        source: String = "", account: String = "", store: BucketStore = BucketStore(), budgets: [Budget] = [],
        told: (@Sendable (Response) -> [RateWindow])? = nil, isGentle: Bool = false, process: Int32 = 0,
        time: any TimeSource = SystemTime(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.source = source
        self.account = account
        self.store = store
        self.budgets = Dictionary(budgets.map { ($0.bucket, $0) }, uniquingKeysWith: { $1 })
        self.told = told
        self.isGentle = isGentle
        self.process = process
        self.time = time
        state = Mutex(State(random: random))
    }

    private func name(of request: Request) -> BucketName {
        BucketName(source: source, account: account, host: request.url.host, bucket: request.bucket)
    }

    public func admit(_ request: Request) -> Admission {
        let name = name(of: request)
        return state.withLock { state in
            let crew = state.crews[name] ?? Bucket.Crew()
            let (ticket, wait) = store.update(name) { bucket in
                bucket.admit(
                    cost: request.cost, budget: budgets[request.bucket], crew: crew, isGentle: isGentle,
                    process: process, at: time.now())
            }
            guard let ticket else { return .wait(wait) }
            state.crews[name, default: Bucket.Crew()].underWay += 1
            return .go(ticket)
        }
    }

    public func learn(from response: Response?, isRefusal: Bool, of request: Request, _ ticket: Ticket) {
        let name = name(of: request)
        var outcome = Outcome()
        if let response {
            outcome = Outcome(
                second: response.headers["date"] == nil ? nil : response.date.seconds,
                windows: response.rateWindows + (told?(response) ?? []), isRefusal: isRefusal,
                retryAfter: response.status >= 400 ? response.retryAfter : nil)
        }
        state.withLock { state in
            let crew = state.crews[name] ?? Bucket.Crew()
            let took = store.update(name) { bucket in
                let now = time.now()
                bucket.learn(outcome, of: ticket, crew: crew, using: &state.random, at: now)
                return ticket.age(at: now)
            }
            state.crews[name, default: Bucket.Crew()].finish(after: response == nil ? nil : took)
        }
    }
}
