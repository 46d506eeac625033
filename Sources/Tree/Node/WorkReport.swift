/// What a node has done since its start, counted at one moment: whoever asks twice knows how much it does in a second.
public struct WorkReport: Hashable, Sendable {
    /// When it was counted, in milliseconds since some moment before the node's start.
    public var sampledMilliseconds: UInt64
    /// Messages and other entries that were accepted here.
    public var accepted: UInt64
    /// Entries that clients could be shown, times the clients that followed then.
    public var deliveries: UInt64
    /// Bytes read from connections of every kind.
    public var bytesRead: UInt64
    /// Bytes written to connections of every kind.
    public var bytesWritten: UInt64
    /// Clients that had not been sent all that they may see.
    public var clientsBehind: Int
    /// How many bytes the client lags that lags most.
    public var slowestBytes: UInt64
    /// Microseconds of the longest turn of the event loop in the last 10 to 20 s.
    public var longestTurn: UInt64

    public init(
        sampledMilliseconds: UInt64, accepted: UInt64, deliveries: UInt64, bytesRead: UInt64, bytesWritten: UInt64,
        clientsBehind: Int, slowestBytes: UInt64, longestTurn: UInt64
    ) {
        self.sampledMilliseconds = sampledMilliseconds
        self.accepted = accepted
        self.deliveries = deliveries
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
        self.clientsBehind = clientsBehind
        self.slowestBytes = slowestBytes
        self.longestTurn = longestTurn
    }
}

/// A link, as operators are told of it.
public struct LinkStatus: Hashable, Sendable {
    public enum Role: String, Hashable, Sendable, CaseIterable {
        case parent
        case child
        case baseServer = "base"
    }

    public enum State: String, Hashable, Sendable, CaseIterable {
        /// The two sides don't have all yet that the other had when the link opened.
        case synchronising
        case open
        /// The other side takes nothing for now of what waits for it.
        case congested
    }

    public var peer: Contact
    public var role: Role
    public var state: State
    /// Entries that were stored here and not yet sent on the link, nor passed over.
    public var behind: UInt64

    public init(peer: Contact, role: Role, state: State, behind: UInt64) {
        self.peer = peer
        self.role = role
        self.state = state
        self.behind = behind
    }
}
