import Tree

/// A node that lies. It knows the secret, calls one host, and comes again whenever its link ends.
///
/// It is no `Node`: it says what it has to say in the messages of the protocol, and reads what it gets as far as it
/// needs it to go on lying. It has stored nothing, so nothing that is promised may rest on its word.
final class SimulatedLiar {
    private enum State {
        case waiting
        case calling(Dial)
        /// Waits for the answer to its `AUTHENTICATE`.
        case asking(End)
        case linked(End)
        case gone
    }

    unowned let world: World
    let index: Int
    let lie: Lie
    /// The host that it calls.
    let host: Int
    private let origin: Origin
    private var state = State.waiting
    private var chance: RandomNumbers
    /// The number of the present plan. Older plans are void.
    private var plan = 0
    private var attempts: UInt64 = 0
    private var label: Label
    private var entriesRead: UInt64 = 0
    /// The entries that it was shown last.
    private var known: [Entry] = []
    /// How many entries with other bodies it has shown on this link.
    private var shownBodies = 0
    /// When it was taken as a child, by the present life of the host.
    private var takenAt: [UInt64] = []
    private var lifeOfHost = 0

    init(world: World, index: Int, host: Int, lie: Lie) {
        (self.world, self.index, self.host, self.lie) = (world, index, host, lie)
        let node = NodeID(RandomNumbers.mix(world.setting.seed, UInt64(900_000 + index)))
        origin = Origin(node: node, incarnation: Incarnation(1_000_000 + UInt64(index)))
        label = Label(term: 0, root: node, depth: 0)
        chance = RandomNumbers(world.setting.seed, 25, UInt64(index))
        call()
    }

    /// Nobody answers there.
    private var address: Address { Address(host: "x\(index)", port: 3780) }

    func end() {
        switch state {
        case .calling(let dial): world.network.abandon(dial)
        case .asking(let end), .linked(let end): world.network.close(end, .now)
        case .waiting, .gone: break
        }
        state = .gone
    }

    // MARK: Attaching

    private func call() {
        state = .calling(world.network.dial(host, from: .liar(index), attempt: AttemptID(0)))
        planNext(after: 1200 * millisecond)
    }

    private func callLater() {
        if case .gone = state { return }
        state = .waiting
        planNext(after: chance.within(200...1500) * millisecond)
    }

    private func planNext(after span: UInt64) {
        plan += 1
        world.plan(.liar(index, plan: plan), after: span)
    }

    /// To be called when a plan is due.
    func planned(_ number: Int) {
        guard number == plan else { return }
        switch state {
        case .gone: break
        case .waiting: call()
        case .calling(let dial):
            world.network.abandon(dial)
            callLater()
        case .asking(let end):
            world.network.close(end, .now)
            callLater()
        case .linked(let end):
            live(on: end)
            speak(on: end)
            planNext(after: 400 * millisecond)
        }
    }

    func connected(_ end: End) {
        guard case .calling = state else { return world.network.close(end, .now) }
        state = .asking(end)
        planNext(after: 3 * second)
        attempts += 1
        label = Label(term: 0, root: origin.node, depth: 0)
        let contact = Contact(
            node: origin.node, incarnation: origin.incarnation, address: address, secret: Secret("tree"))
        let newcomer = Newcomer(
            contact: contact, origin: origin, attempt: AttemptID(attempts), label: label, isChildless: true, claim: nil,
            size: 1, clock: ClockReading(order: world.setting.order, stamp: .zero, time: nil),
            stored: VersionVector(), safe: VersionVector())
        send(.authenticate(Authenticate(secret: Secret("tree"), kind: .node(newcomer))), on: end)
    }

    func connectFailed() {
        if case .calling = state { callLater() }
    }

    // MARK: Receiving

    func received(_ packet: Packet, on end: End) {
        switch packet {
        case .finish: callLater()
        case .message(let message): received(message, on: end)
        case .lines, .garbage: preconditionFailure("a node sends no \(packet) to a node")
        }
    }

    private func received(_ message: Message, on end: End) {
        switch message {
        case .authenticationSuccess(let acceptance): taken(acceptance, on: end)
        case .authenticationFail: world.network.close(end, .now)
        case .entry(let entry, _):
            entriesRead += 1
            known.append(entry)
            if known.count > 20 { known.removeFirst() }
            if lie == .promises {
                send(.acknowledge(Acknowledgement(stored: entriesRead, safe: 0, confirmed: 0)), on: end)
            }
        case .tree(let position): label = position.label.ofChild
        case .lockRequest(let question) where lie == .answers || lie.lasts:
            send(.lockAllowed(answer(to: question)), on: end)
        // Of a name that a branch says nothing about nobody can say that it doesn't exist.
        case .loginRequest(let question) where lie.lasts: send(.loginDenied(answer(to: question)), on: end)
        default: break
        }
    }

    private func answer(to question: NameQuestion) -> NameAnswer {
        NameAnswer(username: question.username, secret: question.secret, id: question.id)
    }

    private func taken(_ acceptance: Acceptance, on end: End) {
        guard case .asking = state, let member = acceptance.member else { return }
        label = member.position.label.ofChild
        state = .linked(end)
        entriesRead = 0
        shownBodies = 0
        known = []
        if lie != .silence { send(.synchronised, on: end) }
        noteTaken()
        if lie == .closing {
            world.network.close(end, .now)
            return callLater()
        }
        planNext(after: chance.within(1...200) * millisecond)
    }

    /// Whoever says again and again what can't be true isn't taken again at once.
    private func noteTaken() {
        if lifeOfHost != world.hosts[host].life { takenAt = [] }
        lifeOfHost = world.hosts[host].life
        takenAt = takenAt.filter { world.now - $0 < 40 * second } + [world.now]
        if lie.isProved, takenAt.count > 3 {
            world.checks.fail(
                "who says what can't be true is left alone", "h\(host) takes x\(index) \(takenAt.count) times in 40 s")
        }
    }

    // MARK: Lying

    private func send(_ message: Message, on end: End) { world.network.send(.message(message), on: end) }

    private func live(on end: End) { send(.heartbeat(Heartbeat(label: label, size: 1)), on: end) }

    private func invented(_ number: Int) -> NodeID {
        NodeID(RandomNumbers.mix(world.setting.seed, UInt64(2_000_000 + 10_000 * index + number)))
    }

    private func inventedOrigin() -> Origin {
        Origin(node: invented(chance.below(5000)), incarnation: Incarnation(1))
    }

    /// An origin that others have heard of, if there is one.
    private func someOrigin() -> Origin {
        let running = world.hosts.compactMap { $0.node?.origin }
        return running.isEmpty || chance.happens(300) ? inventedOrigin() : chance.pick(running)
    }

    private func speak(on end: End) {
        switch lie {
        case .silence, .closing: break
        case .promises:
            // In every other link it promises something once, and nothing more.
            if world.setting.order == .total, attempts % 2 == 0 { send(.watermark(Stamp(1)), on: end) }
        case .gaps:
            let through = chance.pick([1 << 41, 1 << 55, 1 << 62] as [UInt64])
            send(.gap(Log.Gap(origin: someOrigin(), from: 1, through: through), stamp: .zero), on: end)
        case .terms:
            let term = chance.pick([1 << 40, 1 << 60, 1 << 62, (1 << 63) - 1] as [UInt64])
            send(.raise(term: term, by: origin), on: end)
            send(.heartbeat(Heartbeat(label: Label(term: term, root: origin.node, depth: 0), size: 1)), on: end)
        case .stamps:
            let stamp = Stamp(milliseconds: world.now / millisecond + 4_000_000_000_000)
            send(entry(inventedOrigin(), 1, stamp), on: end)
        case .acknowledgements:
            send(.acknowledge(Acknowledgement(stored: entriesRead + 1000, safe: 0, confirmed: 0)), on: end)
        case .bodies:
            checkNoticed()
            shownBodies += known.count
            for known in known { send(entry(known.origin, known.sequence, known.stamp), on: end) }
        case .origins:
            let components = (0..<300).map { _ in VersionVector.Component(origin: inventedOrigin(), sequence: 9) }
            send(.stable(VersionVector(components), isWhole: false), on: end)
        case .claims: for number in 0..<40 { claim("x\(index) \(plan) \(number)", on: end) }
        case .nodes: for number in 0..<200 { announce(number, on: end) }
        case .trees:
            let root = Contact(node: invented(chance.below(50)), incarnation: Incarnation(1), address: address)
            send(.met(RootClaim(priority: 0, reign: 1, root: root)), on: end)
        case .versions:
            let version = AccountVersion(
                stamp: Stamp((1 << 62) + UInt64(chance.within(1...1000))), origin: inventedOrigin())
            let account = Account(name: Self.name, hash: "hash of x", registered: version)
            send(.accounts([AccountRecord(account)], isAnswer: false), on: end)
        case .answers: answer(on: end)
        case .garbage: world.network.send(.garbage, on: end)
        }
    }

    /// The host has found out that entries differ which it was shown in an earlier turn.
    private func checkNoticed() {
        let setting = world.setting
        guard shownBodies > 0, setting.retentionBytes > 1 << 20, setting.retentionCapSeconds > 3600,
            world.hosts[host].isAwake, let node = world.hosts[host].node, node.conflictCount == 0
        else { return }
        world.checks.fail(
            "entries that differ are found out", "h\(host) was shown \(shownBodies) other bodies by x\(index)")
    }

    /// The name that its accounts have.
    static let name = "liar"

    private func entry(_ origin: Origin, _ sequence: UInt64, _ stamp: Stamp) -> Message {
        let activity = Activity(sender: Login.anonymous, text: Array("a lie".utf8), retry: nil)
        return .entry(Entry(origin: origin, sequence: sequence, stamp: stamp, body: .activity(activity)), hop: 0)
    }

    private func claim(_ name: String, on end: End) {
        let id = QuestionID(asker: origin, count: chance.next() >> 4)
        let name = name.filter { $0 != " " }
        send(.lockRequest(NameQuestion(username: name, secret: Secret("x"), id: id, stamp: .zero)), on: end)
    }

    private func announce(_ number: Int, on end: End) {
        let version = Announcement.Version(incarnation: Incarnation(1), count: UInt64(plan))
        let announcement = Announcement(
            id: "", node: invented(number), address: Address(host: "x\(index).\(number)", port: 3780), load: 9, room: 0,
            version: version)
        send(.serverAnnounce(announcement), on: end)
    }

    private func answer(on end: End) {
        let id = QuestionID(asker: someOrigin(), count: UInt64(chance.within(1...20)))
        let answer = NameAnswer(username: "n\(chance.below(3))", secret: Secret("s0"), id: id)
        send(chance.pick([.lockAllowed(answer), .lockDenied(answer), .loginDenied(answer)]), on: end)
        send(.held(HeldAnswer(id: id, held: VersionVector(), nodes: [], isUnknown: false)), on: end)
    }
}
