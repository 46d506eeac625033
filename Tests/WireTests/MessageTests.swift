import Testing
import Tree

@testable import Wire

/// Every message that a node writes is read by a node as the same message.
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
        username: "dave", secret: Secret("sek1"), id: QuestionID(asker: origin, count: 4), stamp: Stamp(1 << 60))
    private static let answer = NameAnswer(username: "dave", secret: Secret("sek1"), id: question.id)
    private static let account = Account(
        name: "dave", hash: "$argon2id$v=19$m=19456,t=2,p=1$x$y",
        registered: AccountVersion(stamp: Stamp(99), origin: other))
    private static let reset = Account(
        name: "dave", hash: "$argon2id$z", registered: account.registered,
        changed: AccountVersion(stamp: Stamp(1 << 62), origin: origin))
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
        contact: contact, origin: origin, attempt: AttemptID(5), label: label, isLeaf: true, claim: claim, size: 9,
        clock: reading, stored: vector, safe: VersionVector())
    private static let status = NodeStatus(
        contact: Contact(node: origin.node, incarnation: origin.incarnation, address: contact.address),
        label: Label(term: 2, root: other.node, depth: 1), isRoot: false,
        path: [Contact(node: other.node, address: contact.address)], deadpool: [Contact(address: contact.address)],
        heir: nil, children: [], clients: 4, queue: 5, log: 6, stamp: Stamp(1 << 58),
        trouble: JoinTrouble(parent: contact.address, reason: .duplicate, info: "i"))

    static let messages: [Message] = [
        .login(Login(username: "ann", secret: Secret("x"), since: vector, session: "s", features: ["gap"])),
        .login(
            Login(
                username: Login.anonymous, since: vector,
                last: OrderKey(stamp: Stamp(7), origin: other, sequence: 2))),
        .loginSuccess(
            LoginSuccess(
                info: "i", vector: vector, servers: [contact.address], session: "s", shown: "t", copies: 2,
                lineBytes: 65_536)),
        .notice(info: "slowly"),
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
                id: IdentityText.text(origin.node), node: origin.node, address: contact.address, load: 7,
                version: .init(incarnation: origin.incarnation, count: 3))),
        .lockRequest(question), .lockAllowed(answer), .lockDenied(answer), .loginRequest(question),
        .loginAllowed(NameAnswer(username: "dave", secret: Secret("s"), id: question.id, account: account)),
        .loginDenied(NameAnswer(username: "dave", secret: Secret("s"), id: question.id, isUnknown: true)),
        .entry(Entry(origin: origin, sequence: 3, stamp: Stamp(5), body: .activity(activity)), hop: 4),
        .entry(Entry(origin: origin, sequence: 4, stamp: Stamp(6), body: .account(.registered(account))), hop: 0),
        .entry(
            Entry(
                origin: origin, sequence: 5, stamp: Stamp(7), body: .account(.removed(name: "dave", removal))),
            hop: 1),
        .entry(Entry(origin: origin, sequence: 6, stamp: Stamp(8), body: .account(.registered(reset))), hop: 0),
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
        .administered(.done(durable: 2)), .administered(.failed(info: "no")),
        .acknowledge(Acknowledgement(stored: 10, safe: 9, confirmed: 1 << 33)), .synchronised,
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
        .status(StatusQuestion(secret: Secret("abc"), id: nil)), .status(StatusQuestion(secret: nil, id: question.id)),
        .statusAnswer(StatusAnswer(id: question.id, nodes: [status], isComplete: false)),
    ]

    @Test(arguments: messages) func everyMessageIsReadAsItWasMeant(_ message: Message) throws {
        let line = Encoding.line(of: message)
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.filter { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count == 1)
        let read = try Decoding.message(line.span.extracting(0..<line.count - 1).bytes)
        #expect(read == message)
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

@Suite struct FormTests {
    @Test func theOriginalsClientsReadAPortAsAString() throws {
        let redirect = Message.redirect(Address(host: "localhost", port: 3785))
        let line = Encoding.line(of: redirect, in: .original)
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"command":"REDIRECT","hostname":"localhost","port":"3785"}"# + "\n")
        #expect(String(decoding: Encoding.line(of: redirect), as: UTF8.self).contains(#""port":3785"#))
        #expect(try Decoding.message(line.span.extracting(0..<line.count - 1).bytes) == redirect)
        // Everything else is the same for both.
        for message in RoundTripTests.messages where message != redirect {
            guard case .redirect = message else {
                #expect(Encoding.line(of: message, in: .original) == Encoding.line(of: message))
                continue
            }
        }
    }
}

@Suite struct DecodingTests {
    private func read(_ line: String) throws -> Message {
        try Decoding.message(Array(line.utf8).span.bytes)
    }

    private func complaint(_ line: String) -> String? {
        do {
            _ = try read(line)
            return nil
        } catch {
            return (error as? WireError)?.info
        }
    }

    @Test func theBaseProtocolsTwoComplaintsAreItsOwnWords() {
        #expect(complaint(#"{"foo":1}"#) == "the received message did not contain a command")
        #expect(complaint(#"{"command":"LOGIN","#) == "JSON parse error while parsing message")
        #expect(complaint(#"{"command":7}"#) == "the received message did not contain a command")
    }

    @Test func everyFieldThatIsUsedIsCheckedForItsType() {
        #expect(complaint(#"{"command":"LOGIN","username":5}"#) == "the field username is not a string")
        #expect(complaint(#"{"command":"LOGIN"}"#) == "the message did not contain the field username")
        #expect(complaint(#"{"command":"LOGIN","username":"a","secret":{}}"#) == "the field secret is not a string")
        #expect(
            complaint(#"{"command":"ACTIVITY_MESSAGE","username":"a","activity":"x"}"#)
                == "the field activity is not an object")
        #expect(
            complaint(#"{"command":"SERVER_ANNOUNCE","id":"x","load":-1,"hostname":"h","port":1}"#)
                == "the field load is not a whole number")
        #expect(
            complaint(#"{"command":"SERVER_ANNOUNCE","id":"x","load":1,"hostname":"h","port":70000}"#)
                == "the field port is not a whole number from 0 to 65535")
    }

    @Test func portsAndLoadsMayBeNumericStrings() throws {
        let read = try read(#"{"command":"SERVER_ANNOUNCE","id":"abc","load":"34","hostname":"h","port":"4100"}"#)
        #expect(
            read
                == .serverAnnounce(
                    Announcement(id: "abc", node: nil, address: Address(host: "h", port: 4100), load: 34, version: nil))
        )
    }

    @Test func anAnonymousClientsSecretIsNotEvenLookedAt() throws {
        #expect(
            try read(#"{"command":"LOGIN","username":"anonymous","secret":5}"#) == .login(Login(username: "anonymous")))
    }

    @Test func anActivityKeepsItsBytes() throws {
        let text = #"{ "n" : 1.10, "big":12345678901234567 , "\u0041":"\/" }"#
        guard
            case .activity(let activity) = try read(
                #"{"command":"ACTIVITY_MESSAGE","username":"a","secret":"s","activity":"# + text + "}")
        else {
            Issue.record("not an activity")
            return
        }
        #expect(String(decoding: activity.text, as: UTF8.self) == text)
    }

    @Test(arguments: ["18446744073709551615", "1e400", "-123456789012345678901234567890.5E-3", "-0", "1E+400"])
    func anActivityKeepsNumbersThatNobodyCanComputeWith(number: String) throws {
        let text = #"{"n":\#(number),"m":[{"n":\#(number)}]}"#
        // The quick way, and jansson's: an escape in a key is for the latter.
        for key in ["activity", #"\u0061ctivity"#] {
            guard
                case .activity(let activity) = try read(
                    #"{"command":"ACTIVITY_MESSAGE","username":"a","secret":"s","\#(key)":\#(text)}"#)
            else {
                Issue.record("not an activity")
                continue
            }
            #expect(String(decoding: activity.text, as: UTF8.self) == text)
        }
    }

    @Test func aNumberThatIsTooBigIsRefusedInEveryOtherField() {
        for field in [#""cseq":18446744073709551615"#, #""cseq":1e400"#, #""more":18446744073709551615"#] {
            #expect(
                complaint(#"{"command":"ACTIVITY_MESSAGE","username":"a","secret":"s","activity":{},\#(field)}"#)
                    == "the received message has a number that is too big")
        }
        #expect(
            complaint(
                #"{"command":"SERVER_ANNOUNCE","id":"x","load":99999999999999999999,"hostname":"h","port":1}"#)
                == "the received message has a number that is too big")
    }

    @Test func theProcessedActivityNamesWhoIsLoggedInAndNobodyElse() {
        let lines = EntryLines()
        let text = Array(#"{"m":"hi","authenticated_user":"forged"}"#.utf8)
        #expect(
            String(decoding: lines.process(text, sender: "alice"), as: UTF8.self)
                == #"{"m":"hi","authenticated_user":"alice"}"#)
    }

    @Test func anEscapedForgeryIsFoundToo() {
        let text = Array(#"{"\u0061uthenticated_user":"forged"}"#.utf8)
        #expect(
            String(decoding: EntryLines().process(text, sender: "alice"), as: UTF8.self)
                == #"{"authenticated_user":"alice"}"#)
    }

    @Test func aServerOfTheBaseProtocolSpeaksWithoutIDs() throws {
        let read = try read(#"{"command":"ACTIVITY_BROADCAST","activity":{"authenticated_user":"bob","m":1}}"#)
        #expect(
            read == .broadcast(activity: Array(#"{"authenticated_user":"bob","m":1}"#.utf8), sender: "bob", id: nil))
    }

    @Test func aBroadcastThatIsFloodedBackIsKnownByItsID() throws {
        let origin = Origin(node: NodeID(1), incarnation: Incarnation(2))
        let id = "\(IdentityText.text(origin)).7"
        let activity = #""activity":{"authenticated_user":"bob"}"#
        let text = Array(#"{"authenticated_user":"bob"}"#.utf8)
        let entry = try read(#"{"command":"ACTIVITY_BROADCAST",\#(activity),"id":"\#(id)","copies":1}"#)
        #expect(entry == .broadcast(activity: text, sender: "bob", id: .entry(origin, 7)))
        let numbered = try read(#"{"command":"ACTIVITY_BROADCAST",\#(activity),"id":"100","serial":"100"}"#)
        #expect(numbered == .broadcast(activity: text, sender: "bob", id: .number(100)))
        let other = try read(#"{"command":"ACTIVITY_BROADCAST",\#(activity),"id":"100","serial":"101"}"#)
        #expect(other == .broadcast(activity: text, sender: "bob", id: nil))
    }

    @Test func aServerOfTheOriginalSystemReadsStringsAlone() {
        var bytes: [UInt8] = []
        let announcement = Announcement(
            id: "", node: NodeID(1), address: Address(host: "localhost", port: 4100), load: 34,
            version: .init(incarnation: Incarnation(2), count: 3))
        LeafLines.append(.serverAnnounce(announcement), for: .original, to: &bytes)
        let node = IdentityText.text(NodeID(1))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"command":"SERVER_ANNOUNCE","id":"\#(node)","hostname":"localhost","port":"4100","load":"34"}"#
                + "\n")
        bytes = []
        let line =
            #"{"command":"ACTIVITY_BROADCAST","activity":{"id":1},"id":"x.1","stamp":"\#(UInt64(1795) << 18)","copies":2}"#
        OriginalLines.append(Array(line.utf8).span, number: 1_073_741_824, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"command":"ACTIVITY_BROADCAST","activity":{"id":1},"id":"1073741824","serial":"1073741824","timestamp":"1795"}"#
                + "\n")
    }

    @Test(arguments: [
        (#"{"n":18446744073709551615}"#, #"{"n":18446744073709551615.0}"#),
        (
            #"{"n":[-9223372036854775808,-9223372036854775809]}"#,
            #"{"n":[-9223372036854775808,-9223372036854775809.0]}"#
        ),
        (#"{"n":"18446744073709551615\\\"18446744073709551615"}"#, nil),
        (#"{"n":9223372036854775807,"m":1e400,"é":0.12345678901234567890}"#, nil),
    ])
    func aNumberThatJavaCannotReadGetsAFraction(_ activity: String, _ expected: String?) {
        var bytes: [UInt8] = []
        OriginalLines.append(
            Array(#"{"command":"ACTIVITY_BROADCAST","activity":\#(activity),"stamp":"0"}"#.utf8).span, number: 1,
            to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"command":"ACTIVITY_BROADCAST","activity":\#(expected ?? activity),"id":"1","serial":"1","timestamp":"0"}"#
                + "\n")
    }

    @Test func identitiesAreReadBackAndNothingElseIs() {
        for value: UInt64 in [0, 1, .max, 0xFEDC_BA98_7654_3210] {
            #expect(IdentityText.node(IdentityText.text(NodeID(value))) == NodeID(value))
        }
        #expect(IdentityText.node("qaaaaaaaaaaaa") == nil)
        #expect(IdentityText.node("aaaaaaaaaaaa1") == nil)
        #expect(IdentityText.origin("aaaaaaaaaaaaa") == nil)
        #expect(IdentityText.entry("aaaaaaaaaaaaa.5.x") == nil)
    }
}
