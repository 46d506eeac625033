import Tree

/// One of several clocks. One of them leads and hands out stamps; the others stand by.
///
/// etcd holds two keys: the leader, under a lease, and the bound of the stamps. A leader moves the bound by a
/// transaction that succeeds only while its own key exists and no other clock has moved the bound. A new leader begins
/// above the bound that it finds. So two leaders never hand out the same stamp, however long one of them was stopped
/// and however wrong their machines' clocks are. The lease's deadline, kept with a margin on the monotonic clock, has
/// one purpose: an old leader must not answer with stamps that are older than a new leader's. The argument stands in
/// docs/decisions/0010-clocks-share-a-bound.md.
///
///                      no clock leads          the key is ours            the bound is stored
///     following ───────────────────▶ campaigning ──────────────▶ leading ──────────────────▶ leading, and serving
///         ▲                               │                         │
///         └───────────────────────────────┴─────────────────────────┘
///              another one was faster, the lease ran out, the key or the bound is not ours any more:
///              everything is forgotten, askers are sent away, the lease is given back
///
/// etcd may have carried out an unanswered request, may do so later, or never. So nothing is concluded from a missing
/// answer: the keys are read again, and their values count.
///
/// It is a state machine and does nothing itself. It handles one event; its effects are performed in order; then comes
/// the next event.
struct Contender: Sendable {
    /// What has happened.
    enum Event: Hashable, Sendable {
        /// The first event, and afterwards whenever `nextDeadline` has passed.
        case due
        /// As in `StampSource`.
        case asked(ConnectionID, count: Int, seen: Stamp?, host: String = "")
        case left(ConnectionID)
        case answered(RequestID, EtcdAnswer)
        /// No usable answer came in time: it is unknown whether the request was carried out.
        case unanswered(RequestID)
        /// The keys were read, and no clock has written what they hold. No clock can continue from them.
        case unreadable(RequestID)
        /// The process is to end.
        case endRequested
    }

    /// What is to be done.
    enum Effect: Hashable, Sendable {
        /// Ask etcd; `answered`, `unanswered` or `unreadable` follows once.
        case request(RequestID, EtcdRequest)
        /// Hand the batch out if, at the moment of sending, it is not yet `before`. Else drop the batch and send `due`.
        case answer(ConnectionID, StampBatch, epoch: UInt64, before: Instant)
        case refuse(ConnectionID, StampSource.Refusal)
        case sendAway(ConnectionID, leader: Address?)
        case sendEverybodyAway
        case report(Notice)
        /// Nothing is left to do.
        case ended
    }

    /// What operators should read.
    enum Notice: Hashable, Sendable {
        /// This clock hands out stamps, which are ahead of the wall clock by this much.
        case leads(epoch: UInt64, ahead: Duration)
        case follows(Address)
        case steppedDown(Reason)
        case etcdSilent
        case etcdAnswers
        case unreadable
    }

    /// Why a leader is no longer one.
    enum Reason: Hashable, Sendable {
        /// etcd has ended the lease.
        case leaseLost
        /// The lease could not be renewed in time.
        case leaseNotRenewed
        /// Another clock has written the leader's key or the bound.
        case deposed
        case unreadable
        case ending
    }

    struct Lease: Sendable {
        let id: LeaseID
        /// Until then no other clock can lead. Counted from the moment when the last answered renewal was *sent*.
        var deadline: Instant
    }

    enum State: Sendable {
        /// Another clock leads, or none does. This one looks at the keys again and again, and campaigns when none
        /// leads.
        case following(EtcdKeys.Leader?)
        /// This clock has asked for a lease, which is `nil` until it has come, and then for the leader's key.
        case campaigning(Lease?)
        /// The leader's key is this clock's.
        case leading(Lease, Reign)
        /// This clock gives its lease back, and then does nothing any more.
        case ending
    }

    /// The question that etcd was asked. There is one at a time; the renewal and the return of the lease are not
    /// counted.
    struct Pending: Sendable {
        let id: RequestID
        let sent: Instant
    }

    var state = State.following(nil)
    var pending: Pending?
    var renewing: Pending?
    /// A lease to give back, so that no standby has to wait until it ends.
    var returned: LeaseID?
    var returning: RequestID?
    /// When the keys are read again, or the pending question is repeated.
    var nextLook: Instant?
    var nextRenewal: Instant?
    var nextReturn: Instant?
    var nextTick: Instant?
    var endBy: Instant?
    /// The moment of the event that is being handled; below, the effects of that event.
    var now: Moment
    var effects: [Effect] = []
    private var lastRequest: UInt64 = 0
    var hasSilentEtcd = false
    /// The leader that was last reported to the operator.
    var toldLeader: EtcdKeys.Leader?
    var toldUnreadable = false
    private var random: RandomNumbers

    let me: ClockID
    let limits: ClockLimits
    let mutation: ContenderMutation?

    /// - Parameters:
    ///   - me: names this start of this process; no other process may have it.
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

    /// When the event `due` is to be sent. It may lie in the past.
    var nextDeadline: Instant? {
        var deadlines = [nextLook, nextRenewal, nextReturn, nextTick, endBy].compactMap { $0 }
        if let lease { deadlines.append(lease.deadline) }
        return deadlines.min()
    }

    /// Whether this clock hands out stamps, as far as it knows.
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

    /// Handles one event. All state changes here.
    ///
    /// - Parameter moment: its monotonic clock has to count the time that the machine slept; its wall clock may jump.
    mutating func handle(_ event: Event, at moment: Moment, into ordered: inout [Effect]) {
        now = moment
        // First of all: a leader whose deadline has passed is no leader, whatever the event is.
        if let lease, now.instant >= lease.deadline { stepDown(.leaseNotRenewed) }
        switch event {
        case .due: break
        case .asked(let asker, let count, let seen, let host): asked(asker, count, seen, host)
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

    // MARK: Timed actions

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

    /// Asks etcd the one question that may be pending.
    mutating func ask(_ question: EtcdRequest) {
        pending = Pending(id: request(question), sent: now.instant)
    }

    private mutating func request(_ question: EtcdRequest) -> RequestID {
        lastRequest += 1
        effects.append(.request(RequestID(lastRequest), question))
        return RequestID(lastRequest)
    }

    /// Looks at the keys after about `pause`, each time a little different, so that standbys don't campaign all at
    /// once.
    mutating func look(after pause: Duration) {
        nextLook = now.instant + random.around(pause)
    }

    mutating func report(_ notice: Notice) {
        effects.append(.report(notice))
    }

    // MARK: The end of a reign

    /// Forgets everything of the reign at once. Answers to its requests are ignored when they come.
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

    /// Used by a mutation only: the source of an earlier reign.
    var remembered: StampSource?
}

struct RequestID: Hashable, Sendable {
    let value: UInt64

    init(_ value: UInt64) {
        self.value = value
    }
}
