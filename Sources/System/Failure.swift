/// How a program ends. The numbers are those of `sysexits.h`; a signal gives 128 + its number.
public struct ExitStatus: RawRepresentable, Sendable, Equatable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Everything was accounted for.
    public static let done = ExitStatus(rawValue: 0)
    /// The command line was wrong.
    public static let usage = ExitStatus(rawValue: 64)
    /// The program finished, but some of its input or some items failed.
    public static let dataError = ExitStatus(rawValue: 65)
    /// A service or destination can't be reached.
    public static let unavailable = ExitStatus(rawValue: 69)
    /// A bug of ours.
    public static let software = ExitStatus(rawValue: 70)
    /// Reading or writing failed.
    public static let ioError = ExitStatus(rawValue: 74)
    /// Try again: the same command goes on from where this one stopped.
    public static let tryAgain = ExitStatus(rawValue: 75)
    /// The credentials don't allow it.
    public static let noPermission = ExitStatus(rawValue: 77)
    /// A setting or a file of settings is wrong.
    public static let configuration = ExitStatus(rawValue: 78)
    /// The reader of our output has gone. 128 + SIGPIPE.
    public static let closedPipe = ExitStatus(rawValue: 141)

    /// Ended by a signal.
    public static func signal(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }
}

/// An error as a person reads it: what happened, to what, and what to do.
public struct Failure: Error, CustomStringConvertible, Sendable {
    public let status: ExitStatus
    public let what: String
    public let remedy: String

    /// - Parameters:
    ///   - what: what happened and to what, without a full stop.
    ///   - remedy: what to do about it; empty where nothing can be advised.
    public init(_ status: ExitStatus, _ what: String, _ remedy: String = "") {
        self.status = status
        self.what = what
        self.remedy = remedy
    }

    public var description: String { remedy.isEmpty ? what : "\(what): \(remedy)" }
}
