/// Where an entry of this node's own comes from, which decides what follows when it is stored.
enum AcceptedFrom {
    case client
    case change(DurabilityCheck)
    case baseServer(ConnectionID)
}

// Where stamps come from (docs/protocol.md#the-clock). In causal order they come from the node's own hybrid clock. The
// clock server keeps that clock true in the background, so that no message waits for a round trip. In total order they
// come from the clock server, one for each message that waits. If it misses an answer, they come from the hybrid clock
// until it answers again.

extension Node {
    /// Whether messages wait for the clock server's stamps.
    private var waitsForStamps: Bool { ordering.total != nil && ordering.clockAnswers && configuration.asksClock }

    /// Accepts an entry of this node's own. It is stored at once, or when there is a stamp for it.
    func accept(_ body: Entry.Body, from source: AcceptedFrom = .client) {
        guard waitsForStamps else { return enter(body, from: source, stamp: ordering.nextStamp(at: now.instant)) }
        ordering.waitForStamp(body, source, at: now.instant)
    }

    // MARK: The clock server

    /// Asks the clock server what time it is.
    func askClock() {
        if !ordering.isAskingClock { requestStamps() }
    }

    /// Asks for stamps for the messages that wait, unless a request is under way.
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
            ordering.clockIsUnusable(at: now.instant)
            goOnWithoutClock()
        case .far(let distance, let isNews):
            if isNews { report(.clockFar(distance)) }
            ordering.clockIsUnusable(at: now.instant)
            goOnWithoutClock()
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
        if ordering.clockFellSilent(at: now.instant, grace: limits.clockGrace) { report(.clockSilent) }
        goOnWithoutClock()
    }

    private func goOnWithoutClock() {
        timers[.clock] = now.instant + random.around(limits.clockRetry)
        while let item = ordering.takeUnstamped(at: now.instant) {
            enter(item.body, from: item.source, stamp: ordering.nextStamp(at: now.instant))
        }
        firstClockAnswer()
    }

    /// A newly started root admits clients only after its first question to the clock server. Its machine's clock may
    /// be wrong, and all other nodes would refuse entries that it stamped by it.
    private func firstClockAnswer() {
        if !sessions.hasAdmitted, case .root = topology.standing { admitParked() }
    }

    // MARK: Other nodes' clocks

    /// The order and time of this node, as it tells them when a link opens.
    var clockReading: ClockReading {
        ClockReading(
            order: configuration.order, stamp: ordering.clock.latest,
            time: ordering.clock.isFresh ? nil : ordering.clock.stampsMilliseconds(at: now.instant))
    }

    /// How far the stamp of an entry or a gap lies ahead of the time, if that is more than clocks may differ: then the
    /// stamp must not be followed. Nil otherwise.
    func excess(ofStored stamp: Stamp) -> Duration? {
        let ahead = ordering.excess(ofStored: stamp, skew: limits.clockSkew, at: now)
        return mutation == .anyStampFollowed ? nil : ahead
    }

    /// Drops a link because of a stamp that must not be followed. A node that was told no time doesn't report it, since
    /// it can't know whose clock is wrong: both sides were untold when the link opened, and the next link tells them
    /// the time.
    func refuseStamp(_ ahead: Duration, from link: Link) {
        guard !ordering.clock.isUntold else { return lose(link, why: .broken) }
        report(.stampRefused(link.contact, ahead: ahead))
        counters.streamBroke()
        dropFaulty(link, why: .broken)
    }

    /// Why this node can't be in one tree with another; nil if it can. A node that knows no time but its machine's
    /// takes the other node's time.
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
