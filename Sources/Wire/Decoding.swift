import JSON
import Tree

/// A line to a message.
///
/// It reads leniently what old peers write in several ways (ports as strings), and checks the type of every field that
/// it
/// uses: what comes out can be handled without another look.
public enum Decoding {
    /// Where numbers may be as big as they like: an activity is passed on as it came, and a secret is a string or is not
    /// looked at.
    package static let bigNumbers = BigNumbers.allowedIn(["activity", "secret", "new_secret"])

    /// - Parameter line: without its end.
    /// - Throws: what to answer to the line's sender.
    public static func message(
        _ line: RawSpan, depthLimit: Int = JSONObject.defaultDepthLimit
    ) throws(WireError) -> Message {
        if let message = QuickDecoding.message(line, depthLimit: depthLimit) { return message }
        return try parsed(line, depthLimit: depthLimit)
    }

    /// Reads every message, by jansson.
    package static func parsed(_ line: RawSpan, depthLimit: Int = JSONObject.defaultDepthLimit) throws(WireError)
        -> Message
    {
        let object: JSONObject
        do {
            object = try JSONObject(parsing: line, depthLimit: depthLimit, bigNumbers: bigNumbers)
        } catch {
            throw WireError(error.description)
        }
        guard let command = object.string("command") else {
            throw WireError("the received message did not contain a command")
        }
        // The two that carry an activity keep its bytes; everything else is small.
        switch command {
        case "ACTIVITY_BROADCAST": return try broadcast(object, line)
        case "ACTIVITY_MESSAGE": return try activity(object, line)
        case "ACKNOWLEDGE": return try acknowledgement(object)
        default: return try message(command, Fields(object.members))
        }
    }

    private static func message(_ command: String, _ fields: Fields) throws(WireError) -> Message {
        switch command {
        case "LOGIN": .login(try login(fields))
        case "LOGIN_SUCCESS": .loginSuccess(try loginSuccess(fields))
        case "LOGIN_FAILED": .loginFailed(info: info(fields))
        case "LOGOUT": .logout
        case "REGISTER": try registration(fields)
        case "REGISTER_SUCCESS":
            .registerSuccess(
                info: info(fields),
                durable: fields.has("durable") ? try fields.number("durable", as: Int.self) : 0)
        case "REGISTER_FAILED": .registerFailed(info: info(fields))
        case "CHANGE_SECRET": .changeSecret(try secretChange(fields))
        case "SECRET_CHANGED":
            .secretChanged(
                info: info(fields),
                durable: fields.has("durable") ? try fields.number("durable", as: Int.self) : 0)
        case "CHANGE_FAILED": .changeFailed(info: info(fields))
        case "REDIRECT": .redirect(try fields.address())
        case "NOTICE": .notice(info: info(fields))
        case "INVALID_MESSAGE": .invalidMessage(info: info(fields))
        case "AUTHENTICATE": .authenticate(try authenticate(fields))
        case "AUTHENTICATION_FAIL": .authenticationFail(try refusal(fields))
        case "AUTHENTICATION_SUCCESS": .authenticationSuccess(try acceptance(fields))
        case "SERVER_ANNOUNCE": .serverAnnounce(try announcement(fields))
        case "LOCK_REQUEST": .lockRequest(try question(fields))
        case "LOCK_ALLOWED": .lockAllowed(try answer(fields))
        case "LOCK_DENIED": .lockDenied(try answer(fields))
        case "LOGIN_REQUEST": .loginRequest(try question(fields))
        case "LOGIN_ALLOWED": .loginAllowed(try answer(fields))
        case "LOGIN_DENIED": .loginDenied(try answer(fields))
        case "ACCOUNT": .entry(try account(fields), hop: try fields.number("hop", as: UInt8.self))
        case "SYNCHRONISED": .synchronised
        case "VECTORS": .vectors(stored: try fields.vector("stored"), safe: try fields.vector("safe"))
        case "GAP": .gap(try gap(fields), stamp: try fields.optionalStamp("stamp") ?? .zero)
        case "WATERMARK": .watermark(try fields.stamp("stamp"))
        case "STABLE":
            .stable(try fields.changes("held"), isWhole: fields.has("whole") ? try fields.bool("whole") : false)
        case "HEARTBEAT":
            .heartbeat(
                Heartbeat(label: try fields.label("label"), size: try fields.number("size", as: UInt32.self)))
        case "TREE": .tree(try position(fields))
        case "RAISE": .raise(term: try fields.number("term"), by: try fields.origin("by"))
        case "PROBE": .probe(try probe(fields))
        case "PROBED": .probed(try probe(fields))
        case "MET": .met(try fields.claim("claim"))
        case "LEAVING": .leaving(others: try fields.contacts("others"))
        case "HAND_OVER": .handOver(term: try fields.number("term"))
        case "REDIRECTED": .redirected(username: try fields.string("username"), to: try fields.node("to"))
        case "STATUS": try status(fields)
        case "RECORD_REQUEST": .recordRequest(try fields.recordQuestion())
        case "RECORDED": .recorded(try fields.recordAnswer())
        case "HELD_REQUEST": .heldRequest(try fields.heldQuestion())
        case "HELD": .held(try fields.heldAnswer())
        case "COMPARE_ACCOUNTS": .compareAccounts(try fields.accountRanges("ranges"))
        case "COMPARED_ACCOUNTS": .comparedAccounts(try fields.accountDifferences("differences"))
        case "FETCH_ACCOUNTS": .fetchAccounts(try fields.accountPrefix("prefix"), try fields.digests("records"))
        case "ACCOUNTS":
            .accounts(
                try fields.accountRecords("records"), isAnswer: fields.has("answer") ? try fields.bool("answer") : false
            )
        case "ADMINISTER": .administer(try fields.accountRequest())
        case "ADMINISTERED": .administered(try fields.accountAnswer())
        default: throw WireError("unknown message")
        }
    }

    private static func info(_ fields: Fields) -> String { fields["info"]?.string ?? "" }

    // MARK: Activities

    /// With a hop it is an entry from a node; without one it comes from a server that is no node.
    private static func broadcast(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) -> Message {
        let text = try activityText(object, line)
        let sender = senderName(in: text)
        guard let id = object.string("id"), let (origin, sequence) = IdentityText.entry(id) else {
            return .broadcast(activity: text, sender: sender, id: OriginalLines.number(object).map { .number($0) })
        }
        guard object.has("hop") else {
            return .broadcast(activity: text, sender: sender, id: .entry(origin, sequence))
        }
        guard let hop = object.int("hop").flatMap({ UInt8(exactly: $0) }) else {
            throw .outOfRange("hop", 0...255)
        }
        guard let stamp = object.string("stamp").flatMap({ UInt64($0) }), stamp <= Stamp.limit.value else {
            throw object.has("stamp") ? .wrongType("stamp", "a stamp") : .missing("stamp")
        }
        var retry: RetryKey?
        if let session = object.string("session") {
            retry = RetryKey(session: session, sequence: try sequenceNumber(object) ?? 0)
        }
        let activity = Activity(sender: sender, text: text, retry: retry)
        let entry = Entry(origin: origin, sequence: sequence, stamp: Stamp(stamp), body: .activity(activity))
        return .entry(entry, hop: hop)
    }

    private static func activity(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) -> Message {
        let username = object.string("username")
        // The original system's own client says who it is at its login alone; its messages are numbered.
        if username == nil {
            if object.has("username") { throw .wrongType("username", "a string") }
            if !object.has("serial") { throw .missing("username") }
        }
        var secret: Secret?
        if username != nil, username != Login.anonymous, object.has("secret") {
            guard let text = object.string("secret") else { throw .wrongType("secret", "a string") }
            secret = Secret(text)
        }
        return .activity(
            ActivityMessage(
                username: username, secret: secret,
                text: try activityText(object, line), sequence: try sequenceNumber(object)))
    }

    private static func sequenceNumber(_ object: borrowing JSONObject) throws(WireError) -> UInt64? {
        guard object.has("cseq") else { return nil }
        guard let sequence = object.int("cseq"), sequence > 0 else {
            throw .wrongType("cseq", "a whole number from 1 on")
        }
        return UInt64(sequence)
    }

    /// The bytes of the activity as they came.
    private static func activityText(_ object: borrowing JSONObject, _ line: RawSpan) throws(WireError) -> [UInt8] {
        switch object.kind("activity") {
        case .object?: break
        case nil, .null?: throw .missing("activity")
        default: throw .wrongType("activity", "an object")
        }
        guard let range = JSONText.valueRange(ofKey: "activity", in: line) else { throw .missing("activity") }
        return line.extracting(range).withUnsafeBytes { [UInt8]($0) }
    }

    /// Who said it, from the processed activity itself.
    private static func senderName(in text: [UInt8]) -> String {
        guard let range = JSONText.valueRange(ofKey: "authenticated_user", in: text),
            let name = try? JSONObject(parsing: [UInt8]("{\"n\":".utf8) + text[range] + [UInt8(ascii: "}")]).string("n")
        else { return "" }
        return name
    }

    // MARK: Clients
    //
    // Whatever stands beside the name `anonymous` as its secret, or as a new one, is not looked at.

    private static func registration(_ fields: Fields) throws(WireError) -> Message {
        let username = try fields.string("username")
        guard username != Login.anonymous else { return .register(username: username, secret: Secret("")) }
        return .register(username: username, secret: try fields.secret("secret"))
    }

    private static func secretChange(_ fields: Fields) throws(WireError) -> SecretChange {
        let username = try fields.string("username")
        guard username != Login.anonymous else {
            return SecretChange(username: username, secret: Secret(""), newSecret: Secret(""))
        }
        return SecretChange(
            username: username, secret: try fields.secret("secret"), newSecret: try fields.secret("new_secret"))
    }

    private static func login(_ fields: Fields) throws(WireError) -> Login {
        let username = try fields.string("username")
        var login = Login(username: username)
        if username != Login.anonymous { login.secret = try fields.optionalSecret("secret") }
        if fields.has("since") { login.since = try fields.vector("since") }
        if fields.has("last") {
            let last = try Fields(fields["last"]!, "last")
            guard let (origin, sequence) = IdentityText.entry(try last.string("id")) else {
                throw .wrongType("last", "a stamp and an id")
            }
            login.last = OrderKey(stamp: try last.stamp("stamp"), origin: origin, sequence: sequence)
        }
        if let session = try fields.optionalString("session") {
            guard !session.isEmpty, session.utf8.count <= 64 else { throw .wrongType("session", "1 to 64 bytes long") }
            login.session = session
        }
        for feature in try fields.array("features") {
            guard let name = feature.string else { throw .wrongType("features", "an array of strings") }
            login.features.append(name)
        }
        return login
    }

    private static func loginSuccess(_ fields: Fields) throws(WireError) -> LoginSuccess {
        var servers: [Address] = []
        for server in try fields.array("servers") { servers.append(try Fields(server, "servers").address()) }
        return LoginSuccess(
            info: info(fields), vector: try fields.vector("vector"), servers: servers,
            session: try fields.optionalString("session") ?? "", shown: try fields.optionalString("shown") ?? "",
            copies: Int(clamping: try fields.optionalNumber("copies") ?? 0),
            lineBytes: Int(clamping: try fields.optionalNumber("max_line_bytes") ?? 0))
    }

    // MARK: Servers

    private static func authenticate(_ fields: Fields) throws(WireError) -> Authenticate {
        let secret = try fields.secret("secret")
        // One version of the original's servers leaves out a letter.
        let ownSecret = try fields.optionalSecret(fields.has("mysecret") ? "mysecret" : "msecret")
        guard fields.has("id"), fields.has("incarnation") else {
            guard let ownSecret else { return Authenticate(secret: secret, kind: .base) }
            let address = fields.has("hostname") && fields.has("port") ? try fields.address() : nil
            return Authenticate(secret: secret, kind: .original(address, secret: ownSecret))
        }
        let origin = Origin(node: try fields.node("id"), incarnation: try fields.incarnation())
        let newcomer = Newcomer(
            contact: Contact(
                node: origin.node, incarnation: origin.incarnation, address: try fields.address(), secret: ownSecret),
            origin: origin, attempt: AttemptID(try fields.number("attempt")), label: try fields.label("label"),
            isLeaf: try fields.bool("leaf"), claim: fields.has("claim") ? try fields.claim("claim") : nil,
            size: try fields.number("size", as: UInt32.self), clock: try clockReading(fields),
            stored: try fields.vector("stored"), safe: try fields.vector("safe"))
        return Authenticate(secret: secret, kind: .node(newcomer))
    }

    /// A node that names no order has none but the causal one.
    private static func clockReading(_ fields: Fields) throws(WireError) -> ClockReading {
        let name = try fields.optionalString("order") ?? Configuration.Order.causal.rawValue
        guard let order = Configuration.Order(rawValue: name) else { throw .wrongType("order", "causal or total") }
        let time = try fields.optionalNumber("time")
        guard time ?? 0 <= Stamp.limit.milliseconds else { throw .wrongType("time", "a time that a stamp can tell") }
        return ClockReading(
            order: order, stamp: fields.has("stamp") ? try fields.stamp("stamp") : .zero,
            time: time)
    }

    private static func refusal(_ fields: Fields) throws(WireError) -> Refusal {
        // Only nodes give one; what a later version may give is taken for one that passes.
        Refusal(
            reason: (try fields.optionalString("why")).map { Refusal.Reason(rawValue: $0) ?? .busy },
            info: info(fields), others: try fields.contacts("others"))
    }

    private static func acceptance(_ fields: Fields) throws(WireError) -> Acceptance {
        guard fields.has("incarnation") else {
            // A server of the original system. Where it says to go next is of no use to a node.
            return Acceptance(backup: nil, isRoot: fields["root"]?.string == "T", member: nil)
        }
        let member = Acceptance.Member(
            origin: Origin(node: try fields.node("id"), incarnation: try fields.incarnation()),
            position: try position(fields), size: try fields.number("size", as: UInt32.self),
            clock: try clockReading(fields), stored: try fields.vector("stored"), safe: try fields.vector("safe"))
        return Acceptance(backup: nil, isRoot: try fields.bool("root"), member: member)
    }

    private static func position(_ fields: Fields) throws(WireError) -> TreePosition {
        TreePosition(
            label: try fields.label("label"), path: try fields.contacts("path"), heirs: try fields.contacts("heirs"),
            siblings: try fields.contacts("siblings"), uncles: try fields.contacts("uncles"),
            claim: try fields.claim("claim"))
    }

    private static func announcement(_ fields: Fields) throws(WireError) -> Announcement {
        let id = try fields.string("id")
        var version: Announcement.Version?
        if fields.has("incarnation") {
            version = .init(incarnation: try fields.incarnation(), count: try fields.number("count"))
        }
        return Announcement(
            id: id, node: version == nil ? nil : try fields.node("id"), address: try fields.address(),
            load: try fields.number("load", as: Int.self), version: version)
    }

    private static func question(_ fields: Fields) throws(WireError) -> NameQuestion {
        NameQuestion(
            username: try fields.string("username"), secret: try fields.secret("secret"),
            id: try fields.question("request"), stamp: fields.has("stamp") ? try fields.stamp("stamp") : .zero)
    }

    private static func answer(_ fields: Fields) throws(WireError) -> NameAnswer {
        NameAnswer(
            username: try fields.string("username"), secret: try fields.secret("secret"),
            id: try fields.question("request"), account: fields.has("hash") ? try fields.account() : nil,
            isUnknown: fields.has("unknown") ? try fields.bool("unknown") : false)
    }

    // MARK: Nodes

    private static func account(_ fields: Fields) throws(WireError) -> Entry {
        guard let (origin, sequence) = IdentityText.entry(try fields.string("id")) else {
            throw .wrongType("id", "an entry's id")
        }
        let change: AccountChange =
            fields.has("hash")
            ? .registered(try fields.account())
            : .removed(name: try fields.string("username"), try fields.removal())
        return Entry(
            origin: origin, sequence: sequence, stamp: try fields.stamp("at"), body: .account(change))
    }

    private static func acknowledgement(_ object: borrowing JSONObject) throws(WireError) -> Message {
        guard let stored = object.int("stored"), let safe = object.int("safe"), let confirmed = object.int("confirmed"),
            stored >= 0, safe >= 0, confirmed >= 0
        else { throw WireError("an acknowledgement needs stored, safe and confirmed") }
        return .acknowledge(
            Acknowledgement(stored: UInt64(stored), safe: UInt64(safe), confirmed: UInt64(confirmed)))
    }

    private static func gap(_ fields: Fields) throws(WireError) -> Log.Gap {
        let (from, through) = (try fields.number("from"), try fields.number("through"))
        guard from > 0 else { throw .wrongType("from", "a whole number from 1 on") }
        guard from <= through else { throw WireError("the field through is less than the field from") }
        return Log.Gap(origin: try fields.origin("origin"), from: from, through: through)
    }

    private static func probe(_ fields: Fields) throws(WireError) -> Probe {
        Probe(
            secret: try fields.optionalSecret("secret"),
            sender: try fields.object("sender").contact(),
            label: try fields.label("label"), claim: fields.has("claim") ? try fields.claim("claim") : nil,
            clock: try clockReading(fields))
    }

    private static func status(_ fields: Fields) throws(WireError) -> Message {
        let id = try fields.question("request")
        guard fields.has("nodes") else {
            return .status(StatusQuestion(secret: try fields.optionalSecret("secret"), id: id))
        }
        var nodes: [NodeStatus] = []
        for value in try fields.array("nodes") { nodes.append(try nodeStatus(Fields(value, "nodes"))) }
        return .statusAnswer(StatusAnswer(id: id, nodes: nodes, isComplete: try fields.bool("complete")))
    }

    private static func nodeStatus(_ fields: Fields) throws(WireError) -> NodeStatus {
        let contact = try fields.contact()
        guard let node = contact.node else { throw .missing("id") }
        let isRoot = try fields.bool("root")
        let path = try fields.contacts("path")
        let label = Label(
            term: try fields.number("term"), root: path.last?.node ?? node,
            depth: try fields.number("depth", as: UInt32.self))
        return NodeStatus(
            contact: contact, label: label, isRoot: isRoot, path: path, deadpool: try fields.contacts("deadpool"),
            heir: fields.has("heir") ? try Fields(fields["heir"]!, "heir").contact() : nil,
            children: try fields.contacts("children"), leaves: try leaves(fields),
            clients: try fields.number("clients", as: Int.self),
            queue: try fields.number("queue", as: Int.self), log: try fields.number("log", as: Int.self),
            stamp: try fields.stamp("stamp"), turns: fields.has("turns") ? try turns(fields) : nil,
            counts: fields.has("counts") ? try counts(fields) : Counts(),
            trouble: fields.has("unjoined") ? try trouble(fields) : nil)
    }

    private static func trouble(_ fields: Fields) throws(WireError) -> JoinTrouble {
        let members = try Fields(fields["unjoined"] ?? .null, "unjoined")
        return JoinTrouble(
            parent: members.has("port") ? try members.address() : nil,
            reason: (try members.optionalString("why")).flatMap { Refusal.Reason(rawValue: $0) },
            info: try members.string("info"))
    }

    private static func leaves(_ fields: Fields) throws(WireError) -> [LeafStatus] {
        var leaves: [LeafStatus] = []
        for value in try fields.array("leaves") {
            let leaf = try Fields(value, "leaves")
            leaves.append(
                LeafStatus(
                    dialect: try leaf.string("protocol") == "original" ? .original : .base, address: try leaf.address())
            )
        }
        return leaves
    }

    private static func counts(_ fields: Fields) throws(WireError) -> Counts {
        let members = try Fields(fields["counts"] ?? .null, "counts")
        var counts = Counts()
        counts.slowClients = try members.number("slow_clients")
        counts.refused = try members.number("refused")
        counts.bytesRead = try members.number("bytes_read")
        counts.bytesWritten = try members.number("bytes_written")
        return counts
    }

    private static func turns(_ fields: Fields) throws(WireError) -> TurnReport {
        let turns = try Fields(fields["turns"] ?? .null, "turns")
        return TurnReport(
            count: try turns.number("count"), median: try turns.number("p50"), p99: try turns.number("p99"),
            p999: try turns.number("p999"), longest: try turns.number("max"))
    }
}
