import Tree
import Wire

/// A client of the network without its sockets: the messages that it sends and receives, at any node.
///
/// A connection may be lost at any time; the session stays. The session numbers its messages and keeps each until it
/// has come back. It also remembers how far it has received the messages of all senders. So at any other node it can
/// ask for the rest and repeat the messages that were lost on the way, and no message is shown twice.
///
///     pausing ──▶ connecting ──▶ registering ──▶ loggingIn ──▶ loggedIn
///        ▲             │              │              │             │
///        └─────────────┴──────────────┴──────────────┴─────────────┘  lost, full, refused for now, redirected
///
/// It is a state machine: events go in, effects come out. It reads no clock, and its only randomness comes from its
/// seed. It handles one event; its effects are performed in order; then comes the next event.
public struct ClientSession {
    /// What has happened.
    public enum Event: Equatable, Sendable {
        /// The first event.
        case started
        /// A line of the input, without its end.
        case typed([UInt8])
        /// The input had a line that is too long. `limitBytes` is the longest that is read.
        case typedTooMuch(limitBytes: Int)
        case inputEnded
        /// The connection that was asked for has been made.
        case connected
        /// The connection that was asked for could not be made, or has been lost.
        case disconnected(reason: String)
        case received(ServerMessage)
        /// The user wants the program to end with this exit status.
        case interrupted(status: Int32)
        /// `nextDeadline` has been reached.
        case timePassed
    }

    /// What is to be done.
    public enum Effect: Equatable, Sendable {
        /// Open a connection. There is no other connection then.
        case connect(Address)
        /// Send these bytes: a line with its end.
        case send([UInt8])
        /// Give up the connection or the attempt. Nothing more may be reported about it.
        case disconnect
        /// Show a broadcast. It has a receipt if it is an own message that has come back.
        case show(Broadcast, Receipt?)
        case tell(Notice)
        case pauseInput
        case resumeInput
        /// End the program once everything is sent. No effect follows.
        case end(status: Int32)
    }

    /// How well an own message is kept.
    public struct Receipt: Equatable, Sendable {
        public let copies: Int
        /// How many nodes should hold it.
        public let promised: Int

        var isWhole: Bool { copies >= promised }
    }

    /// What is known between the loss of a server and the next login.
    struct Outage {
        enum Telling { case nothing, looking, allGone }

        /// The server that was lost, or that redirected us; later the server that was tried last.
        var address: Address
        var reason: String
        /// The server that redirected us, if the outage began with that.
        let sentBy: Address?
        let tellAt: Instant
        var told = Telling.nothing
    }

    enum State: Equatable {
        /// There is no connection. The next state is connecting, when the time has come.
        case pausing(until: Instant)
        /// The next state is registering or loggingIn, when the connection is made.
        case connecting(Address, until: Instant)
        /// The client waits for the answer to `REGISTER`. The next state is loggingIn.
        case registering(Address, until: Instant)
        /// The client waits for the answer to `LOGIN`. The next state is loggedIn, or registering if an earlier
        /// registration got lost.
        case loggingIn(Address, until: Instant)
        /// The client sends and receives.
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
        /// The server's vector at the login. Everything up to here was missed, and the client is catching up on it.
        let target: Vector?
        var quietAt: Instant
        let until: Instant
    }

    let identity: Identity
    let secretIsMadeUp: Bool
    let given: Address
    let linger: Duration
    /// Whether a line that begins with a slash is a command, since a person types.
    let takesCommands: Bool
    let limits: ClientLimits
    var random: RandomNumbers

    var state = State.ended
    var registration: Registration
    var outbox = Outbox()
    var doubles = Doubles()
    /// What was received so far; nil before the first login, and as long as servers give no vectors.
    var vector: Vector?
    /// The greatest entry that was received, in the order of stamps. At another server, entries below it come marked as
    /// late.
    var last: (stamp: Stamp, id: EntryName)?
    /// What servers call the session in broadcasts; nil as long as no server has said so.
    var shownSession: String?
    /// How the name was registered, if the user spells it in another way.
    var registeredName: String?
    /// The name as others see it.
    var shownName: String { registeredName ?? identity.username }

    var startedAt = Instant(nanoseconds: 0)
    var hasLoggedIn = false
    var hasInputEnded = false
    var isInputPaused = false
    var lingerUntil: Instant?
    /// When the last own message came back, or when the input ended if that was later.
    var lastProgress = Instant(nanoseconds: 0)
    /// The server has said that it takes messages only as fast as a slow link does.
    var isHeldBack = false
    /// A line was not said, so not all has gone well.
    var hasRefused = false

    // What servers say at a login
    /// The longest line that may be sent, in bytes.
    var lineBytes: Int
    /// How many nodes should hold a message before it is shown.
    var promisedCopies = 1
    /// After this long without a message to the server the client sends a `PING`; nil if the server wants none.
    var pingPause: Duration?
    /// When the last message was sent to a server.
    private var saidAt = Instant(nanoseconds: 0)

    // What is shown at logins
    var tokens = Tokens()
    /// Whether the server of the present connection was shown the secret.
    var hasShownSecret = false

    /// People whose messages were received.
    var people: People

    // Finding a server
    /// All known servers, the given one first.
    var servers: [Address]
    /// The servers that are still to be tried in this round.
    var round: [Address] = []
    var roundsDone = 0
    var outage: Outage?
    var hasToldUnreachable = false
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
    var caughtUp = 0
    /// The client has logged in again, and the user hasn't been told yet.
    var isReturning = false

    /// - Parameters:
    ///   - given: the server to connect to first.
    ///   - registers: whether the name has to be registered first.
    ///   - secretIsMadeUp: whether the user doesn't know the secret yet.
    ///   - linger: how long to stay and listen after the end of the input, once all own messages have come back.
    ///   - takesCommands: whether a line that begins with a slash is a command.
    ///   - seed: of the randomness, which only spreads pauses.
    public init(
        _ identity: Identity, at given: Address, registers: Bool = false, secretIsMadeUp: Bool = false,
        linger: Duration = .zero, takesCommands: Bool = false, limits: ClientLimits = ClientLimits(), seed: UInt64
    ) {
        self.identity = identity
        self.given = given
        self.secretIsMadeUp = secretIsMadeUp
        self.linger = linger
        self.takesCommands = takesCommands
        self.limits = limits
        lineBytes = limits.lineBytes
        people = People(limit: limits.people)
        registration = registers ? .wanted : .notNeeded
        servers = [given]
        random = RandomNumbers(seed: seed)
    }

    /// Handles one event. All state changes here.
    ///
    /// - Parameter now: the time on the monotonic clock; it never goes back.
    public mutating func handle(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        if case .started = event {
            startedAt = now
            return connect(to: given, now, &effects)
        }
        if state == .ended { return }
        let before = effects.count
        defer { noteSaid(effects[before...], now) }
        switch event {
        case .started: break
        case .typed(let line): typed(line, now, &effects)
        case .typedTooMuch(let limit): refuse(.inputTooLong(limitBytes: limit), &effects)
        case .inputEnded: inputEnded(now)
        case .connected: greet(now, &effects)
        case .disconnected(let reason): connectionLost(reason, now, &effects)
        case .received(let message): receive(message, now, &effects)
        case .interrupted(let status):
            if takesCommands, !outbox.isEmpty { effects.append(.tell(.leftBehind(count: outbox.messages.count))) }
            leave(status, &effects)
        case .timePassed: timePassed(now, &effects)
        }
        finishIfDone(now, &effects)
    }

    /// When `timePassed` is due; nil while nothing is awaited.
    public var nextDeadline: Instant? {
        var deadlines: [Instant] = []
        switch state {
        case .pausing(let until), .connecting(_, let until), .registering(_, let until), .loggingIn(_, let until):
            deadlines.append(until)
        case .loggedIn:
            if let pingPause { deadlines.append(saidAt + pingPause) }
            if let renewAt = tokens.renewAt { deadlines.append(renewAt) }
        case .ended: return nil
        }
        if let outage, outage.told == .nothing, !isOnline { deadlines.append(outage.tellAt) }
        if let settling { deadlines.append(min(settling.quietAt, settling.until)) }
        if let lingerUntil { deadlines.append(lingerUntil) }
        if isWaitingForOwn { deadlines.append(lastProgress + limits.echoPatience) }
        return deadlines.min()
    }

    private mutating func noteSaid(_ effects: ArraySlice<Effect>, _ now: Instant) {
        let hasSaid = effects.contains { if case .send = $0 { true } else { false } }
        if hasSaid { saidAt = now }
    }

    // MARK: The end

    /// The end waits for own messages to come back, and not for ever. A server that holds this client back and says so
    /// has lost none.
    private var isWaitingForOwn: Bool { hasInputEnded && !outbox.isEmpty && !(isHeldBack && isOnline) }

    private mutating func timePassed(_ now: Instant, _ effects: inout [Effect]) {
        if isWaitingForOwn, now >= lastProgress + limits.echoPatience {
            return fail(.notComingBack(count: outbox.messages.count), &effects)
        }
        if let settling, now >= min(settling.quietAt, settling.until) { settle(&effects) }
        tellOutageIfLong(now, &effects)
        switch state {
        case .loggedIn:
            if let renewAt = tokens.renewAt, now >= renewAt { renewToken(now, &effects) }
            if let pingPause, now >= saidAt + pingPause { effects.append(.send(ClientMessages.ping)) }
        case .pausing(let until) where now >= until:
            connect(to: round.removeFirst(), now, &effects)
        case .connecting(_, let until) where now >= until:
            effects.append(.disconnect)
            connectionLost("connecting took too long", now, &effects)
        case .registering(_, let until) where now >= until, .loggingIn(_, let until) where now >= until:
            effects.append(.disconnect)
            connectionLost("no answer came", now, &effects)
        default: break
        }
    }

    mutating func inputEnded(_ now: Instant) {
        guard !hasInputEnded else { return }
        hasInputEnded = true
        lastProgress = now
    }

    private mutating func finishIfDone(_ now: Instant, _ effects: inout [Effect]) {
        guard hasInputEnded, hasLoggedIn, outbox.isEmpty, state != .ended else { return }
        let until = lingerUntil ?? now + linger
        lingerUntil = until
        if now >= until { leave(hasRefused ? 1 : 0, &effects) }
    }

    /// Ends the session, and sends `LOGOUT` if it is logged in.
    mutating func leave(_ status: Int32, _ effects: inout [Effect]) {
        if case .loggedIn = state { effects.append(.send(ClientMessages.logout)) }
        state = .ended
        settling = nil
        effects.append(.end(status: status))
    }

    mutating func fail(_ failure: Notice.Failure, _ effects: inout [Effect]) {
        effects.append(.tell(.failed(failure)))
        leave(1, &effects)
    }
}
