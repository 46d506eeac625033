import Tree

// What an operator does to a host while its process runs.

extension SimulatedHost {
    /// - Parameter numbers: which of the network's secrets, 0 being the one that all have first.
    func take(secrets numbers: [Int]) {
        secrets = numbers.map { Secret($0 == 0 ? "tree" : "tree \($0)") }
        hear(.secretsChanged(secrets))
    }

    /// Whether a caller that proves to know a secret is answered by a proof.
    func knows(_ secret: Secret) -> Bool { secrets.contains(secret) }

    func requestDrain() { hear(.drainRequested) }

    func administer(_ action: AccountRequest.Action) {
        hear(.administer(AccountRequest(secret: secrets[0], action: action)))
    }

    /// Breaks all connections. The process stays.
    func disconnectAll() {
        for index in connections {
            world.network.wasReset(index)
            world.plan(.reset(end: index ^ 1), after: chance.within(50...5000) * microsecond)
        }
    }
}
