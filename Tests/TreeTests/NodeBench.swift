@testable import Tree

/// One node on a bench: events go in by hand, and what it orders is looked at.
final class NodeBench {
    let node: Node
    private(set) var milliseconds: UInt64 = 1_000_000
    private(set) var effects: [Effect] = []
    private var lastConnection: UInt64 = 0

    init(id: UInt64 = 50, parent: Address? = nil, _ change: (inout Configuration) -> Void = { _ in }) {
        var configuration = Configuration(
            origin: Origin(node: NodeID(id), incarnation: Incarnation(1)),
            address: Address(host: "me", port: UInt16(id)), ownSecret: Secret("own"), parentSecret: Secret("own"),
            parent: parent, randomSeed: id, digest: Self.digest)
        configuration.asksClock = false
        change(&configuration)
        node = Node(
            configuration: configuration, format: PlainLines(),
            at: Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wallMilliseconds: 1_000_000))
    }

    private static let digest: @Sendable (Secret) -> SecretDigest = { secret in
        SecretDigest(
            high: UInt64(secret.text.utf8.count), low: secret.text.utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) })
    }

    private var moment: Moment {
        Moment(instant: Instant(nanoseconds: milliseconds * 1_000_000), wallMilliseconds: milliseconds)
    }

    // MARK: Events

    /// Has the node handle an event and answers what it orders for it, the end of the turn included.
    @discardableResult
    func handle(_ event: Event) -> [Effect] {
        effects = []
        node.handle(event, at: moment, into: &effects)
        node.handle(.turnEnded, at: moment, into: &effects)
        return effects
    }

    /// Lets time pass, waking the node whenever it wants.
    @discardableResult
    func wait(_ wanted: UInt64) -> [Effect] {
        var all: [Effect] = []
        let end = milliseconds + wanted
        while let deadline = node.nextDeadline, deadline.nanoseconds <= end * 1_000_000 {
            milliseconds = max(milliseconds, (deadline.nanoseconds + 999_999) / 1_000_000)
            all += handle(.timePassed)
        }
        milliseconds = end
        effects = all
        return all
    }

    /// The process is stopped for a while: time goes on, and nobody wakes the node.
    func sleep(_ wanted: UInt64) {
        milliseconds += wanted
    }

    func newConnection() -> ConnectionID {
        lastConnection += 1
        return ConnectionID(lastConnection)
    }

    /// A client that has just logged in.
    func client(_ username: String = Login.anonymous, session: String? = nil, since: VersionVector? = nil)
        -> ConnectionID
    {
        let connection = newConnection()
        handle(.received(connection, .login(Login(username: username, since: since, session: session))))
        return connection
    }

    func say(_ text: String, on connection: ConnectionID, sequence: UInt64? = nil) -> [Effect] {
        let message = ActivityMessage(
            username: Login.anonymous, secret: nil, text: Array(text.utf8), sequence: sequence)
        return handle(.received(connection, .activity(message)))
    }

    /// A node that wants to be this one's child.
    func newcomer(
        _ id: UInt64, incarnation: UInt64 = 1, attempt: UInt64 = 1, label: Label? = nil, isChildless: Bool = true,
        stored: VersionVector = VersionVector(), claim: RootClaim? = nil,
        clock: ClockReading = .untold, at address: Address? = nil, versions: WireVersions = .current
    ) -> Message {
        let origin = Origin(node: NodeID(id), incarnation: Incarnation(incarnation))
        let contact = Contact(
            node: origin.node, incarnation: origin.incarnation,
            address: address ?? Address(host: "n", port: UInt16(id)))
        return .authenticate(
            Authenticate(
                secret: Secret("own"),
                kind: .node(
                    Newcomer(
                        contact: contact, origin: origin, attempt: AttemptID(attempt),
                        label: label ?? Label(term: 0, root: origin.node, depth: 0), isChildless: isChildless,
                        claim: claim,
                        size: 1, clock: clock, stored: stored, safe: VersionVector(), versions: versions))))
    }

    /// A child whose link stands.
    func child(_ id: UInt64) -> ConnectionID {
        let connection = newConnection()
        handle(.received(connection, newcomer(id)))
        handle(.received(connection, .synchronised))
        return connection
    }
}

extension [Effect] {
    /// What was sent on a connection, in order.
    func sent(on connection: ConnectionID) -> [Message] {
        compactMap { if case .send(connection, let message) = $0 { message } else { nil } }
    }

    var refusals: [Refusal] {
        compactMap { if case .send(_, .authenticationFail(let refusal)) = $0 { refusal } else { nil } }
    }

    var forwards: [(ConnectionID, ForwardedEntry, UInt8)] {
        compactMap {
            if case .forward(let connection, let entry, let hop) = $0 { (connection, entry, hop) } else { nil }
        }
    }

    func closes(_ connection: ConnectionID) -> Bool {
        contains { if case .close(connection, _) = $0 { true } else { false } }
    }
}

extension ClockReading {
    /// Of a node in causal order that knows no time.
    static let untold = ClockReading(order: .causal, stamp: .zero, time: nil)
}
