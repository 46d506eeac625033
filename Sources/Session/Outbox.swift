import JSON

/// An own message that is not known to be safe.
public struct Outgoing: Equatable, Sendable {
    /// The number of the message, counted from 1 in the session.
    public let sequence: UInt64
    /// The text of an object. It is sent like this each time.
    public let activity: [UInt8]
}

/// The own messages that have not come back. The echo of a message is its receipt. Until it comes, the message is sent
/// again at every login.
struct Outbox {
    /// The messages in the order in which they were said.
    private(set) var messages: [Outgoing] = []
    private(set) var bytes = 0
    private var last: UInt64 = 0

    var isEmpty: Bool { messages.isEmpty }

    /// The number of the next message.
    var nextSequence: UInt64 { last + 1 }

    /// Gives a message up.
    mutating func remove(_ sequence: UInt64) {
        guard let index = messages.firstIndex(where: { $0.sequence == sequence }) else { return }
        bytes -= messages.remove(at: index).activity.count
    }

    mutating func add(_ activity: [UInt8]) -> Outgoing {
        last += 1
        let message = Outgoing(sequence: last, activity: activity)
        messages.append(message)
        bytes += activity.count
        return message
    }

    /// To be called when a message has come back. All messages before it were stored too, since every node keeps the
    /// order of a client. If one of them didn't come back, it lies in a gap.
    ///
    /// - Returns: the numbers of those that were still in the outbox.
    mutating func cameBack(_ sequence: UInt64) -> [UInt64] {
        let back = messages.prefix { $0.sequence <= sequence }
        for message in back { bytes -= message.activity.count }
        let numbers = back.map(\.sequence)
        messages.removeFirst(back.count)
        return numbers
    }

    /// As above for servers of the base protocol, which have no numbers: removes the oldest message with the same
    /// content. Without numbers the order says nothing, so those before it stay.
    ///
    /// - Returns: its number, if there is one.
    mutating func cameBack(_ activity: JSONMembers) -> UInt64? {
        var said = activity
        said["authenticated_user"] = nil
        let index = messages.firstIndex { message in
            guard let object = try? JSONObject(parsing: message.activity, bigNumbers: .allowed) else { return false }
            var own = object.members
            own["authenticated_user"] = nil
            return JSONValue.object(own).means(.object(said))
        }
        guard let index else { return nil }
        let message = messages.remove(at: index)
        bytes -= message.activity.count
        return message.sequence
    }
}

extension JSONValue {
    /// Whether two values are equal except for the order of members, since other servers write members in their own
    /// order.
    fileprivate func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let one), .object(let other)):
            one.count == other.count
                && one.list.allSatisfy { member in other[member.key].map { member.value.means($0) } ?? false }
        case (.array(let one), .array(let other)):
            one.count == other.count && zip(one, other).allSatisfy { $0.means($1) }
        case (.integer(let one), .real(let other)), (.real(let other), .integer(let one)): Double(one) == other
        default: self == other
        }
    }
}
