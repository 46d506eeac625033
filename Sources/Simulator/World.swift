import Tree

/// A simulated world: virtual time, hosts with nodes, clients, a network, and the checks.
///
/// One schedule is one history, to the byte. Nothing in the world reads a real clock, has randomness of its own, or
/// iterates over a collection whose order isn't fixed.
final class World {
    let schedule: Schedule
    let setting: Setting
    private(set) var now: UInt64 = 0
    private var queue = EventQueue()
    private(set) var hosts: [SimulatedHost] = []
    private(set) var clients: [SimulatedClient] = []
    private(set) var liars: [SimulatedLiar] = []
    private(set) var network: SimulatedNetwork!
    private(set) var checks: Checks!
    var clock = SimulatedClock()
    let registry = Registry()
    var trace = Trace()
    /// Records what happens, for a scenario.
    var narration: Narration?
    let mutation: Mutation?

    /// The hosts that are well for good, once the faults are over.
    private(set) var settled: [Int]?
    private(set) var settledAt: UInt64?
    private var isOver = false
    private(set) var events = 0
    private(set) var traffic = Traffic()
    /// Whether some packet is spoilt, so that streams may break.
    let isSpoilt: Bool
    /// Whether nodes lie.
    let hasLiars: Bool
    /// Whether both sides of a link prove that they know the secret before anything is said. Otherwise it is shown.
    let provesLinks: Bool
    /// Whether two processes may have one identity.
    let hasCopies: Bool
    /// Whether nodes ask a clock that is never out of reach.
    let isClockSure: Bool

    init(_ schedule: Schedule, mutation: Mutation? = nil) {
        self.schedule = schedule
        self.mutation = mutation
        setting = schedule.setting
        isSpoilt = schedule.steps.contains { if case .spoil = $0.action { true } else { false } }
        hasLiars = schedule.steps.contains { if case .lie = $0.action { true } else { false } }
        provesLinks = schedule.steps.contains { if case .secrets = $0.action { true } else { false } }
        hasCopies = schedule.steps.contains { if case .copy = $0.action { true } else { false } }
        isClockSure =
            schedule.setting.asksClock && schedule.setting.clockLatency.upperBound < 100_000
            && !schedule.steps.contains { step in
                // A clock server whose machine was set back doesn't tell the time either: its stamps advance by number
                // only.
                if case .clockRestart(let setBack) = step.action { setBack > 0 } else { step.action == .clockDown }
            }
        let hostCount = schedule.hostCount
        hosts = []
        network = SimulatedNetwork(world: self, hostCount: hostCount, setting: setting)
        for index in 0..<hostCount { hosts.append(SimulatedHost(world: self, index: index)) }
        let clientCount = 1 + (schedule.steps.compactMap(\.action.client).max() ?? -1)
        for index in 0..<clientCount { clients.append(SimulatedClient(world: self, index: index)) }
        checks = Checks(world: self)
        for index in schedule.steps.indices {
            plan(.step(index), at: UInt64(schedule.steps[index].atMilliseconds) * millisecond)
        }
        plan(.inspection, at: 250 * millisecond)
    }

    // MARK: Running

    func plan(_ happening: Happening, at time: UInt64) { queue.plan(happening, at: time) }
    func plan(_ happening: Happening, after span: UInt64) { queue.plan(happening, at: now + span) }

    /// Runs until the history has ended, or until a promise was broken.
    func run() {
        while !isOver, let next = queue.takeNext() {
            now = next.at
            events += 1
            happen(next.happening)
        }
    }

    /// Runs up to a moment.
    func run(until time: UInt64) {
        while !isOver, let nextTime = queue.nextTime, nextTime <= time, let next = queue.takeNext() {
            now = next.at
            events += 1
            happen(next.happening)
        }
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .step(let index): perform(schedule.steps[index].action, index)
        case .turn(let host): hosts[host].turn()
        case .arrival(let end): network.arrived(end)
        case .retransmission(let end): network.retransmitted(end)
        case .reset(let end): network.wasReset(end)
        case .knock(let dial): network.knocked(dial)
        case .response(let dial): network.responded(dial)
        case .work(let host, let life, let serial): if hosts[host].life == life { hosts[host].didWork(serial) }
        case .clock(let host, let life, let question):
            if hosts[host].life == life { hosts[host].askedClock(question) }
        case .client(let client, let number): clients[client].planned(number)
        case .liar(let liar, let number): liars[liar].planned(number)
        case .inspection: inspect()
        }
    }

    private func inspect() {
        checks.inspect()
        if checks.isFinished { isOver = true }
        plan(.inspection, after: 250 * millisecond)
    }

    func stop() { isOver = true }

    // MARK: The schedule

    private func perform(_ action: Action, _ index: Int) {
        trace.note(now, action.host ?? -1, .step, UInt64(index))
        // Once the faults are over, living hosts stay alive, and dead hosts stay dead.
        if settled != nil, action.client == nil { return }
        if settled != nil, case .doze = action { return }
        trace.remark(now, "\(action)")
        if action.changesReach { checks.changedReach() }
        narration?.performed(action.text)
        switch action {
        case .start(let host, let parent):
            if hosts[host].life == 0 { hosts[host].start(under: parent, remembering: false) }
        case .copy(let host, let other, let parent):
            if hosts[host].life == 0, hosts[other].life > 0 { hosts[host].start(copying: hosts[other], under: parent) }
        case .restart(let host, let remembering):
            if hosts[host].life > 0 { hosts[host].start(under: hosts[host].parent, remembering: remembering) }
        case .kill(let host): end(host, silently: false)
        case .vanish(let host): end(host, silently: true)
        case .freeze(let host): hosts[host].freeze()
        case .thaw(let host): hosts[host].thaw()
        case .leave(let host): hosts[host].requestDrain()
        case .cut(let number, let from, let to): network.cut(number, from: from, to: to)
        case .bar(let number, let from, let to): network.bar(number, from: from, to: to)
        case .mend(let number): network.mend(number)
        case .slow(let host, let microseconds): network.slow(host, UInt64(microseconds) * microsecond)
        case .clockDown: clock.isDown = true
        case .clockUp: clock.isDown = false
        case .clockRestart(let setBack): clock.restart(setBackMilliseconds: UInt64(setBack))
        case .jump(let host, let milliseconds): hosts[host].wallOffset += Int64(milliseconds)
        case .disconnect(let host): hosts[host].disconnectAll()
        case .flap(let a, let b): flap(a, b)
        case .spoil(let from, let to): spoil(from, to)
        case .lie(let host, let lie):
            liars.append(SimulatedLiar(world: self, index: liars.count, host: host, lie: lie))
        case .secrets(let host, let numbers): hosts[host].take(secrets: numbers)
        case .diskFails(let host): hosts[host].setDisk(fails: true)
        case .diskWorks(let host): hosts[host].setDisk(fails: false)
        case .remove(let name, let host): hosts[host].administer(.remove(username: "n\(name)"))
        case .reset(let name, let host): reset(name, host)
        case .ban(let name, let host, let seconds):
            let duration = seconds == 0 ? nil : Duration.seconds(seconds)
            hosts[host].administer(.sessions(.ban(.name("n\(name)"), duration, reason: "")))
        case .unban(let name, let host): hosts[host].administer(.sessions(.unban(.name("n\(name)"))))
        case .changeSecret(let client, let host): clients[client].changeSecret(at: host)
        case .arrive(let client, let host): clients[client].arrive(at: host)
        case .depart(let client): clients[client].depart()
        case .move(let client, let host): clients[client].move(to: host)
        case .doze(let client): clients[client].doze()
        case .rouse(let client): clients[client].rouse()
        case .say(let client, let answering): clients[client].say(answering: answering)
        case .settle(let hosts, let silently): settle(hosts, silently)
        }
    }

    private func end(_ host: Int, silently: Bool) {
        guard hosts[host].isRunning else { return }
        checks.willFail(host)
        let readers = clients.filter { client in
            guard let end = client.end else { return false }
            return network.ends[end.other].host == host
        }
        hosts[host].end(silently: silently)
        guard silently else { return }
        // Clients have no heartbeat. They notice a lost node when they send.
        for client in readers {
            plan(.reset(end: client.end!.index), after: UInt64(500 + 137 * (client.index % 20)) * millisecond)
        }
    }

    /// Resets an account to the same secret, so that its owner still knows it.
    private func reset(_ name: Int, _ host: Int) {
        guard let hash = hosts[host].node?.account(named: "n\(name)")?.hash else { return }
        let secret = Secret(String(hash.dropFirst("hash of ".count)))
        hosts[host].administer(.reset(username: "n\(name)", secret: secret))
    }

    private func flap(_ a: Int, _ b: Int) {
        for index in hosts[a].connections where network.ends[index ^ 1].host == b {
            plan(.reset(end: index), after: 1)
            plan(.reset(end: index ^ 1), after: 2 * millisecond)
        }
    }

    private func spoil(_ from: Int, _ to: Int) {
        for index in hosts[from].connections where network.ends[index ^ 1].host == to {
            network.ends[index].isToBeSpoilt = true
        }
    }

    private func settle(_ well: [Int], _ silently: Bool) {
        settled = well.sorted()
        settledAt = now
        for host in hosts where !well.contains(host.index) { end(host.index, silently: silently) }
        network.mendAll()
        clock.isDown = false
        for index in well {
            hosts[index].thaw()
            hosts[index].setDisk(fails: false)
            if !hosts[index].isRunning {
                hosts[index].start(under: hosts[index].parent, remembering: hosts[index].life > 0)
            }
        }
        for client in clients { client.rouse() }
        for liar in liars where !liar.lie.lasts { liar.end() }
        checks.settled()
    }

    /// The hosts at which clients look for a node that they weren't told of.
    var hostsForClients: [Int] {
        (settled ?? Array(hosts.indices)).filter { hosts[$0].life > 0 }
    }

    /// Seconds from the end of the faults to one tree.
    var healingSeconds: Double? {
        guard let settledAt, let treeAt = checks.rest.treeAt else { return nil }
        return Double(treeAt - settledAt) / Double(second)
    }

    // MARK: Identities

    func host(at address: Address) -> Int? {
        guard address.host.first == "h", let index = Int(address.host.dropFirst()), index < hosts.count else {
            return nil
        }
        return index
    }

    func isAlive(_ holder: Holder) -> Bool {
        switch holder {
        case .client, .liar: true
        case .host(let host, let life): hosts[host].life == life && hosts[host].isRunning
        }
    }

    // MARK: Reports of the network

    func connected(_ dial: Dial, _ end: End) {
        switch dial.caller {
        case .host(let host, _):
            hosts[host].hear(.connected(dial, end))
            if provesLinks { hosts[host].hear(.proved(end)) }
        case .client(let client): clients[client].connected(end)
        case .liar(let liar): liars[liar].connected(end)
        }
    }

    func connectFailed(_ dial: Dial) {
        switch dial.caller {
        case .host(let host, _): hosts[host].hear(.connectFailed(dial))
        case .client(let client): clients[client].connectFailed()
        case .liar(let liar): liars[liar].connectFailed()
        }
    }

    func hasUnread(_ end: End) {
        switch end.holder {
        case .host(let host, let life): if hosts[host].life == life { hosts[host].hasUnread(end) }
        case .client(let client):
            while !clients[client].isDozing, let packet = end.unread.popFirst() {
                if case .finish = packet { end.state = .closed }
                clients[client].received(packet, on: end)
            }
        case .liar(let liar):
            while let packet = end.unread.popFirst() {
                if case .finish = packet { end.state = .closed }
                liars[liar].received(packet, on: end)
            }
            network.relieve(network.ends[end.other])
        }
    }

    func tell(_ end: End, isCongested: Bool) {
        guard case .host(let host, let life) = end.holder, hosts[host].life == life else { return }
        hosts[host].hear(isCongested ? .congested(end) : .drained(end))
    }

    // MARK: Reports of the hosts

    func started(_ host: SimulatedHost, _ node: Node) {
        node.mutation = mutation
        checks.started(host, node)
    }

    func ended(_ host: SimulatedHost) {
        narration?.ended(host.index)
        checks.ended(host)
    }

    func turned(_ host: SimulatedHost, _ node: Node) {
        trace.note(now, host.index, .label, node.currentLabel.term, UInt64(node.currentLabel.depth))
        trace.note(now, host.index, .stored, node.log.stored.value, node.log.safe.value)
        narration?.turned(host.index, node)
        checks.turned(host, node)
    }

    func willHandle(_ event: Event, _ host: SimulatedHost) {
        let (a, b) = TraceNumbers.of(event)
        checks.eventAt = trace.count
        trace.note(now, host.index, Trace.What(event), a, b)
        checks.rare.willHandle(event, host)
        if case .received(_, .administer(let request)) = event { checks.willAdminister(request, host) }
    }

    func willPerform(_ effect: Effect, _ host: SimulatedHost, _ node: Node) {
        let (a, b) = TraceNumbers.of(effect)
        trace.note(now, host.index, Trace.What(effect), a, b)
        narration?.performs(effect, host.index)
        checks.willPerform(effect, host, node)
    }

    func willRead(_ message: Message, on end: End) { checks.willRead(message, on: end) }
    func willSend(_ message: Message, on end: End, _ host: SimulatedHost) {
        if network.ends[end.other].host != nil { traffic.count(message) }
        narration?.sends(message, host.index, to: network.ends[end.other].holder)
        checks.willSend(message, on: end, host)
    }
}
