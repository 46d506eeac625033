/// Clients that catch up, or wait until this node has what they saw.
struct ResumingClients {
    var order: [ConnectionID] = []
    var resumes: [ConnectionID: Resume] = [:]
    /// Counts those who were fed.
    var turn = 0
    var missed = MissedByClients()
    /// What the tree is asked for them, and when it may be asked again.
    var heldQuestion: HeldQuestion?
    var nextHeldQuestion = Instant(nanoseconds: 0)
}

/// A client that said what it saw last, until it can follow the log like everybody else.
struct Resume {
    /// What the client has, or is being sent.
    var passed = Marks()
    /// What the client has and this node hasn't, or not safely.
    var ahead: [VersionVector.Component]
    var cursor: LogPosition
    /// From here on the log has nothing that the client has seen; nil as long as something of that is still to come.
    var newFrom: LogPosition?
    /// How far this node was when `ahead` was last looked at: it need not be looked at before that has changed.
    var settledAt: (shown: LogPosition, origins: Int)?
    /// The greatest that the client has seen in the one order of all entries: what is below comes late.
    var last: OrderKey?
    /// Until then the client isn't read from while it is ahead of this node; nil once it is read from.
    var pausedUntil: Instant?
    /// Every node has answered that it doesn't hold what the client was waiting for.
    var isHeldByNobody = false
    /// Since when it has taken nothing of what it was sent; nil while it takes it.
    var congestedSince: Instant?
    /// Gaps that the client is told of when its cursor has come to where this node learnt of them.
    var gapsToTell: [(at: LogPosition, gap: Log.Gap)] = []
}

// How a client goes on at another node (docs/protocol.md#resuming): it gets the rest of what it saw, entry by entry,
// until its cursor has passed all that it saw elsewhere.

extension Node {
    func beginResume(_ since: VersionVector, last: OrderKey?, on connection: ConnectionID) {
        var resume = Resume(ahead: since.components, cursor: shownEnd, last: last)
        settle(&resume)
        begin(&resume, on: connection)
        // A node that is alone waits only until it should have found the others it knows of.
        let isAlone = nodeLinks.isEmpty && topology.search == nil
        if !resume.ahead.isEmpty, !isAlone || !topology.deadpool.list.isEmpty {
            // What it says next could answer what this node hasn't seen: the order would break (P3, P4).
            resume.pausedUntil = now.instant + (isAlone ? limits.lonelyResumePatience : limits.resumePatience)
            timers.set(.resume, noLaterThan: min(resume.pausedUntil!, max(resuming.nextHeldQuestion, now.instant)))
            stopReading(connection, for: .catchingUp)
        }
        sessions.resumes(connection, true)
        resuming.resumes[connection] = resume
        resuming.order.append(connection)
    }

    func endResume(_ connection: ConnectionID) {
        resuming.order.removeAll { $0 == connection }
        resuming.resumes[connection] = nil
    }

    /// Takes over what this node knows of the origins that the client has seen.
    private func settle(_ resume: inout Resume) {
        let reached = (shown: shownEnd, origins: log.origins.origins.count)
        if let settledAt = resume.settledAt, settledAt == reached { return }
        resume.settledAt = reached
        let marks = shownMarks
        resume.ahead.removeAll { component in
            guard let number = log.origins.knownNumber(of: component.origin) else { return false }
            resume.passed.raise(number, to: component.sequence)
            return marks[number] >= component.sequence
        }
    }

    private func begin(_ resume: inout Resume, on connection: ConnectionID) {
        let start = shownStart(forReaderOf: resume.passed)
        resume.cursor = start.position
        resume.newFrom = resume.ahead.isEmpty ? start.newFrom : nil
        // What is still to be told to this client stands among them.
        resume.gapsToTell = start.later
        tell(start.gaps, to: connection, &resume)
    }

    private func tell(_ gaps: [Log.Gap], to connection: ConnectionID, _ resume: inout Resume) {
        for whole in gaps {
            // It may have seen elsewhere what this node lacks: it is told of the rest alone.
            let number = log.number(of: whole.origin)
            let gap = Log.Gap(
                origin: whole.origin, from: max(whole.from, resume.passed[number] + 1), through: whole.through)
            guard resume.passed.raise(number, to: gap.through) else { continue }
            resuming.missed.add(gap, of: connection)
            if sessions[connection]!.wantsGaps { send(.gap(gap, stamp: .zero), to: connection) }
        }
    }

    /// Sends the clients that catch up what comes next, as far as it is safe and they take it.
    ///
    /// What they are sent so is copied for each: as little as can be, and for all together no more than the budget. The
    /// others keep their places until it is their turn.
    func feedResuming() {
        guard !resuming.order.isEmpty else { return }
        var budget = limits.catchUpBytes
        for connection in resuming.order where admission.gate.isHeld(connection, for: .congested) {
            budget -= limits.catchUpBurstBytes
        }
        // Whoever comes first now is the last one the next time.
        let first = resuming.turn % resuming.order.count
        for connection in resuming.order[first...] + resuming.order[..<first] {
            guard var resume = resuming.resumes[connection], !admission.gate.isHeld(connection, for: .congested) else {
                continue
            }
            guard budget > 0 else {
                // Those who take nothing make room by being given up, the others by reading.
                if !isCatchingUpHeld { timers[.continuation] = now.instant }
                break
            }
            resuming.turn &+= 1
            // Origins that this node has only just heard of: what the client has of them isn't shown to it again.
            settle(&resume)
            budget -= feed(connection, &resume)
            settle(&resume)
            if resume.newFrom == nil, resume.ahead.isEmpty { resume.newFrom = shownEnd }
            if resume.ahead.isEmpty, resume.pausedUntil != nil {
                resume.pausedUntil = nil
                resuming.resumes[connection] = resume
                readAgain(connection, after: .catchingUp)
            }
            let isDone =
                resume.ahead.isEmpty && resume.gapsToTell.isEmpty
                && (resume.cursor == shownEnd && ordering.total?.hasPassed(resume.last) != false || canFollow(resume))
            resuming.resumes[connection] = isDone ? nil : resume
            sessions.resumes(connection, !isDone)
            if isDone {
                let isAtEnd = resume.cursor == shownEnd
                emit(.follow(connection, from: isAtEnd ? readableEnd : log.offset(of: resume.cursor)))
            }
        }
        let resumes = resuming.resumes
        resuming.order.removeAll { resumes[$0] == nil }
    }

    /// Everything that comes is new to this client: so it can read the lines themselves, as a cursor, if it doesn't lag
    /// by so much that it would be taken for one that doesn't read.
    private func canFollow(_ resume: Resume) -> Bool {
        guard ordering.total == nil, let newFrom = resume.newFrom, resume.cursor >= newFrom else { return false }
        return readableEnd - log.offset(of: resume.cursor) <= UInt64(limits.followWithinBytes)
    }

    /// All of the budget lies with clients that take nothing.
    private var isCatchingUpHeld: Bool {
        resuming.order.count { admission.gate.isHeld($0, for: .congested) } * limits.catchUpBurstBytes
            >= limits.catchUpBytes
    }

    /// - Returns: how many bytes were copied for it.
    private func feed(_ connection: ConnectionID, _ resume: inout Resume) -> Int {
        var burst = 0
        if resume.cursor < shownFloor {
            begin(&resume, on: connection)
        }
        while resume.cursor < shownEnd, !(resume.ahead.isEmpty && resume.gapsToTell.isEmpty && canFollow(resume)) {
            guard burst < limits.catchUpBurstBytes else {
                timers[.continuation] = now.instant
                return burst
            }
            tellGaps(to: connection, &resume)
            let record = shownRecord(at: resume.cursor)
            if resume.passed.raise(record.number, to: record.key.sequence), let line = record.line {
                let isLate = ordering.total != nil && (record.isLate || resume.last.map { record.key < $0 } ?? false)
                emit(.show(connection, ReadableLine(offset: line.offset, length: line.length, isLate: isLate)))
                burst += line.length
                resume.last = max(resume.last ?? record.key, record.key)
            }
            resume.cursor = resume.cursor.next
        }
        tellGaps(to: connection, &resume)
        return burst
    }

    private func tellGaps(to connection: ConnectionID, _ resume: inout Resume) {
        while let (position, gap) = resume.gapsToTell.first, position <= resume.cursor {
            resume.gapsToTell.removeFirst()
            tell([gap], to: connection, &resume)
        }
    }

    /// A client that catches up holds memory of its own while it doesn't read: it may do so for a while.
    func mind(congestion isCongested: Bool, of connection: ConnectionID) {
        guard resuming.resumes[connection] != nil else { return }
        resuming.resumes[connection]!.congestedSince = isCongested ? now.instant : nil
        if isCongested { timers.set(.resume, noLaterThan: now.instant + limits.stallPatience) }
    }

    private func giveUpStalled() {
        for connection in resuming.order {
            guard let since = resuming.resumes[connection]?.congestedSince else { continue }
            if since + limits.stallPatience <= now.instant {
                clientFellBehind(connection)
            } else {
                timers.set(.resume, noLaterThan: since + limits.stallPatience)
            }
        }
    }

    func stopWaitingForResumed() {
        giveUpStalled()
        for connection in resuming.order {
            guard let until = resuming.resumes[connection]?.pausedUntil else { continue }
            if until <= now.instant {
                resuming.resumes[connection]!.pausedUntil = nil
                readAgain(connection, after: .catchingUp)
            } else {
                let asksAgain = resuming.nextHeldQuestion > now.instant
                timers.set(.resume, noLaterThan: asksAgain ? min(until, resuming.nextHeldQuestion) : until)
            }
        }
    }
}
