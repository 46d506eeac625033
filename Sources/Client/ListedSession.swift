import JSON
import Tree
import Wire

/// Sessions and bans as `coppice session` prints them: a line of columns, or of JSON.
enum ListedSession {
    /// A session as one line, with its end.
    static func line(_ session: ToldSession, asJSON: Bool) -> [UInt8] {
        guard asJSON else {
            let columns = [
                session.node, Printable.text(session.username), Printable.text(session.from),
                Printable.text(session.transport), "since \(UTCTime.text(session.since * 1000))",
                "\(session.messages) messages", "lags \(session.lagBytes) bytes", Printable.text(session.session),
            ]
            return Array((columns.joined(separator: "\t") + "\n").utf8)
        }
        let members: JSONMembers = [
            "node": .string(session.node), "username": .string(session.username), "from": .string(session.from),
            "transport": .string(session.transport), "since": .string(UTCTime.text(session.since * 1000)),
            "messages": .integer(session.messages), "lag_bytes": .integer(session.lagBytes),
            "session": .string(session.session),
        ]
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }

    /// A ban as one line, with its end.
    static func line(_ ban: ToldBan, asJSON: Bool) -> [UInt8] {
        let (kind, whom) =
            switch ban.target {
            case .username(let name): ("username", name)
            case .address(let range): ("address", range)
            case .session(let session): ("session", session)
            }
        let until = ban.until.map { UTCTime.text($0) }
        guard asJSON else {
            let reason = ban.reason.isEmpty ? "" : "\t\(Printable.text(ban.reason))"
            let end = until.map { "until \($0)" } ?? "for good"
            let words = kind == "address" ? PeerRange(whom)?.words : nil
            return Array(
                "\(kind) \(Printable.text(words ?? whom))\tbanned \(UTCTime.text(ban.made))\t\(end)\(reason)\n".utf8)
        }
        var members: JSONMembers = [kind: .string(whom), "made": .string(UTCTime.text(ban.made))]
        if let until { members["until"] = .string(until) }
        if !ban.reason.isEmpty { members["reason"] = .string(ban.reason) }
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }

    /// The line that tells the outcome of a change.
    static func outcome(of action: SessionAction, _ told: SessionsTold, asJSON: Bool) -> [UInt8] {
        let done =
            switch action {
            case .ban: "banned"
            case .unban: "unbanned"
            case .end: "ended"
            case .list, .bans: "listed"
            }
        guard asJSON else {
            let sessions = "\(told.total) \(told.total == 1 ? "session" : "sessions")"
            let nodes = "\(told.nodes) \(told.nodes == 1 ? "node" : "nodes")"
            let disks = "on \(told.durable) \(told.durable == 1 ? "disk" : "disks")"
            let text =
                switch action {
                case .ban(.address(.loopback), _, _):
                    "banned \(PeerRange.loopback.words) at \(nodes), \(disks): \(sessions) ended"
                case .ban: "banned at \(nodes), \(disks): \(sessions) ended"
                case .unban: "banned no more at \(nodes), \(disks)"
                case .end, .list, .bans: "ended \(sessions), \(nodes) asked"
                }
            return Array((text + "\n").utf8)
        }
        var members: JSONMembers = ["done": .string(done), "nodes": .integer(told.nodes)]
        if done != "unbanned" { members["sessions"] = .integer(told.total) }
        if done != "ended" { members["durable"] = .integer(told.durable) }
        members["complete"] = .bool(told.isComplete)
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }
}
