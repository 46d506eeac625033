import Tree

/// One of several clocks, of which one leads and hands out stamps while the others stand by.
///
/// The idea: who leads is written in etcd under a lease, and the bound of the stamps beside it. A leader moves the
/// bound by a transaction that only succeeds while its own key is there and nobody else has moved the bound; a new
/// leader begins above the bound that it finds. So two leaders can never hand out the same stamp, however long one of
/// them was stopped and whatever the clocks say. The lease's deadline, kept with a margin on the monotonic clock, only
/// has to see to it that an old leader doesn't answer with stamps that are older than a new one's. The argument stands
/// in docs/decisions/0010-clocks-share-a-bound.md.
///
///                      nobody leads            the key is ours            the bound is stored
///     following ───────────────────▶ campaigning ──────────────▶ leading ──────────────────▶ leading, and serving
///         ▲                               │                         │
///         └───────────────────────────────┴─────────────────────────┘
///              another one was faster, the lease ran out, the key or the bound is not ours any more:
///              everything is forgotten, askers are sent away, the lease is given back
///
/// An unanswered request may have been done, may be done later, or never: nothing follows from it. The keys are read
/// again, and what they say counts.
///
/// It is a state machine and does nothing itself. One event, then all its effects in their order, then the next event.
struct Contender: Sendable {
    /// What has happened.
    enum Event: Hashable, Sendable {
        /// The first event; and whenever `nextDeadline` has come.
        case due
        /// As in `StampSource`.
        case asked(ConnectionID, count: Int, seen: Stamp?)
        case left(ConnectionID)
        case answered(RequestID, EtcdAnswer)
        /// No answer in time, or none to be used: whether it was done is unknown.
        case unanswered(RequestID)
        /// The keys were read, and are no clock's: nobody can go on from them.
        case unreadable(RequestID)
        /// The process is to end.
        case endRequested
    }

    /// What is to be done.
    enum Effect: Hashable, Sendable {
        /// Ask etcd; `answered`, `unanswered` or `unreadable` follows once.
        case request(RequestID, EtcdRequest)
        /// Hand the batch out, if it is not yet `before` at the moment of sending; else drop it and tell `due`.
        case answer(ConnectionID, StampBatch, epoch: UInt64, before: Instant)
        case refuse(ConnectionID, StampSource.Refusal)
        case sendAway(ConnectionID, leader: Address?)
        case sendEverybodyAway
        case report(Notice)
        /// Nothing is left to be done.
        case ended
    }

    /// What operators should read.
    enum Notice: Hashable, Sendable {
        /// It hands out stamps, ahead of the wall clock by so much.
        case leads(epoch: UInt64, ahead: Duration)
        case follows(Address)
        case steppedDown(Reason)
        case etcdSilent
        case etcdAnswers
        case unreadable
    }

    /// Why a leader is none any more.
    enum Reason: Hashable, Sendable {
        /// etcd has ended the lease.
        case leaseLost
        /// The lease could not be renewed in time.
        case leaseNotRenewed
        /// The key or the bound is another one's.
        case deposed
        case unreadable
        case ending
    }

    struct Lease: Sendable {
        let id: LeaseID
        /// Until then nobody else can lead: counted from when the last renewal that came back was *sent*.
        var deadline: Instant
    }

    enum State: Sendable {
        /// Another one leads or nobody does. Looks at the keys again and again; campaigns when nobody leads.
        case following(EtcdKeys.Leader?)
        /// Has asked for a lease (`nil` until it has come), and with it for the leader's key.
        case campaigning(Lease?)
        /// The leader's key is its own.
        case leading(Lease, Reign)
        /// Gives its lease back, then nothing comes any more.
        case ending
    }

    /// What is asked of etcd, one thing at a time; the lease's renewal and return go beside it.
    struct Pending: Sendable {
        let id: RequestID
        let sent: Instant
    }

    var state = State.following(nil)
    var pending: Pending?
    var renewing: Pending?
    /// A lease to give back, so that nobody has to wait for its end.
    var returned: LeaseID?
    var returning: RequestID?
    /// When the keys are looked at, or the pending question is put again.
    var nextLook: Instant?
    var nextRenewal: Instant?
    var nextReturn: Instant?
    var nextTick: Instant?
    var endBy: Instant?
    /// The moment of the event that is being handled, and what follows from it.
    var now: Moment
    var effects: [Effect] = []
    private var lastRequest: UInt64 = 0
    var hasSilentEtcd = false
    /// Whom it has told the operator about.
    var toldLeader: EtcdKeys.Leader?
    var toldUnreadable = false
    private var random: RandomNumbers

    let me: ClockID
    let limits: ClockLimits
    let mutation: ContenderMutation?

    /// - Parameters:
    ///   - me: names this life of this process; no other one may have it.
    ///   - randomSeed: for jitter.
    ///   - mutation: for tests of the tests.
    init(
        _ me: ClockID, at now: Moment, randomSeed: UInt64, limits: ClockLimits, mutation: ContenderMutation? = nil
    ) {
        self.me = me
        self.now = now
        self.limits = limits
        self.mutation = mutation
        random = RandomNumbers(seed: randomSeed)
        nextLook = now.instant
    }

    /// When `due` is to be told. It may have passed.
    var nextDeadline: Instant? {
        var deadlines = [nextLook, nextRenewal, nextReturn, nextTick, endBy].compactMap { $0 }
        if let lease { deadlines.append(lease.deadline) }
        return deadlines.min()
    }

    /// Whether it hands out stamps, as far as it knows.
    var isServing: Bool {
        if case .leading(_, let reign) = state { reign.isServing } else { false }
    }

    var lease: Lease? {
        switch state {
        case .campaigning(let lease): lease
        case .leading(let lease, _): lease
        case .following, .ending: nil
        }
    }

    /// The one door.
    ///
    /// - Parameter moment: the monotonic clock is to count the time that the machine slept; the wall clock may jump.
    mutating func handle(_ event: Event, at moment: Moment, into ordered: inout [Effect]) {
        now = moment
        // Before anything else: whatever is asked, a leader whose time is up is none.
        if let lease, now.instant >= lease.deadline { stepDown(.leaseNotRenewed) }
        switch event {
        case .due: break
        case .asked(let asker, let count, let seen): asked(asker, count, seen)
        case .left(let asker): serve(.left(asker))
        case .answered(let id, let answer): answered(id, answer)
        case .unanswered(let id): unanswered(id)
        case .unreadable(let id): unreadable(id)
        case .endRequested: end()
        }
        doWhatIsDue()
        ordered += effects
        effects.removeAll()
    }

    // MARK: What it does by itself

    private mutating func doWhatIsDue() {
        if let endBy, now.instant >= endBy { return finishEnding() }
        if let nextReturn, now.instant >= nextReturn, let lease = returned {
            self.nextReturn = nil
            returning = request(.revoke(lease))
        }
        if case .leading(let lease, _) = state {
            if let nextRenewal, now.instant >= nextRenewal, renewing == nil {
                self.nextRenewal = nil
                renewing = Pending(id: request(.keepAlive(lease.id)), sent: now.instant)
            }
            if let nextTick, now.instant >= nextTick {
                self.nextTick = now.instant + ClockLimits.tick
                serve(.ticked)
            }
        }
        if let nextLook, now.instant >= nextLook, pending == nil {
            self.nextLook = nil
            ask(.look)
        }
    }

    /// Asks etcd the one thing at a time.
    mutating func ask(_ question: EtcdRequest) {
        pending = Pending(id: request(question), sent: now.instant)
    }

    private mutating func request(_ question: EtcdRequest) -> RequestID {
        lastRequest += 1
        effects.append(.request(RequestID(lastRequest), question))
        return RequestID(lastRequest)
    }

    /// Looks at the keys after about so long, each time a little different: standbys shall not campaign all at once.
    mutating func look(after pause: Duration) {
        nextLook = now.instant + random.around(pause)
    }

    mutating func report(_ notice: Notice) {
        effects.append(.report(notice))
    }

    // MARK: The end of a reign

    /// Forgets everything of the reign at once; answers that still come for it find nobody who waits for them.
    mutating func stepDown(_ reason: Reason) {
        if case .leading(_, let reign) = state {
            if mutation == .secondReignRemembers { remembered = reign.source }
            effects.append(.sendEverybodyAway)
            report(.steppedDown(reason))
        }
        if let lease { giveBack(lease.id) }
        state = .following(nil)
        pending = nil
        renewing = nil
        nextRenewal = nil
        nextTick = nil
        toldLeader = nil
        look(after: limits.retryPause)
    }

    mutating func giveBack(_ lease: LeaseID) {
        returned = lease
        returning = nil
        nextReturn = now.instant
    }

    private mutating func end() {
        guard case .ending = state else {
            stepDown(.ending)
            state = .ending
            nextLook = nil
            if returned == nil { return finishEnding() }
            endBy = now.instant + limits.endGoodbye
            return
        }
    }

    mutating func finishEnding() {
        returned = nil
        nextReturn = nil
        endBy = nil
        effects.append(.ended)
    }

    /// Only for a mutation: the source of an earlier reign.
    var remembered: StampSource?
}

struct RequestID: Hashable, Sendable {
    let value: UInt64

    init(_ value: UInt64) {
        self.value = value
    }
}
