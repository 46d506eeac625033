/// What travels between a node and whoever is connected to it: docs/protocol.md has each with its fields.
///
/// A message says what its sender knows or wants; it never says how its bytes look.
public enum Message: Hashable, Sendable {
    // Between clients and nodes.
    case login(Login)
    case loginSuccess(LoginSuccess)
    case loginFailed(info: String)
    case logout
    case register(username: String, secret: Secret)
    /// `durable` nodes are known to have it on disk.
    case registerSuccess(info: String, durable: Int)
    case registerFailed(info: String)
    case changeSecret(SecretChange)
    /// `durable` nodes are known to have the new one on disk.
    case secretChanged(info: String, durable: Int)
    case changeFailed(info: String)
    case redirect(Address)
    case activity(ActivityMessage)
    case invalidMessage(info: String)
    /// No client is taken now, whatever it said; others are at these.
    case unavailable(info: String, servers: [Address])
    /// For clients that asked for the feature: something that they should know. `waits`: what they say is not taken
    /// now, or is again.
    case notice(info: String, waits: Bool? = nil)

    /// A client is there, though it has nothing to say; answered by `pong` with the same id.
    case ping(id: String?)
    case pong(id: String?)

    // Between servers, from the base protocol.
    case authenticate(Authenticate)
    case authenticationFail(Refusal)
    /// An activity from a server that is no node: the text of its object.
    case broadcast(activity: [UInt8], sender: String, id: BroadcastID?)
    case serverAnnounce(Announcement)
    case lockRequest(NameQuestion)
    case lockAllowed(NameAnswer)
    case lockDenied(NameAnswer)

    // Between servers, from the report.
    case authenticationSuccess(Acceptance)
    case loginRequest(NameQuestion)
    case loginAllowed(NameAnswer)
    case loginDenied(NameAnswer)

    // Between nodes.
    /// An entry of the log. Its receiver stores it and passes it on.
    case entry(Entry, hop: UInt8)
    case acknowledge(Acknowledgement)
    case recordRequest(RecordQuestion)
    case recorded(RecordAnswer)
    /// Who holds what clients have seen.
    case heldRequest(HeldQuestion)
    case held(HeldAnswer)
    /// What the sender has under prefixes of names: the receiver tells where it differs.
    case compareAccounts([AccountRange])
    case comparedAccounts([AccountDifference])
    /// Records with these digests are wanted.
    case fetchAccounts(AccountPrefix, [UInt64])
    /// What is known of names, as an answer to `fetchAccounts` or since it is news.
    case accounts([AccountRecord], isAnswer: Bool)
    /// The sender has sent all that the receiver lacked when the link opened.
    case synchronised
    /// What the sender has stored and knows to be safe: all of it, as in the idle exchange.
    /// Vectors without components, but with something left out, say what all comes to.
    case vectors(stored: VersionVector, safe: VersionVector)
    /// - stamp: in total order, to nodes: none of what is missing has a greater one; zero otherwise.
    case gap(Log.Gap, stamp: Stamp)
    /// In total order: every entry that still comes on this link has a greater stamp.
    case watermark(Stamp)
    /// From a child: what its branch holds. From the parent: what all nodes hold. Only what has changed since this was
    /// last said on this link, or since it opened; all of it if `isWhole`.
    case stable(VersionVector, isWhole: Bool)
    case heartbeat(Heartbeat)
    case tree(TreePosition)
    /// Somebody below could not attach because labels are too low; the root is asked to raise its term above this one.
    case raise(term: UInt64, by: Origin)
    /// Who rules where the sender stands. Answered by `probed`, on a connection of its own.
    case probe(Probe)
    case probed(Probe)
    /// A node of another tree was met; passed up to the root.
    case met(RootClaim)
    /// The sender leaves in order; its children go to one of the others.
    case leaving(others: [Contact])
    /// The root leaves in order; the receiver, its heir, is to rule above this term.
    case handOver(term: UInt64)
    /// Who reaches somebody outside of the tree.
    case reachRequest(ReachQuestion)
    case reached(ReachAnswer)
    /// The root passes its reign to the receiver, its child.
    case passReign(ReignPassing)
    /// The child has taken it, and this is the position of the former root below it. Nil: it won't.
    case reignTaken(TreePosition?)
    /// A client was sent to the node named: it is not to be sent on again at once.
    case redirected(username: String, to: NodeID)

    // For whoever runs the network.
    case administer(AccountRequest)
    case administered(AccountAnswer)
    case status(StatusQuestion)
    case statusAnswer(StatusAnswer)
}
