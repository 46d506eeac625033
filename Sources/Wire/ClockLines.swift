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

    /// A batch of stamps: `count` from `first` on, of the sequence that `epoch` names, and the clock's wall-clock time.
    public struct Answer: Hashable, Sendable {
        public let first: Stamp
        public let count: Int
        public let epoch: UInt64
        public let wallMilliseconds: UInt64
    }

    /// What the clock server answers; nil if the line is no such answer.
    public static func answer(_ line: RawSpan) -> Answer? {
        guard let object = try? JSONObject(parsing: line), object.string("command", is: "CLOCK_RESPONSE"),
            let epoch = object.string("epoch").flatMap({ UInt64($0) }),
            let first = object.string("first").flatMap({ UInt64($0) }), first <= Stamp.limit.value,
            let count = object.int("count"), count > 0, UInt64(count) <= Stamp.limit.value - first,
            let time = object.string("time").flatMap({ UInt64($0) }), time <= Stamp.limit.milliseconds
        else { return nil }
        return Answer(first: Stamp(first), count: Int(count), epoch: epoch, wallMilliseconds: time)
    }
}
