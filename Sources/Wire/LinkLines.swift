import JSON
import Tree

// Messages that servers send on a link, and before they have one (docs/protocol.md#attaching and what follows). Each
// message stands here as it is read, and beside that its fields as they are written. Messages about accounts are in
// `AccountLines`.

// MARK: Attaching

extension Authenticate {
    init(_ fields: Fields) throws(WireError) {
        let secret = try fields.secret("secret")
        // One version of the original's servers writes the field name without its `y`.
        let ownSecret = try fields.optionalSecret(fields.has("mysecret") ? "mysecret" : "msecret")
        guard fields.has("id"), fields.has("incarnation") else {
            guard let ownSecret else {
                self.init(secret: secret, kind: .base)
                return
            }
            let address = fields.has("hostname") && fields.has("port") ? try fields.address() : nil
            self.init(secret: secret, kind: .original(address, secret: ownSecret))
            return
        }
        self.init(secret: secret, kind: .node(try Newcomer(fields, ownSecret)))
    }

    var members: Members {
        let first: Members = [("secret", .string(secret.text))]
        return switch kind {
        case .base: first
        case .original(let address, let ownSecret):
            first + [("mysecret", .string(ownSecret.text))] + (address.map(JSONValue.originalAddress) ?? [])
        case .node(let newcomer): first + newcomer.members
        }
    }
}

extension Newcomer {
    fileprivate init(_ fields: Fields, _ ownSecret: Secret?) throws(WireError) {
        let origin = Origin(node: try fields.node("id"), incarnation: try fields.incarnation())
        self.init(
            contact: Contact(
                node: origin.node, incarnation: origin.incarnation, address: try fields.address(), secret: ownSecret),
            origin: origin, attempt: AttemptID(try fields.number("attempt")), label: try fields.label("label"),
            isChildless: try fields.bool("leaf"), claim: fields.has("claim") ? try fields.claim("claim") : nil,
            size: try fields.number("size", as: UInt32.self), clock: try ClockReading(fields),
            stored: try fields.vector("stored"), safe: try fields.vector("safe"),
            hasNoOtherWay: try fields.flag("only_way"), versions: try WireVersions(fields))
    }

    fileprivate var members: Members {
        var members = JSONValue.originalAddress(contact.address)
        if let secret = contact.secret { members.append(("mysecret", .string(secret.text))) }
        members += [
            ("id", .node(origin.node)), ("incarnation", .decimal(origin.incarnation.value)),
            ("attempt", .number(attempt.value)), ("label", .label(label)), ("leaf", .bool(isChildless)),
            ("size", .number(size)), ("stored", .vector(stored)), ("safe", .vector(safe)),
        ]
        members += clock.members + versions.members
        if let claim { members.append(("claim", .claim(claim))) }
        if hasNoOtherWay { members.append(("only_way", .bool(true))) }
        return members
    }
}

extension WireVersions {
    fileprivate init(_ fields: Fields) throws(WireError) {
        guard fields.has("wire") else {
            self = .first
            return
        }
        let newest = try fields.number("wire", as: UInt16.self)
        let oldest = fields.has("wire_oldest") ? try fields.number("wire_oldest", as: UInt16.self) : newest
        guard let versions = WireVersions(oldest: oldest, newest: newest) else {
            throw .wrongType("wire", "not less than wire_oldest")
        }
        self = versions
    }

    fileprivate var members: Members { [("wire", .number(newest)), ("wire_oldest", .number(oldest))] }
}

extension ClockReading {
    /// A node that names no order has causal order.
    init(_ fields: Fields) throws(WireError) {
        let name = try fields.optionalString("order") ?? Configuration.Order.causal.rawValue
        guard let order = Configuration.Order(rawValue: name) else { throw .wrongType("order", "causal or total") }
        let time = try fields.optionalNumber("time")
        guard time ?? 0 <= Stamp.limit.milliseconds else { throw .wrongType("time", "a time that a stamp can tell") }
        self.init(order: order, stamp: try fields.optionalStamp("stamp") ?? .zero, time: time)
    }

    var members: Members {
        var members: Members = [("order", .string(order.rawValue)), ("stamp", .decimal(stamp.value))]
        if let time { members.append(("time", .decimal(time))) }
        return members
    }
}

extension Refusal {
    init(_ fields: Fields) throws(WireError) {
        // Only nodes give a reason. An unknown one, of a later version, is treated as one that passes by itself.
        self.init(
            reason: (try fields.optionalString("why")).map { Refusal.Reason(rawValue: $0) ?? .busy },
            info: fields.info, others: try fields.contacts("others"))
    }

    var members: Members {
        var members: Members = [("info", .string(info))]
        if let reason { members.append(("why", .string(reason.rawValue))) }
        if !others.isEmpty { members.append(("others", .contacts(others))) }
        return members
    }
}

extension Acceptance {
    init(_ fields: Fields) throws(WireError) {
        guard fields.has("incarnation") else {
            // The answer comes from a server of the original system. A node has no use for the address that it gives.
            self.init(backup: nil, isRoot: fields["root"]?.string == "T", member: nil)
            return
        }
        let member = Acceptance.Member(
            origin: Origin(node: try fields.node("id"), incarnation: try fields.incarnation()),
            position: try TreePosition(fields), size: try fields.number("size", as: UInt32.self),
            clock: try ClockReading(fields), stored: try fields.vector("stored"), safe: try fields.vector("safe"),
            versions: try WireVersions(fields))
        self.init(backup: nil, isRoot: try fields.bool("root"), member: member)
    }

    var members: Members {
        var members: Members = [("root", .string(isRoot ? "T" : "F"))]
        if let backup {
            members.append(("empty", .string("F")))
            members += JSONValue.originalAddress(backup.address)
            members.append(("secret", .string(backup.secret?.text ?? "")))
        } else {
            members.append(("empty", .string("T")))
        }
        guard let member else { return members }
        members += [("id", .node(member.origin.node)), ("incarnation", .decimal(member.origin.incarnation.value))]
        members += member.position.members + member.clock.members + member.versions.members
        members += [
            ("size", .number(member.size)), ("stored", .vector(member.stored)), ("safe", .vector(member.safe)),
        ]
        return members
    }
}

extension TreePosition {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            label: try fields.label("label"), path: try fields.contacts("path", limit: FieldBounds.path),
            heirs: try fields.contacts("heirs", limit: FieldBounds.relatives),
            siblings: try fields.contacts("siblings", limit: FieldBounds.relatives),
            uncles: try fields.contacts("uncles", limit: FieldBounds.relatives), claim: try fields.claim("claim"))
    }

    var members: Members {
        [
            ("label", .label(label)), ("path", .contacts(path)), ("heirs", .contacts(heirs)),
            ("siblings", .contacts(siblings)), ("uncles", .contacts(uncles)), ("claim", .claim(claim)),
        ]
    }
}

extension Probe {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            secret: try fields.optionalSecret("secret"), sender: try fields.object("sender").contact(),
            label: try fields.label("label"), claim: fields.has("claim") ? try fields.claim("claim") : nil,
            clock: try ClockReading(fields))
    }

    var members: Members {
        var members: Members = []
        if let secret { members.append(("secret", .string(secret.text))) }
        members += [("sender", .contact(sender)), ("label", .label(label))]
        if let claim { members.append(("claim", .claim(claim))) }
        return members + clock.members
    }
}

// MARK: On a link

extension Heartbeat {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            label: try fields.label("label"), size: try fields.number("size", as: UInt32.self),
            waits: try fields.optionalNumber("waits").map { UInt32(clamping: $0) } ?? 0)
    }

    var members: Members {
        [("label", .label(label)), ("size", .number(size))] + (waits == 0 ? [] : [("waits", .number(waits))])
    }
}

extension Announcement {
    init(_ fields: Fields) throws(WireError) {
        let id = try fields.string("id", limitBytes: FieldBounds.idBytes)
        var version: Announcement.Version?
        if fields.has("incarnation") {
            version = .init(incarnation: try fields.incarnation(), count: try fields.number("count"))
        }
        var withdrawal: Announcement.Withdrawal?
        if let text = try fields.optionalString("withdrawn") {
            guard let known = Announcement.Withdrawal(rawValue: text) else {
                throw .wrongType("withdrawn", "leaving or lost")
            }
            withdrawal = known
        }
        self.init(
            id: id, node: version == nil ? nil : try fields.node("id"), address: try fields.address(),
            load: try fields.number("load", as: Int.self),
            room: try fields.optionalNumber("room").map { Int(clamping: $0) }, version: version,
            withdrawal: withdrawal)
    }

    var members: Members {
        var members: Members = [("id", node.map { .node($0) } ?? .string(id))]
        members += JSONValue.address(address)
        members.append(("load", .number(load)))
        if let room { members.append(("room", .number(room))) }
        if let withdrawal { members.append(("withdrawn", .string(withdrawal.rawValue))) }
        if let version {
            members += [("incarnation", .decimal(version.incarnation.value)), ("count", .number(version.count))]
        }
        return members
    }
}

extension Acknowledgement {
    init(_ object: borrowing JSONObject) throws(WireError) {
        guard let stored = object.int("stored"), let safe = object.int("safe"), let confirmed = object.int("confirmed"),
            stored >= 0, safe >= 0, confirmed >= 0
        else { throw WireError("an acknowledgement needs stored, safe and confirmed") }
        let carried = object.int("carried") ?? stored
        guard carried >= 0 else { throw WireError("an acknowledgement's carried must not be negative") }
        self.init(
            stored: UInt64(stored), safe: UInt64(safe), confirmed: UInt64(confirmed), carried: UInt64(carried))
    }

    /// Every turn of every link may send one, so it is written without a tree of values.
    func appendLine(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"ACKNOWLEDGE","stored":"#.utf8)
        IdentityText.append(stored, to: &bytes)
        bytes.append(contentsOf: #","safe":"#.utf8)
        IdentityText.append(safe, to: &bytes)
        bytes.append(contentsOf: #","confirmed":"#.utf8)
        IdentityText.append(confirmed, to: &bytes)
        if carried != stored {
            bytes.append(contentsOf: #","carried":"#.utf8)
            IdentityText.append(carried, to: &bytes)
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}

/// `WATERMARK`
enum WatermarkLine {
    /// In total order there are many, so they are written without a tree of values.
    static func append(_ stamp: Stamp, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"command":"WATERMARK","stamp":""#.utf8)
        IdentityText.append(stamp.value, to: &bytes)
        bytes.append(contentsOf: "\"}\n".utf8)
    }
}

/// `GAP`, for nodes and for clients.
enum GapLine {
    static func message(_ fields: Fields) throws(WireError) -> Message {
        let (from, through) = (try fields.number("from"), try fields.number("through"))
        guard from > 0 else { throw .wrongType("from", "a whole number from 1 on") }
        guard from <= through else { throw WireError("the field through is less than the field from") }
        let gap = Log.Gap(origin: try fields.origin("origin"), from: from, through: through)
        return .gap(gap, stamp: try fields.optionalStamp("stamp") ?? .zero)
    }

    static func members(_ gap: Log.Gap, _ stamp: Stamp) -> Members {
        [
            ("origin", .string(IdentityText.text(gap.origin))), ("from", .number(gap.from)),
            ("through", .number(gap.through)),
        ] + (stamp == .zero ? [] : [("stamp", .number(stamp.value))])
    }
}

extension HeldQuestion {
    init(_ fields: Fields) throws(WireError) {
        self.init(id: try fields.question(), wanted: try fields.vector("wanted"))
    }

    var members: Members { [("request", .question(id)), ("wanted", .vector(wanted))] }
}

extension HeldAnswer {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            id: try fields.question(), held: try fields.vector("held"), nodes: try fields.nodes("nodes"),
            others: try fields.nodes("others"), isUnknown: try fields.flag("unknown"))
    }

    var members: Members {
        [
            ("request", .question(id)), ("held", .vector(held)), ("nodes", .nodes(nodes)), ("others", .nodes(others)),
        ] + (isUnknown ? [("unknown", .bool(true))] : [])
    }
}
