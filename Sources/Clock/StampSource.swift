import Tree

/// Hands out stamps: numbers that never repeat and never go back, also after crashes and when the wall clock jumps.
///
/// Before a stamp is handed out, a bound above it is on the disk. A source that starts again begins at that bound. So
/// it can't repeat what an earlier life handed out, although not every stamp is written.
///
///     handed out        may be handed out            not yet
///     ───────────▶ next ────────────────▶ bound ───────────────▶
///                                         (on the disk)   ▲ saving: about 3 s ahead of the wall clock
///
/// The bound is moved on well before it is reached. So no asker waits for the disk as long as questions come regularly.
///
/// After a restart the stamps are ahead of the wall clock. They then advance by their number alone until the wall clock
/// has caught up. Until then the bound is put just ahead of them. Otherwise each of a few quick restarts would take the
/// stamps seconds further into the future, until nodes that could not ask the clock meanwhile refuse the stamps.
///
/// The wall clock only pulls `next` forward. When the wall clock jumps back, counting continues from where it was.
/// Askers pull `next` above what they have seen, but only a little ahead of the clock's own time, the reference:
///
///     wall ──▶ │ reference: the wall clock, but never back, and on with the monotonic clock │ ◀── seen, at most 10 s
///     on
///
/// So one wrong clock among the nodes can't pull all others along, not even in many small steps.
///
/// As long as the stamps hardly run ahead of that time, an asker gets all that it asks for. Beyond that each has its
/// share (`StampShares`), so that no asker takes the stamps that the others need.
///
/// It is a state machine and does nothing itself: it reads no clock and writes no file. It handles one event; its
/// effects are performed in order; then comes the next event.
public struct StampSource: Sendable {
    /// What has happened.
    public enum Event: Hashable, Sendable {
        /// The first event: the first bound is to be saved.
        case started
        /// An asker wants stamps.
        ///
        /// - count: 1 to `ClockLimits.batch`.
        /// - seen: the greatest stamp that the asker has seen. All stamps of its batch have to be greater.
        /// - host: the address that the asker comes from.
        case asked(ConnectionID, count: Int, seen: Stamp?, host: String = "")
        /// The asker is gone. It needs no answer any more.
        case left(ConnectionID)
        /// The bound is on the disk.
        case saved(SavedBound)
        /// The bound could not be written. The source tries again at the next tick.
        case saveFailed
        /// About a second has passed.
        case ticked
    }

    /// What is to be done.
    public enum Effect: Hashable, Sendable {
        /// Write this bound to the disk, then send `saved` or `saveFailed`. There is one write at a time.
        case save(SavedBound)
        case answer(ConnectionID, StampBatch)
        case refuse(ConnectionID, Refusal)
    }

    /// Why an asker gets no stamps.
    public enum Refusal: Hashable, Sendable {
        /// The greatest stamp that the asker has seen lies more than `ClockLimits.skew` ahead of this clock's time, by
        /// this much.
        case seenTooFarAhead(Duration)
        /// The stamps of the next `ClockLimits.skew` have been handed out already.
        case runningAhead
        /// The asker has taken its share, so many stamps a second, and the stamps run ahead.
        case shareUsedUp(UInt64)
        /// All stamps are used up. With a right wall clock that happens in the year 4199.
        case exhausted
    }

    private struct Asker {
        let connection: ConnectionID
        let count: Int
        let seen: Stamp?
        let host: String
    }

    /// Names this sequence of stamps. It stays the same as long as the saved bound is kept. Another epoch means that
    /// the clock has forgotten which stamps it handed out.
    public let epoch: UInt64
    /// The least stamp that was not handed out yet.
    public private(set) var next: Stamp
    /// All stamps below are covered by a bound on the disk.
    public private(set) var bound: Stamp
    /// The bound that is being written.
    private var saving: Stamp?
    /// Askers that wait for a higher bound, in the order in which they asked.
    private var waiting: [Asker] = []
    private var ticksSinceAsked = 0
    /// The clock's own time, in milliseconds since 1970. It follows the wall clock, and the monotonic clock when the
    /// wall clock jumps back.
    private var reference: UInt64
    private var lastInstant: Instant
    private var shares: StampShares
    private let limits: ClockLimits

    /// - Parameters:
    ///   - saved: what an earlier life left on the disk; `nil` if there was none.
    ///   - epoch: to be given if it isn't the saved one. Without either, it is the wall clock's milliseconds.
    public init(saved: SavedBound?, epoch: UInt64? = nil, at now: Moment, limits: ClockLimits = ClockLimits()) {
        self.epoch = epoch ?? saved?.epoch ?? now.wallMilliseconds
        next = saved?.bound ?? .zero
        bound = next
        reference = max(now.wallMilliseconds, next.milliseconds)
        lastInstant = now.instant
        self.limits = limits
        shares = StampShares(limits: limits)
    }

    /// How far the next stamp lies ahead of the wall clock; zero if it doesn't. If it is more than a few seconds after
    /// a start, the wall clock has been set back.
    public func ahead(ofWallMilliseconds wall: UInt64) -> Duration {
        .milliseconds(Int64(clamping: next.milliseconds) - Int64(clamping: min(wall, next.milliseconds)))
    }

    /// Handles one event. All state changes here.
    ///
    /// - Parameter moment: its wall clock may jump either way; its monotonic clock may not.
    public mutating func handle(_ event: Event, at moment: Moment, into effects: inout [Effect]) {
        let now = max(Self.stamp(moment.wallMilliseconds), next)
        advance(to: moment)
        switch event {
        case .started:
            break
        case .asked(let connection, let count, let seen, let host):
            precondition(count >= 1 && count <= limits.batch, "a batch of \(count) stamps")
            ticksSinceAsked = 0
            waiting.append(Asker(connection: connection, count: count, seen: seen, host: host))
        case .left(let connection):
            waiting.removeAll { $0.connection == connection }
        case .saved(let saved):
            saving = nil
            bound = max(bound, saved.bound)
        case .saveFailed:
            saving = nil
            // The source doesn't try again at once: on a full disk that would be a loop without a pause.
            return
        case .ticked:
            ticksSinceAsked += 1
            if waiting.isEmpty, ticksSinceAsked > limits.idleTicks { return }
        }
        let needed = serve(now, &effects)
        extend(max(now, next), needed: needed, wall: Self.stamp(moment.wallMilliseconds), &effects)
    }

    private mutating func advance(to moment: Moment) {
        let elapsed = max(.zero, moment.instant - lastInstant)
        reference = max(moment.wallMilliseconds, reference + UInt64(elapsed.wholeMilliseconds))
        shares.advance(to: moment.instant)
        // The rest below a millisecond is counted next time.
        lastInstant = lastInstant + .milliseconds(elapsed.wholeMilliseconds)
    }

    /// Hands out the stamps below the bound.
    ///
    /// - Returns: the bound that the first asker who still waits needs.
    private mutating func serve(_ now: Stamp, _ effects: inout [Effect]) -> Stamp {
        var now = now
        while let asker = waiting.first {
            let first = max(now, (asker.seen ?? .zero).next)
            let end = Stamp(first.value + UInt64(asker.count))
            let cost = end.value - now.value
            if let refusal = refusal(of: asker, first: first, end: end, cost: cost) {
                effects.append(.refuse(asker.connection, refusal))
            } else if end <= bound {
                // Where the stamps don't run ahead, an asker doesn't pay for the stamps that the clock skips because of
                // it. Otherwise an asker whose own clock is a little ahead would have no share left.
                let price = isAhead ? cost : UInt64(asker.count)
                shares.take(price, by: asker.connection, at: asker.host)
                next = end
                now = end
                effects.append(.answer(asker.connection, StampBatch(first: first, count: asker.count)))
            } else {
                return end
            }
            waiting.removeFirst()
        }
        return .zero
    }

    /// Whether the stamps are so far ahead of the clock's time that each asker has its share only.
    private var isAhead: Bool {
        next.milliseconds > reference + UInt64(limits.unsharedAhead.wholeMilliseconds)
    }

    /// - Parameter cost: how many stamps are used up by the answer: those of the batch, and those before it that are
    ///   skipped.
    private func refusal(of asker: Asker, first: Stamp, end: Stamp, cost: UInt64) -> Refusal? {
        let latest = reference + UInt64(limits.skew.wholeMilliseconds)
        if let seen = asker.seen, seen >= next, seen.milliseconds > latest {
            return .seenTooFarAhead(.milliseconds(Int64(seen.milliseconds - reference)))
        }
        if end >= .limit { return .exhausted }
        // The second half of the last millisecond is for small questions only.
        let reach = cost > limits.smallQuestion ? end.value + UInt64(limits.batch) / 2 : first.value
        if first.milliseconds > latest || isAhead && reach >> Stamp.counterBits > latest { return .runningAhead }
        guard isAhead, !shares.allow(cost, to: asker.connection, at: asker.host) else { return nil }
        return .shareUsedUp(shares.share(of: asker.connection, at: asker.host))
    }

    /// Asks for a higher bound when the present one is near, or when an asker waits for it.
    private mutating func extend(_ now: Stamp, needed: Stamp, wall: Stamp, _ effects: inout [Effect]) {
        guard saving == nil else { return }
        func lead(_ stamp: Stamp, ofStamps count: Duration, ofTime time: Duration) -> Stamp {
            let byNumber = stamp.milliseconds + UInt64(count.wholeMilliseconds)
            return Self.stamp(max(byNumber, wall.milliseconds + UInt64(time.wholeMilliseconds)))
        }
        let near = lead(now, ofStamps: limits.extendBelowStamps, ofTime: limits.extendBelow)
        guard bound < needed || bound < near else { return }
        let target = lead(max(now, needed), ofStamps: limits.reserveStamps, ofTime: limits.reserve)
        guard target > bound else { return }
        saving = target
        effects.append(.save(SavedBound(epoch: epoch, bound: target)))
    }

    /// The first stamp of a millisecond; the end of all stamps if no stamp is that great.
    private static func stamp(_ milliseconds: UInt64) -> Stamp {
        milliseconds < Stamp.limit.milliseconds ? Stamp(milliseconds: milliseconds) : .limit
    }
}

/// Stamps for one asker: `count` consecutive stamps, from `first` on.
public struct StampBatch: Hashable, Sendable {
    public let first: Stamp
    public let count: Int

    public init(first: Stamp, count: Int) {
        self.first = first
        self.count = count
    }

    /// The first stamp after the batch.
    public var end: Stamp { Stamp(first.value + UInt64(count)) }
}
