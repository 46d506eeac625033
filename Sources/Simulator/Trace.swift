import Tree

/// Records what happened, one line for each event.
///
/// The columns are: virtual seconds, the actor, the action, and two numbers whose meaning depends on the action. The
/// hash over all lines names a history: equal hashes mean equal histories.
struct Trace {
    private(set) var hash: UInt64 = 14_695_981_039_346_656_037
    private(set) var count = 0
    /// Called with each line, if the trace is printed.
    var print: ((String) -> Void)?

    enum What: UInt8 {
        case step, connected, connectFailed, read, malformed, closed, congested, drained, fellBehind, time, turn
        case hashed, verified, clock, noClock, leave, opened, measured, persisted
        case connect, abandon, send, forward, show, follow, close, pause, resume, prefer, hash, verify, askClock
        case remember, report, stop, persist
        case label, stored, safe, client
        case located, serve
    }

    mutating func note(_ now: UInt64, _ who: Int, _ what: What, _ a: UInt64 = 0, _ b: UInt64 = 0) {
        count += 1
        mix(now)
        mix(UInt64(bitPattern: Int64(who)) << 8 | UInt64(what.rawValue))
        mix(a)
        mix(b)
        guard let print else { return }
        print("\(Trace.seconds(now))\t\(who < 0 ? "c\(-1 - who)" : "h\(who)")\t\(what)\t\(a)\t\(b)")
    }

    /// Prints a line that explains. It is no part of the history.
    func remark(_ now: UInt64, _ text: @autoclosure () -> String) {
        guard let print else { return }
        print("\(Trace.seconds(now))\t#\t\(text())")
    }

    private mutating func mix(_ value: UInt64) {
        hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }

    static func seconds(_ now: UInt64) -> String {
        let micros = now / 1000
        let fraction = String(micros % 1_000_000)
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}

extension Trace.What {
    init(_ event: Event) {
        switch event {
        case .connected: self = .connected
        case .connectFailed: self = .connectFailed
        case .opened: self = .opened
        case .received: self = .read
        case .located, .unfollowed: self = .located
        case .receivedForeign: self = .malformed
        case .receivedMalformed: self = .malformed
        case .closed: self = .closed
        case .congested: self = .congested
        case .drained: self = .drained
        case .fellBehind, .standsStill: self = .fellBehind
        case .timePassed: self = .time
        case .turnEnded: self = .turn
        case .hashed: self = .hashed
        case .verified, .encrypted, .namedWrongKey, .vouched: self = .verified
        case .clockAnswered: self = .clock
        case .clockSilent: self = .noClock
        case .drainRequested: self = .leave
        case .turnsMeasured, .counted, .workCounted, .read, .adjusted, .secretsChanged, .seedsNamed: self = .measured
        case .persisted, .persistedBans: self = .persisted
        case .described: self = .located
        }
    }

    init(_ effect: Effect) {
        switch effect {
        case .connect: self = .connect
        case .abandon: self = .abandon
        case .send, .tellSettings: self = .send
        case .forward: self = .forward
        case .show, .showNumbered: self = .show
        case .serve: self = .serve
        case .follow, .unfollow: self = .follow
        case .close: self = .close
        case .pause: self = .pause
        case .resume: self = .resume
        case .prefer: self = .prefer
        case .hash: self = .hash
        case .verify, .vouch: self = .verify
        case .askClock: self = .askClock
        case .persist, .persistBans: self = .persist
        case .describe: self = .serve
        case .remember: self = .remember
        case .report: self = .report
        case .stop: self = .stop
        }
    }
}

/// Two numbers that tell an event or effect from others of its kind.
enum TraceNumbers {
    static func of(_ event: Event) -> (UInt64, UInt64) {
        switch event {
        case .connected(let attempt, let connection): (attempt.value, connection.value)
        case .connectFailed(let attempt, _): (attempt.value, 0)
        case .received(let connection, let message): (connection.value, of(message))
        case .opened(let connection, let address): (connection.value, address.value)
        case .read(let connection, let bytes): (connection.value, UInt64(bytes))
        case .located(let connection, let address): (connection.value, UInt64(address.port))
        case .unfollowed(let connection, let offset): (connection.value, offset)
        case .receivedMalformed(let connection, _), .receivedForeign(let connection, _), .closed(let connection),
            .congested(let connection),
            .drained(let connection), .fellBehind(let connection), .standsStill(let connection),
            .encrypted(let connection, _, _, _), .namedWrongKey(let connection):
            (connection.value, 0)
        case .hashed(let ticket, _): (ticket.value, 0)
        case .verified(let ticket, let isRight): (ticket.value, isRight == true ? 1 : 0)
        case .vouched(let ticket, _): (ticket.value, 0)
        case .described(let id, let traits): (id.count, UInt64(traits.count))
        case .persisted(let ticket, let failure), .persistedBans(let ticket, let failure):
            (ticket.value, failure == nil ? 1 : 0)
        case .clockAnswered(let first, let count, _, _): (first.value, UInt64(count))
        case .timePassed, .turnEnded, .clockSilent, .drainRequested, .turnsMeasured, .counted, .workCounted, .adjusted,
            .secretsChanged, .seedsNamed:
            (0, 0)
        }
    }

    static func of(_ effect: Effect) -> (UInt64, UInt64) {
        switch effect {
        case .connect(let attempt, let address, _):
            (attempt.value, address.host.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
        case .abandon(let attempt): (attempt.value, 0)
        case .send(let connection, let message): (connection.value, of(message))
        case .forward(let connection, let entry, let hop): (connection.value, entry.position.value << 8 | UInt64(hop))
        case .follow(let connection, let offset): (connection.value, offset)
        case .unfollow(let connection): (connection.value, .max)
        case .show(let connection, let line): (connection.value, line.offset << 1 | (line.isLate ? 1 : 0))
        case .showNumbered(let connection, let line, let number): (connection.value, line.offset << 1 ^ UInt64(number))
        case .serve(let connection, let dialect): (connection.value, dialect == .base ? 0 : 1)
        case .close(let connection, let manner): (connection.value, manner == .now ? 1 : 0)
        case .pause(let connection), .resume(let connection), .prefer(let connection), .tellSettings(let connection):
            (connection.value, 0)
        case .hash(let ticket, _), .verify(let ticket, _, _), .vouch(let ticket, _): (ticket.value, 0)
        case .persistBans(let ticket, let records): (ticket.value, UInt64(records.count))
        case .describe(let id, let connections): (id.count, UInt64(connections.count))
        case .persist(let ticket, let records): (ticket.value, UInt64(records.count))
        case .askClock(let count, let seen): (seen.value, UInt64(count))
        case .remember(let contacts): (UInt64(contacts.count), 0)
        case .report, .stop: (0, 0)
        }
    }

    /// The kind of a message, and one number of it. Each kind has a number of its own; 64 is the next free one.
    static func of(_ message: Message) -> UInt64 {
        switch message {
        case .login(let login): 1 << 56 | UInt64(login.since?.components.count ?? 0)
        case .loginSuccess(let success): 2 << 56 | UInt64(success.vector.components.count)
        case .loginFailed: 3 << 56
        case .logout: 4 << 56
        case .register: 5 << 56
        case .registerSuccess: 6 << 56
        case .registerFailed: 7 << 56
        case .changeSecret: 48 << 56
        case .secretChanged: 49 << 56
        case .changeFailed: 50 << 56
        case .redirect: 8 << 56
        case .activity(let activity): 9 << 56 | (activity.sequence ?? 0)
        case .invalidMessage, .unavailable: 10 << 56
        case .authenticate(let request): 11 << 56 | label(request)
        case .authenticationFail(let refusal): 12 << 56 | UInt64(refusal.others.count)
        case .broadcast: 13 << 56
        case .serverAnnounce(let announcement): 14 << 56 | UInt64(announcement.load)
        case .lockRequest(let question): 15 << 56 | (question.id?.count ?? 0)
        case .lockAllowed(let answer): 16 << 56 | (answer.id?.count ?? 0)
        case .lockDenied(let answer): 17 << 56 | (answer.id?.count ?? 0)
        case .authenticationSuccess(let acceptance): 18 << 56 | (acceptance.member?.position.label.term ?? 0)
        case .loginRequest(let question): 19 << 56 | (question.id?.count ?? 0)
        case .loginAllowed(let answer): 20 << 56 | (answer.id?.count ?? 0)
        case .loginDenied(let answer): 21 << 56 | (answer.id?.count ?? 0)
        case .entry(let entry, let hop): 22 << 56 | UInt64(hop) << 48 | entry.sequence
        case .acknowledge(let counts): 23 << 56 | counts.stored << 28 ^ counts.safe
        case .synchronised: 24 << 56
        case .vectors(let stored, _):
            25 << 56 | stored.components.reduce(stored.leftOut >> 16) { ($0 &+ $1.sequence) & (1 << 48 - 1) }
        case .gap(let gap, _): 26 << 56 | gap.through
        case .heartbeat(let heartbeat): 27 << 56 | heartbeat.label.term << 32 | UInt64(heartbeat.size)
        case .tree(let position): 28 << 56 | position.label.term << 32 | UInt64(position.label.depth)
        case .raise(let term, _): 29 << 56 | term
        case .probe: 30 << 56
        case .probed: 31 << 56
        case .met: 32 << 56
        case .leaving: 33 << 56
        case .handOver(let term): 34 << 56 | term
        case .redirected: 35 << 56
        case .status: 36 << 56
        case .statusAnswer: 37 << 56
        case .watermark(let stamp): 39 << 56 | stamp.value
        case .stable(let changes, _): 38 << 56 | changes.components.reduce(0) { $0 &+ $1.sequence }
        case .recordRequest(let question): 58 << 56 | question.id.count
        case .recorded(let answer): 40 << 56 | UInt64(answer.holders.count) << 48 | answer.id.count
        case .heldRequest(let question): 59 << 56 | question.id.count
        case .held(let answer): 60 << 56 | UInt64(answer.nodes.count) << 48 | answer.id.count
        case .compareAccounts(let ranges): 41 << 56 | UInt64(ranges.count)
        case .compareEntries(let ranges): 63 << 56 | UInt64(ranges.count)
        case .comparedAccounts(let differences): 42 << 56 | UInt64(differences.count)
        case .fetchAccounts(_, let digests): 43 << 56 | UInt64(digests.count)
        case .accounts(let records, _): 44 << 56 | UInt64(records.count)
        case .compareBans(let sum): 58 << 56 | sum >> 8
        case .comparedBans(let digests): 59 << 56 | UInt64(digests.count)
        case .fetchBans(let digests): 60 << 56 | UInt64(digests.count)
        case .bans(let records): 61 << 56 | UInt64(records.count)
        case .sessionsRequest(let question): 62 << 56 | question.id.count
        case .sessionsAnswer(let id, let answer): 64 << 56 | UInt64(answer.nodes) << 48 | id.count
        case .administer: 45 << 56
        case .administered: 46 << 56
        case .notice: 47 << 56
        case .ping: 55 << 56
        case .pong: 56 << 56
        case .reachRequest(let question): 51 << 56 | question.id.count
        case .reached(let answer): 52 << 56 | UInt64(answer.bridge?.path.count ?? 255) << 48 | answer.id.count
        case .passReign(let passing): 53 << 56 | UInt64(passing.path.count) << 48 | passing.term
        case .unknown(let command): 57 << 56 | UInt64(command.utf8.count)
        case .reignTaken(let position): 54 << 56 | (position?.label.term ?? 0)
        }
    }

    private static func label(_ request: Authenticate) -> UInt64 {
        if case .node(let newcomer) = request.kind { newcomer.label.term } else { 0 }
    }
}

extension Trace {
    /// A notice in a few words.
    static func words(_ notice: Notice) -> String {
        switch notice {
        case .joined(let contact): "joined \(contact.address.host)"
        case .retryingParent(let address, let refusal):
            "tries \(address.host) again: \(refusal?.reason?.rawValue ?? "-")"
        case .parentRefused(let address, let refusal):
            "\(address.host) refused for good: \(refusal.reason?.rawValue ?? "-")"
        case .orderGivenUp(let contact): "waits no longer for \(contact.address.host)"
        case .notJoined(let trouble): "not joined: \(trouble.info)"
        case .parentLost(let contact, let why): "lost its parent \(contact.address.host): \(why)"
        case .promoted(let term): "promoted, term \(term)"
        case .mergingUnder(let contact): "merges under \(contact.address.host)"
        case .noWay(let contact): "can't reach the tree of \(contact.address.host)"
        case .passedReign(let child, let target):
            "passes its reign to \(child.address.host), to reach \(target.address.host)"
        case .tookReign(let former, let term, let target):
            "rules instead of \(former.address.host), term \(term), to reach \(target.address.host)"
        case .tookChild(let contact): "took \(contact.address.host)"
        case .childLost(let contact, let why): "lost its child \(contact.address.host): \(why)"
        case .labelWentBack(let contact): "label went back at \(contact.address.host)"
        case .foundMyselfAbove(let contact): "found itself above \(contact.address.host)"
        case .streamBroken(let contact, let detail): "stream broken with \(contact.address.host): \(detail)"
        case .badFrame(let contact, let info): "skips a bad message of \(contact?.address.host ?? "a peer"): \(info)"
        case .clientFellBehind: "closes a client that reads too slowly"
        case .clientsMissed(let clients, let entries): "\(clients) clients missed \(entries) entries"
        case .tooDeep(let contact): "too deep under \(contact.address.host)"
        case .gap(let gap): "gap \(gap.from)...\(gap.through) of \(gap.origin.node.value % 1000)"
        case .unjoined(let trouble, _): "still not joined: \(trouble.info)"
        case .refusedNode(let contact, let refusal, _):
            "refused \(contact?.address.host ?? "a server"): \(refusal.reason?.rawValue ?? "-")"
        default: "\(notice)"
        }
    }
}
