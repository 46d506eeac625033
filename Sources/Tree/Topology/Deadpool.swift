/// The nodes that a node could ask when its parent is lost, best first. `Search` decides which of them it asks.
///
/// The original system kept one address, which pointed to a dead server after two failures. This list is updated by the
/// parent on each change, includes nodes that the node itself has met, and is tried while all is well.
struct Deadpool {
    private struct Known {
        var contact: Contact
        var lastHeard: Instant
        /// Counts contacts in the order in which they became known.
        let serial: UInt64
    }

    /// The last position that the parent told. Kept after the parent's loss: that is when it is needed.
    private(set) var position: TreePosition?
    /// Nodes that refusals named, the latest first.
    private var referrals: [Contact] = []
    /// The configured addresses, which are never forgotten, and then those that configured names lead to.
    private(set) var seeds: [Contact]
    private let configuredSeeds: [Contact]
    /// Addresses of seeds that have led to this node itself: it is known under another address.
    private var ownAliases: Set<Address> = []
    /// All contacts that were met or named.
    private var known: [Address: Known] = [:]
    private var lastSerial: UInt64 = 0
    /// When an address last failed.
    private var failures: [(address: Address, at: Instant)] = []
    /// Addresses where servers that are no nodes answer. It owns its state, and the rules that find such a server, or a
    /// node after all, tell it directly.
    var foreign = ForeignServers()
    private let ownNode: NodeID
    private let ownAddress: Address
    private let limits: Limits
    /// Counts changes of the list.
    private(set) var version: UInt64 = 0

    init(configuration: Configuration, at now: Instant) {
        ownNode = configuration.origin.node
        ownAddress = configuration.address
        limits = configuration.limits
        configuredSeeds = ([configuration.parent].compactMap { $0 } + configuration.seeds).map { Contact(address: $0) }
        seeds = configuredSeeds
        for contact in configuration.remembered { heard(of: contact, at: now) }
    }

    // MARK: Learning

    mutating func learn(_ position: TreePosition, at now: Instant) {
        if self.position != position { version += 1 }
        self.position = position
        for contact in position.path + position.heirs + position.siblings + position.uncles {
            heard(of: contact, at: now)
        }
        heard(of: position.claim.root, at: now)
    }

    /// - Parameter contacts: best first. Those beyond as many as a round of a search asks are left out.
    mutating func refer(to contacts: [Contact], at now: Instant) {
        for contact in contacts.prefix(limits.candidatesPerRound).reversed() where !isSelf(contact) {
            referrals.removeAll { $0.address == contact.address }
            referrals.insert(contact, at: 0)
            heard(of: contact, at: now)
        }
        referrals.removeLast(max(0, referrals.count - limits.candidatesPerRound))
    }

    /// Configured names lead to these addresses now, and to no others any more.
    ///
    /// - Returns: whether there is a seed that wasn't there before.
    mutating func named(_ addresses: [Address]) -> Bool {
        let before = seeds
        // What led here once may be another node's by now.
        ownAliases.formIntersection(addresses)
        seeds = (configuredSeeds + addresses.map { Contact(address: $0) }).filter { !ownAliases.contains($0.address) }
        seeds = unique(seeds)
        if seeds != before { version += 1 }
        return seeds.contains { !before.contains($0) }
    }

    /// A seed's address has led to this node itself: it isn't asked again.
    mutating func ledHere(_ address: Address) {
        guard isSeed(Contact(address: address)) else { return }
        ownAliases.insert(address)
        seeds.removeAll { $0.address == address }
        version += 1
    }

    mutating func heard(of contact: Contact, at now: Instant) {
        guard !isSelf(contact) else { return }
        if let before = known[contact.address] {
            // A secret may come by one way and not by another, so a known one is kept.
            var merged = contact
            merged.secret = contact.secret ?? before.contact.secret
            merged.node = contact.node ?? before.contact.node
            if before.contact.node != merged.node { version += 1 }
            known[contact.address] = Known(contact: merged, lastHeard: now, serial: before.serial)
            return
        }
        version += 1
        lastSerial += 1
        known[contact.address] = Known(contact: contact, lastHeard: now, serial: lastSerial)
        if known.count > limits.knownNodes {
            let oldest = known.values.min { ($0.lastHeard, $0.serial) < ($1.lastHeard, $1.serial) }!
            known[oldest.contact.address] = nil
        }
    }

    /// The contacts that were met or named, the latest first.
    private var latestKnown: [Contact] { known.values.sorted { $0.serial > $1.serial }.map(\.contact) }

    mutating func failed(_ address: Address, at now: Instant) {
        worked(address)
        failures.append((address, now))
        failures.removeFirst(max(0, failures.count - limits.knownNodes))
    }

    mutating func worked(_ address: Address) {
        failures.removeAll { $0.address == address }
    }

    mutating func forgetOld(at now: Instant) {
        let before = known.count
        known = known.filter { now - $0.value.lastHeard <= Limits.knownFor }
        if known.count != before { version += 1 }
    }

    // MARK: Asking

    /// The contacts given by the tree's structure, in the order in which they are tried: the grandparent and further
    /// ancestors, the root's heirs, the parent's siblings, the node's own siblings, referrals, seeds. Without the
    /// parent, whose loss the list is for.
    var list: [Contact] {
        var contacts: [Contact] = []
        if let position { contacts = position.path.dropFirst() + position.heirs + position.uncles + position.siblings }
        let parent = position?.path.first?.address
        return unique(contacts + referrals + seeds).filter { $0.address != parent }
    }

    /// The candidates of a search, best first. Candidates that failed lately come last. Addresses where a server that
    /// is no node answers are left out for a while.
    func candidates(at now: Instant, excluding excluded: (Contact) -> Bool) -> [Contact] {
        let parent = position?.path.first.map { [$0] } ?? []
        let all = unique(list + latestKnown + parent).filter {
            !excluded($0) && foreign.pause(of: $0.address, at: now) == nil
        }
        return all.filter { !hasFailed($0, at: now) } + all.filter { hasFailed($0, at: now) }
    }

    /// All known contacts, to be remembered over a restart.
    var everybody: [Contact] { unique(list + latestKnown) }

    var knownCount: Int { known.count + referrals.count + seeds.count }

    /// The contact known at an address; nil for none.
    func contact(at address: Address) -> Contact? {
        known[address]?.contact
    }

    func hasFailed(_ contact: Contact, at now: Instant) -> Bool {
        failures.contains { $0.address == contact.address && now - $0.at < limits.failureMemory }
    }

    /// Whether it is one of the addresses at which the operator says that nodes are.
    func isSeed(_ contact: Contact) -> Bool { seeds.contains { $0.address == contact.address } }

    func hasFailed(_ contact: Contact, since instant: Instant) -> Bool {
        failures.contains { $0.address == contact.address && $0.at > instant }
    }

    private func isSelf(_ contact: Contact) -> Bool {
        contact.node == ownNode || contact.address == ownAddress
    }

    private func unique(_ contacts: [Contact]) -> [Contact] {
        var seen = Set<Address>()
        return contacts.filter { !isSelf($0) && seen.insert($0.address).inserted }
    }
}
