/// What the node wants done. The runner does it at once and in this order.
public enum Effect: Hashable, Sendable {
    case connect(AttemptID, Address)
    /// A connection that was ordered is no longer wanted, whether it stands or not.
    case abandon(AttemptID)
    case send(ConnectionID, Message)
    /// Sends an entry to another node, with this hop count.
    case forward(ConnectionID, ForwardedEntry, hop: UInt8)
    /// Sends one line of those that clients read, which begins at an offset; marked as late if it isn't already.
    case show(ConnectionID, ReadableLine)
    /// Sends one line of those that clients read to a server of the original system, as the message of this number.
    case showNumbered(ConnectionID, ReadableLine, number: UInt32)
    /// The other side is a server that is no node: what it is sent from now on is written as it reads it. `located` is
    /// to follow.
    case serve(ConnectionID, Dialect)
    /// From now on the client reads by itself, from an offset up to `readableEnd`.
    case follow(ConnectionID, from: UInt64)
    case close(ConnectionID, CloseManner)
    /// Nothing more is to be read from this connection, until `resume`.
    case pause(ConnectionID)
    case resume(ConnectionID)
    /// The connection is a link to another server: it goes before clients, and longer lines are allowed on it.
    case prefer(ConnectionID)
    case hash(Ticket, Secret)
    /// Whether a secret is the one that was hashed. Without a hash the answer is no, and takes as long.
    case verify(Ticket, Secret, against: String?)
    /// Puts these records in the place of what the disk has of the same names, all or none; an empty one is deleted.
    case persist(Ticket, [AccountRecord])
    /// Asks the clock server for so many stamps (1 to `Limits.stampBatch`), telling it the greatest that was seen. One
    /// question is under way at a time: `clockAnswered` or `clockSilent` ends it.
    case askClock(count: Int, seen: Stamp)
    /// The nodes to try after a restart.
    case remember([Contact])
    case report(Notice)
    /// The node is done: it left in order.
    case stop(StopReason)
}

public enum CloseManner: Hashable, Sendable {
    /// What was sent before arrives first.
    case afterFlush
    case now
}

public enum StopReason: Hashable, Sendable {
    case drained
}

/// An entry that is sent on: all that the runner needs to write it down.
public struct ForwardedEntry: Hashable, Sendable {
    /// Where the entry stands in the log.
    public let position: LogPosition
    public let content: Log.Content

    public init(position: LogPosition, content: Log.Content) {
        self.position = position
        self.content = content
    }
}
