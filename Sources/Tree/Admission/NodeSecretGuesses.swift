/// Decides who may show a secret of the network now: whoever links up, asks how the network is, or administers it.
///
/// Wrong ones are counted by address, and cost their address pauses. An address that has shown the right secret lately
/// never waits: there is a node or an operator, whom nobody beside may keep out by guessing.
struct NodeSecretGuesses {
    private var wrong = AttemptLimiter<PeerAddress>()
    /// Addresses that showed a right one; the older half is dropped when the younger one is full.
    private var young: Set<PeerAddress> = []
    private var old: Set<PeerAddress> = []
    private var lastTold: Instant?
    private var untold = 0

    /// How long a secret from an address isn't looked at; nil if it is.
    func pause(for address: PeerAddress, at now: Instant, _ limits: Limits) -> Duration? {
        if young.contains(address) || old.contains(address) { return nil }
        return wrong.pause(for: address, at: now, limits.nodeSecretsPerAddress)
    }

    /// A right one was shown.
    mutating func wasRight(from address: PeerAddress, _ limits: Limits) {
        guard !young.contains(address) else { return }
        young.insert(address)
        guard young.count >= limits.nodeSecretsPerAddress.remembered / 2 else { return }
        old = young
        young = []
    }

    /// A wrong one was shown.
    ///
    /// - Returns: how many were since it was told last; nil if that isn't to be told now.
    mutating func wasWrong(from address: PeerAddress, at now: Instant, _ limits: Limits) -> Int? {
        wrong.add(address, at: now, limits.nodeSecretsPerAddress)
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
    /// Looks at a secret of the network that a connection shows.
    ///
    /// - Returns: why it isn't taken; nil if it is right.
    func refusal(ofNodeSecret secret: Secret?, on connection: ConnectionID) -> Refusal? {
        let address = address(of: connection)
        let isLimited = isLimited(address)
        if isLimited, let pause = admission.nodeSecrets.pause(for: address, at: now.instant, limits) {
            let seconds = (pause.wholeMilliseconds + 999) / 1000
            return Refusal(reason: .secret, info: "too many wrong secrets from your address: try again in \(seconds) s")
        }
        if configuration.accepts(secret) {
            if isLimited { admission.nodeSecrets.wasRight(from: address, limits) }
            return nil
        }
        if let count = admission.nodeSecrets.wasWrong(from: address, at: now.instant, limits) {
            report(.wrongNodeSecrets(connection, count: count))
        }
        return .wrongSecret
    }
}
