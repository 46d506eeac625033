/// Tracks whether clients are held back for so long that it should be reported, since when, and because of which link.
///
/// Slow links make clients wait for moments, many times a second. So waiting begins when clients have been held again
/// and again for a while, and ends when none has been held for longer than that.
///
/// ```
///   held    | | ||| || |||| |||| || ||| |                      |
///   waiting          ^ begins                 is over ^
/// ```
struct Waiting {
    enum Change: Equatable {
        case began(Backpressure.Cause)
        case ended(Backpressure.Cause, after: Duration)
    }

    private let noticeAfter: Duration
    private let overAfter: Duration
    private var began: Instant?
    private var lastHeld = Instant(nanoseconds: 0)
    private var isTold = false
    private var cause = Backpressure.Cause.queue
    /// Clients that were told that they wait.
    private var told: Set<ConnectionID> = []

    init(noticeAfter: Duration, overAfter: Duration) {
        self.noticeAfter = noticeAfter
        self.overAfter = overAfter
    }

    /// Since when clients wait, and why; nil while none does.
    var state: (since: Instant, cause: Backpressure.Cause)? {
        guard isTold, let began else { return nil }
        return (began, cause)
    }

    /// When to check again if nothing else happens; nil for never.
    var nextLook: Instant? { isTold ? lastHeld + overAfter : nil }

    /// A turn ends.
    ///
    /// - Parameters:
    ///   - isHolding: whether backpressure holds any client.
    ///   - cause: why it is held; nil if that isn't known.
    mutating func note(isHolding: Bool, for cause: Backpressure.Cause?, at now: Instant) -> Change? {
        if isHolding {
            if began == nil || !isTold && now - lastHeld > noticeAfter / 2 { began = now }
            lastHeld = now
            if let cause { self.cause = cause }
            guard !isTold, let began, now - began >= noticeAfter else { return nil }
            isTold = true
            return .began(self.cause)
        }
        guard isTold, let began, now - lastHeld >= overAfter else { return nil }
        isTold = false
        self.began = nil
        return .ended(self.cause, after: lastHeld - began)
    }

    /// Whether to tell a client that it waits: once during each reported wait.
    mutating func tells(_ connection: ConnectionID) -> Bool { isTold && told.insert(connection).inserted }

    /// Takes out the clients that were told that they wait, to tell them that it is over.
    mutating func takeTold() -> [ConnectionID] {
        defer { told = [] }
        return told.sorted()
    }
}

// The wait of clients is reported in the log, once, in `coppice tree`, and to clients that asked for notices.

extension Node {
    func noteWaiting(for link: Link?) {
        let isHolding = admission.gate.holdsBack
        let cause: Backpressure.Cause? =
            backpressure.queueIsFull ? .queue : link.map { .link($0.connection) }
        if let change = backpressure.note(isHolding: isHolding, for: cause, at: now.instant) { tell(change) }
        if let look = backpressure.waiting.nextLook { timers.set(.flow, noLaterThan: max(look, now.instant)) }
    }

    private func tell(_ change: Waiting.Change) {
        switch change {
        case .began(let cause):
            counters.clientsWait()
            report(.clientsWait(for: contact(of: cause)))
            for connection in admission.gate.heldBack { tellHeld(connection) }
        case .ended(let cause, let span):
            report(.clientsWaitNoLonger(for: contact(of: cause), after: span))
            for connection in backpressure.takeTold() where sessions[connection] != nil {
                send(.notice(info: "what you say is taken as it comes again", waits: false), to: connection)
            }
        }
    }

    /// The node at the other end of the link that clients wait for; nil for the queue, or if the link is gone.
    private func contact(of cause: Backpressure.Cause) -> Contact? {
        guard case .link(let connection) = cause else { return nil }
        return links[connection]?.contact
    }

    /// Tells a client that is held why, once the wait is reported.
    func tellHeld(_ connection: ConnectionID) {
        guard let state = backpressure.waiting.state, sessions[connection]?.wantsNotices == true,
            backpressure.tells(connection)
        else { return }
        let whom = contact(of: state.cause).map { "the link to \($0.address) takes it" } ?? "other servers take it"
        send(
            .notice(info: "what you say waits: it is taken as fast as \(whom)", waits: true), to: connection)
    }

    /// The waiting and lagging that operators are told of; nil if there is none.
    var lagStatus: LagStatus? {
        let left = childrenLeftBehind
        let state = backpressure.waiting.state
        guard state != nil || !left.isEmpty else { return nil }
        return LagStatus(
            policy: configuration.lagPolicy,
            waitedMilliseconds: state.map { (now.instant - $0.since).wholeMilliseconds },
            waitsFor: state.flatMap { contact(of: $0.cause) }.map(withoutSecret), leftBehind: left)
    }
}
