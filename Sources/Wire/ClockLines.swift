import JSON
import Tree

// Messages between nodes and clocks (docs/protocol.md#the-clock). Each stands here as it is read, and beside that its
// line.

/// A question to a clock: `GET_TIME`.
public enum ClockQuestion: Hashable, Sendable {
    /// The original system's question: the time, once.
    case time
    /// A batch of stamps.
    ///
    /// - seen: the greatest stamp that the asker has seen. The stamps of the batch have to be greater.
    case stamps(count: Int, seen: Stamp?)
}

/// A clock's answer.
public enum ClockAnswer: Hashable, Sendable {
    case stamps(ClockStamps)
    /// The time alone, which a clock of the original system answers to every question.
    ///
    /// - milliseconds: since 1970; nil if the value is beyond what a stamp can hold.
    case time(milliseconds: UInt64?)
    /// The clock stands by. `leader` is the clock that leads, if it knows one.
    case standby(leader: Address?)
    /// The clock gives no stamps; `info` says why.
    case refusal(info: String)
    /// The asked server doesn't know the question: it is a node, or a server of the base protocol.
    case unknownQuestion
}

/// A batch of stamps: `count` from `first` on, of the sequence that `epoch` names, and the clock's wall-clock time.
public struct ClockStamps: Hashable, Sendable {
    public let first: Stamp
    public let count: Int
    public let epoch: UInt64
    public let wallMilliseconds: UInt64

    public init(first: Stamp, count: Int, epoch: UInt64, wallMilliseconds: UInt64) {
        self.first = first
        self.count = count
        self.epoch = epoch
        self.wallMilliseconds = wallMilliseconds
    }
}

extension ClockQuestion {
    /// - Parameters:
    ///   - line: without its end.
    ///   - batch: the most stamps that one question may ask for.
    /// - Throws: the text of the answer to the asker.
    public init(line: RawSpan, batch: Int) throws(WireError) {
        guard let object = try? JSONObject(parsing: line), object.string("command", is: "GET_TIME") else {
            throw WireError("Clock server only accepts command GET_TIME")
        }
        guard object.has("count") else {
            self = .time
            return
        }
        guard let count = object.int("count"), count >= 1, count <= batch else {
            throw WireError("count has to be a whole number from 1 to \(batch)")
        }
        var seen: Stamp?
        if object.has("seen") {
            guard let value = object.string("seen").flatMap({ UInt64($0) }), value < Stamp.limit.value else {
                throw WireError("seen has to be a stamp, written as a string of decimal digits")
            }
            seen = Stamp(value)
        }
        self = .stamps(count: Int(count), seen: seen)
    }

    /// With its end.
    public var line: [UInt8] {
        var members: Members = [("command", .string("GET_TIME"))]
        if case .stamps(let count, let seen) = self {
            members.append(("count", .number(count)))
            if let seen { members.append(("seen", .decimal(seen.value))) }
        }
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }
}

extension ClockAnswer {
    /// - Returns: nil if the line is no answer of a clock.
    public init?(line: RawSpan) {
        guard let object = try? JSONObject(parsing: line) else { return nil }
        switch object.string("command") {
        case "CLOCK_RESPONSE":
            if object.has("time"), !object.has("epoch"), !object.has("first") {
                self = .time(milliseconds: Self.milliseconds(object))
            } else if let stamps = ClockStamps(object) {
                self = .stamps(stamps)
            } else {
                return nil
            }
        case "CLOCK_STANDBY":
            guard let host = object.string("hostname"), let port = object.int("port"), (1...65_535).contains(port)
            else {
                self = .standby(leader: nil)
                return
            }
            let leader = Address(host: host, port: UInt16(port))
            self = .standby(leader: leader.isPlausible ? leader : nil)
        case "INVALID_MESSAGE":
            let info = object.string("info") ?? ""
            self = info == Self.unknownQuestionInfo ? .unknownQuestion : .refusal(info: info)
        default: return nil
        }
    }

    fileprivate static func milliseconds(_ object: borrowing JSONObject) -> UInt64? {
        object.string("time").flatMap { UInt64($0) }.flatMap { $0 <= Stamp.limit.milliseconds ? $0 : nil }
    }

    /// A node's answer to a command that it doesn't know.
    private static let unknownQuestionInfo = "unknown message"

    /// With its end.
    public var line: [UInt8] {
        let members: Members =
            switch self {
            case .stamps(let stamps): stamps.members
            case .time(let time):
                [("command", .string("CLOCK_RESPONSE")), ("time", time.map { .decimal($0) } ?? .string(""))]
            case .standby(let leader):
                [("command", .string("CLOCK_STANDBY"))] + (leader.map { JSONValue.address($0) } ?? [])
            case .refusal(let info): [("command", .string("INVALID_MESSAGE")), ("info", .string(info))]
            case .unknownQuestion:
                [("command", .string("INVALID_MESSAGE")), ("info", .string(Self.unknownQuestionInfo))]
            }
        return JSONValue.object(members).encoded + [UInt8(ascii: "\n")]
    }
}

extension ClockStamps {
    fileprivate init?(_ object: borrowing JSONObject) {
        guard let epoch = object.string("epoch").flatMap({ UInt64($0) }),
            let first = object.string("first").flatMap({ UInt64($0) }), first <= Stamp.limit.value,
            let count = object.int("count"), count > 0, UInt64(count) <= Stamp.limit.value - first,
            let time = ClockAnswer.milliseconds(object)
        else { return nil }
        self.init(first: Stamp(first), count: Int(count), epoch: epoch, wallMilliseconds: time)
    }

    fileprivate var members: Members {
        [
            ("command", .string("CLOCK_RESPONSE")), ("epoch", .decimal(epoch)), ("first", .decimal(first.value)),
            ("count", .number(count)), ("time", .decimal(wallMilliseconds)),
        ]
    }
}
