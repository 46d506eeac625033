import JSON

/// Turns a line that a person or a program typed into an activity.
enum TypedLine {
    /// Levels of nesting that an activity may have. It is one less than a message may have, since the message contains
    /// the activity.
    static let depthLimit = JSONObject.defaultDepthLimit - 1

    /// - Returns: the text of an object; `nil` for a blank line.
    static func activity(_ typed: [UInt8]) -> [UInt8]? {
        let line = typed.filter { $0 != 0 }
        guard line.contains(where: { $0 > 32 }) else { return nil }
        if isObject(line) { return line }
        var text = Array(#"{"object":"#.utf8)
        // No node accepts malformed UTF-8, so it is repaired here.
        JSONText.appendString(String(decoding: line, as: UTF8.self), to: &text)
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func isObject(_ line: [UInt8]) -> Bool {
        guard line.first(where: { $0 > 32 }) == UInt8(ascii: "{") else { return false }
        // For a peer that reads lines as Java does, a raw CR would end the line.
        guard !line.contains(13) else { return false }
        // A dense one is refused by the node, which says so; said as a text it would be something else.
        let object = try? JSONObject(
            parsing: line.span.bytes, depthLimit: depthLimit, bigNumbers: .allowed, mayBeDense: true)
        return object != nil
    }
}
