/// What happened, told to the node by whoever runs it.
public enum Event: Hashable, Sendable {
    /// A connection that the node ordered stands.
    case connected(AttemptID, ConnectionID)
    /// A connection that the node ordered can't be had.
    case connectFailed(AttemptID, why: ConnectFailure = .unreachable)
    /// Somebody has opened a connection to this node, from an address; the first event of that connection.
    case opened(ConnectionID, from: PeerAddress)
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

/// What the node wants done. The runner does it at once and in this order.
public enum Effect: Hashable, Sendable {
    case connect(AttemptID, Address)
    /// A connection that was ordered is no longer wanted, whether it stands or not.
    case abandon(AttemptID)
    case send(ConnectionID, Message)
    /// Sends the entry at a position to another node, with this hop count.
    case forward(ConnectionID, LogPosition, hop: UInt8)
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

/// Names a piece of slow work until its result is in.
public struct Ticket: Hashable, Comparable, Sendable {
    public let value: UInt64

    public init(_ value: UInt64) {
        self.value = value
    }

    public static func < (a: Ticket, b: Ticket) -> Bool { a.value < b.value }
}

/// What an operator should know of.
public enum Notice: Hashable, Sendable {
    case joined(Contact)
    case retryingParent(Address, Refusal?)
    /// The configured parent refuses this node for a reason that only an operator can help.
    case parentRefused(Address, Refusal)
    /// The configured parent could not be had for as long as a node waits for it, or another process is in its place.
    case notJoined(JoinTrouble)
    /// It still is so, since so long: said now and then.
    case unjoined(JoinTrouble, for: Duration)
    /// Somebody was refused for a reason that only an operator can help. So many others were, and not told of.
    case refusedNode(Contact?, Refusal, others: Int)
    /// Something that is no node answers at an address where one was looked for.
    case noNode(ForeignServer, Address, TriedAs)
    case parentLost(Contact, why: LossReason)
    case promoted(term: UInt64)
    case mergingUnder(Contact)
    case tookChild(Contact)
    case childLost(Contact, why: LossReason)
    case tookLeaf(Dialect, Address)
    case leafLost(Dialect, Address, why: LossReason)
    /// A server that is no node doesn't answer questions about names. They don't wait for it any more.
    case leafMute(Dialect, Address)
    /// It asks more at a time than it may: the rest is denied.
    case leafAsksTooMuch(Dialect, Address)
    case alone
    /// Rule L4 was broken by a parent: an alarm.
    case labelWentBack(Contact)
    case foundMyselfAbove(Contact)
    case streamBroken(Contact, detail: String)
    case badFrame(Contact?, info: String)
    case gap(Log.Gap)
    /// So many clients that came back lack entries that nobody keeps any more, and were told so if they asked for it.
    case clientsMissed(clients: Int, entries: UInt64)
    /// The parent has come to stand so deep that this node would be deeper than allowed.
    case tooDeep(Contact)
    case clientFellBehind(ConnectionID, user: String)
    /// Newcomers are refused, since there are as many clients as there may be.
    case full(clients: Int)
    case clockAnswers
    case clockSilent
    /// The clock server gave stamps that are not above those that it was told of.
    case clockWentBack
    /// A peer showed a stamp so far ahead of the time here. It was not stored, and the link was dropped.
    case stampRefused(Contact, ahead: Duration)
    /// A node or tree that was met shows its messages in another order, or has another time: they stay apart.
    case mismatch(Contact, Refusal)
    /// In total order: a lost branch held the showing up for long enough. What it still brings may come late.
    case orderGivenUp(Contact)
    case nameLost(String)
    /// Accounts can't be written to the disk, and why: registrations are refused.
    case accountsNotSaved(String)
    case accountsSavedAgain
    case draining
}

public enum LossReason: Hashable, Sendable {
    case closed
    case silent
    case replaced
    case leaving
    case broken
}
