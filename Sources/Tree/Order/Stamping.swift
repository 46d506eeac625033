/// Where an entry of this node's own comes from, and so what follows when it is stored.
enum AcceptedFrom {
    case client
    case change(DurabilityCheck)
    case baseServer(ConnectionID)
}

// Where stamps come from (docs/protocol.md#the-clock). In causal order they are the node's own hybrid clock's, which
// the clock server keeps true in the background, so that no message waits for a round trip. In total order they are the
// clock server's, as many at a time as wait; when it misses an answer, the hybrid clock's until it is back.

extension Node {
    /// Messages wait for the clock server's stamps.
    private var waitsForStamps: Bool { ordering.total != nil && ordering.clockAnswers && configuration.asksClock }

    /// Takes an entry of this node's own: it is stored at once, or when there is a stamp for it.
    func accept(_ body: Entry.Body, from source: AcceptedFrom = .client) {
        guard waitsForStamps else { return enter(body, from: source, stamp: ordering.nextStamp(at: now.instant)) }
        ordering.waitForStamp(body, source, at: now.instant)
    }

    // MARK: The clock server

    /// It is time to look what the clock server says.
    func askClock() {
        if !ordering.isAskingClock { requestStamps() }
    }

    /// Asks for as many stamps as wait, unless a request is under way.
    func requestStampsIfNeeded() {
        if !ordering.unstamped.isEmpty, !ordering.isAskingClock { requestStamps() }
    }

    private func requestStamps() {
        let request = ordering.requestStamps(atMost: limits.stampBatch)
        emit(.askClock(count: request.count, seen: request.seen))
    }

    func clockAnswered(first: Stamp, count: Int, wallMilliseconds: UInt64) {
        let answer = ordering.clockAnswered(
            first, count: count, wallMilliseconds: wallMilliseconds, skew: limits.clockSkew,
            trust: limits.clockTrust, at: now)
        switch answer {
        case .notAsked: return
        case .wentBack:
            report(.clockWentBack)
            return clockSilent()
        case .far(let distance, let isNews):
            if isNews { report(.clockFar(distance)) }
            return clockSilent()
        case .stamps(let messages, let isBack):
            timers[.clock] = now.instant + limits.clockPause
            if isBack { report(.clockAnswers) }
            var stamp = first
            for _ in 0..<messages {
                guard let item = ordering.takeUnstamped(at: now.instant) else { break }
                enter(item.body, from: item.source, stamp: stamp)
                stamp = stamp.next
            }
            ordering.witness(first)
            firstClockAnswer()
        }
    }

    func clockSilent() {
        timers[.clock] = now.instant + random.around(limits.clockRetry)
        if ordering.clockFellSilent() { report(.clockSilent) }
        while let item = ordering.takeUnstamped(at: now.instant) {
            enter(item.body, from: item.source, stamp: ordering.nextStamp(at: now.instant))
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

    /// How far the stamp of an entry, or of a gap, lies ahead of the time, if that is further than clocks may differ:
    /// then it must not be followed.
    func excess(ofStored stamp: Stamp) -> Duration? {
        ordering.excess(ofStored: stamp, skew: limits.clockSkew, at: now)
    }

    /// A stamp from this link must not be followed: the link ends. A node that was told no time can't say whose clock
    /// is wrong: both sides were untold when the link opened, and the next one tells it.
    func refuseStamp(_ ahead: Duration, from link: Link) {
        guard !ordering.clock.isUntold else { return lose(link, why: .broken) }
        report(.stampRefused(link.contact, ahead: ahead))
        counters.streamBroke()
        dropFaulty(link, why: .broken)
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
        guard
            let ahead = ordering.disagreement(
                with: reading, skew: limits.clockSkew, trust: limits.clockTrust, at: now)
        else { return nil }
        return Refusal(
            reason: .clock,
            info: "one clock is \(ahead.wholeMilliseconds / 1000) s ahead of the other, more than "
                + "--max-clock-skew allows: "
                + (ordering.followsClock
                    ? "the one that is behind follows its clock server, so set the clock of the other machine"
                    : "set the machines' clocks, or run a clock server"))
    }
}
