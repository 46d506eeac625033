import Tree

/// Where stamps come from: numbers that never repeat and never go back, over crashes and jumping clocks.
///
/// The idea: before stamps are handed out, a bound above them is on the disk. A source that starts again begins at that
/// bound, so it cannot repeat what an earlier life handed out, although nothing is written for each stamp.
///
///     handed out        may be handed out            not yet
///     ───────────▶ next ────────────────▶ bound ───────────────▶
///                                         (on the disk)   ▲ saving: about 3 s ahead of the wall clock
///
/// The bound is moved on well before it is reached, so that while somebody asks regularly nobody waits for the disk.
/// After a restart the stamps are ahead of the wall clock, and go on by their number alone until it has caught up. Then
/// the bound is put just ahead of them: else each of a few quick restarts would take the stamps seconds further into
/// the future, until nodes that could not ask meanwhile refuse to believe them.
/// The wall clock only pulls `next` forward; when it jumps back, counting goes on where it was. Askers pull it too, to
/// above what they have seen, but never more than a little ahead of the time that this clock itself believes in:
///
///     wall ──▶ │ reference: the wall clock, but never back, and on with the monotonic clock │ ◀── seen, at most 10 s
///     on
///
/// So one wrong clock among the nodes can't pull all others along, not even in many small steps.
///
/// It is a state machine and does nothing itself: it reads no clock and writes no file. One event, then all its
/// effects in their order, then the next event.
public struct StampSource: Sendable {
    /// What has happened.
    public enum Event: Hashable, Sendable {
        /// The first event: the first bound is to be saved.
        case started
        /// Somebody wants stamps.
        ///
        /// - count: 1 to `ClockLimits.batch`.
        /// - seen: the greatest stamp that the asker has seen; all of its batch shall be greater.
        case asked(ConnectionID, count: Int, seen: Stamp?)
        /// The asker is gone: what it waits for need not be handed out.
        case left(ConnectionID)
        /// The bound is on the disk.
        case saved(SavedBound)
        /// The bound could not be written. It is tried again with the next tick.
        case saveFailed
        /// About a second has passed.
        case ticked
    }

    /// What is to be done.
    public enum Effect: Hashable, Sendable {
        /// Bring this to the disk, then tell with `saved` or `saveFailed`. One is under way at a time.
        case save(SavedBound)
        case answer(ConnectionID, StampBatch)
        case refuse(ConnectionID, Refusal)
    }

    /// Why an asker gets no stamps.
    public enum Refusal: Hashable, Sendable {
        /// What it has seen lies more than `ClockLimits.skew` ahead of this clock's time, by so much.
        case seenTooFarAhead(Duration)
        /// So much was handed out that the stamps of the next `ClockLimits.skew` are gone too.
        case runningAhead
        /// The end of all stamps, which a right wall clock reaches in the year 4199.
        case exhausted
    }

    private struct Asker {
        let connection: ConnectionID
        let count: Int
        let seen: Stamp?
    }

    /// Names this sequence of stamps. It stays the same as long as the saved bound is kept; another one says that the
    /// clock has forgotten what it handed out.
    public let epoch: UInt64
    /// The least stamp that was not handed out yet.
    public private(set) var next: Stamp
    /// Everything below is covered by the disk.
    public private(set) var bound: Stamp
    /// The bound that is on its way to the disk.
    private var saving: Stamp?
    /// In the order in which they asked. All of them wait for a higher bound.
    private var waiting: [Asker] = []
    private var ticksSinceAsked = 0
    /// What time it is, in wall-clock milliseconds: goes on with the monotonic clock where the wall clock jumps back.
    private var reference: UInt64
    private var lastInstant: Instant
    private let limits: ClockLimits

    /// - Parameters:
    ///   - saved: what an earlier life left on the disk; `nil` if there was none.
    ///   - epoch: another one than the saved one, or than the wall clock's, which a source without a past takes.
    public init(saved: SavedBound?, epoch: UInt64? = nil, at now: Moment, limits: ClockLimits = ClockLimits()) {
        self.epoch = epoch ?? saved?.epoch ?? now.wallMilliseconds
        next = saved?.bound ?? .zero
        bound = next
        reference = max(now.wallMilliseconds, next.milliseconds)
        lastInstant = now.instant
        self.limits = limits
    }

    /// How far the next stamp lies ahead of the wall clock, zero if it doesn't. More than a few seconds after a start
    /// mean that the wall clock has been set back.
    public func ahead(ofWallMilliseconds wall: UInt64) -> Duration {
        .milliseconds(Int64(clamping: next.milliseconds) - Int64(clamping: min(wall, next.milliseconds)))
    }

    /// The one door.
    ///
    /// - Parameter moment: its wall clock may jump either way; its monotonic clock may not.
    public mutating func handle(_ event: Event, at moment: Moment, into effects: inout [Effect]) {
        let now = max(Self.stamp(moment.wallMilliseconds), next)
        goOn(to: moment)
        switch event {
        case .started:
            break
        case .asked(let connection, let count, let seen):
            precondition(count >= 1 && count <= limits.batch, "a batch of \(count) stamps")
            ticksSinceAsked = 0
            waiting.append(Asker(connection: connection, count: count, seen: seen))
        case .left(let connection):
            waiting.removeAll { $0.connection == connection }
        case .saved(let saved):
            saving = nil
            bound = max(bound, saved.bound)
        case .saveFailed:
            saving = nil
            // Not at once: a full disk would make this a loop without a pause.
            return
        case .ticked:
            ticksSinceAsked += 1
            if waiting.isEmpty, ticksSinceAsked > limits.idleTicks { return }
        }
        let needed = serve(now, &effects)
        extend(max(now, next), needed: needed, wall: Self.stamp(moment.wallMilliseconds), &effects)
    }

    private mutating func goOn(to moment: Moment) {
        let elapsed = max(.zero, moment.instant - lastInstant)
        reference = max(moment.wallMilliseconds, reference + UInt64(elapsed.wholeMilliseconds))
        // What is less than a millisecond counts next time.
        lastInstant = lastInstant + .milliseconds(elapsed.wholeMilliseconds)
    }

    /// Hands out what lies below the bound.
    ///
    /// - Returns: the bound that the first of those who go on waiting needs.
    private mutating func serve(_ now: Stamp, _ effects: inout [Effect]) -> Stamp {
        var now = now
        while let asker = waiting.first {
            let first = max(now, (asker.seen ?? .zero).next)
            let end = Stamp(first.value + UInt64(asker.count))
            if let refusal = refusal(of: asker, first: first, end: end) {
                effects.append(.refuse(asker.connection, refusal))
            } else if end <= bound {
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

    private func refusal(of asker: Asker, first: Stamp, end: Stamp) -> Refusal? {
        let latest = reference + UInt64(limits.skew.wholeMilliseconds)
        if let seen = asker.seen, seen >= next, seen.milliseconds > latest {
            return .seenTooFarAhead(.milliseconds(Int64(seen.milliseconds - reference)))
        }
        if end >= .limit { return .exhausted }
        return first.milliseconds > latest ? .runningAhead : nil
    }

    /// Has the bound moved on when it comes near, or when somebody waits for it.
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

    /// The first stamp of a millisecond; of one that no stamp can tell, the end of all stamps.
    private static func stamp(_ milliseconds: UInt64) -> Stamp {
        milliseconds < Stamp.limit.milliseconds ? Stamp(milliseconds: milliseconds) : .limit
    }
}

/// Stamps for one asker: `first`, and `count` in all without a hole.
public struct StampBatch: Hashable, Sendable {
    public let first: Stamp
    public let count: Int

    public init(first: Stamp, count: Int) {
        self.first = first
        self.count = count
    }

    /// The first stamp that is not the asker's any more.
    public var end: Stamp { Stamp(first.value + UInt64(count)) }
}
