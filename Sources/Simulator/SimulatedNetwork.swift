import Tree

/// Connections between hosts, and between clients and hosts. Like TCP's they deliver in order and whole, but may fail
/// at any time.
///
/// A cut loses the packets of the directions that it names. When it is mended, lost packets are sent again after
/// growing pauses, or the connection turns out to be dead. Clients are beside their hosts: cuts don't affect them.
final class SimulatedNetwork {
    unowned let world: World
    private(set) var ends: [End] = []
    private(set) var dials: [Dial] = []
    /// The present cuts, each with the hosts on its two sides.
    private var standing: [Cut] = []
    private var stalled: [Int] = []
    /// Nanoseconds between two packets of a slow host.
    private var spacing: [UInt64]
    private let hostCount: Int
    private let seed: UInt64
    private let latency: ClosedRange<Int>

    init(world: World, hostCount: Int, setting: Setting) {
        self.world = world
        self.hostCount = hostCount
        seed = setting.seed
        latency = setting.latency
        spacing = Array(repeating: 0, count: hostCount)
    }

    // MARK: Distances

    /// The host of a holder; nil for clients, which are beside every host.
    private func place(_ holder: Holder) -> Int? {
        if case .host(let host, _) = holder { host } else { nil }
    }

    func isCut(from: Holder, to: Holder) -> Bool {
        guard let a = place(from), let b = place(to) else { return false }
        return isCut(a, b)
    }

    func isCut(_ a: Int, _ b: Int) -> Bool {
        a != b && standing.contains { !$0.isForNew && $0.from[a] && $0.to[b] }
    }

    /// Whether a connection can be made from one host to another.
    private func isBarred(from caller: Holder, to target: Int) -> Bool {
        guard let host = place(caller), host != target else { return false }
        return standing.contains { $0.isForNew && $0.from[host] && $0.to[target] }
    }

    /// Whether two hosts can connect to each other, in both directions.
    func areInReach(_ a: Int, _ b: Int) -> Bool {
        !standing.contains { ($0.from[a] && $0.to[b]) || ($0.from[b] && $0.to[a]) }
    }

    var isCutSomewhere: Bool { !standing.isEmpty }

    /// The delay of a packet. Each pair of hosts has its own, within the setting's range, and each packet varies around
    /// it.
    private func delay(from: Holder, to: Holder, _ chance: inout RandomNumbers) -> UInt64 {
        guard let a = place(from), let b = place(to) else { return chance.within(50...300) * microsecond }
        var way = RandomNumbers(seed, 11, UInt64(a * 100_000 + b))
        let base = way.within(UInt64(latency.lowerBound)...UInt64(latency.upperBound))
        let jitter = chance.within(0...(base / 4 + 10))
        // One packet in a hundred comes late, as if it had been lost once, or had waited in a queue.
        let late = chance.happens(10) ? chance.within(0...(base * 2 + 200)) : 0
        return (base + jitter + late) * microsecond
    }

    // MARK: Faults

    func cut(_ number: Int, from: [Int], to: [Int]) { add(number, from, to, isForNew: false) }

    /// No new connection is made from some hosts to some others; old ones stand.
    func bar(_ number: Int, from: [Int], to: [Int]) { add(number, from, to, isForNew: true) }

    private func add(_ number: Int, _ from: [Int], _ to: [Int], isForNew: Bool) {
        var cut = Cut(number: number, hostCount: hostCount, isForNew: isForNew)
        for host in from { cut.from[host] = true }
        for host in to { cut.to[host] = true }
        standing.append(cut)
    }

    func mend(_ number: Int) {
        guard let index = standing.firstIndex(where: { $0.number == number }) else { return }
        standing.remove(at: index)
        retransmit()
    }

    func mendAll() {
        while let first = standing.first { mend(first.number) }
        for host in spacing.indices where spacing[host] > 0 { slow(host, 0) }
    }

    func slow(_ host: Int, _ nanoseconds: UInt64) {
        spacing[host] = nanoseconds
        guard nanoseconds == 0 else { return }
        // Packets that have queued up go through at once.
        for index in world.hosts[host].connections where !ends[index].flight.isEmpty {
            let end = ends[index]
            var arrival = world.now + UInt64(latency.upperBound) * microsecond
            for position in end.flight.indices where end.flight[position].arrival > arrival {
                arrival += 1
                end.flight[position].arrival = arrival
            }
            end.lastArrival = arrival
            world.plan(.arrival(end: index), at: arrival)
        }
    }

    private func retransmit() {
        let waiting = stalled
        stalled.removeAll()
        for index in waiting {
            let end = ends[index]
            if isCut(from: end.holder, to: ends[end.other].holder) {
                stalled.append(index)
                continue
            }
            // The sender's pause before it tries again has doubled with each attempt that failed.
            world.plan(.retransmission(end: index), after: end.chance.within(200...2500) * millisecond)
        }
    }

    func retransmitted(_ index: Int) {
        let end = ends[index]
        guard end.isStalled else { return }
        if isCut(from: end.holder, to: ends[end.other].holder) { return stalled.append(index) }
        end.isStalled = false
        if end.chance.happens(150) {
            // The packet comes too late: both sides have given the connection up, one after the other.
            world.plan(.reset(end: index), after: 1)
            return world.plan(.reset(end: end.other), after: end.chance.within(1...50) * millisecond)
        }
        arrived(index)
    }

    // MARK: Connecting

    func dial(_ target: Int, from caller: Holder, attempt: AttemptID, proving secret: Secret? = nil) -> Dial {
        let dial = Dial(index: dials.count, caller: caller, attempt: attempt, target: target, proving: secret)
        dials.append(dial)
        var chance = RandomNumbers(seed, 12, UInt64(dial.index))
        world.plan(.knock(dial: dial.index), after: delay(from: caller, to: .host(target, life: 0), &chance))
        return dial
    }

    /// Only who lies tells of an address that is no host's: there is nobody.
    func dial(_ address: Address, from caller: Holder, attempt: AttemptID, proving secret: Secret) -> Dial {
        if let target = world.host(at: address) {
            return dial(target, from: caller, attempt: attempt, proving: secret)
        }
        precondition(world.hasLiars, "nobody is ever at \(address)")
        let dial = Dial(index: dials.count, caller: caller, attempt: attempt, target: nil)
        dials.append(dial)
        world.plan(.response(dial: dial.index), after: 2 * millisecond)
        return dial
    }

    func knocked(_ index: Int) {
        let dial = dials[index]
        guard !dial.isAbandoned, let number = dial.target else { return }
        var chance = RandomNumbers(seed, 13, UInt64(index * 8 + dial.tries))
        let target = world.hosts[number]
        let holder = Holder.host(number, life: target.life)
        guard !isCut(from: dial.caller, to: holder), !isBarred(from: dial.caller, to: number), !target.isVanished
        else {
            // TCP repeats the first packet after one second, then after two, four, ….
            dial.tries += 1
            guard dial.tries < 6 else { return }
            return world.plan(.knock(dial: index), after: second << UInt64(dial.tries - 1))
        }
        let way = delay(from: holder, to: dial.caller, &chance)
        let isProved = !world.provesLinks || dial.proving.map(target.knows) ?? true
        if target.isRunning, isProved {
            let (near, far) = connect(dial.caller, holder)
            dial.pending = near
            far.lastArrival = world.now + way
            if world.provesLinks, dial.proving != nil { target.hear(.proved(far)) }
        }
        dial.isUnproved = target.isRunning && !isProved
        world.plan(.response(dial: index), after: way)
    }

    private func connect(_ caller: Holder, _ callee: Holder) -> (near: End, far: End) {
        let near = makeEnd(caller)
        let far = makeEnd(callee)
        if let host = far.host { world.hosts[host].opened(far, from: address(of: caller)) }
        return (near, far)
    }

    /// The address from which a holder connects. Each holder has its own, and none shares the loopback with a node.
    private func address(of holder: Holder) -> PeerAddress {
        switch holder {
        case .host(let host, _): PeerAddress(UInt64(1 + host))
        case .client(let client): PeerAddress(UInt64(100_000 + client))
        case .liar(let liar): PeerAddress(UInt64(200_000 + liar))
        }
    }

    private func makeEnd(_ holder: Holder) -> End {
        let chance = RandomNumbers(seed, 14, UInt64(ends.count))
        let end = End(index: ends.count, holder: holder, chance: chance)
        ends.append(end)
        if let host = end.host { world.hosts[host].added(end.index) }
        return end
    }

    func responded(_ index: Int) {
        let dial = dials[index]
        let pending = dial.pending
        if let target = dial.target, isCut(from: .host(target, life: 0), to: dial.caller), !dial.isAbandoned {
            return world.plan(.response(dial: index), after: second)
        }
        guard !dial.isAbandoned, world.isAlive(dial.caller) else {
            if let pending { close(pending, .now) }
            return
        }
        guard let pending else { return world.connectFailed(dial) }
        dial.end = pending
        world.connected(dial, pending)
    }

    func abandon(_ dial: Dial) {
        dial.isAbandoned = true
        if let end = dial.end { close(end, .now) }
    }

    // MARK: Sending

    func send(_ packet: Packet, on end: End) {
        guard end.state == .open else { return }
        let other = ends[end.other]
        var packet = packet
        if end.isToBeSpoilt, case .message = packet {
            end.isToBeSpoilt = false
            packet = .garbage
        }
        var arrival = world.now + delay(from: end.holder, to: other.holder, &end.chance)
        arrival = max(arrival, end.lastArrival + 1 + (end.host.map { spacing[$0] } ?? 0))
        end.lastArrival = arrival
        end.flight.append(.init(packet: packet, arrival: arrival))
        world.plan(.arrival(end: end.index), at: arrival)
        if !end.isToldCongested, end.flight.count + other.unread.count > world.setting.congestionPackets {
            end.isToldCongested = true
            world.tell(end, isCongested: true)
        }
    }

    func arrived(_ index: Int) {
        let end = ends[index]
        guard !end.isStalled, let first = end.flight.first, first.arrival <= world.now else { return }
        let other = ends[end.other]
        if isCut(from: end.holder, to: other.holder) {
            end.isStalled = true
            return stalled.append(index)
        }
        while let next = end.flight.first, next.arrival <= world.now {
            end.flight.removeFirst()
            deliver(next.packet, to: other)
        }
        relieve(end)
    }

    private func deliver(_ packet: Packet, to end: End) {
        switch end.state {
        case .open:
            if end.unread.isEmpty { end.unreadSince = world.now }
            end.unread.append(packet)
            world.hasUnread(end)
        case .closed:
            if case .finish = packet { return }
            world.plan(.reset(end: end.other), after: end.chance.within(50...500) * microsecond)
        case .lost:
            // The machine is up again, and doesn't know the connection.
            guard let host = end.host, !world.hosts[host].isVanished else { return }
            world.plan(.reset(end: end.other), after: end.chance.within(50...500) * microsecond)
        }
    }

    /// To be called when something was read or has arrived: a sender that was told to wait may send again.
    func relieve(_ sender: End) {
        guard sender.isToldCongested, sender.state == .open,
            sender.flight.count + ends[sender.other].unread.count <= world.setting.congestionPackets / 2
        else { return }
        sender.isToldCongested = false
        world.tell(sender, isCongested: false)
    }

    // MARK: Closing

    func close(_ end: End, _ manner: CloseManner) {
        guard end.state == .open else { return }
        if manner == .now, end.chance.happens(250) {
            end.flight.removeAll()
            world.plan(
                .reset(end: end.other), after: delay(from: end.holder, to: ends[end.other].holder, &end.chance))
        } else {
            send(.finish, on: end)
        }
        end.state = .closed
        end.unread.removeAll()
    }

    /// To be called when the holder's machine has vanished. The other side isn't told.
    func lose(_ end: End) {
        guard end.state == .open else { return }
        end.state = .lost
        end.flight.removeAll()
        end.unread.removeAll()
    }

    func wasReset(_ index: Int) {
        let end = ends[index]
        guard end.state == .open, !isCut(from: ends[end.other].holder, to: end.holder) else { return }
        end.unread.append(.finish)
        world.hasUnread(end)
    }
}

/// A cut: no packet gets from some hosts to some others.
private struct Cut {
    let number: Int
    /// Whether it concerns only connections that don't stand yet.
    let isForNew: Bool
    var from: [Bool]
    var to: [Bool]

    init(number: Int, hostCount: Int, isForNew: Bool) {
        self.number = number
        self.isForNew = isForNew
        from = Array(repeating: false, count: hostCount)
        to = from
    }
}
