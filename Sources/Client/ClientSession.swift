import Tree
import Wire

/// A client of the network, without its sockets: what it says and hears, wherever it is connected.
///
/// The idea: a connection may go at any time, the session stays. It numbers what it says and keeps it until it has come
/// back; it remembers how far it has received everybody's. So at any other node it can ask for the rest, say again
/// what was lost on the way, and nothing shows twice.
///
///     pausing ──▶ connecting ──▶ registering ──▶ loggingIn ──▶ loggedIn
///        ▲             │              │              │             │
///        └─────────────┴──────────────┴──────────────┴─────────────┘  lost, refused for now, redirected
///
/// It is a state machine: events go in, effects come out; it reads no clock and draws no randomness but from its seed.
/// One event, then all its effects in their order, then the next event.
public struct ClientSession {
    /// What has happened.
    public enum Event: Equatable, Sendable {
        /// The first event.
        case started
        /// A line of the input, without its end.
        case typed([UInt8])
        /// The input had a line that is too long to be taken, in bytes.
        case typedTooMuch(limitBytes: Int)
        case inputEnded
        /// The connection that was ordered is there.
        case connected
        /// The connection that was ordered could not be made, or is gone.
        case disconnected(reason: String)
        case received(ServerMessage)
        /// The user wants it to end, with this exit status.
        case interrupted(status: Int32)
        /// The deadline is there.
        case timePassed
    }

    /// What is to be done.
    public enum Effect: Equatable, Sendable {
        /// Open a connection. There is no other one then.
        case connect(Address)
        /// Send a line, which has its end.
        case send([UInt8])
        /// Give the connection, or the attempt, up; nothing is to be heard of it any more.
        case disconnect
        /// With a receipt if it is an own message that has come back.
        case show(Broadcast, Receipt?)
        case tell(Notice)
        case pauseInput
        case resumeInput
        /// End the program once what was sent has gone. The last effect of all.
        case end(status: Int32)
    }

    /// How well an own message is kept.
    public struct Receipt: Equatable, Sendable {
        public let copies: Int
        /// How many nodes were to hold it.
        public let promised: Int

        var isWhole: Bool { copies >= promised }
    }

    /// What there is between the loss of a server and the next that lets us in.
    struct Outage {
        enum Telling { case nothing, looking, allGone }

        /// The server that we have lost, or that sent us away; later the one that was tried last.
        var address: Address
        var reason: String
        /// The server that sent us elsewhere, if that is how it began.
        let sentBy: Address?
        let tellAt: Instant
        var told = Telling.nothing
    }

    enum State: Equatable {
        /// Nothing is open. Becomes connecting when the time has come.
        case pausing(until: Instant)
        /// Becomes registering or loggingIn when the connection is there.
        case connecting(Address, until: Instant)
        /// Waits for the answer to `REGISTER`. Becomes loggingIn.
        case registering(Address, until: Instant)
        /// Waits for the answer to `LOGIN`. Becomes loggedIn, or registering after a registration got lost.
        case loggingIn(Address, until: Instant)
        /// Talks and listens.
        case loggedIn(Address)
        /// Nothing more happens.
        case ended
    }

    /// Whether the name has to be registered before the first login.
    enum Registration: Equatable {
        case notNeeded
        case wanted
        /// The answer got lost with the connection: a login will tell.
        case asked
        case done
    }

    /// What follows a login until things are calm.
    struct Settling: Equatable {
        /// What the server had at the login: all up to here was missed and is being caught up on.
        let target: Vector?
        var quietAt: Instant
        let until: Instant
    }

    let identity: Identity
    let secretIsMadeUp: Bool
    let given: Address
    let linger: Duration
    /// Whether a line that begins with a slash is a command: a person types.
    let takesCommands: Bool
    let limits: ClientLimits
    var random: RandomNumbers

    var state = State.ended
    var registration: Registration
    var outbox = Outbox()
    var doubles = Doubles()
    /// What was received until now; nil before the first login, and as long as servers don't tell.
    var vector: Vector?
    /// The greatest in the one order of stamps that was received: at another server what is below comes late.
    var last: (stamp: Stamp, id: EntryName)?
    /// What servers call the session where others can see it; nil as long as none has told.
    var shownSession: String?

    var startedAt = Instant(nanoseconds: 0)
    var hasLoggedIn = false
    var hasInputEnded = false
    var isInputPaused = false
    var lingerUntil: Instant?
    /// When the last of our own messages came back, or the input ended.
    var lastProgress = Instant(nanoseconds: 0)
    /// The server has said that it takes what is said only as fast as others do: it is waited for.
    var isHeldBack = false
    /// A line was not said, so not all has gone well.
    var hasRefused = false

    // What servers tell at a login
    /// The longest line that is sent, in bytes.
    var lineBytes: Int
    /// How many nodes are to hold what was said.
    var promisedCopies = 1

    /// Those who were heard.
    var people: People

    // Finding a server
    /// All that are known, the given one first.
    var servers: [Address]
    /// Those that are still to be tried in this round.
    var round: [Address] = []
    var roundsDone = 0
    var outage: Outage?
    var hasToldUnreachable = false
    var redirects = 0
    var refusals = 0

    // Complaints
    /// The last message that was sent over this connection.
    var sentThrough: UInt64 = 0
    /// One of the messages up to here may be what the server complained about: each is sent by itself.
    var oneByOneThrough: UInt64?
    /// The message that was alone under way when the server complained, and how often.
    var suspect: (sequence: UInt64, times: Int)?
    /// Complaints in a row that no message was the reason of.
    var complaints = 0

    // After a login
    var settling: Settling?
    var caughtUp = 0
    /// Logged in again, and not told yet.
    var isReturning = false

    /// - Parameters:
    ///   - given: where to connect first.
    ///   - registers: whether the name is to be registered first.
    ///   - secretIsMadeUp: whether the user doesn't know the secret yet.
    ///   - linger: how long to stay and listen after the end of the input, once all came back.
    ///   - takesCommands: whether a line that begins with a slash is a command.
    ///   - seed: of its randomness, which only spreads pauses.
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

    /// The one way in.
    ///
    /// - Parameter now: on the monotonic clock; it doesn't go back.
    public mutating func handle(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        if case .started = event {
            startedAt = now
            return connect(to: given, now, &effects)
        }
        if state == .ended { return }
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

    /// When `timePassed` is due; nil while nothing is waited for.
    public var nextDeadline: Instant? {
        var deadlines: [Instant] = []
        switch state {
        case .pausing(let until), .connecting(_, let until), .registering(_, let until), .loggingIn(_, let until):
            deadlines.append(until)
        case .loggedIn: break
        case .ended: return nil
        }
        if let outage, outage.told == .nothing, !isOnline { deadlines.append(outage.tellAt) }
        if let settling { deadlines.append(min(settling.quietAt, settling.until)) }
        if let lingerUntil { deadlines.append(lingerUntil) }
        if isWaitingForOwn { deadlines.append(lastProgress + limits.echoPatience) }
        return deadlines.min()
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

    /// Ends, and says goodbye where there is somebody to say it to.
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
