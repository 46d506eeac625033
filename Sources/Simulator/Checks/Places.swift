import Tree

/// P5, total order: which lines may come late, and which stamps the clock server has handed out.
struct Places {
    /// The network is in parts, or was until now: messages that are sent meanwhile may come late.
    var isTorn = true
    /// Lines with a stamp up to this one may come late, since the network was in parts earlier.
    var excused = Stamp.zero
    /// For how many inspections in a row there was more than one tree.
    var brokenFor = 0
    /// When hosts lost their parents.
    var parentLostAt: [UInt64?]
    /// The last life of each host in which it had a link.
    var linkedLife: [Int]
    /// Stamps of the clock server that hosts were given, and used so far.
    var given: [[ClosedRange<UInt64>]]
    /// The greatest stamp that the clock server has handed out.
    var latestGiven: UInt64?
    var used: Set<Stamp> = []

    init(hostCount: Int) {
        parentLostAt = Array(repeating: nil, count: hostCount)
        linkedLife = Array(repeating: 0, count: hostCount)
        given = Array(repeating: [], count: hostCount)
    }
}

// "All connected clients receive all messages in the same order, that of their stamps", but for lines that are marked
// as late. Each reader's lines ascend by the same keys, so no two readers can disagree. Late lines need an excuse: the
// network was in parts for longer than lost branches are waited for, when the stamp, or a greater one, was known
// already.

extension Checks {
    private var isTotal: Bool { world.setting.order == .total }

    /// A client reads a line: the line stands at its position in the order.
    func checkPlace(_ line: Line, _ client: SimulatedClient) {
        guard isTotal else {
            if line.isLate { fail("P5 total order", "c\(client.index) is told that a line is late, in causal order") }
            return
        }
        let key = line.key
        if let last = client.view.lastKey, key < last, !line.isLate {
            fail(
                "P5 total order",
                "c\(client.index) at h\(client.host ?? -1) is shown \(key.stamp.value) after \(last.stamp.value)")
        }
        if line.isLate {
            rare.count(.shownLate)
            if key.stamp > places.excused {
                fail(
                    "P5 late only after a split",
                    "c\(client.index) at h\(client.host ?? -1) is shown \(key.stamp.value) late, "
                        + "\(key.sequence) of o\(world.registry.number(of: key.origin))")
            }
        }
        client.sawPlace(key)
    }

    // MARK: Excuses

    func noticedPlaces(_ notice: Notice, _ host: SimulatedHost) {
        guard isTotal else { return }
        switch notice {
        case .orderGivenUp: tear()
        case .parentLost: places.parentLostAt[host.index] = world.now
        case .joined:
            // The host was away for longer than the others waited for it, or it comes with a tree of its own.
            if let lostAt = places.parentLostAt[host.index] {
                if world.now - lostAt > 900 * millisecond { tear() }
            } else {
                tear()
            }
            places.parentLostAt[host.index] = nil
            places.linkedLife[host.index] = host.life
        case .tookChild:
            // A host that starts anew as a root is a tree of its own until it takes a child. It has waited for no other
            // node.
            guard places.linkedLife[host.index] != host.life else { break }
            places.linkedLife[host.index] = host.life
            tear()
        default: break
        }
    }

    /// A client may have seen a stamp elsewhere that no running node knows any more. If the clock server's machine was
    /// set back, new messages have lesser stamps, and come late for this client.
    func noteForgotten(_ client: SimulatedClient) {
        guard isTotal, let last = client.view.lastKey?.stamp else { return }
        let known = world.hosts.contains { $0.node.map { $0.latestStamp >= last } ?? false }
        if !known { places.excused = max(places.excused, last) }
    }

    private func tear() {
        places.isTorn = true
        excuse()
    }

    private func excuse() {
        for host in world.hosts { if let node = host.node { places.excused = max(places.excused, node.latestStamp) } }
    }

    func followPlaces(_ host: SimulatedHost, _ node: Node) {
        guard isTotal, places.isTorn else { return }
        excuse()
    }

    func inspectPlaces() {
        checkWaiting()
        guard isTotal else { return }
        let live = world.hosts.filter(\.isRunning)
        let isOne = isOneTree(live.map(\.index))
        places.brokenFor = isOne ? 0 : places.brokenFor + 1
        if places.brokenFor > 3 { places.isTorn = true }
        if isOne, places.isTorn, live.allSatisfy({ $0.node?.isWaitingForLinks == false }) {
            excuse()
            places.isTorn = false
        }
    }

    // MARK: Stamps

    /// The clock server has handed out stamps.
    func gave(_ answer: ClockAnswer, to host: SimulatedHost) {
        let range = answer.first.value...answer.first.value + UInt64(answer.count) - 1
        if let latest = places.latestGiven, range.lowerBound <= latest {
            fail("stamps are unique", "the clock hands out \(range), and has handed out \(latest) before")
        }
        places.latestGiven = range.upperBound
        guard isTotal else { return }
        places.given[host.index].append(range)
        if places.given[host.index].count > 64 { places.given[host.index].removeFirst() }
    }

    /// No two entries have one stamp of the clock server.
    func checkStamp(_ entry: Entry, _ number: Int, _ host: SimulatedHost) {
        guard isTotal, places.given[host.index].contains(where: { $0.contains(entry.stamp.value) }) else { return }
        if !places.used.insert(entry.stamp).inserted {
            fail("stamps are unique", "\(entry.stamp.value) is given to \(entry.sequence) of o\(number) too")
        }
    }

    /// A clock that is away delays no node by a second or more.
    private func checkWaiting() {
        for host in world.hosts {
            guard let node = host.node, !host.isFrozen, world.now - host.thawedAt > 2 * second,
                let since = node.waitsForStampSince
            else { continue }
            let waited = Int64(world.now / millisecond) + 1_000_000 - Int64(since.nanoseconds / millisecond)
            if waited > 800 {
                fail("nobody waits long for the clock", "h\(host.index) has waited for a stamp for \(waited) ms")
            }
        }
    }
}
