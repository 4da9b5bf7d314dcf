import System

/// What an error of the server means for a run. The codes are those of "PostgreSQL Error Codes".
enum Trouble {
    /// It passes by itself: the same transaction again may succeed.
    case passing(Failure)
    /// A row can't be stored.
    case row(String)
    /// It ends the run.
    case lasting(Failure)

    /// - Parameter place: the server and database, for messages.
    init(_ error: ServerError, at place: String) {
        let again = "run the same command again: it goes on from the last checkpoint"
        func failure(_ status: ExitStatus, _ remedy: String) -> Failure {
            Failure(status, "\(place): \(error.message)", remedy)
        }
        guard let code = error.code else {
            self = .passing(failure(.unavailable, "check that it runs; then \(again)"))
            return
        }
        switch code {
        // Shut down, starting, not to be written (a standby), too many connections.
        case "57P01", "57P02", "57P03", "57P05", "25006", "25P03", "53300":
            self = .passing(failure(.unavailable, "when it takes writers again, \(again)"))
        // Serialisation, deadlock, a lock or a statement that took too long.
        case "40001", "40P01", "40003", "55P03", "57014": self = .passing(failure(.tryAgain, again))
        case "53100", "53200", "53000", "53400", "58030":
            self = .lasting(failure(.tryAgain, "make room on the server, and \(again)"))
        case "28000", "28P01":
            self = .lasting(
                failure(.noPermission, "check the user, and the password in PGPASSWORD, PGPASSFILE or --password-fd"))
        case "42501": self = .lasting(failure(.noPermission, "let the owner of the schema run this, or grant it"))
        case "3D000", "3F000": self = .lasting(failure(.configuration, "create it, or name another"))
        case "42P01", "42703", "42883":
            self = .lasting(failure(.configuration, "its tables were changed: restore them, or name another schema"))
        default:
            switch code.prefix(2) {
            case "08": self = .passing(failure(.unavailable, "check that it runs; then \(again)"))
            case "22", "23", "54": self = .row(error.message)
            case "XX", "58", "F0": self = .lasting(failure(.ioError, "look into the server's log; then \(again)"))
            default: self = .lasting(failure(.software, "this is a bug: please report it"))
            }
        }
    }
}

/// How long trouble that passes is waited out: pauses that double, with full jitter, until `patience` has gone by since the last
/// success.
public struct Waiting {
    let patience: Duration
    private let longest = Duration.seconds(5)
    private let pause: (Duration) -> Void
    private var random: any RandomNumberGenerator
    private var next = Duration.milliseconds(50)
    private var waited = Duration.zero

    /// - Parameter pause: waits; a test counts instead.
    public init(
        patience: Duration = .seconds(60), random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        pause: @escaping (Duration) -> Void
    ) {
        self.patience = patience
        self.random = random
        self.pause = pause
    }

    /// - Returns: false when there is no patience left.
    mutating func wait() -> Bool {
        guard waited < patience else { return false }
        let time = Duration.microseconds(Int64.random(in: 0...next.microseconds, using: &random))
        pause(time)
        // What the trouble itself took is not counted: each try has its own bound.
        waited += max(time, next / 2)
        next = min(next * 2, longest)
        return true
    }
    mutating func reset() {
        next = .milliseconds(50)
        waited = .zero
    }
}
