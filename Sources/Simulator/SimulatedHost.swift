import DequeModule
import Tree

/// A machine with one node's process. It is the node's runner, in virtual time.
///
/// It keeps the runner's side of the contract. Effects are performed at once and in order. After `close` and `abandon`
/// no event of that connection comes. Every batch of events ends with `turnEnded`. `timePassed` comes no earlier than
/// asked for, and sometimes late.
final class SimulatedHost {
    unowned let world: World
    let index: Int
    let address: Address
    /// The number of starts of the process.
    private(set) var life = 0
    private(set) var node: Node?
    private(set) var parent: Int?
    /// Whether the machine is off: it answers nothing.
    private(set) var isVanished = false
    /// Whether the process is stopped by a signal: its connections stand, but are not read.
    private(set) var isFrozen = false
    /// How far its wall clock is off, in milliseconds.
    var wallOffset: Int64 = 0

    /// The node's configuration, where nodes may differ.
    let own: HostSetting

    // The data directory, which a restart finds.
    private(set) var nodeID: NodeID
    private(set) var lastIncarnation: UInt64 = 0
    private(set) var remembered: [Contact] = []
    private(set) var disk: SimulatedDisk
    /// False for a node that keeps no accounts.
    let hasDisk: Bool
    /// The network's secrets as the operator has given them to this host: the first is shown, and each is taken.
    var secrets = [Secret("tree")]
    /// The actions that administrators have asked for, by their connections.
    private(set) var administrations: [ConnectionID: AccountRequest.Action] = [:]

    // The process.
    var chance: RandomNumbers
    private(set) var plannedTurn: UInt64?
    private var inputs: Deque<HostInput> = []
    private var ready: Deque<End> = []
    private(set) var connections: [Int] = []
    private var dials: [Dial] = []
    private var effects: [Effect] = []
    private var works: [Int: HostInput] = [:]
    private var lastWork = 0
    /// The question to the clock that is under way.
    private var question = ClockQuestion()
    private(set) var thawedAt: UInt64 = 0
    private var followers = SimulatedFollowers()

    init(world: World, index: Int) {
        self.world = world
        self.index = index
        address = Address(host: "h\(index)", port: 3780)
        chance = RandomNumbers(world.setting.seed, 1, UInt64(index))
        nodeID = NodeID(RandomNumbers.mix(world.setting.seed, UInt64(1000 + index)))
        disk = SimulatedDisk()
        wallOffset = Int64(chance.below(200)) - 100
        var kind = RandomNumbers(world.setting.seed, 15, UInt64(index))
        own = HostSetting(world.setting, host: index)
        hasDisk = !kind.happens(world.setting.disklessPerMille)
    }

    var isRunning: Bool { node != nil }
    /// Whether the process runs, and isn't stopped.
    var isAwake: Bool { node != nil && !isFrozen }

    private var holder: Holder { .host(index, life: life) }

    // MARK: The process

    func start(under parent: Int?, remembering: Bool) {
        guard node == nil else { return }
        life += 1
        isVanished = false
        // Without a clock server that is sure to answer, no node could tell a right wall clock from a wrong one. Then a
        // machine starts with a wall clock that is nearly right.
        if !world.isClockSure { wallOffset = max(-4000, min(4000, wallOffset)) }
        self.parent = parent
        if !remembering {
            // Without its data directory it is another node at the same address.
            if life > 1 { nodeID = NodeID(RandomNumbers.mix(world.setting.seed, UInt64(1000 * life + 1000 + index))) }
            remembered = []
            disk.lose(at: world.now)
        }
        lastIncarnation = max(lastIncarnation + 1, wallMilliseconds)
        let configuration = configuration(under: parent)
        var accounts = Accounts(names: configuration.names)
        for record in disk.sorted { accounts.put(record) }
        let node = Node(
            configuration: configuration, format: SimulatedFormat(), accounts: accounts, bans: Bans(disk.bans),
            at: moment)
        self.node = node
        world.started(self, node)
        wake(after: 1)
    }

    /// Starts with a copy of another host's data directory.
    func start(copying other: SimulatedHost, under parent: Int?) {
        nodeID = other.nodeID
        lastIncarnation = other.lastIncarnation
        remembered = other.remembered
        disk.copy(other.disk)
        start(under: parent, remembering: true)
    }

    /// Ends the process, with its connections and everything that it knew.
    func end(silently: Bool) {
        guard node != nil else { return }
        node = nil
        isFrozen = false
        isVanished = silently
        for index in connections {
            let end = world.network.ends[index]
            if silently {
                world.network.lose(end)
            } else {
                world.network.close(end, .now)
            }
        }
        connections.removeAll()
        for dial in dials { dial.isAbandoned = true }
        dials.removeAll()
        inputs.removeAll()
        ready.removeAll()
        works.removeAll()
        question.abandon()
        followers = SimulatedFollowers()
        plannedTurn = nil
        world.ended(self)
    }

    func comeBackOnline() { isVanished = false }

    func freeze() {
        if node != nil { isFrozen = true }
    }

    func thaw() {
        guard isFrozen else { return }
        isFrozen = false
        thawedAt = world.now
        plannedTurn = nil
        wake(after: chance.within(1...100) * microsecond)
    }

    // MARK: Inputs

    func hear(_ input: HostInput) {
        guard node != nil else { return }
        inputs.append(input)
        wake(after: chance.within(5...60) * microsecond)
    }

    func added(_ end: Int) { connections.append(end) }

    /// To be called when a connection has come in. The host reads its packets in its next turn.
    func opened(_ end: End, from address: PeerAddress) { inputs.append(.opened(end, address)) }

    func hasUnread(_ end: End) {
        guard end.isRead, !end.isReady else { return }
        end.isReady = true
        ready.append(end)
        wake(after: chance.within(5...60) * microsecond)
    }

    func didWork(_ serial: Int) {
        guard let input = works.removeValue(forKey: serial) else { return }
        // The process may end before the result reaches it.
        switch input {
        case .saved(let ticket, let records):
            hear(.persisted(ticket, disk.write(records, at: world.now) ? nil : "the disk is full"))
        case .savedBans(let ticket, let records):
            hear(.persistedBans(ticket, disk.write(bans: records) ? nil : "the disk is full"))
        default: hear(input)
        }
    }

    func setDisk(fails: Bool) { disk.fails = fails }

    func wake(after span: UInt64) { wake(at: world.now + span) }

    private func wake(at time: UInt64) {
        guard !isFrozen, plannedTurn.map({ time < $0 }) ?? true else { return }
        plannedTurn = time
        world.plan(.turn(host: index), at: time)
    }

    // MARK: A turn

    func turn() {
        guard let node, !isFrozen, plannedTurn == world.now else { return }
        plannedTurn = nil
        let timersFirst = chance.happens(world.setting.timersFirstPerMille)
        if timersFirst { lookAtTimers(node) }
        readInputs()
        readConnections()
        if !timersFirst, self.node === node { lookAtTimers(node) }
        if self.node === node { handle(.turnEnded) }
        guard self.node === node else { return }
        followers.flush(node, of: self)
        world.turned(self, node)
        planNext(node)
    }

    private func planNext(_ node: Node) {
        if !inputs.isEmpty || !ready.isEmpty { wake(after: chance.within(5...60) * microsecond) }
        guard let deadline = node.nextDeadline else { return }
        let due = deadline.nanoseconds > 1_000 * second ? deadline.nanoseconds - 1_000 * second : 0
        let late = chance.within(1...UInt64(world.setting.lateness)) * microsecond
        wake(at: max(due, world.now) + late)
    }

    private func lookAtTimers(_ node: Node) {
        guard let deadline = node.nextDeadline, deadline <= moment.instant else { return }
        handle(.timePassed)
    }

    private func readInputs() {
        // Inputs that follow from handling these wait for the next turn.
        var count = inputs.count
        while count > 0, let input = inputs.popFirst() {
            count -= 1
            switch input {
            case .administer(let request):
                let connection = ConnectionID(.max - UInt64(administrations.count))
                administrations[connection] = request.action
                if world.provesLinks { handle(.encrypted(connection, vouchedName: nil, isProved: true)) }
                handle(.received(connection, .administer(request)))
            case .clockAnswered(let number, let answer):
                guard question.end(number) else { continue }
                handle(
                    .clockAnswered(
                        first: answer.first, count: answer.count, epoch: 1, wallMilliseconds: answer.wallMilliseconds))
            case .clockTimeout(let number):
                guard question.end(number) else { continue }
                handle(.clockSilent)
            default: if let event = input.event { handle(event) }
            }
            if node == nil { return }
        }
    }

    private func readConnections() {
        var count = ready.count
        while count > 0, let end = ready.popFirst() {
            count -= 1
            end.isReady = false
            read(end)
            if node == nil { return }
            if end.state == .open, end.isRead, !end.unread.isEmpty {
                end.isReady = true
                ready.append(end)
            }
        }
    }

    private func read(_ end: End) {
        var budget = world.setting.readBurst
        while budget > 0, end.state == .open, end.isRead, let packet = end.unread.popFirst() {
            budget -= 1
            switch packet {
            case .message(let message):
                world.willRead(message, on: end)
                handle(.received(end.connection, message))
            case .garbage: handle(.receivedMalformed(end.connection, info: "garbage"))
            case .lines: preconditionFailure("lines of a log came to a node")
            case .finish:
                end.state = .closed
                forget(end)
                handle(.closed(end.connection))
            }
            if node == nil { return }
        }
        world.network.relieve(world.network.ends[end.other])
    }

    private func forget(_ end: End) {
        if let index = connections.firstIndex(of: end.index) { connections.remove(at: index) }
        followers.remove(end)
    }

    // MARK: Effects

    private func handle(_ event: Event) {
        guard let node else { return }
        world.willHandle(event, self)
        node.handle(event, at: moment, into: &effects)
        var index = 0
        while index < effects.count, self.node === node {
            world.willPerform(effects[index], self, node)
            perform(effects[index], node)
            index += 1
        }
        effects.removeAll(keepingCapacity: true)
    }

    private func end(_ connection: ConnectionID) -> End? {
        // An administrator has no end in the network.
        guard connection.value < world.network.ends.count else { return nil }
        let end = world.network.ends[Int(connection.value)]
        return end.state == .open && end.holder == holder ? end : nil
    }

    private func perform(_ effect: Effect, _ node: Node) {
        switch effect {
        case .connect(let attempt, let address, let secret): dial(attempt, address, proving: secret)
        case .abandon(let attempt):
            guard let index = dials.firstIndex(where: { $0.attempt == attempt }) else { return }
            let dial = dials.remove(at: index)
            world.network.abandon(dial)
            if let end = dial.end { forget(end) }
        case .send(let connection, let message):
            if let end = end(connection) { send(message, on: end) }
        case .forward(let connection, let forwarded, let hop):
            if let end = end(connection) { send(.entry(node.entry(forwarded.content), hop: hop), on: end) }
        case .show(let connection, let line):
            guard let end = end(connection) else { return }
            var lines = node.lines(from: line.offset, to: line.offset + UInt64(line.length))
            if line.isLate { lines[0].isLate = true }
            world.network.send(.lines(lines), on: end)
        case .showNumbered, .serve: preconditionFailure("no server that is no node is simulated")
        case .follow(let connection, let offset):
            if let end = end(connection) { followers.add(end, from: offset) }
        case .unfollow(let connection):
            guard let end = end(connection), let offset = followers.remove(end) else { return }
            hear(.unfollowed(end, at: offset))
        case .close(let connection, let manner):
            guard let end = end(connection) else { return }
            forget(end)
            world.network.close(end, manner)
        case .pause(let connection): end(connection)?.isRead = false
        case .resume(let connection):
            guard let end = end(connection) else { return }
            end.isRead = true
            if !end.unread.isEmpty { hasUnread(end) }
        case .prefer: break
        case .hash(let ticket, let secret): work(.hashed(ticket, "hash of \(secret.text)"))
        case .verify(let ticket, let secret, let hash):
            work(.verified(ticket, hash == "hash of \(secret.text)"))
        case .vouch(let ticket, let token): work(.vouched(ticket, Vouching(ofSimulated: token)))
        case .persist(let ticket, let records):
            later(.saved(ticket, records), after: chance.within(1...40) * millisecond)
        case .persistBans(let ticket, let records):
            later(.savedBans(ticket, records), after: chance.within(1...40) * millisecond)
        case .describe(let id, let connections):
            let traits = connections.map { ($0, ConnectionTraits(transport: "tcp")) }
            hear(.described(id, Dictionary(uniqueKeysWithValues: traits)))
        case .askClock(let count, let seen): askClock(count, seen)
        case .remember(let contacts): remembered = contacts
        case .report, .tellSettings: break
        case .stop: end(silently: false)
        }
    }

    private func send(_ message: Message, on end: End) {
        world.willSend(message, on: end, self)
        world.network.send(.message(message), on: end)
    }

    private func dial(_ attempt: AttemptID, _ address: Address, proving secret: Secret) {
        dials.removeAll { $0.isAbandoned || $0.end?.state == .closed }
        dials.append(world.network.dial(address, from: holder, attempt: attempt, proving: secret))
    }

    private func work(_ result: HostInput) {
        later(result, after: chance.within(1...60) * millisecond)
    }

    private func later(_ input: HostInput, after span: UInt64) {
        lastWork += 1
        works[lastWork] = input
        world.plan(.work(host: index, life: life, serial: lastWork), after: span)
    }

    private func askClock(_ count: Int, _ seen: Stamp) {
        let number = question.begin(count, seen)
        later(.clockTimeout(question: number), after: 250 * millisecond)
        world.plan(.clock(host: index, life: life, question: number), after: clockDelay)
    }

    private var clockDelay: UInt64 {
        chance.within(UInt64(world.setting.clockLatency.lowerBound)...UInt64(world.setting.clockLatency.upperBound))
            * microsecond
    }

    /// To be called when a question has reached the clock. The answer goes back to the host.
    func askedClock(_ number: Int) {
        // The clock answers even if the node doesn't wait any more.
        guard let question = question.open(number) else { return world.clock.waste(at: world.now) }
        guard let answer = world.clock.answer(count: question.count, seen: question.seen, at: world.now) else { return }
        world.checks.gave(answer, to: self)
        later(.clockAnswered(question: number, answer), after: clockDelay)
    }
}
