import System

extension Bucket {
    /// Takes in what came of a call that was let go.
    /// - Parameter random: draws the pause where the service tells none.
    public mutating func learn(
        _ outcome: Outcome, of ticket: Ticket, crew: Crew = Crew(), using random: inout some RandomNumberGenerator,
        at now: Timestamp
    ) {
        advance(to: now)
        count(-1, -ticket.weight, -ticket.cost, at: ticket.sent)
        // It was counted there before its answer set out, and the next will be when it arrives.
        let counted = max(ticket.sent, now - (crew.roundTrip ?? .zero) / 2)
        if !outcome.isRefusal { count(1, ticket.weight, ticket.cost, at: counted) }
        for told in outcome.windows { learn(told, ticket, at: now) }
        if outcome.isRefusal {
            refuse(outcome, ticket, using: &random, at: now)
        } else {
            if let wait = outcome.retryAfter { pausedUntil = max(pausedUntil, now + wait) }
            if let second = outcome.second { succeed(in: second, ticket, at: now) }
        }
    }

    private mutating func learn(_ told: RateWindow, _ ticket: Ticket, at now: Timestamp) {
        let name = String(decoding: told.name.utf8.prefix(32), as: UTF8.self)
        let index =
            windows.firstIndex { $0.name == name && $0.toldAt.microseconds > 0 }
            ?? windows.indices.min { windows[$0].toldAt < windows[$1].toldAt } ?? 0
        if windows[index].name != name || windows[index].toldAt.microseconds == 0 {
            windows[index] = ToldWindow()
            windows[index].name = name
        }
        windows[index].learn(told, order: ticket.order, admitted: admitted, at: now)
        let window = windows[index]
        let own = (window.length <= .seconds(1) ? second : minute).sum(last: window.length)
        windows[index].others = max(0, window.limit - window.remaining - own)
    }

    private mutating func succeed(in second: Int64, _ ticket: Ticket, at now: Timestamp) {
        if ticket.sent > refusedAt { refusalsInRow = 0 }
        if let index = answered.firstIndex(where: { $0.second == second }) {
            answered[index].calls += 1
        } else if let oldest = answered.indices.min(by: { answered[$0].second < answered[$1].second }),
            second > answered[oldest].second
        {
            answered[oldest] = DatedCount(second: second, calls: 1)
        }
        // An answer that the refusal overtook.
        if ceiling.second == second, ticket.sent <= ceiling.at { ceiling.calls += 1 }
        let calls = self.second.sum(last: .seconds(1))
        if calls * 2 >= best || now - bestAt > Bucket.memory {
            best = now - bestAt > Bucket.memory ? calls : max(best, calls)
            bestAt = now
        }
    }

    private mutating func refuse(
        _ outcome: Outcome, _ ticket: Ticket, using random: inout some RandomNumberGenerator, at now: Timestamp
    ) {
        refusals += 1
        let usedUp = windows.filter { $0.toldAt == now && $0.isGuess == 0 && $0.left(admitted) <= 0 }
        if ticket.sent >= refusedAt {
            refusedAt = now
            refusalsInRow += 1
            if usedUp.isEmpty { teach(outcome, at: now) }
        }
        let wait = outcome.retryAfter ?? usedUp.map { $0.ends - now }.max() ?? backoff(using: &random)
        pausedUntil = max(pausedUntil, now + wait)
    }

    /// A ceiling: what went through in the window that the pause makes likely.
    private mutating func teach(_ outcome: Outcome, at now: Timestamp) {
        let asked = outcome.retryAfter ?? .seconds(1)
        guard asked <= .seconds(60) else { return }
        let per: Duration = asked <= .seconds(2) ? .seconds(1) : asked <= .seconds(10) ? .seconds(10) : .seconds(60)
        var calls = (per <= .seconds(1) ? second : minute).sum(last: per)
        // A pause after so few is none of theirs.
        guard per <= .seconds(1) || calls >= Bucket.leastTaught else { return }
        let all = calls
        var dated: Int64 = -1
        if per <= .seconds(1), let moment = outcome.second {
            // Most count by the seconds of their clock. That is ruled out where more went through in the second before.
            let here = answered.first { $0.second == moment }?.calls ?? 0
            let before = answered.first { $0.second == moment - 1 }?.calls ?? 0
            if here > 0, here >= before { (calls, dated) = (min(calls, here), moment) }
        }
        var cuts: Int64 = 0
        if ceiling.isKnown, ceiling.per == per {
            // What went through was more than it takes for long: a store of tokens was used up.
            cuts = ceiling.raisedAt > ceiling.at ? 0 : ceiling.cuts + 1
            calls = min(calls, ceiling.calls - max(1, (ceiling.calls / 20) << min(max(0, cuts - 1), 2)))
        }
        let upper = dated >= 0 && !ceiling.isKnown ? all : 0
        ceiling = Ceiling(calls: max(1, calls), per: per, at: now, second: dated, upper: upper, cuts: cuts)
    }

    /// Doubles with each refusal in a row, from 1 s to 64 s, half of it drawn.
    private func backoff(using random: inout some RandomNumberGenerator) -> Duration {
        let bound = Duration.seconds(1 << max(0, min(refusalsInRow - 1, 6)))
        return .microseconds(Int64.random(in: bound.microseconds / 2...bound.microseconds, using: &random))
    }
}
