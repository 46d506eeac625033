/// Decides whether a peer may show a secret of the network now: a node that attaches, or a tool.
///
/// Wrong secrets are counted by address, and make the address pause. An address that has lately shown the right secret
/// never waits: a node or an operator is there, and a guesser behind the same address must not keep them out.
struct NodeSecretGuesses {
    private var wrong = AttemptLimiter<PeerAddress>()
    /// Addresses that showed the right secret. The older half is dropped when the younger one is full.
    private var young: Set<PeerAddress> = []
    private var old: Set<PeerAddress> = []
    private var lastTold: Instant?
    private var untold = 0

    /// How long secrets from an address aren't checked; nil if they are.
    func pause(for address: PeerAddress, at now: Instant, _ limits: Limits) -> Duration? {
        if young.contains(address) || old.contains(address) { return nil }
        return wrong.pause(for: address, at: now, limits.nodeSecrets(of: address))
    }

    /// The right secret was shown.
    mutating func wasRight(from address: PeerAddress, _ limits: Limits) {
        guard !young.contains(address) else { return }
        young.insert(address)
        guard young.count >= limits.nodeSecretsPerAddress.remembered / 2 else { return }
        old = young
        young = []
    }

    /// A wrong secret was shown.
    ///
    /// - Returns: how many wrong secrets to report; nil if this isn't to be reported now.
    mutating func wasWrong(from address: PeerAddress, at now: Instant, _ limits: Limits) -> Int? {
        wrong.add(address, at: now, limits.nodeSecrets(of: address))
        untold += 1
        if let lastTold, now < lastTold + limits.refusalNotice { return nil }
        lastTold = now
        defer { untold = 0 }
        return untold
    }
}

extension Refusal {
    static let wrongSecret = Refusal(reason: .secret, info: "the supplied secret is incorrect")
}

extension Node {
    /// Checks a secret of the network that a connection shows.
    ///
    /// - Returns: why it is refused; nil if it is right.
    func refusal(ofNodeSecret secret: Secret?, on connection: ConnectionID) -> Refusal? {
        let address = address(of: connection)
        let isLimited = isLimited(address)
        // Who has proved it already doesn't guess.
        if isLimited, !admission.encrypted.isProved(connection),
            let pause = admission.nodeSecrets.pause(for: address, at: now.instant, limits)
        {
            counters.refused(for: .attempts)
            let seconds = (pause.wholeMilliseconds + 999) / 1000
            return Refusal(reason: .secret, info: "too many wrong secrets from your address: try again in \(seconds) s")
        }
        if accepts(secret) {
            if isLimited { admission.nodeSecrets.wasRight(from: address, limits) }
            return nil
        }
        noteWrongNodeSecret(on: connection)
        return .wrongSecret
    }

    /// Whether a secret is one of this node's. It compares digests, so that the time it takes says nothing about them.
    private func accepts(_ secret: Secret?) -> Bool {
        guard let secret else { return false }
        let digest = configuration.digest(secret)
        return secrets.own.contains { configuration.digest($0) == digest }
    }

    /// A connection has shown a wrong secret of the network, or named a key of one.
    func noteWrongNodeSecret(on connection: ConnectionID) {
        guard let count = admission.nodeSecrets.wasWrong(from: address(of: connection), at: now.instant, limits) else {
            return
        }
        report(.wrongNodeSecrets(connection, count: count))
    }
}
