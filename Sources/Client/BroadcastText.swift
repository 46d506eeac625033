import JSON
import Session
import Wire

/// Formats broadcasts for printing.
public enum BroadcastText {
    /// The line as it came, for programs.
    static func json(_ broadcast: Broadcast) -> [UInt8] {
        broadcast.line + [UInt8(ascii: "\n")]
    }

    /// `name: text`, for people, after the time if one is given.
    ///
    /// - Parameters:
    ///   - tellsApart: whether clients without a name are told apart by their sessions.
    ///   - receipt: the receipt if the message is our own. It is shown if fewer nodes hold the message than were
    ///     promised.
    static func line(
        _ broadcast: Broadcast, _ style: Style, time: String? = nil, tellsApart: Bool = false,
        receipt: ClientSession.Receipt? = nil
    ) -> [UInt8] {
        var activity = broadcast.activity
        activity["authenticated_user"] = nil
        let name = style.name(Printable.text(tellsApart ? Person(broadcast).label : broadcast.sender))
        let mark = broadcast.isLate ? " (late)" : ""
        let before = time.map { style.dim($0) + " " } ?? ""
        let after = receipt.flatMap(shortage).map { " " + style.dim($0) } ?? ""
        return Array("\(before)\(name)\(mark): \(Printable.text(text(activity, broadcast.content)))\(after)\n".utf8)
    }

    /// The text of an activity if it has nothing else, otherwise its JSON.
    static func text(of activity: [UInt8]) -> String {
        guard let object = try? JSONObject(parsing: activity) else { return String(decoding: activity, as: UTF8.self) }
        return text(object.members, activity)
    }

    private static func text(_ activity: JSONMembers, _ bytes: [UInt8]) -> String {
        if activity.count == 1, let object = activity["object"]?.string { return object }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A line that says that fewer nodes hold our own message than were promised; empty if enough do.
    static func shortage(_ receipt: ClientSession.Receipt, _ style: Style) -> [UInt8] {
        shortage(receipt).map { Array("\(style.dim($0))\n".utf8) } ?? []
    }

    private static func shortage(_ receipt: ClientSession.Receipt) -> String? {
        guard !receipt.isWhole else { return nil }
        return "(on \(receipt.copies) \(receipt.copies == 1 ? "server" : "servers") only)"
    }
}
