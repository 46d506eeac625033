import Session
import Tree
import Wire

/// A session with a person or a pipe in front of it: what is typed, what is shown, and when the program ends.
///
/// `ClientSession` finds servers, and says and receives messages. This turns lines into messages, what the session
/// tells into notices for people, and knows commands. It is a state machine, too: events go in, effects come out.
public struct TerminalSession {
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
        /// - Parameter advice: what the user can do about it.
        case disconnected(reason: String, advice: String = ServerFlags.hostAndPort.advice)
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
        case show(Broadcast, ClientSession.Receipt?)
        case tell(Notice)
        case pauseInput
        case resumeInput
        /// End the program once everything is sent. No effect follows.
        case end(status: Int32)
    }

    /// What is known between the loss of a server and the next login.
    struct Outage {
        enum Telling { case nothing, looking, allGone }

        /// The server that was lost, or that redirected us.
        let lost: Address
        let reason: String
        /// The server to which the lost one has sent us, if it did.
        let sentTo: Address?
        /// The server that was tried last, and why it didn't let us in.
        var last: (address: Address, reason: String)
        let tellAt: Instant
        var told = Telling.nothing
    }

    let identity: Identity
    let secretIsMadeUp: Bool
    let linger: Duration
    /// Whether a line that begins with a slash is a command, since a person types.
    let takesCommands: Bool
    let limits: ClientLimits
    var session: ClientSession

    /// People whose messages were received.
    var people: People
    var outage: Outage?
    private var hasToldUnreachable = false
    /// The last redirect: who sent us, and where.
    private var redirect: (from: Address, to: Address)?
    var hasInputEnded = false
    private var isInputPaused = false
    private var lingerUntil: Instant?
    /// When the last own message came back, or when the input ended if that was later.
    private var lastProgress = Instant(nanoseconds: 0)
    /// The notice that the server holds the client back has been told.
    private var hasToldHeldBack = false
    /// A line was not said, so not all has gone well.
    private var hasRefused = false
    /// The receipt of the message that is shown next.
    private var receipt: ClientSession.Receipt?
    /// What to do about the last connection that failed.
    private var advice = ServerFlags.hostAndPort.advice
    private var steps: [ClientSession.Effect] = []

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
        self.secretIsMadeUp = secretIsMadeUp
        self.linger = linger
        self.takesCommands = takesCommands
        self.limits = limits
        people = People(limit: limits.people)
        var random = RandomNumbers(seed: seed)
        session = ClientSession(identity, at: [given], registers: registers, limits: limits.session) {
            Double.random(in: 0..<1, using: &random)
        }
    }

    /// Handles one event. All state changes here.
    ///
    /// - Parameter now: the time on the monotonic clock; it never goes back.
    public mutating func handle(_ event: Event, at now: Instant, into effects: inout [Effect]) {
        guard session.state != .ended else { return }
        switch event {
        case .started: pass(.started, now, &effects)
        case .typed(let line): typed(line, now, &effects)
        case .typedTooMuch(let limit): refuse(.inputTooLong(limitBytes: limit), &effects)
        case .inputEnded: inputEnded(now)
        case .connected: pass(.connected(), now, &effects)
        case .disconnected(let reason, let advice):
            self.advice = advice
            pass(.disconnected(reason: reason), now, &effects)
        case .received(let message): pass(.received(message), now, &effects)
        case .interrupted(let status):
            if takesCommands, countUnderWay > 0 { effects.append(.tell(.leftBehind(count: countUnderWay))) }
            leave(status, now, &effects)
        case .timePassed: timePassed(now, &effects)
        }
        finishIfDone(now, &effects)
    }

    /// When `timePassed` is due; nil while nothing is awaited.
    public var nextDeadline: Instant? {
        guard session.state != .ended else { return nil }
        var deadlines = [session.nextDeadline, lingerUntil]
        if let outage, outage.told == .nothing, !isOnline { deadlines.append(outage.tellAt) }
        if isWaitingForOwn { deadlines.append(lastProgress + limits.echoPatience) }
        return deadlines.compactMap(\.self).min()
    }

    /// Whether a message is sent at once.
    public var isOnline: Bool { session.isOnline }

    // MARK: The session

    /// Hands an event to the session, and turns what it wants into effects.
    private mutating func pass(_ event: ClientSession.Event, _ now: Instant, _ effects: inout [Effect]) {
        session.handle(event, at: now, into: &steps)
        translate(now, &effects)
    }

    private mutating func translate(_ now: Instant, _ effects: inout [Effect]) {
        let taken = steps
        steps.removeAll(keepingCapacity: true)
        for step in taken {
            switch step {
            case .connect(let address): effects.append(.connect(address))
            case .send(let line): effects.append(.send(line))
            case .disconnect: effects.append(.disconnect)
            case .tell(let telling): tell(telling, now, &effects)
            case .resolve(let receipt):
                self.receipt = receipt
                lastProgress = now
            case .refuse(let message, let refusal): refused(message, refusal, &effects)
            case .remark(let remark): heard(remark, now, &effects)
            case .end(let fault): ended(fault, &effects)
            }
        }
        receipt = nil
        resumeInputIfRoom(&effects)
    }

    private mutating func tell(_ telling: ClientSession.Telling, _ now: Instant, _ effects: inout [Effect]) {
        switch telling {
        case .message(let broadcast, _):
            people.heard(Person(broadcast), at: now)
            effects.append(.show(broadcast, receipt))
            receipt = nil
        case .gap(let gap): effects.append(.tell(.gap(gap)))
        case .connected(let address, let name, let resumed):
            hasToldHeldBack = false
            // The time for the own messages to come back begins anew.
            lastProgress = now
            guard !resumed else { break }
            let by = redirect.flatMap { $0.to == address ? $0.from : nil }
            effects.append(.tell(.loggedIn(address, name: name, by: by)))
            if takesCommands { effects.append(.tell(.answer(Self.greeting))) }
        case .caughtUp(let missed):
            guard let address = session.currentAddress else { break }
            let by = outage.flatMap { $0.sentTo == address ? $0.lost : nil }
            effects.append(.tell(.reconnected(address, by: by, caughtUp: missed)))
            outage = nil
        case .lost(let address, let reason, let hadHeld, let wasSentOn):
            // A redirect is remarked by itself.
            if !wasSentOn, outage == nil || hadHeld { beginOutage(address, reason, sentTo: nil, now) }
        case .notice(let info, let waits): noticed(info, waits, now, &effects)
        }
    }

    private mutating func noticed(_ info: String, _ waits: Bool?, _ now: Instant, _ effects: inout [Effect]) {
        guard let address = session.currentAddress else { return }
        switch waits {
        case nil: effects.append(.tell(.told(by: address, info: info)))
        case true?:
            hasToldHeldBack = true
            effects.append(.tell(.heldBack(address, info: info)))
        case false?:
            guard hasToldHeldBack else { return }
            hasToldHeldBack = false
            lastProgress = now
            effects.append(.tell(.goesOn(address)))
        }
    }

    private mutating func heard(_ remark: ClientSession.Remark, _ now: Instant, _ effects: inout [Effect]) {
        switch remark {
        case .registered:
            let secret = secretIsMadeUp ? identity.secret : nil
            effects.append(.tell(.registered(name: identity.username, madeSecret: secret)))
        case .failed(let address, let reason):
            if !session.hasLoggedIn, !hasToldUnreachable {
                hasToldUnreachable = true
                effects.append(.tell(.unreachable(address, reason: reason)))
            }
            if outage?.told == .nothing { outage!.last = (address, reason) }
        case .turnedAway(let address, let info, let times):
            if !session.hasLoggedIn, times == 1 { effects.append(.tell(.turnedAway(address, info: info))) }
            if outage?.told == .nothing { outage!.last = (address, info) }
        case .roundOver: tellAllGone(&effects)
        case .redirected(let here, let address):
            redirect = (here, address)
            if session.hasLoggedIn, outage == nil || outage?.sentTo != nil {
                beginOutage(here, "it has sent us to \(address)", sentTo: address, now)
            }
        case .complaint(let info): effects.append(.tell(.complaint(info: info)))
        }
    }

    // MARK: Without a server

    private mutating func beginOutage(_ address: Address, _ reason: String, sentTo: Address?, _ now: Instant) {
        let before = outage
        outage = Outage(
            lost: address, reason: reason, sentTo: sentTo, last: (address, reason),
            tellAt: before?.tellAt ?? now + limits.outagePatience)
        // After a further redirect, the user need not be told again.
        if let before { outage!.told = before.told }
    }

    /// Tells the user when there has been no server for some time. Servers that don't even refuse a connection take
    /// long to try.
    private mutating func tellOutageIfLong(_ now: Instant, _ effects: inout [Effect]) {
        guard let outage, outage.told == .nothing, !isOnline, now >= outage.tellAt else { return }
        self.outage!.told = .looking
        effects.append(
            .tell(
                outage.sentTo.map { Notice.sentOn(by: outage.lost, to: $0) }
                    ?? .lost(outage.lost, reason: outage.reason)))
    }

    private mutating func tellAllGone(_ effects: inout [Effect]) {
        guard let outage, outage.told != .allGone else { return }
        self.outage!.told = .allGone
        effects.append(.tell(.allGone(outage.last.address, reason: outage.last.reason, waiting: countUnderWay)))
    }

    // MARK: The end

    /// The end waits for own messages to come back, and not for ever. A server that holds this client back and says so
    /// has lost none.
    private var isWaitingForOwn: Bool {
        hasInputEnded && countUnderWay > 0 && !(session.isHeldBack && isOnline)
    }

    private mutating func timePassed(_ now: Instant, _ effects: inout [Effect]) {
        if isWaitingForOwn, now >= lastProgress + limits.echoPatience {
            effects.append(.tell(.failed(.notComingBack(count: countUnderWay))))
            return leave(1, now, &effects)
        }
        tellOutageIfLong(now, &effects)
        pass(.timePassed, now, &effects)
    }

    mutating func inputEnded(_ now: Instant) {
        guard !hasInputEnded else { return }
        hasInputEnded = true
        lastProgress = now
    }

    private mutating func finishIfDone(_ now: Instant, _ effects: inout [Effect]) {
        guard hasInputEnded, session.hasLoggedIn, countUnderWay == 0, session.state != .ended else { return }
        let until = lingerUntil ?? now + linger
        lingerUntil = until
        if now >= until { leave(hasRefused ? 1 : 0, now, &effects) }
    }

    private mutating func leave(_ status: Int32, _ now: Instant, _ effects: inout [Effect]) {
        session.handle(.closed, at: now, into: &steps)
        for case .send(let line) in steps { effects.append(.send(line)) }
        steps.removeAll()
        effects.append(.end(status: status))
    }

    private mutating func ended(_ fault: ClientFault?, _ effects: inout [Effect]) {
        if let fault { effects.append(.tell(.failed(Notice.Failure(fault, name: identity.username, advice: advice)))) }
        effects.append(.end(status: fault == nil ? 0 : 1))
    }

    // MARK: Speaking

    mutating func say(_ line: [UInt8], _ now: Instant, _ effects: inout [Effect]) {
        guard let activity = TypedLine.activity(line) else { return }
        do throws(TooLong) {
            _ = try session.say(activity, at: now, into: &steps)
        } catch {
            return refuse(.refusedAsTooLong(bytes: error.bytes, limitBytes: error.limitBytes), &effects)
        }
        translate(now, &effects)
        if !isInputPaused, !session.hasRoom {
            isInputPaused = true
            effects.append(.pauseInput)
        }
    }

    private mutating func typed(_ line: [UInt8], _ now: Instant, _ effects: inout [Effect]) {
        // After the end of the input, or `/quit`, no further line is accepted.
        guard !hasInputEnded else { return }
        guard takesCommands, line.first == UInt8(ascii: "/") else { return say(line, now, &effects) }
        if line.dropFirst().first == UInt8(ascii: "/") { return say(Array(line.dropFirst()), now, &effects) }
        perform(TypedCommand(line), now, &effects)
    }

    private mutating func resumeInputIfRoom(_ effects: inout [Effect]) {
        guard isInputPaused, session.state != .ended, session.hasMuchRoom else { return }
        isInputPaused = false
        effects.append(.resumeInput)
    }

    private mutating func refused(
        _ message: Outgoing, _ refusal: ClientSession.Refusal, _ effects: inout [Effect]
    ) {
        switch refusal {
        case .tooLong(let fault):
            refuse(.refusedAsTooLong(bytes: fault.bytes, limitBytes: fault.limitBytes), &effects)
        case .byServer(let info):
            refuse(.refusedByServer(text: BroadcastText.text(of: message.activity), info: info), &effects)
        // The end is told by itself.
        case .ended: break
        }
    }

    private mutating func refuse(_ notice: Notice, _ effects: inout [Effect]) {
        effects.append(.tell(notice))
        // A person has read the notice. A program learns of it from the exit status.
        if !takesCommands { hasRefused = true }
    }

    // MARK: Messages under way

    /// The texts of the newest own messages that have not come back.
    public func underWay(atMost count: Int) -> [String] {
        session.underWay.suffix(count).map { BroadcastText.text(of: $0.activity) }
    }

    public var countUnderWay: Int { session.underWay.count }
}

extension Notice.Failure {
    /// - Parameters:
    ///   - name: of the user, as the user spells it.
    ///   - advice: what to do if no server can be reached.
    init(_ fault: ClientFault, name: String, advice: String) {
        switch (fault.reason, fault.server) {
        case (.unreachable, let server?): self = .unreachable(server, reason: fault.info, advice: advice)
        case (.notUnderstood, let server?): self = .notUnderstood(server, info: fault.info)
        case (.loginRefused, _): self = .loginRefused(name: name, info: fault.info)
        case (.registrationRefused, _): self = .registrationRefused(name: name, info: fault.info)
        default: self = .serverComplains(info: fault.info)
        }
    }
}
