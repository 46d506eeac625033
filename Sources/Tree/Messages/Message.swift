/// The messages between a node and its connections: docs/protocol.md has each with its fields.
///
/// A message says what its sender knows or wants, and not how its bytes look.
public enum Message: Hashable, Sendable {
    // Between clients and nodes.
    case login(Login)
    case loginSuccess(LoginSuccess)
    case loginFailed(info: String)
    case logout
    case register(username: String, secret: Secret)
    /// `durable` nodes are known to have the account on disk.
    case registerSuccess(info: String, durable: Int)
    case registerFailed(info: String)
    case changeSecret(SecretChange)
    /// `durable` nodes are known to have the new secret on disk.
    case secretChanged(info: String, durable: Int)
    case changeFailed(info: String)
    /// The client is better off at another server. There it shows the token instead of its secret, if it gets one.
    case redirect(Address, resumeToken: ClientToken? = nil)
    case activity(ActivityMessage)
    case invalidMessage(info: String)
    /// The node takes no client now, whatever it said. Other nodes are at `servers`.
    case unavailable(info: String, servers: [Address])
    /// For clients that asked for notices. `waits` is true if the node no longer reads what the client says, false if
    /// it does again.
    case notice(info: String, waits: Bool? = nil)

    /// A client is there, though it has nothing to say; answered by `pong` with the same id.
    case ping(id: String?)
    case pong(id: String?)

    // Between servers, from the base protocol.
    case authenticate(Authenticate)
    case authenticationFail(Refusal)
    /// An activity from a base server: the text of its JSON object.
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
    /// An entry of the log. Its receiver stores it and sends it on.
    case entry(Entry, hop: UInt8)
    case acknowledge(Acknowledgement)
    case recordRequest(RecordQuestion)
    case recorded(RecordAnswer)
    /// Asks which nodes hold the entries that clients have seen.
    case heldRequest(HeldQuestion)
    case held(HeldAnswer)
    /// Summaries of the sender's accounts under prefixes: the receiver answers where its own differ.
    case compareAccounts([AccountRange])
    /// Digests of entries that the sender has: the receiver answers where its own differ.
    case compareEntries([EntryRange])
    case comparedAccounts([AccountDifference])
    /// Asks for the records with these digests.
    case fetchAccounts(AccountPrefix, [UInt64])
    /// Records of names: an answer to `fetchAccounts`, or news.
    case accounts([AccountRecord], isAnswer: Bool)
    /// The sum of the sender's bans: a receiver that has others answers with the digests of its own.
    case compareBans(sum: UInt64)
    case comparedBans([UInt64])
    /// Asks for the bans with these digests.
    case fetchBans([UInt64])
    /// Records of bans: what the receiver lacks, or news.
    case bans([BanRecord])
    case sessionsRequest(SessionsQuestion)
    case sessionsAnswer(QuestionID, SessionsAnswer)
    /// The sender has sent all that the receiver lacked when the link opened.
    case synchronised
    /// How far the sender has stored each origin, and knows it to be safe: all origins, as in the idle exchange.
    /// Vectors without components that leave something out are digests of the whole.
    case vectors(stored: VersionVector, safe: VersionVector)
    /// - stamp: in total order, to nodes: no missing entry has a greater one; zero otherwise.
    case gap(Log.Gap, stamp: Stamp)
    /// In total order: every entry that still comes on this link has a greater stamp.
    case watermark(Stamp)
    /// From a child: what all nodes of its branch hold. From the parent: what all nodes hold. It names what has changed
    /// since this was last said on the link, or since the link opened; everything if `isWhole`.
    case stable(VersionVector, isWhole: Bool)
    case heartbeat(Heartbeat)
    case tree(TreePosition)
    /// A node below could not attach because labels are too low: the root is asked to raise its term above this one.
    case raise(term: UInt64, by: Origin)
    /// Tells the sender's root and asks for the receiver's. The answer is `probed`, on a connection of its own.
    case probe(Probe)
    case probed(Probe)
    /// A node of another tree was met. The claim of its root is passed up to the root.
    case met(RootClaim)
    /// The sender drains: its children attach to one of the others.
    case leaving(others: [Contact])
    /// The root drains: the receiver, its heir, has to rule with a greater term than this.
    case handOver(term: UInt64)
    /// Asks which nodes reach another tree.
    case reachRequest(ReachQuestion)
    case reached(ReachAnswer)
    /// The root passes its reign to the receiver, which is its child.
    case passReign(ReignPassing)
    /// The child has taken the reign, and this is the former root's position below it. Nil: the child refuses.
    case reignTaken(TreePosition?)
    /// A client was redirected to the node named, which must not redirect it again at once.
    case redirected(username: String, to: NodeID)

    /// A message whose command this version doesn't know.
    case unknown(command: String)

    // From and to operators' tools.
    case administer(AccountRequest)
    case administered(AccountAnswer)
    case status(StatusQuestion)
    case statusAnswer(StatusAnswer)
}
