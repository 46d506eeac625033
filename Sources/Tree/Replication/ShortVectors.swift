// Keeps the vectors between neighbours short, however often nodes are restarted (docs/protocol.md#short-vectors).
//
// An origin retires when a later life of its node has entries, every node of the tree holds all of it, and it is no
// longer kept. Each node judges that by itself, and leaves retired origins out of its vectors; a digest says which. If
// two nodes don't agree on what is left out, they name all origins, once.

extension Node {
    func isRetired(_ number: Int) -> Bool {
        let stored = log.storedSequence(of: number)
        return stored > 0 && log.isEmpty(of: number) && retention.heldByAll[number] >= stored
            && log.isSuperseded(number)
    }

    private func component(_ number: Int) -> VersionVector.Component {
        .init(origin: log.origins.origins[number], sequence: log.storedSequence(of: number))
    }

    /// What this node has stored and knows to be safe, as it tells a neighbour.
    ///
    /// - Parameter isWhole: whether to name retired origins too.
    func vectors(isWhole: Bool) -> (stored: VersionVector, safe: VersionVector) {
        guard !isWhole else { return (log.vector, replication.safeMarks.vector(of: log.origins)) }
        var stored: [VersionVector.Component] = []
        var safe: [VersionVector.Component] = []
        var leftOut: UInt64 = 0
        for number in log.origins.origins.indices {
            let component = component(number)
            if isRetired(number) {
                leftOut &+= VersionVector.digest(of: component)
            } else {
                stored.append(component)
                safe.append(.init(origin: component.origin, sequence: replication.safeMarks[number]))
            }
        }
        return (VersionVector(stored, leftOut: leftOut), VersionVector(safe))
    }

    /// The origins that a neighbour left out of its vector, and holds as far as this node does. Nil if they can't be
    /// inferred: then it has to name all.
    func leftOut(of vector: VersionVector) -> [Int]? {
        guard vector.leftOut != 0 else { return [] }
        var retired: (numbers: [Int], digest: UInt64) = ([], 0)
        var superseded = retired
        for number in log.origins.origins.indices
        where log.isSuperseded(number) && vector[log.origins.origins[number]] == 0 {
            let component = component(number)
            guard component.sequence > 0 else { continue }
            let digest = VersionVector.digest(of: component)
            superseded.numbers.append(number)
            superseded.digest &+= digest
            guard isRetired(number) else { continue }
            retired.numbers.append(number)
            retired.digest &+= digest
        }
        if retired.digest == vector.leftOut { return retired.numbers }
        return superseded.digest == vector.leftOut ? superseded.numbers : nil
    }

    // MARK: The idle exchange

    /// Digests of all that is stored and all that is safe.
    var vectorDigests: (stored: VersionVector, safe: VersionVector) {
        var digests: (stored: UInt64, safe: UInt64) = (0, 0)
        for number in log.origins.origins.indices {
            let component = component(number)
            if component.sequence > 0 { digests.stored &+= VersionVector.digest(of: component) }
            guard replication.safeMarks[number] > 0 else { continue }
            digests.safe &+= VersionVector.digest(
                of: .init(origin: component.origin, sequence: replication.safeMarks[number]))
        }
        return (VersionVector([], leftOut: digests.stored), VersionVector([], leftOut: digests.safe))
    }

    /// The other side sends digests of its vectors. If they equal this node's, both have the same; otherwise both name
    /// their origins. Safe marks are named too if an entry here waits to become safe: the other side may have learnt on
    /// another link that it is safe, after it was sent, and then no acknowledgement says so.
    func heardDigests(stored: VersionVector, safe: VersionVector, on link: Link) {
        let own = vectorDigests
        if own.stored != stored || own.safe != safe && log.safe < log.stored { link.exchange.digestsDiffer() }
        guard own.stored == stored else { return }
        for number in log.origins.origins.indices {
            link.progress.learn(number, stored: log.storedSequence(of: number))
            if own.safe == safe { link.progress.learn(number, safe: replication.safeMarks[number]) }
        }
        link.receiving.isProvedWhole()
        if !link.receiving.hasReceivedAll { receivedSynchronised(link) }
    }

    // MARK: Vectors for clients

    /// The vector where a client begins to read. Origins that have been retired for so long that no node can show their
    /// entries any more are left out. The nodes of one network may keep entries for different times.
    var vectorForClients: VersionVector {
        let vector = shownVector
        guard retention.hasRetiredOrigins,
            let oldest = before(max(limits.retentionCap * 2, limits.longestRetention))
        else { return vector }
        return VersionVector(
            vector.components.filter { component in
                guard let number = log.origins.knownNumber(of: component.origin) else { return true }
                return !retention.isRetired(number, since: oldest)
            })
    }

    /// Notes which origins are retired now.
    func noteRetired() {
        for number in log.origins.origins.indices {
            retention.note(number, isRetired: isRetired(number), at: now.instant)
        }
    }
}
