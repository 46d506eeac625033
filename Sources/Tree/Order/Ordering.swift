import DequeModule

/// Decides which stamp an entry of this node's own gets, and which stamps of others are to be believed.
struct Ordering {
    private(set) var clock: HybridClock
    /// False from a question that was not answered in time to the next answer.
    private(set) var clockAnswers = true
    private var farTimes: FarTimes
    /// Whether the clock server's time was found too far from this machine's to be believed.
    private(set) var clockIsFar = false
    /// Whether the time is that of a clock server that answers.
    private(set) var followsClock = false
    private var request: StampRequest?
    private(set) var unstamped = Unstamped()
    /// By origin number, the stamp of the last entry stored: a later entry's is greater.
    private var newestStamps: [Stamp] = []
    /// In total order: how what is stored becomes what is shown. Nil in causal order.
    let total: TotalOrder?
    /// In total order: the entries that this node accepted and that clients haven't been shown yet.
    private(set) var undelivered = QueueSize()

    init(at moment: Moment, total: TotalOrder?) {
        clock = HybridClock(at: moment)
        farTimes = FarTimes(at: moment)
        self.total = total
    }

    // MARK: Own entries

    /// A stamp of this node's own clock, above all that it has seen.
    mutating func nextStamp(at now: Instant) -> Stamp { clock.next(at: now) }

    mutating func waitForStamp(_ body: Entry.Body, _ source: AcceptedFrom, at now: Instant) {
        unstamped.append(body, source, at: now)
    }

    /// What waits for longest is stamped now.
    mutating func takeUnstamped(at now: Instant) -> Unstamped.Item? { unstamped.takeFirst(at: now) }

    /// An entry of this node's own is stored.
    mutating func accepted(bytes: Int) {
        if total != nil { undelivered.add(bytes: bytes) }
    }

    /// Clients are shown an entry of this node's own.
    mutating func delivered(bytes: Int) { undelivered.remove(bytes: bytes) }

    // MARK: Stored entries

    /// Everything stamped here from now on is greater.
    mutating func witness(_ stamp: Stamp) { clock.witness(stamp) }

    /// Whether an entry's stamp is above the one of the entry before it of the same origin.
    func isAboveNewest(_ stamp: Stamp, of number: Int) -> Bool {
        number >= newestStamps.count || stamp > newestStamps[number]
    }

    mutating func stored(_ stamp: Stamp, of number: Int) {
        while newestStamps.count <= number { newestStamps.append(.zero) }
        newestStamps[number] = stamp
    }

    // MARK: The clock server

    /// What an answer of the clock server comes to.
    enum ClockAnswer: Equatable {
        /// Nobody has asked, or has given up waiting.
        case notAsked
        /// It may not be followed: the stamps were given before, or are too few.
        case wentBack
        /// It may not be followed: its time, or that of its stamps, is so far from this machine's that one of the two
        /// is wrong, and no other node confirms it.
        ///
        /// - Parameter isNews: it could be believed before.
        case far(Duration, isNews: Bool)
        /// So many messages get its stamps.
        ///
        /// - Parameter isBack: it had been silent.
        case stamps(messages: Int, isBack: Bool)
    }

    var isAskingClock: Bool { request != nil }

    /// Asks for a stamp for each message that waits.
    ///
    /// - Returns: how many stamps to ask for, at least 1, and what they must be greater than.
    mutating func requestStamps(atMost limit: Int) -> (count: Int, seen: Stamp) {
        let messages = min(unstamped.items.count, limit)
        request = StampRequest(seen: clock.latest, messages: messages)
        return (max(1, messages), clock.latest)
    }

    /// - Parameters:
    ///   - first: the first of `count` stamps that follow one another.
    ///   - wallMilliseconds: the time by the clock server's wall clock, since 1970.
    ///   - skew: how far clocks may differ.
    ///   - trust: how far a machine's time may be wrong.
    mutating func clockAnswered(
        _ first: Stamp, count: Int, wallMilliseconds: UInt64, skew: Duration, trust: Duration, at now: Moment
    ) -> ClockAnswer {
        guard let request else { return .notAsked }
        guard first > request.seen, count >= request.messages else { return .wentBack }
        self.request = nil
        // A clock whose machine was set back has right stamps and a time behind them: the later one is looked at.
        let latest = max(wallMilliseconds, first.milliseconds)
        let distance = farTimes.distance(of: latest, by: .clockServer, trust: trust, skew: skew, at: now)
        if let distance {
            defer { clockIsFar = true }
            return .far(distance, isNews: !clockIsFar)
        }
        clockIsFar = false
        followsClock = true
        clock.follow(first, wallMilliseconds: wallMilliseconds, skew: skew, at: now.instant)
        defer { clockAnswers = true }
        return .stamps(messages: request.messages, isBack: !clockAnswers)
    }

    /// The clock server has not answered in time: messages don't wait for it until it does.
    ///
    /// - Returns: whether it had answered before.
    mutating func clockFellSilent() -> Bool {
        request = nil
        followsClock = false
        defer { clockAnswers = false }
        return clockAnswers
    }

    /// The stamps that are on their way are for no message. What was asked for before the first joining may be below
    /// what the parent has promised for this node.
    mutating func giveUpRequestedStamps() { request?.messages = 0 }

    /// Everything stamped here from now on is greater.
    ///
    /// Stamps that were asked for may be just above what was known when they were: leave that out, and the order breaks
    /// as soon as ways are long (in nearly every run of the model).
    ///
    /// - Parameter ignoresRequest: a mutation leaves it out.
    func lowerBound(ignoresRequest: Bool) -> Stamp {
        guard let request, request.messages > 0, !ignoresRequest else { return clock.latest }
        return request.seen
    }

    // MARK: Other nodes' clocks

    /// Follows a stamp if it is not too far ahead of the time.
    mutating func witnessIfCredible(_ stamp: Stamp, skew: Duration, at now: Instant) {
        if excess(of: stamp, skew: skew, at: now) == nil { clock.witness(stamp) }
    }

    /// How far the stamp of an entry, or of a gap, lies ahead of the time, if that is further than clocks may differ:
    /// then it must not be followed.
    ///
    /// What is not too far ahead of this machine's own wall clock is believed, and that clock's time taken: then the
    /// clock server's machine was set back, and this node has asked it before its neighbour has.
    mutating func excess(ofStored stamp: Stamp, skew: Duration, at now: Moment) -> Duration? {
        guard let ahead = excess(of: stamp, skew: skew, at: now.instant) else {
            clock.confirm(by: stamp, skew: skew, at: now.instant)
            return nil
        }
        guard stamp.milliseconds > now.wallMilliseconds + UInt64(skew.wholeMilliseconds) else {
            clock.set(to: now.wallMilliseconds, at: now.instant)
            return nil
        }
        return ahead
    }

    /// Whether a stamp is further ahead than whatever is known of the time, and than any clock that is believed.
    func isFarAhead(_ stamp: Stamp, trust: Duration, at now: Moment) -> Bool {
        let known = max(clock.stampsMilliseconds(at: now.instant), clock.latest.milliseconds, now.wallMilliseconds)
        return stamp.milliseconds > known + UInt64(trust.wholeMilliseconds)
    }

    /// How far another node's clock differs from this one's, if that is so far that both can't be in one tree. A node
    /// that knows no time but its machine's takes the other one's, unless that is too far from its machine's.
    mutating func disagreement(
        with reading: ClockReading, skew: Duration, trust: Duration, at now: Moment
    ) -> Duration? {
        if let time = reading.time {
            let distance = farTimes.distance(of: time, by: .node, trust: trust, skew: skew, at: now)
            if clock.isUntold, distance == nil { clock.set(to: time, at: now.instant) }
        }
        guard
            let ahead = excess(of: reading.stamp, skew: skew, at: now.instant)
                ?? reading.time.flatMap({ excess(ofMilliseconds: $0, skew: skew, at: now.instant) })
        else { return nil }
        guard isRightAboutTime(reading, skew: skew, at: now) else { return ahead }
        clock.set(to: now.wallMilliseconds, at: now.instant)
        return nil
    }

    /// A machine that slept has a monotonic clock that slept too. Its wall clock was set right, and the other node
    /// agrees with that.
    private func isRightAboutTime(_ reading: ClockReading, skew: Duration, at now: Moment) -> Bool {
        guard let time = reading.time else { return false }
        let skew = UInt64(skew.wholeMilliseconds)
        let wall = now.wallMilliseconds
        return time <= wall + skew && wall <= time + skew && reading.stamp.milliseconds <= wall + skew
    }

    private func excess(of stamp: Stamp, skew: Duration, at now: Instant) -> Duration? {
        // Whatever was followed was not too far ahead.
        guard stamp > clock.latest else { return nil }
        return excess(ofMilliseconds: stamp.milliseconds, skew: skew, at: now)
    }

    private func excess(ofMilliseconds shown: UInt64, skew: Duration, at now: Instant) -> Duration? {
        let known = clock.stampsMilliseconds(at: now)
        guard shown > known + UInt64(skew.wholeMilliseconds) else { return nil }
        return .milliseconds(Int64(shown - known))
    }
}

/// Stamps that were asked for and are on their way.
private struct StampRequest {
    /// What it brings is greater.
    let seen: Stamp
    /// So many messages waited when it was sent: they are stamped by what it brings, and until it is there nothing
    /// greater can be promised. What came later may answer what was stored meanwhile, and waits for the next one.
    var messages: Int
}

/// What was accepted here and waits for a stamp, in the order in which it came.
struct Unstamped {
    struct Item {
        let body: Entry.Body
        let source: AcceptedFrom
        let bytes: Int
    }

    private(set) var items: Deque<Item> = []
    private(set) var bytes = 0
    /// Since when the first of them waits; nil if none does.
    private(set) var since: Instant?

    var isEmpty: Bool { items.isEmpty }

    mutating func append(_ body: Entry.Body, _ source: AcceptedFrom, at instant: Instant) {
        var size = 64
        if case .activity(let activity) = body { size += activity.text.count }
        items.append(Item(body: body, source: source, bytes: size))
        bytes += size
        since = since ?? instant
    }

    mutating func takeFirst(at instant: Instant) -> Item? {
        guard let item = items.popFirst() else { return nil }
        bytes -= item.bytes
        since = items.isEmpty ? nil : instant
        return item
    }
}
