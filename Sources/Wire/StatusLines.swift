import JSON
import Tree

// A node's answer to the people who run it (docs/protocol.md#status). It stands here as a node reads it from another
// one, and beside that its fields as they are written. `TreeStatus` is the same as a tool reads it.

extension StatusQuestion {
    init(_ fields: Fields) throws(WireError) {
        self.init(secret: try fields.optionalSecret("secret"), id: try fields.optionalQuestion())
    }

    var members: Members {
        var members: Members = []
        if let secret { members.append(("secret", .string(secret.text))) }
        if let id { members.append(("request", .question(id))) }
        return members
    }
}

extension StatusAnswer {
    init(_ fields: Fields) throws(WireError) {
        let id = try fields.optionalQuestion()
        var nodes: [NodeStatus] = []
        for value in try fields.array("nodes") { nodes.append(try NodeStatus(Fields(value, "nodes"))) }
        self.init(id: id, nodes: nodes, isComplete: try fields.bool("complete"))
    }

    var members: Members {
        var members: Members = []
        if let id { members.append(("request", .question(id))) }
        return members + [("complete", .bool(isComplete)), ("nodes", .array(nodes.map { .object($0.members) }))]
    }
}

extension NodeStatus {
    fileprivate init(_ fields: Fields) throws(WireError) {
        let contact = try fields.contact()
        guard let node = contact.node else { throw .missing("id") }
        let isRoot = try fields.bool("root")
        let path = try fields.contacts("path")
        let label = Label(
            term: try fields.number("term"), root: path.last?.node ?? node,
            depth: try fields.number("depth", as: UInt32.self))
        let deadpool = try fields.contacts("deadpool")
        let heir = fields.has("heir") ? try fields.object("heir").contact() : nil
        let children = try fields.contacts("children")
        var baseServers: [BaseServerStatus] = []
        for value in try fields.array("leaves") { baseServers.append(try BaseServerStatus(Fields(value, "leaves"))) }
        self.init(
            contact: contact, label: label, isRoot: isRoot, isPlain: try fields.flag("plain"),
            isDraining: try fields.flag("draining"), path: path,
            deadpool: deadpool, heir: heir,
            children: children, baseServers: baseServers, clients: try fields.number("clients", as: Int.self),
            queue: try fields.number("queue", as: Int.self), log: try fields.number("log", as: Int.self),
            stamp: try fields.stamp("stamp"),
            turns: fields.has("turns") ? try TurnReport(fields.object("turns")) : nil,
            counts: fields.has("counts") ? try Counts(fields.object("counts")) : Counts(),
            work: fields.has("work") ? try WorkReport(fields.object("work")) : nil,
            links: fields.has("links") ? try LinkStatus.list(fields) : [],
            trouble: fields.has("unjoined") ? try JoinTrouble(fields.object("unjoined")) : nil,
            lag: fields.has("lag") ? try LagStatus(fields.object("lag")) : nil)
    }

    fileprivate var members: Members {
        var members = JSONValue.members(of: contact)
        members += [
            ("root", .bool(isRoot)), ("term", .number(label.term)), ("depth", .number(label.depth)),
            ("path", .contacts(path)), ("deadpool", .contacts(deadpool)),
            ("heir", heir.map { .contact($0) } ?? .null), ("children", .contacts(children)),
            ("leaves", .array(baseServers.map { .object($0.members) })), ("clients", .number(clients)),
            ("queue", .number(queue)), ("log", .number(log)), ("stamp", .decimal(stamp.value)),
            ("counts", .object(counts.members)),
        ]
        if let work { members.append(("work", .object(work.members))) }
        members.append(("links", .array(links.map { .object($0.members) })))
        if isDraining { members.append(("draining", .bool(true))) }
        if isPlain { members.append(("plain", .bool(true))) }
        if let turns { members.append(("turns", .object(turns.members))) }
        if let trouble { members.append(("unjoined", .object(trouble.members))) }
        if let lag { members.append(("lag", .object(lag.members))) }
        return members
    }
}

extension BaseServerStatus {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            dialect: try fields.string("protocol") == "original" ? .original : .base, address: try fields.address())
    }

    fileprivate var members: Members {
        [("protocol", .string(dialect == .base ? "base" : "original"))] + JSONValue.address(address)
    }
}

extension TurnReport {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            count: try fields.number("count"), median: try fields.number("p50"), p99: try fields.number("p99"),
            p999: try fields.number("p999"), longest: try fields.number("max"))
    }

    fileprivate var members: Members {
        [
            ("count", .number(count)), ("p50", .number(median)), ("p99", .number(p99)), ("p999", .number(p999)),
            ("max", .number(longest)),
        ]
    }
}

extension WorkReport {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            sampledMilliseconds: try fields.number("sampled_ms"), accepted: try fields.number("accepted"),
            deliveries: try fields.number("deliveries"), bytesRead: try fields.number("bytes_read"),
            bytesWritten: try fields.number("bytes_written"), clientsBehind: try fields.number("behind", as: Int.self),
            slowestBytes: try fields.number("slowest_bytes"), longestTurn: try fields.number("longest_turn"))
    }

    fileprivate var members: Members {
        [
            ("sampled_ms", .number(sampledMilliseconds)), ("accepted", .number(accepted)),
            ("deliveries", .number(deliveries)), ("bytes_read", .number(bytesRead)),
            ("bytes_written", .number(bytesWritten)), ("behind", .number(clientsBehind)),
            ("slowest_bytes", .number(slowestBytes)), ("longest_turn", .number(longestTurn)),
        ]
    }
}

extension LinkStatus {
    /// Links of kinds that a newer node may have are left out.
    fileprivate static func list(_ fields: Fields) throws(WireError) -> [LinkStatus] {
        var links: [LinkStatus] = []
        for value in try fields.array("links") {
            if let link = try LinkStatus(Fields(value, "links")) { links.append(link) }
        }
        return links
    }

    private init?(_ fields: Fields) throws(WireError) {
        guard let role = Role(rawValue: try fields.string("role")),
            let state = State(rawValue: try fields.string("state"))
        else { return nil }
        self.init(peer: try fields.contact(), role: role, state: state, behind: try fields.number("behind"))
    }

    fileprivate var members: Members {
        JSONValue.members(of: peer) + [
            ("role", .string(role.rawValue)), ("state", .string(state.rawValue)), ("behind", .number(behind)),
        ]
    }
}

extension Counts {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init()
        slowClients = try fields.number("slow_clients")
        idleClients = fields.has("idle_clients") ? try fields.number("idle_clients") : 0
        endedSessions = fields.has("ended_sessions") ? try fields.number("ended_sessions") : 0
        movedClients = fields.has("moved_clients") ? try fields.number("moved_clients") : 0
        refused = try fields.number("refused")
        waits = fields.has("waits") ? try fields.number("waits") : 0
        loudWaits = fields.has("loud_waits") ? try fields.number("loud_waits") : 0
        rateLimited = fields.has("rate_limited") ? try fields.number("rate_limited") : 0
        conflictingEntries = fields.has("conflicting_entries") ? try fields.number("conflicting_entries") : 0
        leftOut = fields.has("left_out") ? try fields.number("left_out") : 0
        handshakes = fields.has("handshakes") ? try fields.number("handshakes") : 0
        failedHandshakes = fields.has("handshakes_failed") ? try fields.number("handshakes_failed") : 0
        crowdedOutHandshakes =
            fields.has("handshakes_crowded_out") ? try fields.number("handshakes_crowded_out") : 0
        brokenStreams = fields.has("broken_streams") ? try fields.number("broken_streams") : 0
        stuckLinks = fields.has("stuck_links") ? try fields.number("stuck_links") : 0
        bytesRead = try fields.number("bytes_read")
        bytesWritten = try fields.number("bytes_written")
    }

    fileprivate var members: Members {
        [
            ("slow_clients", .number(slowClients)), ("idle_clients", .number(idleClients)),
            ("ended_sessions", .number(endedSessions)), ("moved_clients", .number(movedClients)),
            ("refused", .number(refused)), ("waits", .number(waits)),
            ("loud_waits", .number(loudWaits)), ("rate_limited", .number(rateLimited)),
            ("conflicting_entries", .number(conflictingEntries)), ("left_out", .number(leftOut)),
            ("broken_streams", .number(brokenStreams)),
            ("stuck_links", .number(stuckLinks)), ("handshakes", .number(handshakes)),
            ("handshakes_failed", .number(failedHandshakes)),
            ("handshakes_crowded_out", .number(crowdedOutHandshakes)), ("bytes_read", .number(bytesRead)),
            ("bytes_written", .number(bytesWritten)),
        ]
    }
}

extension LagStatus {
    fileprivate init(_ fields: Fields) throws(WireError) {
        guard let policy = Configuration.LagPolicy(rawValue: try fields.string("policy")) else {
            throw .wrongType("policy", "wait or gap")
        }
        self.init(
            policy: policy,
            waitedMilliseconds: fields.has("waited_ms") ? try fields.number("waited_ms", as: Int64.self) : nil,
            waitsFor: fields.has("waits_for") ? try fields.object("waits_for").contact() : nil,
            leftBehind: try fields.contacts("left_behind"))
    }

    fileprivate var members: Members {
        var members: Members = [("policy", .string(policy.rawValue)), ("left_behind", .contacts(leftBehind))]
        if let waitedMilliseconds { members.append(("waited_ms", .number(waitedMilliseconds))) }
        if let waitsFor { members.append(("waits_for", .contact(waitsFor))) }
        return members
    }
}

extension JoinTrouble {
    fileprivate init(_ fields: Fields) throws(WireError) {
        self.init(
            parent: fields.has("port") ? try fields.address() : nil,
            reason: (try fields.optionalString("why")).flatMap { Refusal.Reason(rawValue: $0) },
            info: try fields.string("info"))
    }

    fileprivate var members: Members {
        var members: Members = parent.map { JSONValue.address($0) } ?? []
        if let reason { members.append(("why", .string(reason.rawValue))) }
        members.append(("info", .string(info)))
        return members
    }
}
