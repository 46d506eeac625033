import JSON

/// How a broadcast is printed.
public enum BroadcastText {
    /// As it came, for programs.
    static func json(_ broadcast: Broadcast) -> [UInt8] {
        broadcast.line + [UInt8(ascii: "\n")]
    }

    /// `name: text`, for people.
    static func line(_ broadcast: Broadcast, _ style: Style) -> [UInt8] {
        var activity = broadcast.activity
        activity["authenticated_user"] = nil
        let text: String
        if activity.count == 1, let object = activity["object"]?.string {
            text = object
        } else {
            text = String(decoding: JSONValue.object(activity).encoded, as: UTF8.self)
        }
        let name = style.name(Printable.text(broadcast.sender))
        return Array("\(name): \(Printable.text(text))\n".utf8)
    }
}
