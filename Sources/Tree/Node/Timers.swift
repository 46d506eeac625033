/// Why a node wants to be woken. Each reason has at most one deadline, and the node is woken for the earliest.
enum TimerReason: Int, CaseIterable {
    /// Heartbeats are due on the links.
    case heartbeat
    /// A link may have been silent for too long.
    case silence
    /// The node compares with its neighbours what they have stored.
    case idleExchange
    /// A candidate is to be dialled, or a round begins.
    case search
    /// A connection attempt or an unanswered request may have taken too long.
    case attempt
    /// A root looks for other trees.
    case probe
    /// A probe was not answered.
    case probeAnswer
    /// The first contacts of the deadpool are tried.
    case verify
    /// Clients don't wait for a search any longer.
    case alone
    /// The configured parent is tried again, or its absence is reported again.
    case unjoined
    case announce
    /// A question has waited for long enough.
    case questions
    /// A client that saw more than this node has need not wait any longer.
    case resume
    /// The clock server is asked.
    case clock
    /// Delivery has waited for a lost link for long enough.
    case order
    /// Old entries are dropped.
    case retention
    /// More is to be sent than one turn allows.
    case continuation
    /// Clients that are held back may be read from again, or are to be told why they wait.
    case flow
    /// Connections that have said nothing in time are refused.
    case strangers
    /// A client may have said nothing for too long.
    case idle
    /// Clients that have said too much are read from again.
    case rateLimit
    /// A failed save is tried again.
    case save
    /// A durability check asks again, or gives up.
    case durability
    /// Old removals are forgotten.
    case removals
    /// A ban may have ended.
    case bans
    /// Clients are to be moved to other nodes.
    case moves
    /// A failed save of the bans is tried again.
    case saveBans
    /// The deadpool is written down.
    case remember
    /// A draining node ends now, even if something is left to do.
    case drain
}

struct Timers {
    private var deadlines: [Instant?] = Array(repeating: nil, count: TimerReason.allCases.count)

    subscript(reason: TimerReason) -> Instant? {
        get { deadlines[reason.rawValue] }
        set { deadlines[reason.rawValue] = newValue }
    }

    /// Sets a deadline unless an earlier one stands.
    mutating func set(_ reason: TimerReason, noLaterThan instant: Instant) {
        self[reason] = min(self[reason] ?? instant, instant)
    }

    var earliest: Instant? {
        var earliest: Instant?
        for case let deadline? in deadlines where earliest.map({ deadline < $0 }) ?? true {
            earliest = deadline
        }
        return earliest
    }

    /// Removes and returns a reason whose time has come: the first such in the order of `TimerReason`.
    mutating func takeDue(at now: Instant) -> TimerReason? {
        for reason in TimerReason.allCases {
            if let deadline = self[reason], deadline <= now {
                self[reason] = nil
                return reason
            }
        }
        return nil
    }
}
