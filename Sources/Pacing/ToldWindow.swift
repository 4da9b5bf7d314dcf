import System

/// One window of a bucket, as the service told it, and what was used of it since.
struct ToldWindow: Sendable, Equatable {
    var name = ""
    var limit: Int64 = 0
    var remaining: Int64 = 0
    /// What had been let go of the bucket when `remaining` was true: what was let go since may not be in it yet.
    var base: Int64 = 0
    /// What had been let go when `remaining` was learned: an answer to a later call knows better.
    var learnedAt: Int64 = 0
    /// When it ends by our clock, no earlier than it does.
    var ends = Timestamp(microseconds: 0)
    /// The moment that the service named for its end; 0 for none.
    var end: Int64 = 0
    /// How long a whole window is, or the most that was seen of one.
    var length = Duration.zero
    /// True while the window is one that must have followed, of which nothing was told.
    var isGuess: Int64 = 0
    var toldAt = Timestamp(microseconds: 0)
    /// True where the limit was told, and not taken from what was left.
    var isLimitTold: Int64 = 0
    /// True where the end was put off before it came: nothing ends then, what was used comes back bit by bit.
    var slides: Int64 = 0
    /// How much more of it was used than by this machine, when it was told.
    var others: Int64 = 0

    /// The longest window that is held to by counting one's own calls; the use of a longer one is known from the service alone.
    static let longestCounted = Duration.seconds(60)

    /// True where one's own calls tell better what is left than the service does: all windows but those that are known to end at
    /// a moment.
    var isCounted: Bool {
        isLimitTold != 0 && length <= ToldWindow.longestCounted && (end == 0 || slides != 0)
    }
    /// Two in a hundred are left for others.
    var cap: Int64 { max(1, limit - limit / 50) }
    func left(_ admitted: Int64) -> Int64 { remaining - (admitted - base) }

    /// A window that has ended is followed by one of the same length.
    mutating func roll(to now: Timestamp, admitted: Int64) {
        guard now >= ends else { return }
        let late = now - ends
        ends = late < length ? ends + length : now + length
        remaining = limit
        base = max(0, admitted)
        learnedAt = base
        isGuess = 1
    }

    /// - Parameters:
    ///   - order: what had been let go when the call was, it included.
    ///   - admitted: what has been let go by now.
    mutating func learn(_ told: RateWindow, order: Int64, admitted: Int64, at now: Timestamp) {
        if let length = told.length { self.length = length } else { length = max(length, told.rest ?? .zero) }
        let fresh = toldAt.microseconds == 0
        toldAt = now
        if let limit = told.limit {
            self.limit = Int64(max(1, limit))
            isLimitTold = 1
        }
        guard let figure = told.remaining.map({ Int64(max(0, $0)) }) else {
            if fresh { roll(to: now, admitted: admitted) }
            return
        }
        if isLimitTold == 0 { limit = max(limit, figure, 1) }
        let rest = told.rest ?? (length > .zero ? length : .seconds(1))
        if length <= .zero { length = rest }
        let end = told.end ?? 0
        let isLater = order > learnedAt || fresh
        let isSame = isGuess == 0 && end == self.end && now < ends
        guard isLater || isSame || end > self.end else { return }
        if end > self.end, self.end != 0, isGuess == 0, now + .seconds(1) < ends { slides = 1 }
        if isLater || end > self.end {
            // Within one window, what is left only falls; its end is known best from its first answer.
            let goesOn = isSame && (end != 0 || figure <= remaining)
            ends = goesOn ? min(ends, now + rest) : now + rest
            (remaining, base, learnedAt) = (figure, order, admitted)
        } else {
            ends = min(ends, now + rest)
            if figure - (admitted - order) < left(admitted) { (remaining, base) = (figure, order) }
        }
        (self.end, isGuess) = (end, 0)
    }

    mutating func transfer(_ record: inout Record) {
        record.text(&name, 32)
        record.count(&limit)
        record.count(&remaining)
        record.count(&base)
        record.count(&learnedAt)
        record.time(&ends)
        record.number(&end)
        record.duration(&length)
        record.number(&isGuess)
        record.time(&toldAt)
        record.number(&isLimitTold)
        record.number(&slides)
        record.count(&others)
    }
}
