import JSON
import Testing
import Tree

@testable import Wire

/// A client reads what a node writes to it, and a node reads what a client writes.
@Suite struct ServerMessageTests {
    private static let origin = Origin(node: NodeID(3), incarnation: Incarnation(7))
    private static let name = IdentityText.text(origin)
    private static let address = Address(host: "h.example", port: 3781)
    private static let stamp = Stamp(1 << 60)
    private static let version = AccountVersion(stamp: stamp, origin: origin)

    private static func read(_ message: Message) -> ServerMessage { ServerMessage(line: Encoding.line(of: message)) }

    static let answers: [(Message, ServerMessage)] = [
        (
            .loginSuccess(
                LoginSuccess(
                    info: "i", username: "Anna", vector: VersionVector([.init(origin: origin, sequence: 5)]),
                    servers: [address], session: "s", shown: "t", copies: 2, lineBytes: 65_536,
                    idleTimeout: .seconds(300), cut: "slow")),
            .loginSuccess(
                .init(
                    username: "Anna", vector: [name: 5], servers: [address], shownSession: "t", session: "s", copies: 2,
                    lineBytes: 65_536, idleSeconds: 300, cut: "slow"))
        ),
        (.loginFailed(info: "no"), .loginFailed(info: "no")),
        (.registerSuccess(info: "yes", durable: 2), .registerSuccess(info: "yes")),
        (.registerFailed(info: "no"), .registerFailed(info: "no")),
        (.secretChanged(info: "yes", durable: 2), .secretChanged(info: "yes", durable: 2)),
        (.changeFailed(info: "no"), .changeFailed(info: "no")),
        (
            .authenticationFail(Refusal(reason: nil, info: "wrong secret")), .authenticationFail(info: "wrong secret")
        ),
        (.invalidMessage(info: "what?"), .invalidMessage(info: "what?")),
        (.unavailable(info: "full", servers: [address]), .unavailable(info: "full", servers: [address])),
        (.unavailable(info: "full", servers: []), .unavailable(info: "full", servers: [])),
        (.redirect(address), .redirect(address)),
        (.notice(info: "slowly"), .notice(info: "slowly")),
        (
            .gap(Log.Gap(origin: origin, from: 2, through: 9), stamp: .zero),
            .gap(.init(origin: name, from: 2, through: 9))
        ),
        (.administered(.done(durable: 2)), .administered(.done(durable: 2))),
        (.administered(.failed(info: "no")), .administered(.failed(info: "no"))),
        (.administered(.settings("a: 1\nb: 2\n")), .administered(.settings("a: 1\nb: 2\n"))),
        (
            .administered(
                .accounts([AccountView(username: "ann", registered: version, changed: version)], nextPage: 8)),
            .administered(.accounts([ToldAccount(name: "ann", registered: stamp, changed: nil)], nextPage: 8))
        ),
    ]

    @Test(arguments: answers) func aClientReadsWhatANodeWrites(_ written: Message, _ expected: ServerMessage) {
        #expect(Self.read(written) == expected)
    }

    @Test func theOriginalsRedirectIsReadToo() {
        let line = Encoding.line(of: .redirect(Self.address), for: .originalClient)
        #expect(ServerMessage(line: line) == .redirect(Self.address))
        #expect(
            ServerMessage(line: Array(#"{"command":"REDIRECT","hostname":"h/10.0.0.1","port":"7"}"#.utf8))
                == .redirect(Address(host: "10.0.0.1", port: 7)))
    }

    @Test func aBroadcastHasEveryFieldOfItsLine() {
        let text = Array(#"{"n":18446744073709551615,"authenticated_user":"ann"}"#.utf8)
        let entry = Entry(
            origin: Self.origin, sequence: 3, stamp: Self.stamp,
            body: .activity(Activity(sender: "ann", text: text, retry: RetryKey(session: "s", sequence: 8))))
        var line: [UInt8] = []
        EntryLines().appendLine(of: entry, to: &line)
        var late: [UInt8] = []
        EntryLines().append(line.span, isLate: true, to: &late)
        for (line, isLate) in [(line, false), (late, true)] {
            guard case .broadcast(let broadcast) = ServerMessage(line: line) else {
                Issue.record("not read")
                continue
            }
            #expect(
                broadcast
                    == Broadcast(
                        line: line, activity: ["n": .real(9e99), "authenticated_user": "ann"],
                        id: EntryName(origin: Self.name, sequence: 3), stamp: Self.stamp, isLate: isLate, session: "s",
                        sequence: 8, copies: 1))
            #expect(broadcast.content == Array(#"{"n":18446744073709551615}"#.utf8))
        }
    }

    @Test func aToolReadsTheStatusOfNodes() throws {
        for case .statusAnswer(let written) in RoundTripTests.messages {
            guard case .status(let read) = Self.read(.statusAnswer(written)) else {
                Issue.record("not read")
                continue
            }
            let (node, told) = (try #require(written.nodes.first), read.asked)
            #expect(read.isComplete == written.isComplete && read.nodes.count == written.nodes.count)
            #expect(told.id == node.contact.node.map { IdentityText.text($0) })
            #expect(told.path.map(\.address) == node.path.map { "\($0.address)" })
            #expect(told.baseServers.map(\.dialect) == ["base", "original"])
            #expect(told.clients == Int64(node.clients) && told.queue == Int64(node.queue))
            #expect(told.trouble?.info == node.trouble?.info)
        }
    }

    @Test func aCommandThatIsNotForClientsIsUnknownToThem() {
        let known = Set(Self.answers.map(\.0).map(\.kindOfLine) + ["ACTIVITY_BROADCAST", "STATUS"])
        for message in RoundTripTests.messages {
            switch Self.read(message) {
            case .unknown(let command, _): #expect(!known.contains(command))
            case .malformed(let command, _): #expect(command == .status, "a question is no answer")
            case .noMessage: Issue.record("\(message) is no message")
            default: #expect(known.contains(message.kindOfLine))
            }
        }
        #expect(
            ServerMessage(line: Array(#"{"command":"NEW","info":"i"}"#.utf8)) == .unknown(command: "NEW", info: "i"))
    }

    @Test(arguments: [
        #"{"command":"REDIRECT","hostname":"h"}"#, #"{"command":"REDIRECT","hostname":"h","port":0}"#,
        #"{"command":"ACTIVITY_BROADCAST"}"#, #"{"command":"GAP","origin":"a","from":3,"through":2}"#,
        #"{"command":"STATUS","nodes":[]}"#, #"{"command":"ADMINISTERED","accounts":[{}]}"#,
    ]) func aCommandWithoutANeededFieldIsMalformed(line: String) {
        guard case .malformed = ServerMessage(line: Array(line.utf8)) else {
            Issue.record("read: \(line)")
            return
        }
    }

    // MARK: Messages of clients

    @Test func aNodeReadsTheLoginOfAClientThatResumes() throws {
        let other = Origin(node: NodeID(9), incarnation: Incarnation(1))
        let expected = Login(
            username: "ann", secret: Secret("x"),
            since: VersionVector([.init(origin: Self.origin, sequence: 4), .init(origin: other, sequence: 1)]),
            last: OrderKey(stamp: Self.stamp, origin: Self.origin, sequence: 4), session: "s", features: ["gap"])
        var plain = expected
        (plain.since, plain.last) = (nil, nil)
        let line = Encoding.line(
            of: plain, since: [Self.name: 4, IdentityText.text(other): 1],
            last: (Self.stamp, EntryName(origin: Self.name, sequence: 4)))
        #expect(try Decoding.message(line.span.extracting(0..<line.count - 1).bytes) == .login(expected))
        #expect(Encoding.line(of: plain, since: nil, last: nil) == Encoding.line(of: .login(plain)))
    }
}

extension Message {
    /// The command in the message's line.
    fileprivate var kindOfLine: String {
        (try? JSONObject(parsing: Encoding.line(of: self), bigNumbers: Decoding.bigNumbers))?.string("command") ?? ""
    }
}

@Suite struct BroadcastScanTests {
    private func accepts(_ line: String) -> Bool { BroadcastScan.accepts(Array(line.utf8).span.bytes) }

    @Test(arguments: [
        #"{"command":"ACTIVITY_BROADCAST","activity":{}}"#, #"{"command":"ACTIVITY_BROADCAST" ,"late":true}"#,
        #"{"activity":{"n":18446744073709551615}, "command": "ACTIVITY_BROADCAST"}"#,
    ]) func broadcastsAreRecognisedWhereverTheirCommandStands(line: String) {
        #expect(accepts(line))
    }

    @Test(arguments: [
        "", "{", "hello", #"{"command":"ACTIVITY_MESSAGE"}"#, #"{"activity":{"command":"ACTIVITY_BROADCAST"}}"#,
        #"{"info":"ACTIVITY_BROADCAST"}"#, #"{"activity":{},"command":"ACTIVITY_BROADCAST""#,
    ]) func noOtherLineIsTakenForABroadcast(line: String) {
        #expect(!accepts(line))
    }
}
