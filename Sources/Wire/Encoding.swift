import JSON
import Tree

/// A message to its line, with the line end.
public enum Encoding {
    /// What the reader takes.
    public enum Form: Sendable {
        case usual
        /// The clients of the original system read a port as a string, and nothing at all where it is a number.
        case original
    }

    public static func append(_ message: Message, in form: Form = .usual, to bytes: inout [UInt8]) {
        switch message {
        case .redirect(let address) where form == .original:
            JSONValue.object([("command", .string("REDIRECT"))] + originalAddress(address)).encode(into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .acknowledge(let counts): append(counts, to: &bytes)
        case .watermark(let stamp): append(watermark: stamp, to: &bytes)
        case .entry(let entry, let hop): EntryLines().appendLink(entry, hop: hop, to: &bytes)
        case .loginSuccess(let success): append(success, to: &bytes)
        case .broadcast(let text, _, _): append("ACTIVITY_BROADCAST", [], activity: text, to: &bytes)
        case .activity(let activity):
            append("ACTIVITY_MESSAGE", members(of: activity), activity: activity.text, to: &bytes)
        default:
            let (command, members) = parts(of: message)
            JSONValue.object([("command", .string(command))] + members).encode(into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// An activity keeps its bytes: its numbers may be greater than a tree of values can hold.
    private static func append(_ command: String, _ members: Members, activity: [UInt8], to bytes: inout [UInt8]) {
        JSONValue.object([("command", .string(command))] + members).encode(into: &bytes)
        bytes.removeLast()
        bytes.append(contentsOf: #","activity":"#.utf8)
        bytes.append(contentsOf: activity)
        bytes.append(contentsOf: "}\n".utf8)
    }

    public static func line(of message: Message, in form: Form = .usual) -> [UInt8] {
        var bytes: [UInt8] = []
        append(message, in: form, to: &bytes)
        return bytes
    }

    /// One for every turn of every link: written without a tree.
    private static func append(_ counts: Acknowledgement, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"ACKNOWLEDGE","stored":"#.utf8)
        IdentityText.append(counts.stored, to: &bytes)
        bytes.append(contentsOf: #","safe":"#.utf8)
        IdentityText.append(counts.safe, to: &bytes)
        bytes.append(contentsOf: #","confirmed":"#.utf8)
        IdentityText.append(counts.confirmed, to: &bytes)
        bytes.append(contentsOf: "}\n".utf8)
    }

    /// One for every client, and thousands come at once when another node is lost: written without a tree.
    private static func append(_ success: LoginSuccess, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"LOGIN_SUCCESS","info":"#.utf8)
        JSONText.appendString(success.info, to: &bytes)
        bytes.append(contentsOf: #","vector":{"#.utf8)
        append(success.vector, to: &bytes)
        bytes.append(contentsOf: #"},"servers":["#.utf8)
        for (index, server) in success.servers.enumerated() {
            bytes.append(contentsOf: (index == 0 ? #"{"hostname":"# : #",{"hostname":"#).utf8)
            JSONText.appendString(server.host, to: &bytes)
            bytes.append(contentsOf: #","port":"#.utf8)
            IdentityText.append(UInt64(server.port), to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(contentsOf: #"],"session":"#.utf8)
        JSONText.appendString(success.session, to: &bytes)
        bytes.append(contentsOf: #","shown":"#.utf8)
        JSONText.appendString(success.shown, to: &bytes)
        bytes.append(contentsOf: #","copies":"#.utf8)
        IdentityText.append(UInt64(success.copies), to: &bytes)
        bytes.append(contentsOf: #","max_line_bytes":"#.utf8)
        IdentityText.append(UInt64(success.lineBytes), to: &bytes)
        bytes.append(contentsOf: "}\n".utf8)
    }

    /// What clients are told of a vector: its members, without a digest.
    private static func append(_ vector: VersionVector, to bytes: inout [UInt8]) {
        for (index, component) in vector.components.enumerated() {
            bytes.append(contentsOf: (index == 0 ? "\"" : ",\"").utf8)
            IdentityText.append(component.origin, to: &bytes)
            bytes.append(contentsOf: "\":".utf8)
            IdentityText.append(component.sequence, to: &bytes)
        }
    }

    private static func append(watermark stamp: Stamp, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"WATERMARK","stamp":""#.utf8)
        IdentityText.append(stamp.value, to: &bytes)
        bytes.append(contentsOf: "\"}\n".utf8)
    }

    private typealias Members = [(String, JSONValue)]

    private static func parts(of message: Message) -> (String, Members) {
        switch message {
        case .login(let login): ("LOGIN", members(of: login))
        case .loginFailed(let info): ("LOGIN_FAILED", [("info", .string(info))])
        case .logout: ("LOGOUT", [])
        case .register(let username, let secret):
            ("REGISTER", [("username", .string(username)), ("secret", .string(secret.text))])
        case .registerSuccess(let info, let durable):
            ("REGISTER_SUCCESS", [("info", .string(info)), ("durable", .number(durable))])
        case .registerFailed(let info): ("REGISTER_FAILED", [("info", .string(info))])
        case .changeSecret(let change):
            (
                "CHANGE_SECRET",
                [
                    ("username", .string(change.username)), ("secret", .string(change.secret.text)),
                    ("new_secret", .string(change.newSecret.text)),
                ]
            )
        case .secretChanged(let info, let durable):
            ("SECRET_CHANGED", [("info", .string(info)), ("durable", .number(durable))])
        case .changeFailed(let info): ("CHANGE_FAILED", [("info", .string(info))])
        case .redirect(let address): ("REDIRECT", JSONValue.address(address))
        case .invalidMessage(let info): ("INVALID_MESSAGE", [("info", .string(info))])
        case .notice(let info): ("NOTICE", [("info", .string(info))])
        case .authenticate(let request): ("AUTHENTICATE", members(of: request))
        case .authenticationFail(let refusal): ("AUTHENTICATION_FAIL", members(of: refusal))
        case .authenticationSuccess(let acceptance): ("AUTHENTICATION_SUCCESS", members(of: acceptance))
        case .serverAnnounce(let announcement): ("SERVER_ANNOUNCE", members(of: announcement))
        case .lockRequest(let question): ("LOCK_REQUEST", members(of: question))
        case .lockAllowed(let answer): ("LOCK_ALLOWED", members(of: answer))
        case .lockDenied(let answer): ("LOCK_DENIED", members(of: answer))
        case .loginRequest(let question): ("LOGIN_REQUEST", members(of: question))
        case .loginAllowed(let answer): ("LOGIN_ALLOWED", members(of: answer))
        case .loginDenied(let answer): ("LOGIN_DENIED", members(of: answer))
        case .synchronised: ("SYNCHRONISED", [])
        case .vectors(let stored, let safe): ("VECTORS", [("stored", .vector(stored)), ("safe", .vector(safe))])
        case .gap(let gap, let stamp):
            (
                "GAP",
                [
                    ("origin", .string(IdentityText.text(gap.origin))), ("from", .number(gap.from)),
                    ("through", .number(gap.through)),
                ] + (stamp == .zero ? [] : [("stamp", .number(stamp.value))])
            )
        case .stable(let changes, let isWhole):
            ("STABLE", [("held", .vector(changes))] + (isWhole ? [("whole", .bool(true))] : []))
        case .heartbeat(let heartbeat):
            ("HEARTBEAT", [("label", .label(heartbeat.label)), ("size", .number(heartbeat.size))])
        case .tree(let position): ("TREE", members(of: position))
        case .raise(let term, let by):
            ("RAISE", [("term", .number(term)), ("by", .string(IdentityText.text(by)))])
        case .probe(let probe): ("PROBE", members(of: probe))
        case .probed(let probe): ("PROBED", members(of: probe))
        case .met(let claim): ("MET", [("claim", .claim(claim))])
        case .leaving(let others): ("LEAVING", [("others", .contacts(others))])
        case .handOver(let term): ("HAND_OVER", [("term", .number(term))])
        case .redirected(let username, let node):
            ("REDIRECTED", [("username", .string(username)), ("to", .node(node))])
        case .recordRequest(let question): ("RECORD_REQUEST", AccountFields.members(of: question))
        case .recorded(let answer): ("RECORDED", AccountFields.members(of: answer))
        case .heldRequest(let question):
            ("HELD_REQUEST", [("request", .question(question.id)), ("wanted", .vector(question.wanted))])
        case .held(let answer):
            (
                "HELD",
                [
                    ("request", .question(answer.id)), ("held", .vector(answer.held)),
                    ("nodes", .array(answer.nodes.map { .node($0) })),
                    ("others", .array(answer.others.map { .node($0) })),
                ] + (answer.isUnknown ? [("unknown", .bool(true))] : [])
            )
        case .compareAccounts(let ranges): ("COMPARE_ACCOUNTS", [("ranges", .array(ranges.map(AccountFields.value)))])
        case .comparedAccounts(let differences):
            ("COMPARED_ACCOUNTS", [("differences", .array(differences.map(AccountFields.value)))])
        case .fetchAccounts(let prefix, let digests):
            (
                "FETCH_ACCOUNTS",
                [("prefix", AccountFields.value(prefix)), ("records", .array(digests.map { .decimal($0) }))]
            )
        case .accounts(let records, let isAnswer): ("ACCOUNTS", AccountFields.members(of: records, isAnswer))
        case .administer(let request): ("ADMINISTER", AccountFields.members(of: request))
        case .administered(let answer): ("ADMINISTERED", AccountFields.members(of: answer))
        case .status(let question): ("STATUS", members(of: question))
        case .statusAnswer(let answer): ("STATUS", members(of: answer))
        case .entry, .acknowledge, .watermark, .loginSuccess, .broadcast, .activity:
            preconditionFailure("written without a tree")
        }
    }

    // MARK: Clients

    private static func members(of login: Login) -> Members {
        var members: Members = [("username", .string(login.username))]
        if let secret = login.secret { members.append(("secret", .string(secret.text))) }
        if let since = login.since { members.append(("since", .vector(since))) }
        if let last = login.last {
            let id = "\(IdentityText.text(last.origin)).\(last.sequence)"
            members.append(("last", .object([("stamp", .decimal(last.stamp.value)), ("id", .string(id))])))
        }
        if let session = login.session { members.append(("session", .string(session))) }
        if !login.features.isEmpty { members.append(("features", .array(login.features.map { .string($0) }))) }
        return members
    }

    private static func members(of activity: ActivityMessage) -> Members {
        var members: Members = []
        if let username = activity.username { members.append(("username", .string(username))) }
        if let secret = activity.secret { members.append(("secret", .string(secret.text))) }
        if let sequence = activity.sequence { members.append(("cseq", .number(sequence))) }
        return members
    }

    // MARK: Servers

    private static func members(of request: Authenticate) -> Members {
        var members: Members = [("secret", .string(request.secret.text))]
        switch request.kind {
        case .base: break
        case .original(let address, let secret):
            members.append(("mysecret", .string(secret.text)))
            if let address { members += originalAddress(address) }
        case .node(let newcomer):
            members += originalAddress(newcomer.contact.address)
            if let secret = newcomer.contact.secret { members.append(("mysecret", .string(secret.text))) }
            members += [
                ("id", .node(newcomer.origin.node)), ("incarnation", .decimal(newcomer.origin.incarnation.value)),
                ("attempt", .number(newcomer.attempt.value)), ("label", .label(newcomer.label)),
                ("leaf", .bool(newcomer.isLeaf)), ("size", .number(newcomer.size)),
                ("stored", .vector(newcomer.stored)), ("safe", .vector(newcomer.safe)),
            ]
            members += Self.members(of: newcomer.clock)
            if let claim = newcomer.claim { members.append(("claim", .claim(claim))) }
        }
        return members
    }

    /// The original system's programs write and read ports as strings.
    private static func originalAddress(_ address: Address) -> Members {
        [("hostname", .string(address.host)), ("port", .decimal(UInt64(address.port)))]
    }

    private static func members(of refusal: Refusal) -> Members {
        var members: Members = [("info", .string(refusal.info))]
        if let reason = refusal.reason { members.append(("why", .string(reason.rawValue))) }
        if !refusal.others.isEmpty { members.append(("others", .contacts(refusal.others))) }
        return members
    }

    private static func members(of acceptance: Acceptance) -> Members {
        var members: Members = [("root", .string(acceptance.isRoot ? "T" : "F"))]
        if let backup = acceptance.backup {
            members.append(("empty", .string("F")))
            members += originalAddress(backup.address)
            members.append(("secret", .string(backup.secret?.text ?? "")))
        } else {
            members.append(("empty", .string("T")))
        }
        guard let member = acceptance.member else { return members }
        members += [("id", .node(member.origin.node)), ("incarnation", .decimal(member.origin.incarnation.value))]
        members += Self.members(of: member.position) + Self.members(of: member.clock)
        members += [
            ("size", .number(member.size)), ("stored", .vector(member.stored)), ("safe", .vector(member.safe)),
        ]
        return members
    }

    private static func members(of reading: ClockReading) -> Members {
        var members: Members = [("order", .string(reading.order.rawValue)), ("stamp", .decimal(reading.stamp.value))]
        if let time = reading.time { members.append(("time", .decimal(time))) }
        return members
    }

    private static func members(of position: TreePosition) -> Members {
        [
            ("label", .label(position.label)), ("path", .contacts(position.path)),
            ("heirs", .contacts(position.heirs)), ("siblings", .contacts(position.siblings)),
            ("uncles", .contacts(position.uncles)), ("claim", .claim(position.claim)),
        ]
    }

    private static func members(of announcement: Announcement) -> Members {
        var members: Members = [("id", announcement.node.map { .node($0) } ?? .string(announcement.id))]
        members += JSONValue.address(announcement.address)
        members.append(("load", .number(announcement.load)))
        if let version = announcement.version {
            members += [
                ("incarnation", .decimal(version.incarnation.value)), ("count", .number(version.count)),
            ]
        }
        return members
    }

    private static func members(of question: NameQuestion) -> Members {
        var members: Members = [
            ("username", .string(question.username)), ("secret", .string(question.secret.text)),
        ]
        if let id = question.id { members += [("request", .question(id)), ("stamp", .decimal(question.stamp.value))] }
        return members
    }

    private static func members(of answer: NameAnswer) -> Members {
        var members: Members = [("username", .string(answer.username)), ("secret", .string(answer.secret.text))]
        if let id = answer.id { members.append(("request", .question(id))) }
        if let account = answer.account { members += AccountFields.members(of: account) }
        if answer.isUnknown { members.append(("unknown", .bool(true))) }
        return members
    }

    // MARK: Nodes

    private static func members(of probe: Probe) -> Members {
        var members: Members = []
        if let secret = probe.secret { members.append(("secret", .string(secret.text))) }
        members += [("sender", .contact(probe.sender)), ("label", .label(probe.label))]
        if let claim = probe.claim { members.append(("claim", .claim(claim))) }
        members += Self.members(of: probe.clock)
        return members
    }

    private static func members(of question: StatusQuestion) -> Members {
        var members: Members = []
        if let secret = question.secret { members.append(("secret", .string(secret.text))) }
        if let id = question.id { members.append(("request", .question(id))) }
        return members
    }

    private static func members(of answer: StatusAnswer) -> Members {
        var members: Members = []
        if let id = answer.id { members.append(("request", .question(id))) }
        members += [("complete", .bool(answer.isComplete)), ("nodes", .array(answer.nodes.map(nodeStatus)))]
        return members
    }

    private static func turns(_ report: TurnReport) -> JSONValue {
        .object([
            ("count", .number(report.count)), ("p50", .number(report.median)), ("p99", .number(report.p99)),
            ("p999", .number(report.p999)), ("max", .number(report.longest)),
        ])
    }

    private static func counts(_ counts: Counts) -> JSONValue {
        .object([
            ("slow_clients", .number(counts.slowClients)), ("refused", .number(counts.refused)),
            ("bytes_read", .number(counts.bytesRead)), ("bytes_written", .number(counts.bytesWritten)),
        ])
    }

    private static func leaf(_ leaf: LeafStatus) -> JSONValue {
        .object([("protocol", .string(leaf.dialect == .base ? "base" : "original"))] + JSONValue.address(leaf.address))
    }

    private static func nodeStatus(_ status: NodeStatus) -> JSONValue {
        guard case .object(let contact) = JSONValue.contact(status.contact) else {
            preconditionFailure("a contact is an object")
        }
        return .object(
            contact.list.map { ($0.key, $0.value) } + [
                ("root", .bool(status.isRoot)), ("term", .number(status.label.term)),
                ("depth", .number(status.label.depth)), ("path", .contacts(status.path)),
                ("deadpool", .contacts(status.deadpool)), ("heir", status.heir.map { .contact($0) } ?? .null),
                ("children", .contacts(status.children)), ("leaves", .array(status.leaves.map(leaf))),
                ("clients", .number(status.clients)),
                ("queue", .number(status.queue)), ("log", .number(status.log)),
                ("stamp", .decimal(status.stamp.value)), ("counts", counts(status.counts)),
            ] + (status.turns.map { [("turns", turns($0))] } ?? [])
                + (status.trouble.map { [("unjoined", trouble($0))] } ?? []))
    }

    private static func trouble(_ trouble: JoinTrouble) -> JSONValue {
        var members: Members = []
        if let parent = trouble.parent {
            members += [("hostname", .string(parent.host)), ("port", .number(parent.port))]
        }
        if let reason = trouble.reason { members.append(("why", .string(reason.rawValue))) }
        return .object(members + [("info", .string(trouble.info))])
    }
}
