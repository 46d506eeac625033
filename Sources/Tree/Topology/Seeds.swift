// Seeds that names lead to: whoever runs the node looks the names up, and the deadpool keeps the addresses.

extension Node {
    /// Whether it has no link to any other node: then it needs all addresses that lead to one.
    public var isAlone: Bool { !links.contains { $0.isNode } }

    /// Whether it has no parent, and rules the nodes below it, if there are any.
    public var isRoot: Bool {
        if case .root = topology.standing { true } else { false }
    }

    /// The names in the configuration lead to these addresses. New ones are tried soon: the node may have waited for
    /// them.
    func seedsNamed(_ addresses: [Address]) {
        guard topology.deadpool.named(addresses), case .root = topology.standing else { return }
        timers.set(.probe, noLaterThan: now.instant + random.duration(in: limits.joinPause))
    }
}
