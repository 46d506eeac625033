/// What this machine's own connections may do, where limits by address and on strangers are others for them
/// (docs/protocol.md#limits).
///
/// Behind a tunnel or a proxy everybody is this machine, so these limits hold for it too. But there are also somebody
/// who tries things, programs that begin in thousands, and a proxy behind which there are hundreds of people: none of
/// them is to meet a limit that nobody has set.
public struct LoopbackLimits: Hashable, Sendable {
    /// Connections that have neither logged in nor become a link: as many as there may be in all.
    public var strangers = 10_000
    /// Whoever connects says something valid within this time: a person may type it.
    public var strangerPatience: Duration = .seconds(60)
    /// Registrations: as many as come in one morning from all whom a proxy serves. Beyond it they get slow, and
    /// `Limits.accounts` bounds them for good.
    public var registrations = AttemptLimits(free: 1000)
    /// Wrong secrets of the network: some nodes that were started with a wrong one try once a second, and for minutes
    /// before somebody looks.
    public var nodeSecrets = AttemptLimits(free: 1000)
    /// Hashes that may wait: half of the queue, so that others find room in it.
    public var hashesWaiting = 10_000
    /// The same for one name: the programs of one user may all begin at once.
    public var hashesWaitingPerName = 1000
    /// Logged-in clients: a proxy, or a machine that is a network by itself, has them all.
    public var clients = Int.max

    public init() {}
}

extension Limits {
    /// Whether limits by address, and those on strangers, apply to an address.
    func apply(to address: PeerAddress) -> Bool { !address.isLoopback || loopback != nil }

    // Each of these is for an address that limits apply to.

    func strangers(of address: PeerAddress) -> Int {
        own(of: address)?.strangers ?? strangersPerAddress
    }

    func strangerPatience(with address: PeerAddress) -> Duration {
        own(of: address)?.strangerPatience ?? strangerPatience
    }

    func registrations(of address: PeerAddress) -> AttemptLimits {
        own(of: address)?.registrations ?? registrationsPerAddress
    }

    func nodeSecrets(of address: PeerAddress) -> AttemptLimits {
        own(of: address)?.nodeSecrets ?? nodeSecretsPerAddress
    }

    func hashesWaiting(of address: PeerAddress) -> Int {
        own(of: address)?.hashesWaiting ?? hashesWaitingPerAddress
    }

    func hashesWaitingPerName(of address: PeerAddress) -> Int {
        own(of: address)?.hashesWaitingPerName ?? hashesWaitingPerName
    }

    func clients(of address: PeerAddress) -> Int {
        own(of: address)?.clients ?? clientsPerAddress ?? max(1, clients / 2)
    }

    private func own(of address: PeerAddress) -> LoopbackLimits? { address.isLoopback ? loopback : nil }
}
