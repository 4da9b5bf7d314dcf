import JSON

/// The accounting of a stage: in = out + dropped (by reason) + failed.
public struct Tally: Sendable, Equatable {
    public var input = 0
    public var output = 0
    public var dropped: [String: Int] = [:]
    public var failed = 0

    public init() {}

    public var isBalanced: Bool { input == output + dropped.values.reduce(0, +) + failed }

    public mutating func drop(_ reason: String) { dropped[reason, default: 0] += 1 }

    public func write(to w: inout JSONWriter) {
        w.member("in", input)
        w.member("out", output)
        w.key("dropped")
        w.object { w in for (reason, count) in dropped.sorted(by: { $0.key < $1.key }) { w.member(reason, count) } }
        w.member("failed", failed)
    }
}
