/// Something that the node wants done. The runner performs effects at once and in this order.
public enum Effect: Hashable, Sendable {
    /// Makes a connection. Who is there has to prove that it knows the secret before anything is said to it, if the
    /// runner encrypts links; the runner proves the same.
    case connect(AttemptID, Address, proving: Secret)
    /// The connection of this attempt is no longer wanted, whether it stands or not.
    case abandon(AttemptID)
    case send(ConnectionID, Message)
    /// Sends an entry to another node, with this hop count.
    case forward(ConnectionID, ForwardedEntry, hop: UInt8)
    /// Sends one of the lines that clients read. It is marked as late if it isn't already.
    case show(ConnectionID, ReadableLine)
    /// Sends one of the lines that clients read to a server of the original system, as the message of this number.
    case showNumbered(ConnectionID, ReadableLine, number: UInt32)
    /// The other side is a base server: from now on it is written to in this dialect. The runner answers with
    /// `located`.
    case serve(ConnectionID, Dialect)
    /// From now on the runner sends the client what it may read, from an offset up to `readableEnd`.
    case follow(ConnectionID, from: UInt64)
    /// The runner sends the client no more of what it may read, and answers with `unfollowed`.
    case unfollow(ConnectionID)
    case close(ConnectionID, CloseManner)
    /// Stops reading from this connection until `resume`.
    case pause(ConnectionID)
    case resume(ConnectionID)
    /// The connection is a link to another server: the runner serves it before clients, and allows longer lines on it.
    case prefer(ConnectionID)
    case hash(Ticket, Secret)
    /// Checks whether a secret matches a hash. Without a hash the answer is no, and takes as long.
    case verify(Ticket, Secret, against: String?)
    /// Checks a token of somebody else: the runner has the keys.
    case vouch(Ticket, token: Secret)
    /// Replaces what the disk has of these names by these records, all or none. An empty record deletes the name.
    case persist(Ticket, [AccountRecord])
    /// Replaces what the disk has of bans by these.
    case persistBans(Ticket, [BanRecord])
    /// Tells in `described` what the runner knows of these connections.
    case describe(QuestionID, [ConnectionID])
    /// Asks the clock server for `count` stamps (1 to `Limits.stampBatch`), and tells it the greatest stamp that this
    /// node has seen. One question is under way at a time: `clockAnswered` or `clockSilent` ends it.
    case askClock(count: Int, seen: Stamp)
    /// The nodes to try after a restart.
    case remember([Contact])
    case report(Notice)
    /// Sends the settings that the program runs with, without secrets, as the answer to an administrator.
    case tellSettings(ConnectionID)
    /// The node is done: it has left the tree in order.
    case stop(StopReason)
}

/// When a connection is closed.
public enum CloseManner: Hashable, Sendable {
    /// After everything sent before has been written.
    case afterFlush
    case now
}

/// Why a node ends.
public enum StopReason: Hashable, Sendable {
    case drained
}

/// An entry that is sent on, with all that the runner needs to write it.
public struct ForwardedEntry: Hashable, Sendable {
    /// The entry's position in the log.
    public let position: LogPosition
    public let content: Log.Content

    public init(position: LogPosition, content: Log.Content) {
        self.position = position
        self.content = content
    }
}
