import JSON

/// How a broadcast is printed.
public enum BroadcastText {
    /// As it came, for programs.
    static func json(_ broadcast: Broadcast) -> [UInt8] {
        broadcast.line + [UInt8(ascii: "\n")]
    }

    /// `name: text`, for people; with a time before it, if one is given.
    static func line(_ broadcast: Broadcast, _ style: Style, time: String? = nil) -> [UInt8] {
        var activity = broadcast.activity
        activity["authenticated_user"] = nil
        let text: String
        if activity.count == 1, let object = activity["object"]?.string {
            text = object
        } else {
            text = String(decoding: broadcast.content, as: UTF8.self)
        }
        let name = style.name(Printable.text(broadcast.sender))
        let mark = broadcast.isLate ? " (late)" : ""
        let before = time.map { style.dim($0) + " " } ?? ""
        return Array("\(before)\(name)\(mark): \(Printable.text(text))\n".utf8)
    }
}
