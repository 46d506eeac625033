import JSON
import Wire

/// How a broadcast is printed.
public enum BroadcastText {
    /// As it came, for programs.
    static func json(_ broadcast: Broadcast) -> [UInt8] {
        broadcast.line + [UInt8(ascii: "\n")]
    }

    /// `name: text`, for people; with a time before it, if one is given.
    ///
    /// - Parameters:
    ///   - tellsApart: whether those without a name are told apart.
    ///   - receipt: of an own message; it is shown if fewer nodes hold it than were promised.
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

    /// What an activity says: its text if it is nothing else, otherwise its JSON.
    static func text(of activity: [UInt8]) -> String {
        guard let object = try? JSONObject(parsing: activity) else { return String(decoding: activity, as: UTF8.self) }
        return text(object.members, activity)
    }

    private static func text(_ activity: JSONMembers, _ bytes: [UInt8]) -> String {
        if activity.count == 1, let object = activity["object"]?.string { return object }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A line of its own about an own message that fewer nodes hold than were promised; else nothing.
    static func shortage(_ receipt: ClientSession.Receipt, _ style: Style) -> [UInt8] {
        shortage(receipt).map { Array("\(style.dim($0))\n".utf8) } ?? []
    }

    private static func shortage(_ receipt: ClientSession.Receipt) -> String? {
        guard !receipt.isWhole else { return nil }
        return "(on \(receipt.copies) \(receipt.copies == 1 ? "server" : "servers") only)"
    }
}
