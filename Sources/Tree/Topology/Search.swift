/// The search for a place in the tree: connections are made to several candidates at a time, one of them is asked.
///
/// Only the one question is under the rules of attaching; a connection that stands and was not asked binds nobody.
struct Search {
    enum Purpose {
        /// Just started, looks for its configured parent. Becomes a child, or a root when its patience ends.
        case joining(until: Instant)
        /// Lost its parent. Becomes a child, or a root after as many rounds as its rank among the heirs asks for. A
        /// root that fell silent isn't asked: waiting for its answer would only delay that.
        case healing(rounds: Int, silentRoot: Address?)
        /// A root that lost against another one. Becomes its child, or stays a root that looks again later.
        case merging(under: Contact)
    }

    /// A connection that was ordered.
    struct Dial {
        let attempt: AttemptID
        let contact: Contact
        let deadline: Instant
        /// Until then the round doesn't end without it. Nil: for as long as it is dialled.
        let awaitedUntil: Instant?
        /// Nil until it stands.
        var connection: ConnectionID?

        /// Whether it doesn't stand, and isn't awaited any more.
        func hangs(at now: Instant) -> Bool { connection == nil && awaitedUntil.map { $0 <= now } ?? false }
    }

    /// The candidate that was asked.
    struct Asking {
        let attempt: AttemptID
        let connection: ConnectionID
        let contact: Contact
        let deadline: Instant
        /// The node had no children when it asked, and takes none until it is answered (rule L2).
        let isLocked: Bool
        /// What this node had stored when it asked.
        let told: Marks
    }

    let purpose: Purpose
    let began: Instant
    var round = 0
    /// Left in this round, best first.
    var candidates: [Contact]
    var dials: [Dial] = []
    var asking: Asking?
    /// Who has refused in this round: full nodes refer to one another, so nobody is followed twice.
    var refused: [Address] = []
    /// The process with this node's own identity that has its place, as somebody says who refused this node for that.
    var twin: Contact?
    /// Refused because its label is too low: not asked again in this search (rule L7).
    var refusedAsLow: [Address] = []
    /// Who couldn't tell what was left out of this node's vector.
    var namesAllTo: [Address] = []
    /// Why the parent refuses for good, as was reported: it is said once.
    var refusedForGood: Refusal.Reason?
    /// Why the parent could not be had, as was reported: each is said once.
    var reportedRetries: Set<String> = []
    var nextDial: Instant
    /// Nil while a round is under way.
    var nextRound: Instant?

    init(purpose: Purpose, candidates: [Contact], at now: Instant) {
        self.purpose = purpose
        self.candidates = candidates
        began = now
        nextDial = now
    }

    /// When the first dial that is still awaited begins to hang.
    var nextHanging: Instant? { dials.filter { $0.connection == nil }.compactMap(\.awaitedUntil).min() }

    var isHealing: Bool {
        if case .healing = purpose { true } else { false }
    }

    var isMerging: Bool {
        if case .merging = purpose { true } else { false }
    }

    /// When the round is over, if nothing comes in before; nil while that isn't a matter of time.
    var endOfRound: Instant? {
        guard candidates.isEmpty, asking == nil, nextRound == nil, dials.allSatisfy({ $0.awaitedUntil != nil })
        else { return nil }
        return dials.compactMap(\.awaitedUntil).max() ?? began
    }
}
