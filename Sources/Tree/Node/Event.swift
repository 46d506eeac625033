/// What happened, told to the node by whoever runs it.
public enum Event: Hashable, Sendable {
    /// A connection that the node ordered stands.
    case connected(AttemptID, ConnectionID)
    /// A connection that the node ordered can't be had.
    case connectFailed(AttemptID, why: ConnectFailure = .unreachable)
    /// Somebody has opened a connection to this node, from an address; the first event of that connection.
    case opened(ConnectionID, from: PeerAddress)
    /// A connection that somebody has opened is encrypted from here on. A certificate may vouch for a name: whoever
    /// signs those says who it is.
    case encrypted(ConnectionID, vouchedName: String?)
    case received(ConnectionID, Message)
    /// Where the connection comes from: the answer to `serve`.
    case located(ConnectionID, Address)
    /// What came first on a connection that the node ordered is no message: this kind of server sends it.
    case receivedForeign(ConnectionID, ForeignServer)
    /// A line came that is no message; `info` says why, for its sender.
    case receivedMalformed(ConnectionID, info: String)
    /// The connection is gone, or its other side sends nothing more.
    case closed(ConnectionID)
    /// More waits for this connection than should: nothing is to be added until it has drained.
    case congested(ConnectionID)
    case drained(ConnectionID)
    /// A client's cursor lags too far, or is before the first byte that is still there.
    case fellBehind(ConnectionID)
    /// A client, or a neighbour, has taken nothing of what waits for it for too long.
    case standsStill(ConnectionID)
    /// The deadline that the node had named has come, or something else woke the runner: time has passed.
    case timePassed
    /// Everything that could be read in this turn has been handled: what it led to goes out now, in one piece.
    case turnEnded
    /// The hash that was ordered; nil when it could not be made.
    case hashed(Ticket, String?)
    /// Whether the secret was right; nil when it could not be checked now.
    case verified(Ticket, Bool?)
    /// What was ordered to be saved is on the disk, or why it isn't.
    case persisted(Ticket, failure: String?)
    /// The clock server gave `count` stamps, from `first` on without a hole. `epoch` names its sequence of stamps, and
    /// `wallMilliseconds` is the time by its wall clock.
    case clockAnswered(first: Stamp, count: Int, epoch: UInt64, wallMilliseconds: UInt64)
    /// It gave none within the time that it had.
    case clockSilent
    /// What the runner has counted, so far; together with `turnsMeasured`.
    case counted(Counts)
    /// How long turns took, so far; once a second while anything happens.
    case turnsMeasured(TurnReport)
    /// The operator wants the node to leave in order.
    case drainRequested
}

/// Names a piece of slow work until its result is in.
public struct Ticket: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: Ticket, b: Ticket) -> Bool { a.value < b.value }
}
