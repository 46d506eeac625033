import DequeModule

/// Decides which stamps this node's own entries get, and which stamps of other nodes are believed.
struct Ordering {
    private(set) var clock: HybridClock
    /// False after a question that was not answered in time, until the next answer.
    private(set) var clockAnswers = true
    /// Since when the clock server has given nothing that can be used; nil while it does.
    private var clockMissedSince: Instant?
    /// Whether an operator was told that the clock server gives nothing.
    private var clockMissIsTold = false
    private var farTimes: FarTimes
    /// Whether the clock server's last time was too far from this machine's to be believed.
    private(set) var clockIsFar = false
    /// Whether this node follows the time of a clock server that answers.
    private(set) var followsClock = false
    private var request: StampRequest?
    private(set) var unstamped = Unstamped()
    /// The stamp of the last entry stored of each origin, by number: a later entry has a greater one.
    private var newestStamps: [Stamp] = []
    /// In total order: decides in which order stored entries are delivered. Nil in causal order.
    let total: TotalOrder?
    /// In total order: this node's own entries that clients haven't been shown yet.
    private(set) var undelivered = QueueSize()

    init(at moment: Moment, total: TotalOrder?) {
        clock = HybridClock(at: moment)
        farTimes = FarTimes(at: moment)
        self.total = total
    }

    // MARK: Own entries

    /// A stamp of this node's own clock, greater than all that it has seen.
    mutating func nextStamp(at now: Instant) -> Stamp { clock.next(at: now) }

    mutating func waitForStamp(_ body: Entry.Body, _ source: AcceptedFrom, at now: Instant) {
        unstamped.append(body, source, at: now)
    }

    /// Takes the entry that has waited longest for a stamp.
    mutating func takeUnstamped(at now: Instant) -> Unstamped.Item? { unstamped.takeFirst(at: now) }

    /// An entry of this node's own was stored.
    mutating func accepted(bytes: Int) {
        if total != nil { undelivered.add(bytes: bytes) }
    }

    /// An entry of this node's own was delivered.
    mutating func delivered(bytes: Int) { undelivered.remove(bytes: bytes) }

    // MARK: Stored entries

    /// All later stamps of this node are greater than this one.
    mutating func witness(_ stamp: Stamp) { clock.witness(stamp) }

    /// Whether a stamp is greater than that of the last entry stored of the same origin.
    func isAboveNewest(_ stamp: Stamp, of number: Int) -> Bool {
        number >= newestStamps.count || stamp > newestStamps[number]
    }

    mutating func stored(_ stamp: Stamp, of number: Int) {
        while newestStamps.count <= number { newestStamps.append(.zero) }
        newestStamps[number] = stamp
    }

    // MARK: The clock server

    /// The result of an answer of the clock server.
    enum ClockAnswer: Equatable {
        /// No question is open: none was asked, or it was given up.
        case notAsked
        /// The answer can't be used: its stamps are not new, or too few.
        case wentBack
        /// The answer can't be used: its time or its stamps are so far from this machine's time that one of the two is
        /// wrong, and no other node confirms them.
        ///
        /// - Parameter isNews: whether the answer before could be used.
        case far(Duration, isNews: Bool)
        /// This many messages get its stamps.
        ///
        /// - Parameter isBack: whether an operator was told that the clock server gave none.
        case stamps(messages: Int, isBack: Bool)
    }

    var isAskingClock: Bool { request != nil }

    /// Begins a request with a stamp for each message that waits.
    ///
    /// - Returns: how many stamps to ask for, at least 1, and the stamp that they have to be greater than.
    mutating func requestStamps(atMost limit: Int) -> (count: Int, seen: Stamp) {
        let messages = min(unstamped.items.count, limit)
        request = StampRequest(seen: clock.latest, messages: messages)
        return (max(1, messages), clock.latest)
    }

    /// - Parameters:
    ///   - first: the first of `count` consecutive stamps.
    ///   - wallMilliseconds: the clock server's wall clock, in milliseconds since 1970.
    ///   - skew: how much clocks may differ.
    ///   - trust: how wrong a machine's time may be.
    mutating func clockAnswered(
        _ first: Stamp, count: Int, wallMilliseconds: UInt64, skew: Duration, trust: Duration, at now: Moment
    ) -> ClockAnswer {
        guard let request else { return .notAsked }
        guard first > request.seen, count >= request.messages else { return .wentBack }
        self.request = nil
        // If the clock server's machine was set back, its stamps are right and ahead of its time: the later of the two
        // counts.
        let latest = max(wallMilliseconds, first.milliseconds)
        let distance = farTimes.distance(of: latest, by: .clockServer, trust: trust, skew: skew, at: now)
        if let distance {
            defer { clockIsFar = true }
            return .far(distance, isNews: !clockIsFar)
        }
        clockIsFar = false
        followsClock = true
        clock.follow(first, wallMilliseconds: wallMilliseconds, skew: skew, at: now.instant)
        defer { (clockAnswers, clockMissedSince, clockMissIsTold) = (true, nil, false) }
        return .stamps(messages: request.messages, isBack: clockMissIsTold)
    }

    /// The clock server has not answered in time: no message waits for it until it answers again.
    ///
    /// - Parameter grace: a shorter silence is that of a clock that starts, or takes over.
    /// - Returns: whether an operator is to be told.
    mutating func clockFellSilent(at now: Instant, grace: Duration) -> Bool {
        missClock(at: now)
        guard let since = clockMissedSince, now - since >= grace, !clockMissIsTold else { return false }
        clockMissIsTold = true
        return true
    }

    /// The clock server has answered what can't be used, and an operator is told of that.
    mutating func clockIsUnusable(at now: Instant) {
        missClock(at: now)
        clockMissIsTold = true
    }

    private mutating func missClock(at now: Instant) {
        request = nil
        followsClock = false
        clockAnswers = false
        clockMissedSince = clockMissedSince ?? now
    }

    /// The stamps that were requested are used for no message: a stamp requested before the first joining may be below
    /// what the parent promises for this node.
    mutating func giveUpRequestedStamps() { request?.messages = 0 }

    /// All later stamps of this node are greater than this one.
    ///
    /// Stamps that were requested may be only just above the greatest stamp of that moment. A bound without them breaks
    /// the order as soon as delays are long (in nearly every run of the model).
    ///
    /// - Parameter ignoresRequest: a mutation leaves requested stamps out.
    func lowerBound(ignoresRequest: Bool) -> Stamp {
        guard let request, request.messages > 0, !ignoresRequest else { return clock.latest }
        return request.seen
    }

    // MARK: Other nodes' clocks

    /// Witnesses a stamp unless it is too far ahead of the time.
    mutating func witnessIfCredible(_ stamp: Stamp, skew: Duration, at now: Instant) {
        if excess(of: stamp, skew: skew, at: now) == nil { clock.witness(stamp) }
    }

    /// How far the stamp of an entry or a gap lies ahead of the time, if that is more than clocks may differ: then the
    /// stamp must not be followed. Nil otherwise.
    ///
    /// A stamp that agrees with this machine's present wall clock is believed, and the clock is set to that wall clock.
    /// That happens if the clock server's machine was set back, and this node asked it before its neighbour did.
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

    /// Whether this machine's wall clock and the other node agree. After a machine has slept, its monotonic clock is
    /// behind, while its wall clock was set right.
    private func isRightAboutTime(_ reading: ClockReading, skew: Duration, at now: Moment) -> Bool {
        guard let time = reading.time else { return false }
        let skew = UInt64(skew.wholeMilliseconds)
        let wall = now.wallMilliseconds
        return time <= wall + skew && wall <= time + skew && reading.stamp.milliseconds <= wall + skew
    }

    private func excess(of stamp: Stamp, skew: Duration, at now: Instant) -> Duration? {
        // A stamp that was followed was not too far ahead.
        guard stamp > clock.latest else { return nil }
        return excess(ofMilliseconds: stamp.milliseconds, skew: skew, at: now)
    }

    private func excess(ofMilliseconds shown: UInt64, skew: Duration, at now: Instant) -> Duration? {
        let known = clock.stampsMilliseconds(at: now)
        guard shown > known + UInt64(skew.wholeMilliseconds) else { return nil }
        return .milliseconds(Int64(shown - known))
    }
}

/// A request for stamps that are on their way.
private struct StampRequest {
    /// The requested stamps are greater than this.
    let seen: Stamp
    /// How many messages waited when it was sent. They get the requested stamps, and until these come nothing greater
    /// can be promised. Later messages may answer entries that were stored meanwhile, so they wait for the next
    /// request.
    var messages: Int
}

/// Entries that were accepted here and wait for a stamp, in the order in which they came.
struct Unstamped {
    struct Item {
        let body: Entry.Body
        let source: AcceptedFrom
        let bytes: Int
    }

    private(set) var items: Deque<Item> = []
    private(set) var bytes = 0
    /// Since when an entry has waited at the front; nil if none waits.
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
