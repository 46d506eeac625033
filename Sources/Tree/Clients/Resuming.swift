// How a client continues at another node (docs/protocol.md#resuming): it gets the rest of the messages, entry by entry,
// until its cursor has passed all that it saw elsewhere.

extension Node {
    func beginResume(_ since: VersionVector, last: OrderKey?, on connection: ConnectionID) {
        var resume = Resume(seen: since, cursor: shownEnd, last: last)
        update(&resume)
        start(&resume, on: connection)
        // A node that is alone waits only until it should have found the other nodes that it knows of.
        let isAlone = nodeLinks.isEmpty && topology.search == nil
        if !resume.ahead.isEmpty, !isAlone || !topology.deadpool.list.isEmpty {
            // What the client says next could answer something that this node hasn't seen: the order would break (P3,
            // P4).
            let until = now.instant + (isAlone ? limits.lonelyResumePatience : limits.resumePatience)
            resume.wait(until: until)
            timers.set(.resume, noLaterThan: min(until, max(resuming.nextHeldQuestion, now.instant)))
            stopReading(connection, for: .catchingUp)
        }
        sessions.beganCatchingUp(connection)
        let isCongested = admission.gate.isHeld(connection, for: .congested)
        resuming.began(resume, of: connection, isCongested: isCongested, at: now.instant)
    }

    /// A client no longer follows the lines, since there are gaps to tell it of.
    ///
    /// - Parameter offset: how far it has been sent them.
    func unfollowed(_ connection: ConnectionID, at offset: UInt64) {
        guard let gaps = resuming.takeStopped(connection) else { return }
        guard offset >= readableStart else { return clientFellBehind(connection) }
        let kept = ordering.total?.delivered.floorOffset ?? log.offset(of: log.floor)
        if offset < kept {
            // These lines are still there, but it isn't known any more whose entries they are.
            emit(.show(connection, ReadableLine(offset: offset, length: Int(kept - offset), isLate: false)))
        }
        let position = ordering.total?.delivered.position(at: offset) ?? log.position(at: offset)
        tell(gaps, to: connection, whoFollowedTo: position)
    }

    /// Tells a client of gaps, each at its position. Until then it resumes from where it has followed the lines.
    func tell(
        _ gaps: [(at: LogPosition, gap: Log.Gap)], to connection: ConnectionID, whoFollowedTo position: LogPosition
    ) {
        let passed = resuming.followed(to: position, before: gaps.map(\.gap)) {
            var passed = ordering.total?.delivered.marks(at: position) ?? log.marks(at: position)
            for (_, gap) in gaps {
                let number = log.number(of: gap.origin)
                passed.set(number, to: min(passed[number], gap.from - 1))
            }
            return passed
        }
        let resume = Resume(followingTo: position, having: passed, gaps: gaps)
        let isCongested = admission.gate.isHeld(connection, for: .congested)
        resuming.began(resume, of: connection, isCongested: isCongested, at: now.instant)
    }

    /// Checks how much of what the client has seen this node has shown.
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
        if !resume.hasFollowed { resuming.missed(rest, of: connection) }
        if sessions[connection]!.wantsGaps { send(.gap(rest, stamp: .zero), to: connection) }
    }

    /// Sends resuming clients their next entries, as far as these are safe and the clients take them.
    ///
    /// These entries are copied for each client, so the copies for all of them together are limited by a budget.
    /// Clients beyond the budget wait for their turn.
    func feedResuming() {
        guard !resuming.isEmpty else { return }
        boundResuming()
        let total = ordering.total
        let ready = resuming.wake(at: shownEnd) { total?.hasPassed($0) != false }
        guard ready > 0 else { return }
        var budget = min(limits.catchUpBytes - bytesHeldByResuming, limits.catchUpTurnBytes)
        for _ in 0..<ready {
            guard budget > 0 else {
                // Clients that take nothing free memory when they are closed, the others by reading.
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

    /// Bounds the memory of what resuming clients have seen, in time and size.
    private func boundResuming() {
        let forgotten = resuming.forget(
            at: now.instant, after: limits.resumeMemory, beyond: limits.resumeOrigins)
        for connection in forgotten.waited { readAgain(connection, after: .catchingUp) }
        for connection in forgotten.tooMuch where sessions[connection]?.wantsNotices == true {
            let info = "the servers' memory of what you have seen is full: some messages may come twice"
            send(.notice(info: info), to: connection)
        }
    }

    /// Whether a client can follow the lines with a cursor: all entries that come are new to it, and it doesn't lag so
    /// far that it would be closed as too slow.
    private func canFollow(_ resume: Resume) -> Bool {
        guard ordering.total == nil, let newFrom = resume.newFrom, resume.cursor >= newFrom else { return false }
        return readableEnd - log.offset(of: resume.cursor) <= UInt64(limits.followWithinBytes)
    }

    /// Bytes that wait for resuming clients that take nothing.
    private var bytesHeldByResuming: Int {
        resuming.congestedCount * limits.catchUpBurstBytes
    }

    /// - Returns: how many bytes were copied for the client.
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

    /// Notes whether a resuming client takes what it is sent. While it doesn't it holds memory of its own, so it may do
    /// so only for a while.
    func mind(congestion isCongested: Bool, of connection: ConnectionID) {
        guard resuming.congestion(isCongested, of: connection, at: now.instant) else { return }
        if isCongested { timers.set(.resume, noLaterThan: now.instant + limits.stallPatience) }
    }

    /// Time has passed: closes resuming clients that take nothing, and reads from those that have waited for long
    /// enough.
    func stopWaitingForResumed() {
        let (late, nextStalled) = resuming.stalled(at: now.instant, patience: limits.stallPatience)
        for connection in late { clientFellBehind(connection, standsStill: true) }
        let (ended, nextEnd) = resuming.stopWaiting(at: now.instant)
        for connection in ended { readAgain(connection, after: .catchingUp) }
        for next in [nextStalled, nextEnd] {
            if let next { timers.set(.resume, noLaterThan: next) }
        }
    }

    /// At the end of a turn: reports entries that clients lack. After a notice the next one waits for the first turn
    /// after the pause.
    func reportMissed() {
        if let notice = resuming.noticeOfMissed(at: now.instant, pause: limits.refusalNotice) { report(notice) }
    }
}
