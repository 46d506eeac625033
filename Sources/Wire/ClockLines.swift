import JSON
import Tree

/// What a node and a clock server say to each other.
public enum ClockLines {
    /// Asks for a batch of stamps above the greatest that the node has seen.
    public static func question(count: Int, seen: Stamp) -> [UInt8] {
        JSONValue.object([
            ("command", .string("GET_TIME")), ("count", .number(count)), ("seen", .decimal(seen.value)),
        ]).encoded + [UInt8(ascii: "\n")]
    }

    /// The first stamp of the batch; nil if the line is no such answer.
    public static func firstStamp(inAnswer line: RawSpan) -> Stamp? {
        guard let object = try? JSONObject(parsing: line), object.string("command", is: "CLOCK_RESPONSE"),
            let first = object.string("first").flatMap({ UInt64($0) }), first <= Stamp.limit.value
        else { return nil }
        return Stamp(first)
    }
}
