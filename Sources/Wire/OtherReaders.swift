import JSON
import Tree

/// Messages for readers that are no nodes (docs/protocol.md#leaves, #redirecting): only the fields that they know, in
/// the types that they read.
///
/// A server of the base protocol reads numbers as numbers. A server of the original system casts each field to a
/// string, and a field of another type ends its thread that reads the link.
enum OtherReaders {
    /// Nil for messages that are the same for all readers.
    static func parts(of message: Message, for reader: Reader) -> (Command, Members)? {
        switch reader {
        case .usual: nil
        case .originalClient:
            if case .redirect(let address, _) = message { (.redirect, JSONValue.originalAddress(address)) } else { nil }
        case .server(let dialect): parts(of: message, for: dialect)
        }
    }

    private static func parts(of message: Message, for dialect: Dialect) -> (Command, Members)? {
        switch message {
        case .serverAnnounce(let announcement): (.serverAnnounce, members(of: announcement, for: dialect))
        case .lockRequest(let question): (.lockRequest, pair(question.username, question.secret))
        case .lockAllowed(let answer): (.lockAllowed, pair(answer.username, answer.secret))
        case .lockDenied(let answer): (.lockDenied, pair(answer.username, answer.secret))
        case .loginAllowed(let answer): (.loginAllowed, pair(answer.username, answer.secret))
        case .loginDenied(let answer): (.loginDenied, pair(answer.username, answer.secret))
        case .authenticationFail(let refusal): (.authenticationFail, [("info", .string(refusal.info))])
        default: nil
        }
    }

    private static func pair(_ username: String, _ secret: Secret?) -> Members {
        [("username", .string(username)), ("secret", .string(secret?.text ?? ""))]
    }

    private static func members(of announcement: Announcement, for dialect: Dialect) -> Members {
        // Such a server doesn't know the field `room`: a node without room tells it the greatest load.
        let load = announcement.room == 0 ? Announcement.loadOfNoRoom : announcement.load
        let id = announcement.node.map { JSONValue.node($0) } ?? .string(announcement.id)
        return switch dialect {
        case .base:
            [("id", id)] + JSONValue.address(announcement.address) + [("load", .number(load))]
        case .original:
            [("id", id)] + JSONValue.originalAddress(announcement.address)
                + [("load", .string(String(load)))]
        }
    }
}
