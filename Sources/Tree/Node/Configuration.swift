/// What a node is told at its start and never changes.
public struct Configuration: Sendable {
    /// The node's id, and this life of it.
    public var origin: Origin
    /// Where others reach it.
    public var address: Address
    /// What others have to show to this node.
    public var ownSecret: Secret
    /// What this node shows to its configured parent and to addresses of which it knows no other secret.
    public var parentSecret: Secret
    /// Nil for a node that starts as a root.
    public var parent: Address?
    /// Addresses to try that are never forgotten.
    public var seeds: [Address] = []
    /// The deadpool of the life before.
    public var remembered: [Contact] = []
    /// k: how many nodes may fail at once without a loss.
    public var replicas = 1
    /// The same in the whole network: nodes that differ don't link.
    public var order = Order.causal
    /// What becomes of a child that takes less than comes.
    public var lagPolicy = LagPolicy.wait
    /// Of two roots that meet the one with the greater priority stays.
    public var priority: Int32 = 0
    public var announceInterval: Duration = .seconds(5)
    public var redirectGap: RedirectGap = .automatic
    /// Whether accounts are kept on a disk: then changes are ordered to be saved, and this node counts as one that has
    /// them.
    public var keepsAccounts = false
    /// False if there is no clock server to ask.
    public var asksClock = true
    public var limits = Limits()
    /// Starts the node's own pseudo-random numbers: it draws on no other source of chance.
    public var randomSeed: UInt64
    /// Keyed hashing of secrets, to compare what a client shows with what it showed at its login. A pure function.
    public var digest: @Sendable (Secret) -> SecretDigest

    /// Whether users may show their secrets in clear from other machines.
    public var allowsPlainSecrets = true

    /// What a client's session is called where others can see it: the same on all nodes, and of no use to find out what
    /// the client has to show to go on under it. A pure function.
    public var sessionName: @Sendable (String) -> String = { $0 }

    /// When two spellings are one name, and which may be registered: the same on all nodes, and the rules of the
    /// accounts that the node is given.
    public var names: any NameRules = ASCIINames()

    public init(
        origin: Origin, address: Address, ownSecret: Secret, parentSecret: Secret, parent: Address?,
        randomSeed: UInt64, digest: @escaping @Sendable (Secret) -> SecretDigest
    ) {
        self.origin = origin
        self.address = address
        self.ownSecret = ownSecret
        self.parentSecret = parentSecret
        self.parent = parent
        self.randomSeed = randomSeed
        self.digest = digest
    }

    /// Whether somebody showed the secret of this node. It compares digests, so that the time that it takes tells
    /// nothing about the secret.
    func accepts(_ secret: Secret?) -> Bool {
        guard let secret else { return false }
        return digest(secret) == digest(ownSecret)
    }

    /// In which order clients are shown what is said.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// What answers comes after what it answers; apart from that each node shows what it has as soon as it is safe.
        case causal
        /// All nodes show everything in the one order of the stamps.
        case total
    }

    public enum LagPolicy: String, Hashable, Sendable, CaseIterable {
        /// Everybody says no more than it takes.
        case wait
        /// It misses what it can't take, and nobody waits.
        case gap
    }

    /// By how many clients another node has to be better off before one is sent there.
    public enum RedirectGap: Hashable, Sendable {
        case never
        case clients(Int)
        /// Two clients, or a tenth of the own load, whichever is more.
        case automatic

        func clients(atLoad load: Int) -> Int? {
            switch self {
            case .never: nil
            case .clients(let count): count
            case .automatic: max(2, load / 10)
            }
        }
    }

    /// How others are to reach this node.
    var contact: Contact {
        Contact(node: origin.node, incarnation: origin.incarnation, address: address, secret: ownSecret)
    }
}
