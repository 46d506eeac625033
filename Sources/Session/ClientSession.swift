import Tree
import Wire

/// A client of the network without its sockets: what it sends and receives, at whichever node.
///
/// A connection may be lost at any time; the session stays. The session numbers its messages and keeps each until it
/// has come back. It also remembers how far it has received the messages of all senders. So at any other node it can
/// ask for the rest and repeat the messages that were lost on the way, and no message is shown twice.
///
///     pausing ──▶ connecting ──▶ registering ──▶ loggingIn ──▶ loggedIn
///        ▲             │              │              │             │
///        └─────────────┴──────────────┴──────────────┴─────────────┘  lost, full, refused for now, redirected
///
/// It is a state machine: events go in, effects come out. It reads no clock, and draws no chance of its own. It handles
/// one event; its effects are performed in order; then comes the next event. `clients/conformance/histories` has what
/// it does, as data, and the libraries for other languages are the same machine.
public struct ClientSession {
    public enum State: Equatable, Sendable {
        /// There is no connection. The next state is connecting, when the time has come.
        case pausing(until: Instant)
        /// The next state is registering or loggingIn, when the connection is made.
        case connecting(Address, until: Instant)
        /// The session waits for the answer to `REGISTER`. The next state is loggingIn.
        case registering(Address, until: Instant)
        /// The session waits for the answer to `LOGIN`. The next state is loggedIn, or registering if an earlier
        /// registration got lost.
        case loggingIn(Address, until: Instant)
        /// The session sends and receives.
        case loggedIn(Address)
        /// Nothing more happens.
        case ended
    }

    /// Whether the name has to be registered before the first login.
    enum Registration: Equatable {
        case notNeeded
        case wanted
        /// The answer was lost with the connection. A login will show whether the name is registered.
        case asked
        case done
    }

    /// What is observed after a login, until the login has held for a while and no missed messages come any more.
    struct Settling: Equatable {
        var quietAt: Instant
        let until: Instant
    }

    let identity: Identity
    let given: [Address]
    let limits: SessionLimits
    let mutation: SessionMutation?
    /// Draws a number from 0 up to, but not including, 1.
    let draw: () -> Double

    /// Where the session stands.
    public internal(set) var state = State.pausing(until: Instant(nanoseconds: 0))
    var registration: Registration
    var outbox = Outbox()
    var doubles = Doubles()
    /// What was received so far; nil before the first login, and as long as servers give no vectors.
    var vector: Vector?
    /// The greatest entry that was received, in the order of stamps. At another server, entries below it come marked as
    /// late.
    var last: (stamp: Stamp, id: EntryName)?
    /// What servers call the session in broadcasts; nil as long as no server has said so.
    public internal(set) var shownSession: String?
    /// How the name was registered, if the user spells it in another way.
    var registeredName: String?
    /// The client's name as others see it.
    public var name: String { registeredName ?? identity.username }

    var startedAt = Instant(nanoseconds: 0)
    public internal(set) var hasLoggedIn = false

    // What servers say at a login
    /// The longest line that may be sent, in bytes.
    var lineBytes: Int
    /// How many nodes should hold a message before it is shown.
    var promisedCopies = 1
    var heartbeat: Heartbeat

    // What is shown at logins
    /// Of somebody else, who vouches for the user. It is given anew with each connection.
    var token: Secret?
    var tokens = Tokens()
    /// Whether the server of the present connection was shown the secret.
    var hasShownSecret = false

    // Finding a server
    /// All known servers, the given ones first.
    var servers: [Address]
    /// The servers that are still to be tried in this round.
    var round: [Address] = []
    var roundsDone = 0
    var redirects = 0
    /// When a server sent us elsewhere last.
    var redirectedAt: Instant?
    var refusals = 0
    /// How many servers in a row turned this client away since the last login that held.
    var timesTurnedAway = 0

    // Complaints
    /// The sequence of the last message that was sent over this connection.
    var sentThrough: UInt64 = 0
    /// The server may have complained about a message up to this sequence. So each of these is sent alone.
    var oneByOneThrough: UInt64?
    /// The message that was alone under way when the server complained, and how often that happened.
    var suspect: (sequence: UInt64, times: Int)?
    /// How many complaints came in a row for which no message can be the reason.
    var complaints = 0

    // After a login
    var settling: Settling?
    /// The server's vector at a later login. Everything up to here was missed, and the session is catching up on it.
    var target: Vector?
    var caughtUp = 0
    /// The session has logged in again, and the program hasn't been told that it has caught up.
    var isReturning = false

    /// - Parameters:
    ///   - given: the servers to connect to first; at least one.
    ///   - registers: whether the name has to be registered first.
    ///   - draw: draws a number from 0 up to, but not including, 1. It only spreads pauses.
    public init(
        _ identity: Identity, at given: [Address], registers: Bool = false, limits: SessionLimits = SessionLimits(),
        mutation: SessionMutation? = nil, draw: @escaping () -> Double
    ) {
        precondition(!given.isEmpty, "a session needs a server")
        self.identity = identity
        self.given = given.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        self.limits = limits
        self.mutation = mutation
        self.draw = draw
        lineBytes = limits.lineBytes
        heartbeat = Heartbeat(limits)
        registration = registers ? .wanted : .notNeeded
        servers = self.given
        round = self.given
    }

    /// Handles one event. All state changes here and in `say`.
    ///
    /// - Parameter now: the time on the monotonic clock; it never goes back.
    public mutating func handle(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        if state == .ended { return }
        let before = effects.count
        defer { noteSaid(effects[before...], now) }
        switch event {
        case .started:
            startedAt = now
            connect(now, &effects)
        case .connected(let token):
            self.token = token
            greet(now, &effects)
        case .disconnected(let reason): connectionLost(reason, now, &effects)
        case .received(let message): receive(message, now, &effects)
        case .reading(let isReading): heartbeat.reading(isReading, now)
        case .closed: end(nil, &effects)
        case .timePassed: timePassed(now, &effects)
        }
    }

    /// When `timePassed` is due; nil while nothing is awaited.
    public var nextDeadline: Instant? {
        var deadlines: [Instant?] = [settling.map { min($0.quietAt, $0.until) }]
        switch state {
        case .pausing(let until), .connecting(_, let until), .registering(_, let until), .loggingIn(_, let until):
            deadlines.append(until)
        case .loggedIn: deadlines += [heartbeat.deadline, tokens.renewAt]
        case .ended: return nil
        }
        return deadlines.compactMap(\.self).min()
    }

    private mutating func noteSaid(_ effects: ArraySlice<Effect>, _ now: Instant) {
        let hasSaid = effects.contains { if case .send = $0 { true } else { false } }
        if hasSaid { heartbeat.said(now) }
    }

    private mutating func timePassed(_ now: Instant, _ effects: inout [Effect]) {
        if let settling, now >= min(settling.quietAt, settling.until) { settle(&effects) }
        switch state {
        case .loggedIn:
            if let renewAt = tokens.renewAt, now >= renewAt { renewToken(&effects) }
            switch heartbeat.check(now) {
            case .alive: break
            case .ping: effects.append(.send(ClientMessages.ping))
            case .lost: goElsewhere("it has fallen silent", isSilent: true, now, &effects)
            }
        case .pausing(let until) where now >= until: connect(now, &effects)
        case .connecting(_, let until) where now >= until: goElsewhere("connecting took too long", now, &effects)
        case .registering(_, let until) where now >= until, .loggingIn(_, let until) where now >= until:
            goElsewhere("no answer came", now, &effects)
        default: break
        }
    }

    /// Ends the session, and sends `LOGOUT` if it is logged in.
    mutating func end(_ fault: ClientFault?, _ effects: inout [Effect]) {
        if case .loggedIn = state { effects.append(.send(ClientMessages.logout)) }
        for message in outbox.messages { effects.append(.refuse(message, .ended(fault))) }
        state = .ended
        settling = nil
        effects.append(.end(fault))
    }

    // MARK: What the program may ask

    /// Whether a message is sent at once.
    public var isOnline: Bool {
        if case .loggedIn = state { true } else { false }
    }

    /// The address of the server that the session is connected to, or tries to connect to.
    public var currentAddress: Address? {
        switch state {
        case .connecting(let address, _), .registering(let address, _), .loggingIn(let address, _),
            .loggedIn(let address):
            address
        case .pausing, .ended: nil
        }
    }

    /// Whether the server has said that it takes messages only as fast as a slow link does.
    public var isHeldBack: Bool { heartbeat.isHeldBack }

    /// The own messages that are not known to be safe, the oldest first.
    public var underWay: [Outgoing] { outbox.messages }

    /// Whether one more message may be said.
    public var hasRoom: Bool { outbox.messages.count < limits.window && outbox.bytes < limits.windowBytes }

    /// Whether half of the room for messages is free.
    public var hasMuchRoom: Bool {
        outbox.messages.count <= limits.window / 2 && outbox.bytes <= limits.windowBytes / 2
    }
}
