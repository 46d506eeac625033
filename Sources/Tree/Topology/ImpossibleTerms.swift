// Terms that no network can have come to. One message with the greatest number would make a root show one more, which
// nobody could read: the tree would stay apart until every node of it is started anew.

extension Message {
    /// The term at which its sender, or whoever takes it, stands or is to stand; nil if it names none.
    var term: UInt64? {
        switch self {
        case .authenticate(let request): if case .node(let newcomer) = request.kind { newcomer.label.term } else { nil }
        case .authenticationSuccess(let acceptance): acceptance.member?.position.label.term
        case .probe(let probe), .probed(let probe): probe.label.term
        case .heartbeat(let heartbeat): heartbeat.label.term
        case .tree(let position): position.label.term
        case .raise(let term, _), .handOver(let term): term
        case .passReign(let passing): passing.term
        case .reignTaken(let position): position?.label.term
        default: nil
        }
    }
}

extension Topology {
    /// Whether a term is so far beyond this node's own that no healing explains it. The way from any term that is
    /// believed to the end of all numbers is longer than anybody can send messages.
    func isImpossible(_ term: UInt64, limits: Limits) -> Bool {
        term > label.term && term - label.term > limits.termLeap
    }
}
