/// The configuration of a node. It is set at the node's start; an `Adjustment` may change some of it later.
public struct Configuration: Sendable {
    /// The node's id, and this life of it.
    public var origin: Origin
    /// Where other nodes reach it.
    public var address: Address
    /// The secret that other nodes have to show to this node, at its start.
    public var ownSecret: Secret
    /// Another one that is taken too, while the network's secret is changed; nil for none.
    public var otherOwnSecret: Secret?
    /// The secret that this node shows to its configured parent, and to every address whose own secret it doesn't know,
    /// at its start.
    public var parentSecret: Secret
    /// Nil for a node that starts as a root.
    public var parent: Address?
    /// Addresses that a search may always try. The node never forgets them.
    public var seeds: [Address] = []
    /// The deadpool as the node's earlier life saved it.
    public var remembered: [Contact] = []
    /// k: how many nodes may fail at once without a loss.
    public var replicas = 1
    /// The same in the whole network: nodes with different orders don't link.
    public var order = Order.causal
    /// What happens when a child takes entries more slowly than they come.
    public var lagPolicy = LagPolicy.wait
    /// When two roots meet, the one with the greater priority stays a root.
    public var priority: Int32 = 0
    /// How often the node announces itself to its neighbours.
    public var announceInterval: Duration = .seconds(5)
    public var redirectGap: RedirectGap = .automatic
    /// Whether accounts are kept on a disk. If so, the node asks the runner to save changes, and counts itself among
    /// the nodes that have them.
    public var keepsAccounts = false
    /// False if there is no clock server to ask.
    public var asksClock = true
    public var limits = Limits()
    /// The versions of the protocol between nodes that the node says it speaks.
    public var versions = WireVersions.current
    /// The seed of the node's pseudo-random numbers, its only source of randomness.
    public var randomSeed: UInt64
    /// A keyed hash of a secret. The node compares what a client shows with what it showed at its login. A pure
    /// function.
    public var digest: @Sendable (Secret) -> SecretDigest

    /// Whether somebody else vouches for names, and for which.
    public var vouchedNames = VouchedNames.none

    /// Whether users may show their secrets in clear from other machines.
    public var allowsPlainSecrets = true

    /// Which servers of the base protocol and of the original system may join. They read the secrets of users that
    /// register at this node, and pass them on in clear.
    public var baseServers = BaseServerPolicy.loopback
    public var linkProtection = LinkProtection.none

    /// What a client's session is called where others can see it: the same on all nodes, and of no use to find out what
    /// the client has to show to go on under it. A pure function.
    public var sessionName: @Sendable (String) -> String = { $0 }

    /// A keyed hash of 32 bytes under the key that follows from a secret of the network: resume tokens are made with
    /// that of the node's first secret, and accepted with that of each. Nil if there is no key of it: then clients get
    /// no tokens. A pure function, as long as the keys of all secrets that the node has are there.
    public var resumeTokenCode: @Sendable (Secret, [UInt8]) -> [UInt8]? = { _, _ in nil }

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

    /// For which names tokens of others are taken.
    public enum VouchedNames: Hashable, Sendable {
        case none
        /// Those that nobody has registered.
        case unregistered
        /// All: whoever signs tokens gives names out, and nobody registers one at this node.
        case all
    }

    /// Where servers may come from that are no nodes.
    public enum BaseServerPolicy: String, Hashable, Sendable, CaseIterable {
        case none
        /// From this machine alone.
        case loopback
        case any
    }

    /// In which order clients are shown activities.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// An answer comes after what it answers. Otherwise each node shows an entry as soon as it is safe.
        case causal
        /// All nodes show all entries in one order, that of the stamps.
        case total
    }

    /// What happens when a child takes entries more slowly than they come.
    public enum LagPolicy: String, Hashable, Sendable, CaseIterable {
        /// Clients of the whole tree are held back to the speed of the slow child.
        case wait
        /// The slow child misses what it can't take, and no client waits for it.
        case gap
    }

    /// What is demanded of links to other nodes, and of those who show a node's secret.
    public enum LinkProtection: Hashable, Sendable {
        /// The runner encrypts no links, and nothing is demanded.
        case none
        /// Links are encrypted, and both sides prove that they know the secret. Nodes in clear are refused.
        case required
        /// Links are encrypted where the other side can do that. One in clear is warned of.
        case preferred
        /// As `required`, and nodes besides show each other certificates.
        case certified

        /// Whether nobody may show a node's secret in clear from another machine.
        var forbidsPlain: Bool { self == .required || self == .certified }
    }

    /// How many fewer clients another node must have before this node sends a client there.
    public enum RedirectGap: Hashable, Sendable {
        case never
        case clients(Int)
        /// Two clients, or a tenth of this node's load, whichever is more.
        case automatic

        func clients(atLoad load: Int) -> Int? {
            switch self {
            case .never: nil
            case .clients(let count): count
            case .automatic: max(2, load / 10)
            }
        }
    }
}
