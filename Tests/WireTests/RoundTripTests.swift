import JSON
import Testing
import Tree

@testable import Wire

/// A node reads every message that a node writes as the same message.
@Suite struct RoundTripTests {
    private static let origin = Origin(node: NodeID(0xFEDC_BA98_7654_3210), incarnation: Incarnation(1_795_376_500_724))
    private static let other = Origin(node: NodeID(1), incarnation: Incarnation(7))
    private static let contact = Contact(
        node: origin.node, incarnation: origin.incarnation, address: Address(host: "h.example", port: 3781),
        secret: Secret("s\"ü"))
    private static let label = Label(term: 12, root: other.node, depth: 3)
    private static let vector = VersionVector([
        .init(origin: origin, sequence: 17), .init(origin: other, sequence: 1 << 40),
    ])
    private static let claim = RootClaim(priority: -2, reign: 1_795_376_500_000, root: contact)
    private static let position = TreePosition(
        label: label, path: [contact], heirs: [contact], siblings: [], uncles: [contact], claim: claim)
    private static let question = NameQuestion(
        username: "dave", id: QuestionID(asker: origin, count: 4), stamp: Stamp(1 << 60))
    private static let answer = NameAnswer(username: "dave", id: question.id)
    private static let account = Account(
        name: "dave", hash: "$argon2id$v=19$m=19456,t=2,p=1$x$y",
        registered: AccountVersion(stamp: Stamp(99), origin: other))
    private static let reset = Account(
        name: "dave", hash: "$argon2id$z", registered: account.registered,
        changed: AccountVersion(stamp: Stamp(1 << 62), origin: origin))
    private static let spelled = Account(
        name: "dave", spelling: "D\u{e0}ve", hash: "$argon2id$z", registered: account.registered)
    private static let removal = Removal(registered: account.registered, at: Stamp(101))
    private static let prefix = AccountPrefix(length: 4, digits: 0x0a3f)!
    private static let summary = AccountSummary(sum: .max, count: 17)
    private static let activity = Activity(
        sender: "ann", text: Array(#"{"n":1.10,"authenticated_user":"ann"}"#.utf8),
        retry: RetryKey(session: "abc", sequence: 8))
    private static let numbers = Array(
        #"{"authenticated_user":"ann","id":18446744073709551615,"x":[1e400,-1E+400,1.10,-0],"d":"\u00fc"}"#.utf8)
    private static let reading = ClockReading(order: .total, stamp: Stamp(1 << 61), time: 1_700_000_000_000)
    private static let newcomer = Newcomer(
        contact: contact, origin: origin, attempt: AttemptID(5), label: label, isChildless: true, claim: claim, size: 9,
        clock: reading, stored: vector, safe: VersionVector(), versions: WireVersions(oldest: 3, newest: 9)!)
    private static let status = NodeStatus(
        contact: Contact(node: origin.node, incarnation: origin.incarnation, address: contact.address),
        label: Label(term: 2, root: other.node, depth: 1), isRoot: false,
        path: [Contact(node: other.node, address: contact.address)], deadpool: [Contact(address: contact.address)],
        heir: contact, children: [],
        baseServers: [
            BaseServerStatus(dialect: .base, address: contact.address),
            BaseServerStatus(dialect: .original, address: contact.address),
        ], clients: 4, queue: 5, log: 6, stamp: Stamp(1 << 58),
        turns: TurnReport(count: 1, median: 2, p99: 3, p999: 4, longest: 5),
        work: WorkReport(
            sampledMilliseconds: 9, accepted: 1 << 40, deliveries: 1 << 41, bytesRead: 3, bytesWritten: 4,
            clientsBehind: 5, slowestBytes: 6, longestTurn: 7),
        links: [
            LinkStatus(
                peer: Contact(node: other.node, address: contact.address), role: .parent, state: .congested, behind: 8),
            LinkStatus(peer: Contact(address: contact.address), role: .baseServer, state: .open, behind: 0),
        ],
        trouble: JoinTrouble(parent: contact.address, reason: .duplicate, info: "i"),
        lag: LagStatus(
            policy: .gap, waitedMilliseconds: 2500, waitsFor: contact,
            leftBehind: [Contact(address: contact.address)]))

    private static let session = SessionView(
        position: SessionPosition(node: other.node, connection: ConnectionID(9)), node: contact.address,
        username: "ann", session: "xyz", since: 1_795_376_500, messages: 3,
        connection: ConnectionTraits(transport: "websocket+tls", host: "2001:db8::1", lagBytes: 17))

    static let messages: [Message] = [
        .login(Login(username: "ann", secret: Secret("x"), since: vector, session: "s", features: ["gap"])),
        .login(Login(username: Login.anonymous, wasRedirected: true)),
        .login(Login(username: "ann", token: Secret("eyJ.e30.x"))), .login(Login(username: "", token: Secret("t"))),
        .login(
            Login(
                username: Login.anonymous, since: vector,
                last: OrderKey(stamp: Stamp(7), origin: other, sequence: 2))),
        .loginSuccess(
            LoginSuccess(
                info: "i", vector: vector, servers: [contact.address], session: "s", shown: "t", copies: 2,
                lineBytes: 65_536)),
        .loginSuccess(
            LoginSuccess(
                info: "i", vector: vector, servers: [], session: "s", shown: "t",
                resumeToken: ClientToken(secret: Secret("r"), life: .seconds(9)),
                bearerToken: ClientToken(secret: Secret("b"), life: .seconds(8)), copies: 2, lineBytes: 65_536)),
        .loginSuccess(
            LoginSuccess(
                info: "i", vector: vector, servers: [], session: "s", shown: "t", copies: 2, lineBytes: 65_536,
                cut: "too \"slow\"")),
        .loginSuccess(
            LoginSuccess(
                info: "i", username: "\"D\u{e0}ve\"", vector: vector, servers: [], session: "s", shown: "t", copies: 2,
                lineBytes: 65_536, idleTimeout: .seconds(300))),
        .compareBans(sum: .max), .comparedBans([0, .max]), .fetchBans([7]),
        .bans([
            BanRecord(target: .name("d\u{e0}ve"), version: account.registered, until: 1 << 45, reason: "\"spam\""),
            BanRecord(target: .address(PeerRange("10.0.0.0/8")!), version: reset.changed, replaces: true),
            BanRecord(target: .session("s"), version: account.registered, isLifted: true),
        ]),
        .sessionsRequest(
            SessionsQuestion(
                id: question.id!,
                subject: .list(
                    SessionsPage(
                        target: .name("a"),
                        after: SessionPosition(node: origin.node, connection: ConnectionID(.max)), limit: 3)))),
        .sessionsRequest(SessionsQuestion(id: question.id!, subject: .list(SessionsPage(limit: 200)))),
        .sessionsRequest(SessionsQuestion(id: question.id!, subject: .end(.address(.loopback), info: "i"))),
        .sessionsRequest(
            SessionsQuestion(
                id: question.id!, subject: .ban(BanRecord(target: .session("s"), version: account.registered)))),
        .sessionsAnswer(question.id!, SessionsAnswer(total: 3, nodes: 2, durable: 1, isUnknown: true)),
        .sessionsAnswer(question.id!, SessionsAnswer(sessions: [session], total: 1, nodes: 1)),
        .administer(AccountRequest(secret: Secret("s"), action: .sessions(.list(SessionsPage(limit: 7))))),
        .administer(AccountRequest(secret: Secret("s"), action: .sessions(.end(.name("a"), reason: "")))),
        .administer(
            AccountRequest(secret: Secret("s"), action: .sessions(.ban(.session("a"), .seconds(90), reason: "r")))),
        .administer(AccountRequest(secret: Secret("s"), action: .sessions(.unban(.address(.loopback))))),
        .administer(AccountRequest(secret: Secret("s"), action: .sessions(.bans(page: 100)))),
        .administered(.sessions(SessionsAnswer(sessions: [session], total: 5, nodes: 2), next: session.position)),
        .administer(AccountRequest(secret: Secret("s"), action: .moving(.drain(perSecond: 50)))),
        .administer(AccountRequest(secret: Secret("s"), action: .moving(.stopDraining))),
        .administer(AccountRequest(secret: Secret("s"), action: .moving(.look))),
        .administer(AccountRequest(secret: Secret("s"), action: .moving(.balance(perSecond: 10_000)))),
        .administered(.moving(MovingAnswer(isDraining: true, clients: 9))),
        .sessionsRequest(
            SessionsQuestion(id: question.id!, subject: .balance(target: 100, perSecond: 20))),
        .administered(.acted(SessionsAnswer(total: 5, nodes: 2, durable: 2))),
        .administered(.bans([BanRecord(target: .name("x"), version: account.registered)], nextPage: 100)),
        .ping(id: nil), .ping(id: "\"7\""), .pong(id: nil), .pong(id: "ü"),
        .notice(info: "slowly"), .notice(info: "slowly", waits: true), .notice(info: "slowly", waits: false),
        .loginFailed(info: "no"), .logout, .register(username: "ü", secret: Secret("\\")),
        .registerSuccess(info: "yes", durable: 2), .registerFailed(info: "no"), .redirect(contact.address),
        .changeSecret(SecretChange(username: "ü", secret: Secret("\\"), newSecret: Secret("\""))),
        .secretChanged(info: "yes", durable: 2), .changeFailed(info: "no"),
        .activity(
            ActivityMessage(username: "ann", secret: nil, text: Array(#"{"a":[1,{"b":null}]}"#.utf8), sequence: 3)),
        .activity(ActivityMessage(username: "ann", secret: Secret("s"), text: numbers)),
        .broadcast(activity: numbers, sender: "ann", id: nil),
        .entry(
            Entry(
                origin: origin, sequence: 3, stamp: Stamp(5),
                body: .activity(Activity(sender: "ann", text: numbers, retry: nil))), hop: 4),
        .invalidMessage(info: "bad \n line"),
        .unavailable(info: "full", servers: [Address(host: "h", port: 1), Address(host: "::1", port: 65535)]),
        .unavailable(info: "full", servers: []),
        .authenticate(Authenticate(secret: Secret("abc"), kind: .base)),
        .authenticate(Authenticate(secret: Secret("abc"), kind: .original(contact.address, secret: Secret("bbb")))),
        .authenticate(Authenticate(secret: Secret("abc"), kind: .node(newcomer))),
        .authenticationFail(Refusal(reason: .full, info: "full", others: [contact])),
        .authenticationSuccess(
            Acceptance(
                backup: nil, isRoot: true,
                member: .init(
                    origin: origin, position: position, size: 3,
                    clock: ClockReading(order: .causal, stamp: .zero, time: nil), stored: vector, safe: vector))),
        .serverAnnounce(
            Announcement(
                id: IdentityText.text(origin.node), node: origin.node, address: contact.address, load: 4, room: 0,
                version: .init(incarnation: origin.incarnation, count: 4), withdrawal: .leaving)),
        .serverAnnounce(
            Announcement(
                id: "some", node: nil, address: contact.address, load: 3, version: nil, withdrawal: .lost)),
        .serverAnnounce(
            Announcement(
                id: IdentityText.text(origin.node), node: origin.node, address: contact.address, load: 7,
                version: .init(incarnation: origin.incarnation, count: 3))),
        .lockRequest(question), .lockAllowed(answer), .lockDenied(answer), .loginRequest(question),
        .loginAllowed(NameAnswer(username: "dave", id: question.id, account: account)),
        .loginAllowed(NameAnswer(username: "DAVE", id: question.id, account: spelled)),
        .loginDenied(NameAnswer(username: "dave", id: question.id, isUnknown: true)),
        .entry(Entry(origin: origin, sequence: 3, stamp: Stamp(5), body: .activity(activity)), hop: 4),
        .entry(Entry(origin: origin, sequence: 4, stamp: Stamp(6), body: .account(.registered(account))), hop: 0),
        .entry(
            Entry(
                origin: origin, sequence: 5, stamp: Stamp(7), body: .account(.removed(name: "dave", removal))),
            hop: 1),
        .entry(Entry(origin: origin, sequence: 6, stamp: Stamp(8), body: .account(.registered(reset))), hop: 0),
        .entry(Entry(origin: origin, sequence: 7, stamp: Stamp(9), body: .account(.registered(spelled))), hop: 0),
        .recordRequest(
            RecordQuestion(
                id: question.id!, username: "dave", registered: reset.registered, changed: reset.changed, copies: 2)),
        .recordRequest(
            RecordQuestion(
                id: question.id!, username: "dave", registered: reset.registered, changed: nil, copies: 1)),
        .recorded(RecordAnswer(id: question.id!, holders: [origin.node, other.node], isUnknown: true)),
        .heldRequest(HeldQuestion(id: question.id!, wanted: VersionVector([.init(origin: origin, sequence: 9)]))),
        .held(
            HeldAnswer(
                id: question.id!, held: VersionVector([.init(origin: other, sequence: 3)]), nodes: [origin.node],
                others: [other.node], isUnknown: false)),
        .held(HeldAnswer(id: question.id!, held: VersionVector(), nodes: [], isUnknown: true)),
        .compareAccounts([.init(prefix: .all, summary: summary), .init(prefix: prefix, summary: .none)]),
        .compareEntries([EntryRange(origin: origin, from: 3, through: 1000, digest: .max)]),
        .comparedAccounts([
            .init(prefix: prefix, content: .parts(Array(repeating: summary, count: 16))),
            .init(prefix: prefix, content: .records([1, .max])),
        ]),
        .fetchAccounts(prefix, [0, .max]),
        .accounts(
            [
                AccountRecord(reset), AccountRecord(name: "gone", removal: removal),
                AccountRecord(name: "dave", account: account, removal: removal),
            ], isAnswer: true),
        .administer(AccountRequest(secret: Secret("abc"), action: .list(page: 7))),
        .administer(AccountRequest(secret: Secret("abc"), action: .show(username: "dave"))),
        .administer(AccountRequest(secret: Secret("abc"), action: .remove(username: "dave"))),
        .administer(AccountRequest(secret: Secret("abc"), action: .reset(username: "dave", secret: Secret("new")))),
        .administered(
            .accounts(
                [AccountView(username: "dave", registered: reset.registered, changed: reset.changed)], nextPage: 8)),
        .administer(AccountRequest(secret: Secret("abc"), action: .settings)),
        .administered(.done(durable: 2)), .administered(.failed(info: "no")),
        .administered(.settings("a: 1\nb: 'x'\n")),
        .acknowledge(Acknowledgement(stored: 10, safe: 9, confirmed: 1 << 33)),
        .acknowledge(Acknowledgement(stored: 10, safe: 9, confirmed: 0, carried: 4)), .synchronised,
        .vectors(stored: vector, safe: VersionVector()),
        .gap(Log.Gap(origin: origin, from: 2, through: 9), stamp: .zero),
        .gap(Log.Gap(origin: origin, from: 2, through: 9), stamp: Stamp(1 << 60)),
        .watermark(Stamp(1 << 60)),
        .stable(vector, isWhole: false),
        .stable(VersionVector(changes: [.init(origin: origin, sequence: 0)]), isWhole: true),
        .vectors(stored: VersionVector([.init(origin: origin, sequence: 4)], leftOut: .max), safe: VersionVector()),
        .heartbeat(Heartbeat(label: label, size: 6)), .tree(position), .raise(term: 8, by: origin),
        .probe(Probe(secret: Secret("abc"), sender: contact, label: label, claim: claim, clock: reading)),
        .probed(Probe(secret: nil, sender: contact, label: label, claim: nil, clock: reading)), .met(claim),
        .leaving(others: [contact]), .handOver(term: 4), .redirected(username: "ann", to: origin.node),
        .reachRequest(ReachQuestion(id: question.id!, root: origin.node, missing: [contact])),
        .reached(ReachAnswer(id: question.id!, bridge: nil)),
        .reached(ReachAnswer(id: question.id!, bridge: Bridge(path: [other.node], target: contact, claim: claim))),
        .passReign(
            ReignPassing(
                term: 4, attempt: AttemptID(9), priority: -2, reign: 77, path: [other.node], target: contact)),
        .passReign(
            ReignPassing(term: 4, attempt: AttemptID(9), priority: 0, reign: nil, path: [], target: contact)),
        .reignTaken(position), .reignTaken(nil),
        .status(StatusQuestion(secret: Secret("abc"), id: nil)), .status(StatusQuestion(secret: nil, id: question.id)),
        .statusAnswer(StatusAnswer(id: question.id, nodes: [status], isComplete: false)),
    ]

    @Test(arguments: messages) func everyMessageIsReadAsItWasWritten(_ message: Message) throws {
        let line = Encoding.line(of: message)
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.filter { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count == 1)
        let read = try Decoding.message(line.span.extracting(0..<line.count - 1).bytes)
        #expect(read == message)
    }

    @Test func everyCaseOfMessageAndEveryCommandHasASample() throws {
        #expect(Set(Self.messages.compactMap { MessageKind($0) }) == Set(MessageKind.allCases))
        let commands = try Self.messages.map { message in
            try #require(
                try JSONObject(parsing: Encoding.line(of: message), bigNumbers: Decoding.bigNumbers)
                    .string("command").flatMap { Command(rawValue: $0) })
        }
        #expect(Set(commands) == Set(Command.allCases))
    }

    @Test func theLineForALinkIsTheLineForClientsAndAHopCount() throws {
        let entry = Entry(origin: Self.origin, sequence: 3, stamp: Stamp(5), body: .activity(Self.activity))
        var line: [UInt8] = []
        EntryLines().appendLine(of: entry, to: &line)
        #expect(line[line.count - EntryLines().copiesFromEnd] == UInt8(ascii: "1"))
        var link: [UInt8] = []
        EntryLines.appendLink(line.span, hop: 7, to: &link)
        link.removeLast()
        #expect(try Decoding.message(link.span.bytes) == .entry(entry, hop: 7))
    }
}

/// The cases of `Message`. For a new case this doesn't compile, and a case without a sample fails the test.
private enum MessageKind: CaseIterable {
    case login, loginSuccess, loginFailed, logout, register, registerSuccess, registerFailed, changeSecret,
        secretChanged, changeFailed, redirect, activity, invalidMessage, notice, ping, pong, authenticate,
        authenticationFail,
        broadcast, serverAnnounce, lockRequest, lockAllowed, lockDenied, authenticationSuccess, loginRequest,
        loginAllowed, loginDenied, entry, acknowledge, recordRequest, recorded, heldRequest, held,
        compareAccounts, compareEntries, comparedAccounts, fetchAccounts, accounts, synchronised, vectors, gap,
        watermark, stable,
        heartbeat, tree, raise, probe, probed, met, leaving, handOver, reachRequest, reached, passReign,
        reignTaken, redirected, administer, administered,
        status, statusAnswer, compareBans, comparedBans, fetchBans, bans, sessionsRequest, sessionsAnswer

    /// Nil for a message of another version, which no node writes.
    init?(_ message: Message) {
        let kind: MessageKind? =
            switch message {
            case .login: .login
            case .loginSuccess: .loginSuccess
            case .loginFailed: .loginFailed
            case .logout: .logout
            case .register: .register
            case .registerSuccess: .registerSuccess
            case .registerFailed: .registerFailed
            case .changeSecret: .changeSecret
            case .secretChanged: .secretChanged
            case .changeFailed: .changeFailed
            case .redirect: .redirect
            case .activity: .activity
            case .invalidMessage, .unavailable: .invalidMessage
            case .notice: .notice
            case .ping: .ping
            case .pong: .pong
            case .authenticate: .authenticate
            case .authenticationFail: .authenticationFail
            case .broadcast: .broadcast
            case .serverAnnounce: .serverAnnounce
            case .lockRequest: .lockRequest
            case .lockAllowed: .lockAllowed
            case .lockDenied: .lockDenied
            case .authenticationSuccess: .authenticationSuccess
            case .loginRequest: .loginRequest
            case .loginAllowed: .loginAllowed
            case .loginDenied: .loginDenied
            case .entry: .entry
            case .acknowledge: .acknowledge
            case .recordRequest: .recordRequest
            case .recorded: .recorded
            case .heldRequest: .heldRequest
            case .held: .held
            case .compareAccounts: .compareAccounts
            case .compareEntries: .compareEntries
            case .comparedAccounts: .comparedAccounts
            case .fetchAccounts: .fetchAccounts
            case .accounts: .accounts
            case .compareBans: .compareBans
            case .comparedBans: .comparedBans
            case .fetchBans: .fetchBans
            case .bans: .bans
            case .sessionsRequest: .sessionsRequest
            case .sessionsAnswer: .sessionsAnswer
            case .synchronised: .synchronised
            case .vectors: .vectors
            case .gap: .gap
            case .watermark: .watermark
            case .stable: .stable
            case .heartbeat: .heartbeat
            case .tree: .tree
            case .raise: .raise
            case .probe: .probe
            case .probed: .probed
            case .met: .met
            case .leaving: .leaving
            case .handOver: .handOver
            case .reachRequest: .reachRequest
            case .reached: .reached
            case .passReign: .passReign
            case .reignTaken: .reignTaken
            case .redirected: .redirected
            case .administer: .administer
            case .administered: .administered
            case .status: .status
            case .statusAnswer: .statusAnswer
            case .unknown: nil
            }
        guard let kind else { return nil }
        self = kind
    }
}
