/// Why a node wants to be woken. One deadline a reason; the node is woken for the earliest.
enum TimerReason: Int, CaseIterable {
    /// Signs of life are due on the links.
    case heartbeat
    /// A link may have been silent for too long.
    case silence
    /// All that is stored is compared with the neighbours.
    case idleExchange
    /// A candidate is to be dialled, or a round begins.
    case search
    /// A dial or an unanswered request has taken too long.
    case attempt
    /// A root looks for other trees.
    case probe
    /// A probe was not answered.
    case probeAnswer
    /// The first of the deadpool are tried.
    case verify
    /// Clients don't wait for a search any longer.
    case alone
    /// The configured parent is tried again, or that it can't be had is said again.
    case unjoined
    case announce
    /// A question has waited for long enough.
    case questions
    /// A client that saw more than this node has doesn't wait any longer.
    case resume
    /// The clock server is asked.
    case clock
    /// A lost link has held the showing up for long enough.
    case order
    /// Old entries go.
    case retention
    /// More is to be sent than one turn allows.
    case continuation
    /// Clients that are held back may be read from, or are to be told.
    case flow
    /// Whoever has connected and said nothing is refused.
    case strangers
    /// A client may have said nothing for too long.
    case idle
    /// Clients that have said too much are read from again.
    case rateLimit
    /// What could not be saved is tried again.
    case save
    /// Somebody waits for disks.
    case durability
    /// Old removals are forgotten.
    case removals
    /// The deadpool is written down.
    case remember
    /// A node that leaves in order goes now, whatever is left.
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

    /// Takes a reason whose time has come, the one that stands first in the table.
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
