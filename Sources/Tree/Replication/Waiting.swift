/// Knows whether clients here are held back for long enough that people should hear of it, since when, and for whom.
///
/// Slow links make clients wait for moments, many times a second. So waiting begins when they have been held again and
/// again for a while, and is over when nobody was for longer.
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

    /// Since when, and for whom; nil while nobody waits.
    var state: (since: Instant, cause: Backpressure.Cause)? {
        guard isTold, let began else { return nil }
        return (began, cause)
    }

    /// When it is to be looked at again although nothing happens.
    var nextLook: Instant? { isTold ? lastHeld + overAfter : nil }

    /// At the end of a turn.
    ///
    /// - Parameters:
    ///   - isHolding: some client isn't read from.
    ///   - cause: what it waits for.
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

    /// Whether a client is to be told that it waits: once, while people hear of it.
    mutating func tells(_ connection: ConnectionID) -> Bool { isTold && told.insert(connection).inserted }

    /// Those who were told, and can be told now that it is over.
    mutating func takeTold() -> [ConnectionID] {
        defer { told = [] }
        return told.sorted()
    }
}

// Who hears that clients wait: the log, once; `coppice tree`; and clients that asked for notices.

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

    /// The node at the other end of a link that is waited for; nil for the queue, or if the link is gone.
    private func contact(of cause: Backpressure.Cause) -> Contact? {
        guard case .link(let connection) = cause else { return nil }
        return links[connection]?.contact
    }

    /// A client that isn't read from hears why, if it has been so for long.
    func tellHeld(_ connection: ConnectionID) {
        guard let state = backpressure.waiting.state, sessions[connection]?.wantsNotices == true,
            backpressure.tells(connection)
        else { return }
        let whom = contact(of: state.cause).map { "the link to \($0.address) takes it" } ?? "other servers take it"
        send(
            .notice(info: "what you say waits: it is taken as fast as \(whom)", waits: true), to: connection)
    }

    /// What people who run the network are told of it.
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
