// How a client goes on at another node (docs/protocol.md#resuming): it gets the rest of what it saw, entry by entry,
// until its cursor has passed all that it saw elsewhere.

extension Node {
    func beginResume(_ since: VersionVector, last: OrderKey?, on connection: ConnectionID) {
        var resume = Resume(seen: since, cursor: shownEnd, last: last)
        update(&resume)
        start(&resume, on: connection)
        // A node that is alone waits only until it should have found the others it knows of.
        let isAlone = nodeLinks.isEmpty && topology.search == nil
        if !resume.ahead.isEmpty, !isAlone || !topology.deadpool.list.isEmpty {
            // What it says next could answer what this node hasn't seen: the order would break (P3, P4).
            let until = now.instant + (isAlone ? limits.lonelyResumePatience : limits.resumePatience)
            resume.wait(until: until)
            timers.set(.resume, noLaterThan: min(until, max(resuming.nextHeldQuestion, now.instant)))
            stopReading(connection, for: .catchingUp)
        }
        sessions.beganCatchingUp(connection)
        let isCongested = admission.gate.isHeld(connection, for: .congested)
        resuming.began(resume, of: connection, isCongested: isCongested, at: now.instant)
    }

    /// Takes over what this node knows of the origins that the client has seen.
    private func update(_ resume: inout Resume) {
        let marks = shownMarks
        resume.update { component in
            log.origins.knownNumber(of: component.origin).map { marks[$0] >= component.sequence } ?? false
        }
    }

    private func start(_ resume: inout Resume, on connection: ConnectionID) {
        resume.recall(log.origins)
        let start = shownStart(forReaderOf: resume.passed)
        resume.start(at: start)
        for gap in start.gaps { tell(gap, to: connection, &resume) }
    }

    private func tell(_ gap: Log.Gap, to connection: ConnectionID, _ resume: inout Resume) {
        guard let rest = resume.pass(gap, number: log.number(of: gap.origin)) else { return }
        resuming.missed(rest, of: connection)
        if sessions[connection]!.wantsGaps { send(.gap(rest, stamp: .zero), to: connection) }
    }

    /// Sends the clients that catch up what comes next, as far as it is safe and they take it.
    ///
    /// What they are sent so is copied for each: as little as can be, and for all together no more than the budget. The
    /// others wait where they are until it is their turn.
    func feedResuming() {
        guard !resuming.isEmpty else { return }
        boundResuming()
        let total = ordering.total
        let ready = resuming.wake(at: shownEnd) { total?.hasPassed($0) != false }
        guard ready > 0 else { return }
        var budget = min(limits.catchUpBytes - bytesHeldByResuming, limits.catchUpTurnBytes)
        for _ in 0..<ready {
            guard budget > 0 else {
                // Those who take nothing make room by being given up, the others by reading.
                if bytesHeldByResuming < limits.catchUpBytes { timers[.continuation] = now.instant }
                break
            }
            guard let next = resuming.takeNext() else { continue }
            let connection = next.connection
            var resume = next.resume
            budget -= feed(connection, &resume)
            update(&resume)
            resume.allIsNew(from: shownEnd)
            if resume.ahead.isEmpty, resume.stopWaiting() { readAgain(connection, after: .catchingUp) }
            let isAtEnd = resume.cursor == shownEnd
            let isPassed = total?.hasPassed(resume.last) != false
            if resume.hasNothingAhead && (isAtEnd && isPassed || canFollow(resume)) {
                sessions.caughtUp(connection)
                emit(.follow(connection, from: isAtEnd ? readableEnd : log.offset(of: resume.cursor)))
                resuming.fed(connection, resume, .isDone)
            } else if !isAtEnd {
                resuming.fed(connection, resume, .hasMore)
            } else if let last = resume.last, !isPassed {
                resuming.fed(connection, resume, .restsUntilPassed(last))
            } else {
                resuming.fed(connection, resume, .rests)
            }
        }
    }

    /// What clients that came back have seen is remembered for as long, and as far, as is worth it.
    private func boundResuming() {
        let forgotten = resuming.forget(
            at: now.instant, after: limits.resumeMemory, beyond: limits.resumeOrigins)
        for connection in forgotten.waited { readAgain(connection, after: .catchingUp) }
        for connection in forgotten.tooMuch where sessions[connection]?.wantsNotices == true {
            let info = "the servers' memory of what you have seen is full: some messages may come twice"
            send(.notice(info: info), to: connection)
        }
    }

    /// Everything that comes is new to this client: so it can read the lines themselves, as a cursor, if it doesn't lag
    /// by so much that it would be taken for one that doesn't read.
    private func canFollow(_ resume: Resume) -> Bool {
        guard ordering.total == nil, let newFrom = resume.newFrom, resume.cursor >= newFrom else { return false }
        return readableEnd - log.offset(of: resume.cursor) <= UInt64(limits.followWithinBytes)
    }

    /// What lies with clients that catch up and take nothing.
    private var bytesHeldByResuming: Int {
        resuming.congestedCount * limits.catchUpBurstBytes
    }

    /// - Returns: how many bytes were copied for it.
    private func feed(_ connection: ConnectionID, _ resume: inout Resume) -> Int {
        var burst = 0
        if resume.cursor < shownFloor { start(&resume, on: connection) }
        while resume.cursor < shownEnd, !(resume.hasNothingAhead && canFollow(resume)) {
            guard burst < limits.catchUpBurstBytes else {
                timers[.continuation] = now.instant
                return burst
            }
            tellGaps(to: connection, &resume)
            let record = shownRecord(at: resume.cursor)
            if resume.pass(record.number, record.key.sequence, of: record.key.origin), let line = record.line {
                let isLate = ordering.total != nil && (record.isLate || resume.last.map { record.key < $0 } ?? false)
                emit(.show(connection, ReadableLine(offset: line.offset, length: line.length, isLate: isLate)))
                burst += line.length
                resume.shown(record.key)
            }
            resume.advance()
        }
        tellGaps(to: connection, &resume)
        return burst
    }

    private func tellGaps(to connection: ConnectionID, _ resume: inout Resume) {
        while let gap = resume.nextGap() { tell(gap, to: connection, &resume) }
    }

    /// A client that catches up holds memory of its own while it doesn't read: it may do so for a while.
    func mind(congestion isCongested: Bool, of connection: ConnectionID) {
        guard resuming.congestion(isCongested, of: connection, at: now.instant) else { return }
        if isCongested { timers.set(.resume, noLaterThan: now.instant + limits.stallPatience) }
    }

    /// Time has passed: those who take nothing are given up, and those who have waited for long enough are read from.
    func stopWaitingForResumed() {
        let (late, nextStalled) = resuming.stalled(at: now.instant, patience: limits.stallPatience)
        for connection in late { clientFellBehind(connection) }
        let (ended, nextEnd) = resuming.stopWaiting(at: now.instant)
        for connection in ended { readAgain(connection, after: .catchingUp) }
        for next in [nextStalled, nextEnd] {
            if let next { timers.set(.resume, noLaterThan: next) }
        }
    }

    /// At the end of a turn, what clients lack is reported; what has to wait comes with the first one after the pause.
    func reportMissed() {
        if let notice = resuming.noticeOfMissed(at: now.instant, pause: limits.refusalNotice) { report(notice) }
    }
}
