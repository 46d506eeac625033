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

    /// What a clock server answers.
    public enum Answer: Hashable, Sendable {
        case stamps(Stamps)
        /// It stands by; the leader, if it knows one.
        case standby(leader: Address?)
        /// It gives none, and says why.
        case refusal(String)
        /// The time, and nothing else: a clock of the original system.
        case timeOnly
        /// It doesn't know the question: a node, or a server of the base protocol.
        case unknownQuestion
    }

    /// A batch of stamps: `count` from `first` on, of the sequence that `epoch` names, and the clock's wall-clock time.
    public struct Stamps: Hashable, Sendable {
        public let first: Stamp
        public let count: Int
        public let epoch: UInt64
        public let wallMilliseconds: UInt64
    }

    /// - Returns: nil if the line is no such answer.
    public static func answer(_ line: RawSpan) -> Answer? {
        guard let object = try? JSONObject(parsing: line) else { return nil }
        switch object.string("command") {
        case "CLOCK_RESPONSE":
            if object.has("time"), !object.has("epoch"), !object.has("first") { return .timeOnly }
            return stamps(object).map { .stamps($0) }
        case "CLOCK_STANDBY":
            guard let host = object.string("hostname"), let port = object.int("port"), (1...65_535).contains(port)
            else { return .standby(leader: nil) }
            let leader = Address(host: host, port: UInt16(port))
            return .standby(leader: leader.isPlausible ? leader : nil)
        case "INVALID_MESSAGE" where object.string("info", is: "unknown message"): return .unknownQuestion
        case "INVALID_MESSAGE": return .refusal(object.string("info") ?? "")
        default: return nil
        }
    }

    private static func stamps(_ object: borrowing JSONObject) -> Stamps? {
        guard let epoch = object.string("epoch").flatMap({ UInt64($0) }),
            let first = object.string("first").flatMap({ UInt64($0) }), first <= Stamp.limit.value,
            let count = object.int("count"), count > 0, UInt64(count) <= Stamp.limit.value - first,
            let time = object.string("time").flatMap({ UInt64($0) }), time <= Stamp.limit.milliseconds
        else { return nil }
        return Stamps(first: Stamp(first), count: Int(count), epoch: epoch, wallMilliseconds: time)
    }
}
