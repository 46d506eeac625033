import DequeModule

/// Decides which hash is computed next. Each takes a core for some 20 ms, so a storm of logins has to queue, and no
/// source may fill the queue for the others: each source (an address or a link) has a queue of its own, and the sources
/// take turns. Behind one address there may be many people and a guesser, so within a source the names take turns.
struct HashQueue {
    enum Source: Hashable {
        case address(PeerAddress)
        case link(ConnectionID)
    }

    struct Job {
        let ticket: Ticket
        let secret: Secret
        let kind: Kind
    }

    enum Kind {
        case make
        case verify(against: String?)
    }

    /// The jobs of one source.
    private struct Waiting {
        var byName: [NameKey: Deque<Job>] = [:]
        /// Names with jobs, in the order of their turns.
        var turns: Deque<NameKey> = []
        var count = 0

        mutating func add(_ job: Job, for name: NameKey) {
            if byName[name] == nil { turns.append(name) }
            byName[name, default: []].append(job)
            count += 1
        }

        mutating func next() -> Job? {
            guard let name = turns.popFirst(), let job = byName[name]?.popFirst() else { return nil }
            count -= 1
            if byName[name]!.isEmpty { byName[name] = nil } else { turns.append(name) }
            return job
        }
    }

    private var sources: [Source: Waiting] = [:]
    /// Sources with jobs, in the order of their turns.
    private var turns: Deque<Source> = []
    private(set) var count = 0
    /// How many hashes are being computed.
    private(set) var underWay = 0

    func waiting(of source: Source) -> Int { sources[source]?.count ?? 0 }

    func waiting(of source: Source, for name: NameKey) -> Int { sources[source]?.byName[name]?.count ?? 0 }

    mutating func add(_ job: Job, from source: Source, for name: NameKey) {
        if sources[source] == nil { turns.append(source) }
        sources[source, default: Waiting()].add(job, for: name)
        count += 1
    }

    /// Takes the job whose turn it is.
    ///
    /// - Parameter limit: how many hashes may be computed at the same time.
    /// - Returns: nil if no job waits, or enough are under way. The caller calls `began` if it starts the job.
    mutating func next(atOnce limit: Int) -> Job? {
        guard underWay < limit, let source = turns.popFirst(), let job = sources[source]?.next() else {
            return nil
        }
        count -= 1
        if sources[source]!.count == 0 { sources[source] = nil } else { turns.append(source) }
        return job
    }

    /// A job that was taken is being computed.
    mutating func began() { underWay += 1 }

    /// A job that was being computed is done.
    mutating func ended() { underWay -= 1 }
}

extension Node {
    func hash(_ secret: Secret, of name: String, for work: Work, from source: HashQueue.Source) {
        let ticket = admission.work.add(work)
        enqueue(.init(ticket: ticket, secret: secret, kind: .make), of: key(of: name), from: source)
    }

    /// Checks a secret against a hash. Without a hash the answer is no, and takes as long.
    func verify(
        _ secret: Secret, of name: String, against hash: String?, for work: Work, from source: HashQueue.Source
    ) {
        let ticket = admission.work.add(work)
        enqueue(.init(ticket: ticket, secret: secret, kind: .verify(against: hash)), of: key(of: name), from: source)
    }

    /// The source whose queue the jobs of a connection go to.
    func source(of connection: ConnectionID) -> HashQueue.Source {
        if links[connection] != nil { return .link(connection) }
        return .address(address(of: connection))
    }

    private func enqueue(_ job: HashQueue.Job, of name: NameKey, from source: HashQueue.Source) {
        guard admission.hashQueue.count < limits.hashesWaiting, mayWait(for: name, from: source) else {
            switch job.kind {
            case .make: return hashed(job.ticket, nil)
            case .verify: return verified(job.ticket, nil)
            }
        }
        admission.hashQueue.add(job, from: source, for: name)
        startHashes()
    }

    private func mayWait(for name: NameKey, from source: HashQueue.Source) -> Bool {
        guard case .address(let address) = source, isLimited(address) else { return true }
        return admission.hashQueue.waiting(of: source) < limits.hashesWaiting(of: address)
            && admission.hashQueue.waiting(of: source, for: name) < limits.hashesWaitingPerName(of: address)
    }

    /// A hash is done: the next one may begin.
    func hashEnded() {
        admission.hashQueue.ended()
        startHashes()
    }

    private func startHashes() {
        while let job = admission.hashQueue.next(atOnce: limits.hashesAtOnce) {
            // A job whose client or link is gone is dropped.
            guard isWanted(job.ticket) else {
                _ = admission.work.take(job.ticket)
                continue
            }
            if refuseGuess(job.ticket) { continue }
            admission.hashQueue.began()
            switch job.kind {
            case .make: emit(.hash(job.ticket, job.secret))
            case .verify(let hash): emit(.verify(job.ticket, job.secret, against: hash))
            }
        }
    }

    /// Refuses a login that has to pause by now. Its try was queued before earlier ones failed, and must not escape the
    /// pause that they caused.
    private func refuseGuess(_ ticket: Ticket) -> Bool {
        guard case .login(let connection, let use, _)? = admission.work[ticket],
            let info = loginPause(use.username, on: connection)
        else { return false }
        _ = admission.work.take(ticket)
        refuseSecret(use, on: connection, info: info)
        return true
    }

    private func isWanted(_ ticket: Ticket) -> Bool {
        switch admission.work[ticket] {
        case .login(let connection, _, _)?, .registration(let connection, _, _, _)?, .change(let connection, _, _)?:
            sessions[connection] != nil
        case .baseServerLogin(let link, _, _)?: links[link] != nil
        case nil: false
        default: true
        }
    }
}
