import DequeModule

/// Stamps that were asked for and are on their way.
struct StampRequest {
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

/// Where an entry of this node's own comes from, and who is to be told when it stands.
enum AcceptedFrom {
    case client
    case change(DurabilityCheck)
    case leaf(ConnectionID)
}

// Where stamps come from (docs/protocol.md#the-clock). In causal order they are the node's own hybrid clock's, which
// the clock server keeps true in the background, so that no message waits for a round trip. In total order they are the
// clock server's, as many at a time as wait; when it misses an answer, the hybrid clock's until it is back.

extension Node {
    /// Messages wait for the clock server's stamps.
    private var waitsForStamps: Bool { ordering.total != nil && ordering.clockAnswers && configuration.asksClock }

    /// Takes an entry of this node's own: it is stored at once, or when there is a stamp for it.
    func accept(_ body: Entry.Body, from source: AcceptedFrom = .client) {
        guard waitsForStamps else { return enter(body, from: source, stamp: ordering.clock.next(at: now.instant)) }
        ordering.unstamped.append(body, source, at: now.instant)
    }

    // MARK: The clock server

    /// It is time to look what the clock server says.
    func askClock() {
        if ordering.stampRequest == nil { requestStamps() }
    }

    /// Asks for as many stamps as wait, unless a request is under way.
    func requestStampsIfNeeded() {
        if !ordering.unstamped.isEmpty, ordering.stampRequest == nil { requestStamps() }
    }

    private func requestStamps() {
        let messages = min(ordering.unstamped.items.count, limits.stampBatch)
        ordering.stampRequest = StampRequest(seen: ordering.clock.latest, messages: messages)
        emit(.askClock(count: max(1, messages), seen: ordering.clock.latest))
    }

    func clockAnswered(first: Stamp, count: Int, wallMilliseconds: UInt64) {
        guard let request = ordering.stampRequest else { return }
        guard first > request.seen, count >= request.messages else {
            report(.clockWentBack)
            return clockSilent()
        }
        ordering.stampRequest = nil
        timers[.clock] = now.instant + limits.clockPause
        ordering.clock.follow(first, wallMilliseconds: wallMilliseconds, skew: limits.clockSkew, at: now.instant)
        if !ordering.clockAnswers { report(.clockAnswers) }
        ordering.clockAnswers = true
        var stamp = first
        for _ in 0..<request.messages {
            guard let item = ordering.unstamped.takeFirst(at: now.instant) else { break }
            enter(item.body, from: item.source, stamp: stamp)
            stamp = stamp.next
        }
        ordering.clock.witness(first)
        firstClockAnswer()
    }

    func clockSilent() {
        ordering.stampRequest = nil
        timers[.clock] = now.instant + random.around(limits.clockRetry)
        if ordering.clockAnswers { report(.clockSilent) }
        ordering.clockAnswers = false
        while let item = ordering.unstamped.takeFirst(at: now.instant) {
            enter(item.body, from: item.source, stamp: ordering.clock.next(at: now.instant))
        }
        firstClockAnswer()
    }

    /// A root that was just started serves nobody before it has asked what time it is: its machine's clock may be
    /// wrong, and what it stamped by it would be refused everywhere.
    private func firstClockAnswer() {
        if !sessions.hasAdmitted, case .root = topology.standing { admitParked() }
    }

    // MARK: Other nodes' clocks

    /// How this node stands to the order and the time of others, as it says when a link opens.
    var clockReading: ClockReading {
        ClockReading(
            order: configuration.order, stamp: ordering.clock.latest,
            time: ordering.clock.isFresh ? nil : ordering.clock.stampsMilliseconds(at: now.instant))
    }

    /// How far a stamp lies ahead of the time, if that is further than clocks may differ: it must not be followed.
    func excess(of stamp: Stamp) -> Duration? {
        // Whatever was followed was not too far ahead.
        guard stamp > ordering.clock.latest else { return nil }
        return excess(ofMilliseconds: stamp.milliseconds)
    }

    /// The same for the stamp of an entry, or of a gap, that comes in. What is not too far ahead of this machine's own
    /// wall clock is believed, and that clock's time taken: then the clock server's machine was set back, and this node
    /// has asked it before its neighbour has.
    func excess(ofStored stamp: Stamp) -> Duration? {
        guard let ahead = excess(of: stamp) else {
            ordering.clock.confirm(by: stamp, skew: limits.clockSkew, at: now.instant)
            return nil
        }
        guard stamp.milliseconds > now.wallMilliseconds + UInt64(limits.clockSkew.wholeMilliseconds) else {
            ordering.clock.set(to: now.wallMilliseconds, at: now.instant)
            return nil
        }
        return ahead
    }

    /// A stamp from this link must not be followed: the link ends. A node that was told no time can't say whose clock
    /// is
    /// wrong: both sides were untold when the link opened, and the next one tells it.
    func refuseStamp(_ ahead: Duration, from link: Link) {
        if !ordering.clock.isUntold { report(.stampRefused(link.contact, ahead: ahead)) }
        lose(link, why: .broken)
    }

    private func excess(ofMilliseconds shown: UInt64) -> Duration? {
        let known = ordering.clock.stampsMilliseconds(at: now.instant)
        guard shown > known + UInt64(limits.clockSkew.wholeMilliseconds) else { return nil }
        return .milliseconds(Int64(shown - known))
    }

    /// Why this node can't be in one tree with another; nil if it can.
    /// A node that knows no time but its machine's takes the other one's.
    func reasonToStayApart(from reading: ClockReading) -> Refusal? {
        guard reading.order == configuration.order else {
            return Refusal(
                reason: .order,
                info: "this network was started with --order \(configuration.order.rawValue), the other node with "
                    + "--order \(reading.order.rawValue)")
        }
        if ordering.clock.isUntold, let time = reading.time { ordering.clock.set(to: time, at: now.instant) }
        if let ahead = excess(ofTime: reading) {
            guard isRightAboutTime(reading) else {
                return Refusal(
                    reason: .clock,
                    info: "one clock is \(ahead.wholeMilliseconds / 1000) s ahead of the other, more than "
                        + "--max-clock-skew allows: set the machines' clocks, or run a clock server")
            }
            ordering.clock.set(to: now.wallMilliseconds, at: now.instant)
        }
        return nil
    }

    private func excess(ofTime reading: ClockReading) -> Duration? {
        if let ahead = excess(of: reading.stamp) { return ahead }
        return reading.time.flatMap { excess(ofMilliseconds: $0) }
    }

    /// A machine that slept has a monotonic clock that slept too. Its wall clock was set right, and the other node
    /// agrees with that.
    private func isRightAboutTime(_ reading: ClockReading) -> Bool {
        guard let time = reading.time else { return false }
        let skew = UInt64(limits.clockSkew.wholeMilliseconds)
        let wall = now.wallMilliseconds
        return time <= wall + skew && wall <= time + skew && reading.stamp.milliseconds <= wall + skew
    }
}
