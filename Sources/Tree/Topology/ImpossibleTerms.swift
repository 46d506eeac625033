// Terms that no network can have reached. One message with the greatest number would make a root show an even greater
// term, which no node could read: the tree would stay apart until each of its nodes is restarted.

extension Message {
    /// The term that the sender shows as its own; nil if it shows none.
    private var shownTerm: UInt64? {
        switch self {
        case .authenticationSuccess(let acceptance): acceptance.member?.position.label.term
        case .probe(let probe), .probed(let probe): probe.label.term
        case .heartbeat(let heartbeat): heartbeat.label.term
        case .tree(let position): position.label.term
        case .reignTaken(let position): position?.label.term
        default: nil
        }
    }

    /// The term above which a child of the sender has to rule; nil if the message asks for none. Sender and child have
    /// the same term, or nearly so.
    private var handedTerm: UInt64? {
        switch self {
        case .handOver(let term): term
        case .passReign(let passing): passing.term
        default: nil
        }
    }

    /// Whether the message names a term that this node can't follow.
    ///
    /// - Parameter term: this node's term.
    func hasImpossibleTerm(at term: UInt64, limits: Limits) -> Bool {
        if let shownTerm { return shownTerm > limits.highestTerm }
        return handedTerm.map { $0 > limits.highestTerm || $0 > term && $0 - term > limits.termLeap } ?? false
    }
}

extension Node {
    func hasImpossibleTerm(_ message: Message) -> Bool {
        mutation != .anyTermFollowed && message.hasImpossibleTerm(at: topology.label.term, limits: limits)
    }

    /// How far this root rises in one step when another node asks for `term`.
    func step(toward term: UInt64) -> UInt64 {
        mutation == .anyTermFollowed ? term : topology.step(toward: term, limits: limits)
    }
}

extension Topology {
    /// The term that a root rises to in one step when another node asks for `term`. An asker asks again, so two
    /// networks come together however far apart they are, and no asker can bring the term to the end of all numbers.
    func step(toward term: UInt64, limits: Limits) -> UInt64 {
        min(term, limits.highestTerm, label.term &+ limits.termLeap)
    }
}
