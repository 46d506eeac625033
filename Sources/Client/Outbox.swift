import JSON

/// What the client has said and not seen come back yet. The echo is the receipt: until then it is said again at every
/// login.
struct Outbox {
    struct Message {
        /// Counted from 1 within the session.
        let sequence: UInt64
        let activity: [UInt8]
    }

    /// In the order in which they were said.
    private(set) var messages: [Message] = []
    private(set) var bytes = 0
    private var last: UInt64 = 0

    var isEmpty: Bool { messages.isEmpty }

    /// Of the message that is said next.
    var nextSequence: UInt64 { last + 1 }

    /// This one is given up.
    mutating func remove(_ sequence: UInt64) {
        guard let index = messages.firstIndex(where: { $0.sequence == sequence }) else { return }
        bytes -= messages.remove(at: index).activity.count
    }

    mutating func add(_ activity: [UInt8]) -> Message {
        last += 1
        let message = Message(sequence: last, activity: activity)
        messages.append(message)
        bytes += activity.count
        return message
    }

    /// This one has come back. All before it have been said as well, since every node keeps a client's order: one that
    /// didn't come back lies in a gap.
    ///
    /// - Returns: whether any was still outstanding.
    mutating func cameBack(_ sequence: UInt64) -> Bool {
        drop(messages.prefix { $0.sequence <= sequence }.count)
    }

    /// For servers of the base protocol, which know no numbers: the oldest with the same content has come back.
    mutating func cameBack(_ activity: JSONMembers) -> Bool {
        var said = activity
        said["authenticated_user"] = nil
        let index = messages.firstIndex { message in
            guard let object = try? JSONObject(parsing: message.activity, bigNumbers: .allowed) else { return false }
            var own = object.members
            own["authenticated_user"] = nil
            return JSONValue.object(own).means(.object(said))
        }
        guard let index else { return false }
        bytes -= messages.remove(at: index).activity.count
        return true
    }

    private mutating func drop(_ count: Int) -> Bool {
        for message in messages.prefix(count) { bytes -= message.activity.count }
        messages.removeFirst(count)
        return count > 0
    }
}

extension JSONValue {
    /// Equal but for the order of members: other servers write theirs in an order of their own.
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
