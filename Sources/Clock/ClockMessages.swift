import JSON
import Tree

/// What an asker sends (`docs/protocol.md`, the clock).
enum ClockRequest: Equatable {
    /// The original's question: the time, once.
    case time
    case stamps(count: Int, seen: Stamp?)
    /// Anything else, with what to answer.
    case invalid(info: String)

    /// - Parameter line: without its end.
    init(line: RawSpan, limits: ClockLimits) {
        let unknown = ClockRequest.invalid(info: "Clock server only accepts command GET_TIME")
        guard let object = try? JSONObject(parsing: line), object.string("command", is: "GET_TIME") else {
            self = unknown
            return
        }
        guard object.has("count") else {
            self = .time
            return
        }
        guard let count = object.int("count"), count >= 1, count <= limits.batch else {
            self = .invalid(info: "count has to be a whole number from 1 to \(limits.batch)")
            return
        }
        var seen: Stamp?
        if object.has("seen") {
            guard let value = object.string("seen").flatMap({ UInt64($0) }), value < Stamp.limit.value else {
                self = .invalid(info: "seen has to be a stamp, written as a string of decimal digits")
                return
            }
            seen = Stamp(value)
        }
        self = .stamps(count: Int(count), seen: seen)
    }
}

/// What the clock answers: whole lines.
enum ClockAnswer {
    static func time(milliseconds: UInt64) -> [UInt8] {
        line(["command": "CLOCK_RESPONSE", "time": .string(String(milliseconds))])
    }

    static func stamps(_ batch: StampBatch, epoch: UInt64, milliseconds: UInt64) -> [UInt8] {
        line([
            "command": "CLOCK_RESPONSE", "epoch": .string(String(epoch)), "first": .string(String(batch.first.value)),
            "count": .integer(Int64(batch.count)), "time": .string(String(milliseconds)),
        ])
    }

    static func invalid(_ info: String) -> [UInt8] {
        line(["command": "INVALID_MESSAGE", "info": .string(info)])
    }

    /// - Parameter leader: where stamps are to be had instead, if it is known.
    static func standby(leader: Address?) -> [UInt8] {
        var members: JSONMembers = ["command": "CLOCK_STANDBY"]
        if let leader {
            members["hostname"] = .string(leader.host)
            members["port"] = .integer(Int64(leader.port))
        }
        return line(.object(members))
    }

    /// Why an asker is refused, for itself and for the log.
    static func words(of refusal: StampSource.Refusal, limits: ClockLimits) -> String {
        let skew = limits.skew.wholeMilliseconds
        return switch refusal {
        case .seenTooFarAhead(let ahead):
            "seen lies \(ahead.wholeMilliseconds) ms ahead of the clock's time, more than the \(skew) ms of "
                + "--max-clock-skew"
        case .runningAhead: "the stamps of the next \(skew) ms are used up, try again later"
        case .exhausted: "the clock has no more stamps"
        }
    }

    private static func line(_ value: JSONValue) -> [UInt8] {
        value.encoded + [UInt8(ascii: "\n")]
    }
}
