/// Something that happened, as the runner tells the node.
public enum Event: Hashable, Sendable {
    /// A connection that the node asked for stands.
    case connected(AttemptID, ConnectionID)
    /// A connection that the node asked for could not be made.
    case connectFailed(AttemptID, why: ConnectFailure = .unreachable)
    /// A peer has opened a connection to this node, from an address. This is the first event of that connection.
    case opened(ConnectionID, from: PeerAddress)
    /// A connection is encrypted from here on. A certificate may vouch for a name: whoever signs those says who it is.
    /// `isProved`: both sides have proved that they know the secret of the one that was connected to. `isCertified`:
    /// both have besides shown certificates of nodes.
    case encrypted(ConnectionID, vouchedName: String?, isProved: Bool = false, isCertified: Bool = false)
    /// Somebody has named a key that isn't made of this node's secret.
    case namedWrongKey(ConnectionID)
    /// The operator has changed the node's secrets: others have to show one of `own`, of which the first is told to
    /// them, and the parent is shown `parent`.
    case secretsChanged(own: [Secret], parent: Secret)
    case received(ConnectionID, Message)
    /// So many bytes have come on a connection, whose lines have been handled. Told only where there is a limit:
    /// `Limits.bytesPerSecond`.
    case read(ConnectionID, bytes: Int)
    /// The address that the connection comes from: the answer to `serve`.
    case located(ConnectionID, Address)
    /// How far the client has been sent what it may read: the answer to `unfollow`.
    case unfollowed(ConnectionID, at: UInt64)
    /// The first bytes on a connection that the node asked for are no message. They show this kind of server.
    case receivedForeign(ConnectionID, ForeignServer)
    /// A line came that is no message. `info` tells its sender why.
    case receivedMalformed(ConnectionID, info: String)
    /// The connection is gone, or its other side sends nothing more.
    case closed(ConnectionID)
    /// Too many bytes wait to be written to this connection: the node adds nothing until it has drained.
    case congested(ConnectionID)
    case drained(ConnectionID)
    /// A client's cursor lags too far, or lies before the first byte that is still kept.
    case fellBehind(ConnectionID)
    /// A client, or a neighbour, has taken nothing of what waits for it for too long.
    case standsStill(ConnectionID)
    /// The deadline that the node named has come, or something else woke the runner.
    case timePassed
    /// All events of this turn have been handled. The node now sends what follows from them, in one piece.
    case turnEnded
    /// The hash that the node asked for; nil if it could not be made.
    case hashed(Ticket, String?)
    /// Whether the secret was right; nil if it could not be checked now.
    case verified(Ticket, Bool?)
    /// The token that the node wanted checked.
    case vouched(Ticket, Vouching)
    /// The records that the node wanted saved are on the disk, or `failure` says why they aren't.
    case persisted(Ticket, failure: String?)
    /// The same of the bans.
    case persistedBans(Ticket, failure: String?)
    /// What the runner knows of the connections that it was to describe, without those that are gone.
    case described(QuestionID, [ConnectionID: ConnectionTraits])
    /// The clock server gave `count` consecutive stamps, beginning with `first`. `epoch` names its sequence of stamps,
    /// and `wallMilliseconds` is the time by its wall clock.
    case clockAnswered(first: Stamp, count: Int, epoch: UInt64, wallMilliseconds: UInt64)
    /// The clock server gave no stamps in time.
    case clockSilent
    /// What the runner has counted so far; comes together with `turnsMeasured`.
    case counted(Counts)
    /// How long turns have taken so far; comes once a second while anything happens.
    case turnsMeasured(TurnReport)
    /// What the runner and the node have done so far; comes together with `turnsMeasured`.
    case workCounted(WorkReport)
    /// The operator has changed what may be changed while the node runs.
    case adjusted(Adjustment)
    /// The addresses that names in the configuration lead to now. They are seeds, in place of those that came before.
    case seedsNamed([Address])
    /// The operator wants the node to leave in order.
    case drainRequested
}

/// Names a piece of slow work until its result comes back.
public struct Ticket: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: Ticket, b: Ticket) -> Bool { a.value < b.value }
}
