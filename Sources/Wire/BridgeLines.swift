import JSON
import Tree

// What the nodes of a tree say to each other when its root can't reach another tree (docs/protocol.md#bridges).

extension ReachQuestion {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            id: try fields.question(), root: try fields.node("root"), missing: try fields.contacts("missing"))
    }

    var members: Members {
        [("request", .question(id)), ("root", .node(root)), ("missing", .contacts(missing))]
    }
}

extension ReachAnswer {
    init(_ fields: Fields) throws(WireError) {
        let id = try fields.question()
        guard fields.has("target") else {
            self.init(id: id, bridge: nil)
            return
        }
        let bridge = Bridge(
            path: try fields.nodes("path"), target: try fields.object("target").contact(),
            claim: try fields.claim("claim"))
        self.init(id: id, bridge: bridge)
    }

    var members: Members {
        guard let bridge else { return [("request", .question(id))] }
        return [
            ("request", .question(id)), ("path", .nodes(bridge.path)), ("target", .contact(bridge.target)),
            ("claim", .claim(bridge.claim)),
        ]
    }
}

extension ReignPassing {
    init(_ fields: Fields) throws(WireError) {
        self.init(
            term: try fields.number("term"), attempt: AttemptID(try fields.number("attempt")),
            priority: try fields.priority(), reign: try fields.optionalNumber("reign"), path: try fields.nodes("path"),
            target: try fields.object("target").contact())
    }

    var members: Members {
        var members: Members = [
            ("term", .number(term)), ("attempt", .number(attempt.value)), ("priority", .number(priority)),
            ("path", .nodes(path)), ("target", .contact(target)),
        ]
        if let reign { members.append(("reign", .number(reign))) }
        return members
    }
}
