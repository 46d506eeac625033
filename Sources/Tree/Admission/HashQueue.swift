import DequeModule

/// Decides which hash is computed next. Each takes a core for some 20 ms, so a storm of logins has to queue, and nobody
/// may fill the queue for all others: everybody who asks (an address, a link) has a queue of its own, and they take
/// turns.
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

    private var queues: [Source: Deque<Job>] = [:]
    /// Those with something to do, whose turn it is first.
    private var turns: Deque<Source> = []
    private(set) var count = 0
    /// Begun, and not done.
    private(set) var underWay = 0

    func waiting(of source: Source) -> Int { queues[source]?.count ?? 0 }

    mutating func add(_ job: Job, from source: Source) {
        if queues[source] == nil { turns.append(source) }
        queues[source, default: []].append(job)
        count += 1
    }

    /// Takes the next one whose turn it is.
    ///
    /// - Parameter limit: how many may be under way at the same time.
    /// - Returns: nil if there is none, or enough are under way. One that is still wanted is to be begun.
    mutating func next(atOnce limit: Int) -> Job? {
        guard underWay < limit, let source = turns.popFirst(), let job = queues[source]?.popFirst() else {
            return nil
        }
        count -= 1
        if queues[source]!.isEmpty { queues[source] = nil } else { turns.append(source) }
        return job
    }

    /// One that was taken is being computed.
    mutating func began() { underWay += 1 }

    /// One that was begun is done.
    mutating func ended() { underWay -= 1 }
}

extension Node {
    func hash(_ secret: Secret, for work: Work, from source: HashQueue.Source) {
        enqueue(.init(ticket: admission.work.add(work), secret: secret, kind: .make), from: source)
    }

    /// Without a hash the answer is no, and takes as long.
    func verify(_ secret: Secret, against hash: String?, for work: Work, from source: HashQueue.Source) {
        enqueue(.init(ticket: admission.work.add(work), secret: secret, kind: .verify(against: hash)), from: source)
    }

    /// Who asks from here.
    func source(of connection: ConnectionID) -> HashQueue.Source {
        if links[connection] != nil { return .link(connection) }
        return .address(address(of: connection))
    }

    private func enqueue(_ job: HashQueue.Job, from source: HashQueue.Source) {
        let mayWait = admission.hashQueue.waiting(of: source) < allowance(of: source)
        guard admission.hashQueue.count < limits.hashesWaiting, mayWait else {
            switch job.kind {
            case .make: return hashed(job.ticket, nil)
            case .verify: return verified(job.ticket, nil)
            }
        }
        admission.hashQueue.add(job, from: source)
        startHashes()
    }

    private func allowance(of source: HashQueue.Source) -> Int {
        if case .address(let address) = source, isLimited(address) { return limits.hashesWaitingPerAddress }
        return limits.hashesWaiting
    }

    /// One is done.
    func hashEnded() {
        admission.hashQueue.ended()
        startHashes()
    }

    private func startHashes() {
        while let job = admission.hashQueue.next(atOnce: limits.hashesAtOnce) {
            // Nobody waits for it any more.
            guard isWanted(job.ticket) else {
                _ = admission.work.take(job.ticket)
                continue
            }
            admission.hashQueue.began()
            switch job.kind {
            case .make: emit(.hash(job.ticket, job.secret))
            case .verify(let hash): emit(.verify(job.ticket, job.secret, against: hash))
            }
        }
    }

    private func isWanted(_ ticket: Ticket) -> Bool {
        switch admission.work[ticket] {
        case .login(let connection, _, _)?, .registration(let connection, _, _, _)?, .change(let connection, _, _)?:
            sessions[connection] != nil
        case .loginQuestion(let link, _, _, _)?, .baseServerLogin(let link, _, _)?: links[link] != nil
        case nil: false
        default: true
        }
    }
}
