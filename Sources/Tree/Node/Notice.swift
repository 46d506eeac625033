/// Something that an operator should know.
public enum Notice: Hashable, Sendable {
    case joined(Contact)
    case retryingParent(Address, Refusal?)
    /// The configured parent refuses this node for a reason that only an operator can help.
    case parentRefused(Address, Refusal)
    /// The configured parent could not be reached within `Limits.joinPatience`, or another process is in this node's
    /// position.
    case notJoined(JoinTrouble)
    /// The node is still unjoined, for this long: repeated now and then.
    case unjoined(JoinTrouble, for: Duration)
    /// A node was refused for a reason that only an operator can help. `others` more were refused since the last notice
    /// and not reported.
    case refusedNode(Contact?, Refusal, others: Int)
    /// A server that is no node answers at an address where this node expected one.
    case noNode(ForeignServer, Address, TriedAs)
    case parentLost(Contact, why: LossReason)
    case promoted(term: UInt64)
    case mergingUnder(Contact)
    /// The other tree can't be reached from here: this node asks the nodes below which of them can.
    case noWay(to: Contact)
    /// A node below reaches the other tree: the root passes the reign to it, by way of this child.
    case passedReign(to: Contact, toReach: Contact)
    case tookReign(from: Contact, term: UInt64, toReach: Contact)
    case tookChild(Contact)
    case childLost(Contact, why: LossReason)
    case tookBaseServer(Dialect, Address)
    /// A link to another node is in clear.
    case plainLink(Contact)
    case baseServerLost(Dialect, Address, why: LossReason)
    /// A base server doesn't answer questions about names. The node stops waiting for it.
    case baseServerMute(Dialect, Address)
    /// A base server asks more questions at a time than it may: further ones are denied.
    case baseServerAsksTooMuch(Dialect, Address)
    case alone
    /// Rule L4 was broken by a parent: an alarm.
    case labelWentBack(Contact)
    case foundMyselfAbove(Contact)
    case streamBroken(Contact, detail: String)
    /// Nothing moved any more on the link to a peer that waited for it, and it was dropped: what wasn't done.
    case stuck(Contact, String)
    /// A peer is left alone for so long, since what came on its links could not be true, or nothing came that it owed:
    /// so often in a row.
    case leftAlone(Contact, for: Duration, faults: Int)
    case badFrame(Contact?, info: String)
    case gap(Log.Gap)
    /// A neighbour has another entry than this node under one id: an alarm.
    case entriesDiffer(Contact, Origin, sequence: UInt64)
    /// A peer tells that so many entries of this node are gone that it never made. Its numbers go on behind them.
    case ownNumbersTaken(Contact, count: UInt64)
    /// So many clients that came back lack entries that nobody keeps any more, and were told so if they asked for it.
    case clientsMissed(clients: Int, entries: UInt64)
    /// The parent has moved so deep that this node would be deeper than allowed.
    case tooDeep(Contact)
    /// Clients here are held back: for the node behind a slow link, or nil because the queue is full.
    case clientsWait(for: Contact?)
    case clientsWaitNoLonger(for: Contact?, after: Duration)
    /// A child lags too far: from now on it misses the entries that it can't take.
    case childLeftBehind(Contact)
    /// That child has kept up for a while. `left` entries were not sent to it.
    case childKeepsUp(Contact, left: UInt64)
    /// A client was closed since it took nothing, or since too much waited for it.
    case clientFellBehind(ConnectionID, user: String, standsStill: Bool)
    /// Clients said nothing for too long and were closed, so many since this was told last.
    case clientsIdle(count: Int)
    /// A client says more than it may in a second, and is read from at that rate: told once for each connection.
    case rateLimited(ConnectionID, RateUnit, Int)
    /// Wrong secrets of the network were shown, so many since this was told last; the last one on this connection.
    case wrongNodeSecrets(ConnectionID, count: Int)
    /// A user's secret came in clear from another machine, and was refused.
    case plainSecret(ConnectionID)
    /// A server that is no node showed the right secret, and isn't taken from where it comes from.
    case refusedBaseServer(ConnectionID)
    /// Newcomers are refused, since there are as many clients as there may be.
    case full(clients: Int)
    /// A newcomer is refused, since there are as many clients of its address as there may be.
    case addressFull(ConnectionID, clients: Int)
    /// Newcomers are refused: clients wait until this node has its position, and what they hold is as much as may be.
    case tooMuchParked(clients: Int)
    /// Registrations are refused: so many names are registered, as many as may be.
    case accountsFull(count: Int)
    case clockAnswers
    case clockSilent
    /// The clock server gave stamps that are not greater than the stamp it was told of.
    case clockWentBack
    /// The clock server's time is this far from the machine's, and no other node confirms it. The node doesn't follow
    /// it.
    case clockFar(Duration)
    /// A peer showed a stamp so far ahead of the time here. It was not stored, and the link was dropped.
    case stampRefused(Contact, ahead: Duration)
    /// Another node or tree shows messages in another order, or its time differs too much: the two stay apart.
    case mismatch(Contact, Refusal)
    /// In total order: delivery has waited for a lost branch for long enough. What the branch still brings may come
    /// late.
    case orderGivenUp(Contact)
    case nameLost(String)
    /// Accounts whose names count as one: each of them gets in with its exact spelling alone.
    case namedAlike([String])
    /// Accounts can't be written to the disk, and why: registrations are refused.
    case accountsNotSaved(String)
    case accountsSavedAgain
    /// A ban has come to this node: from an operator here, or from another node.
    case banned(BanRecord, isHere: Bool)
    case unbanned(BanTarget, isHere: Bool)
    /// Somebody who is banned was refused.
    case bannedRefused(ConnectionID, BanRecord)
    /// An operator ends sessions in the whole tree.
    case sessionsToEnd(BanTarget, reason: String)
    /// Bans can't be written to the disk, and why.
    case bansNotSaved(String)
    case bansSavedAgain
    /// So many bans were dropped, since there were more than are kept.
    case bansForgotten(count: Int)
    case draining
    /// An operator drains the node of its clients, so many a second.
    case drainBegun(clients: Int, perSecond: Int)
    case drainStopped
    case drainedOfClients
    /// No other node takes the clients of this node.
    case nowhereToMove(clients: Int)
    /// This node has too many clients: so many are sent to others.
    case balancing(clients: Int, perSecond: Int)
}

/// What a limit on the rate of clients counts.
public enum RateUnit: String, Sendable {
    case messages
    case bytes
}

/// Why a link was lost.
public enum LossReason: Hashable, Sendable {
    case closed
    case silent
    case replaced
    case leaving
    case broken
    /// The other side lives, and does nothing of what it owes.
    case stuck
}
