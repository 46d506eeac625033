// Terms that no network can have come to. One message with the greatest number would make a root show one more, which
// nobody could read: the tree would stay apart until every node of it is started anew.

extension Message {
    /// The term at which the sender says that it stands; nil if it says none.
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

    /// The term above which a child of the sender is to rule; nil if it asks for none. The two stand at the same term,
    /// or nearly.
    private var handedTerm: UInt64? {
        switch self {
        case .handOver(let term): term
        case .passReign(let passing): passing.term
        default: nil
        }
    }

    /// Whether it names a term that this node can't follow.
    ///
    /// - Parameter term: at which this node stands.
    func hasImpossibleTerm(at term: UInt64, limits: Limits) -> Bool {
        if let shownTerm { return shownTerm > limits.highestTerm }
        return handedTerm.map { $0 > limits.highestTerm || $0 > term && $0 - term > limits.termLeap } ?? false
    }
}

extension Topology {
    /// A term that is asked for, as far as one step leads there. Whoever asked asks again, so two networks come
    /// together however far apart they are, and the end of all numbers is farther than anybody can ask for.
    func step(toward term: UInt64, limits: Limits) -> UInt64 {
        min(term, limits.highestTerm, label.term &+ limits.termLeap)
    }
}
