import Tree

/// A promise or rule that was broken, and when.
public struct Violation: Equatable, Sendable {
    /// The name of the promise or rule, as in the file that checks it.
    public let rule: String
    public let detail: String
    public let atNanoseconds: UInt64
}

/// Watches a world and notes broken promises and rules. Each of them has its own file.
final class Checks {
    unowned let world: World
    private(set) var violations: [Violation] = []
    var rare = RareSituations()
    var mirrors: [Mirror]
    var shapes: [Shape]
    var acquaintances: [Acquaintance]
    var agreement = Agreement()
    var places: Places
    var reach: Reach
    var rest = Rest()
    var promises = Promises()
    /// Bans, and ends of bans, that administrators were told of.
    var promisedBans: [PromisedBan] = []
    /// The state of the account for which each resume token was given.
    var tokens: [Secret: Account] = [:]
    /// Connections of clients that a node reads since this turn although it lacks entries that they saw.
    var resumed: [(connection: ConnectionID, at: Int)] = []
    /// The position in the trace of the event whose effects are being performed.
    var eventAt = 0
    private var inspections = 0
    /// Ends on which a child was taken in this turn.
    var accepted: [Int] = []
    /// The last path to a root that a message named.
    var lastPath: [Contact] = []
    /// The lives of the hosts when all running ones were last one tree, and when a node noticed the first loss since.
    var whole: (lives: [Int], firstLossAt: UInt64?) = ([], nil)
    /// Lines that clients have read.
    var linesRead = 0
    /// The most bytes that any log took, measured once in a second.
    var peakLogBytes = 0

    init(world: World) {
        self.world = world
        mirrors = world.hosts.map { _ in Mirror() }
        shapes = world.hosts.map { _ in Shape() }
        acquaintances = world.hosts.map { _ in Acquaintance() }
        places = Places(hostCount: world.hosts.count)
        reach = Reach(hostCount: world.hosts.count)
    }

    func fail(_ rule: String, _ detail: @autoclosure () -> String) {
        guard violations.count < 20 else { return }
        let violation = Violation(rule: rule, detail: detail(), atNanoseconds: world.now)
        world.trace.remark(world.now, "VIOLATION \(rule): \(violation.detail)")
        violations.append(violation)
        world.stop()
    }

    // MARK: What the world tells

    func started(_ host: SimulatedHost, _ node: Node) {
        mirrors[host.index] = Mirror()
        shapes[host.index] = Shape()
        acquaintances[host.index] = Acquaintance()
        noteDisk(of: host)
        noteDiskOfBans(of: host)
    }

    func ended(_ host: SimulatedHost) {}

    func willFail(_ host: Int) { noteFailure(of: host) }

    /// Checks everything that a turn may have changed.
    func turned(_ host: SimulatedHost, _ node: Node) {
        follow(host, node)
        checkShape(host, node)
        acquaintances[host.index].follow(node, at: world.now)
        followPlaces(host, node)
        checkResumed(host)
    }

    func willPerform(_ effect: Effect, _ host: SimulatedHost, _ node: Node) {
        rare.willPerform(effect, host, node)
        switch effect {
        case .report(let notice): noticed(notice, host, node)
        case .show(let connection, let line): checkSafeMark(connection, line, host, node)
        case .resume(let connection), .send(let connection, .loginSuccess):
            if node.lacksWhatWasSeen(by: connection) { resumed.append((connection, world.trace.count)) }
        case .send(let connection, .administered(.done)): noteAdministered(on: connection, host, node)
        case .send(let connection, .administered(.acted)): noteBan(on: connection, host, node)
        case .pause(let connection): resumed.removeAll { $0.connection == connection && isSameEvent($0.at) }
        case .stop(let reason):
            // The entries that it stored in its last turn, and passed on, count as held.
            follow(host, node)
            stopped(reason, host)
        default: break
        }
    }

    func willRead(_ message: Message, on end: End) {
        if case .authenticate(let request) = message, case .node(let newcomer) = request.kind {
            end.asker = newcomer.origin
        }
        if case .tree(let position) = message { lastPath = position.path }
        if case .entry(let entry, _) = message, !isLiars(end) { checkContent(entry, on: end) }
    }

    func willSend(_ message: Message, on end: End, _ host: SimulatedHost) {
        switch message {
        case .watermark(let stamp):
            if stamp < end.toldWatermark { rare.count(.watermarkTakenBack) }
            end.toldWatermark = stamp
        case .acknowledge(let acknowledgement) where !isLiars(end): checkAcknowledgement(acknowledgement, on: end, host)
        case .vectors(let stored, _): checkVector(stored, host)
        case .authenticationSuccess: accepted.append(end.index)
        case .loginSuccess(let success):
            checkToken(success, on: end, host)
            end.leftOut = host.node?.shownVector.components.filter { success.vector[$0.origin] == 0 } ?? []
        case .redirect(_, let token?): noteToken(token, on: end, host)
        case .registerSuccess(_, let durable): checkRegistered(durable: durable, on: end, host)
        case .secretChanged(_, let durable): checkChanged(durable: durable, on: end, host)
        case .authenticationFail(let refusal) where refusal.reason == .loop: checkLoop(end, host)
        default: break
        }
    }

    private func noticed(_ notice: Notice, _ host: SimulatedHost, _ node: Node) {
        world.trace.remark(world.now, "h\(host.index) \(Trace.words(notice))")
        noticedPlaces(notice, host)
        switch notice {
        case .stampRefused(let contact, _) where isLiar(contact): break
        case .stampRefused, .clockWentBack, .clockFar, .mismatch:
            fail("honest clocks are believed", "h\(host.index): \(notice)")
        case .joined: attachedAnew(host.index)
        case .gap(let gap): skipped(gap, host, node)
        case .nameLost(let name): noteLost(name.lowercased(), on: host, node)
        case .labelWentBack(let contact): fail("L4 labels only rise", "h\(host.index): \(contact.address)")
        case .foundMyselfAbove: checkFoundAbove(host, node)
        case .ownNumbersTaken: fail("only what was made is lost", "h\(host.index): \(notice)")
        case .streamBroken(let contact, let detail) where !world.isSpoilt && !isLiar(contact):
            fail("links carry prefixes", "h\(host.index): \(contact.address): \(detail)")
        case .parentLost(let contact, let why), .childLost(let contact, let why):
            whole.firstLossAt = whole.firstLossAt ?? world.now
            if why == .silent { checkSuspicion(of: contact, by: host) }
        default: break
        }
    }

    private func isLiars(_ end: End) -> Bool { world.network.ends[end.other].isLiars }

    /// Whether a contact is a lying node's: nobody answers there.
    private func isLiar(_ contact: Contact) -> Bool { world.host(at: contact.address) == nil }

    /// Whether a host's link leads to a node that lies.
    func leadsToLiar(_ link: LinkView) -> Bool { world.network.ends[Int(link.connection.value) ^ 1].isLiars }

    func isSameEvent(_ at: Int) -> Bool { at > eventAt }

    private func stopped(_ reason: StopReason, _ host: SimulatedHost) {
        switch reason {
        case .drained: noteFailure(of: host.index)
        }
    }

    /// The checks that would cost too much after every event run once in a quarter of a second.
    func inspect() {
        inspections += 1
        updateAgreement()
        if inspections % 4 == 0 { checkBounds() }
        inspectPlaces()
        checkReach()
        checkRest()
    }

    var isFinished: Bool { rest.isFinished }
    func settled() { rest.began = world.now }
}
