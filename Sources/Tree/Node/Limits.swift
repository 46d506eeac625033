/// The limits that an operator, a test or a simulation may change, each with its unit and its reason.
/// `FixedLimits.swift` has the others.
public struct Limits: Hashable, Sendable {
    // MARK: Failure detection

    /// How often a heartbeat is sent on each link.
    public var heartbeat: Duration = .seconds(1)
    /// After this much silence a link is lost: three heartbeats, and half of one for the way.
    public var silence: Duration = .milliseconds(3500)
    /// A node whose own timers were late by this much doesn't judge other nodes in that round: their heartbeats may lie
    /// unread.
    public var ownStall: Duration = .milliseconds(500)
    /// How often neighbours tell each other all that they have stored, to prove that nothing was forgotten.
    public var idleExchange: Duration = .seconds(10)

    // MARK: Finding a position in the tree

    /// How long a connection attempt may take: a host that is up answers within one round trip, or within a second if
    /// one packet is lost.
    public var connectTimeout: Duration = .seconds(1)
    /// How long a candidate may take to answer: a running node answers at once, and a stopped one never does.
    public var answerTimeout: Duration = .seconds(1)
    /// After this pause the next candidate is tried beside one that hasn't connected yet (as in RFC 8305).
    public var dialStagger: Duration = .milliseconds(50)
    public var parallelDials = 8
    /// How many candidates one round of a search dials: first those that haven't failed lately, then the others, each
    /// group in the deadpool's order.
    public var candidatesPerRound = 16
    /// How long a node that was just started tries its configured parent before it goes on as a root.
    public var joinPatience: Duration = .seconds(10)
    /// After this time without the configured parent, the node also tries the nodes that it remembers from its earlier
    /// life.
    public var joinByMemoryAfter: Duration = .seconds(2)
    /// An unjoined node tries its configured parent after pauses that grow in this range: only an operator can help by
    /// then.
    public var unjoinedPause: ClosedRange<Duration> = .seconds(1) ... .seconds(30)
    /// The longest of these pauses while nothing has refused it: a parent that was away may come back at any moment.
    public var unreachedPause: Duration = .seconds(5)
    /// The range of the random pauses between tries while joining.
    public var joinPause: ClosedRange<Duration> = .milliseconds(20) ... .milliseconds(200)
    /// The pause after a refusal that only an operator can help: a wrong secret, another order, a wrong clock.
    public var refusedPause: Duration = .seconds(1)
    /// An heir of rank r waits r rounds before it rules itself. No round waits longer than this for a candidate that
    /// doesn't connect: when several nodes fall silent at once, the others would wait for each other.
    public var heirRound: Duration = .milliseconds(300)
    /// The range of the pauses after which a root probes one address outside of its tree.
    public var probePause: ClosedRange<Duration> = .seconds(1) ... .seconds(3)
    /// Probes under way at once: a few rounds of `parallelDials` without an answer.
    public var openProbes = 64
    /// Roots of other trees that a node has heard of and not asked yet. It will hear of further ones again.
    public var foreignRoots = 16
    /// Nodes outside of the tree that a root names when it asks the nodes below which of them it can reach.
    public var missingNamed = 32
    /// Pauses between such questions: the lower bound after a change, the upper one while nothing changes. In a tree of
    /// more than `reachingNodes` nodes they grow in proportion, since each node tries all addresses that are named.
    public var reachPause: ClosedRange<Duration> = .seconds(2) ... .seconds(8)
    public var reachingNodes = 64
    /// A branch that has not answered such a question by then counts as reaching no other tree. By then a dead branch
    /// has been found to be dead.
    public var reachQuestion: Duration = .seconds(4)
    /// The root with the greater claim waits this long for the other tree to find a way.
    public var reachYield: Duration = .seconds(5)
    /// A child answers at once when the reign is passed to it. The link is closed if the answer takes longer.
    public var passingTimeout: Duration = .seconds(2)
    /// How far a root's term rises at once when another node asks for it: as far as by one healing each second for
    /// eight years.
    public var termLeap: UInt64 = 1 << 28
    /// The greatest term that a node believes. Greater ones leave too little room to count on.
    public var highestTerm: UInt64 = 1 << 61
    /// Children that a node takes beyond `children`, if they reach no other node of its tree.
    public var childrenInNeed = 8
    /// How often the first contacts of the deadpool are tried, and how many of them: the next search begins with them.
    public var verifyDeadpool: Duration = .seconds(30)
    public var contactsVerified = 2
    /// If a server that is no node answers at an address, the next try comes after a pause that grows by half each
    /// time, from the lower bound to the upper. So that server isn't disturbed for ever, and a node that starts there
    /// later is still found.
    public var foreignPause: ClosedRange<Duration> = .milliseconds(500) ... .seconds(60)
    /// How long a node listens to a silent server that it has asked: servers of the base protocol announce themselves
    /// every 5 s.
    public var foreignListening: Duration = .seconds(6)
    /// How long a candidate that failed is tried only after the others.
    public var failureMemory: Duration = .seconds(10)
    /// How long a node that lost its last link searches before it serves its clients alone.
    public var aloneGrace: Duration = .milliseconds(300)
    /// The greatest depth in the tree. A greater one would rather be the sign of a loop.
    public var depth: UInt32 = 64
    /// The greatest size of a branch that a node believes: a greater one would be a peer's mistake.
    public var nodes: UInt32 = 1_000_000
    /// Children of one node.
    public var children = 64
    /// How many heirs, siblings and uncles a node is told of, the eldest of each: as many as a search asks in one
    /// round. With all of them, each newcomer would be announced to thousands of nodes.
    public var relatives = 16
    /// How many addresses of nodes are remembered.
    public var knownNodes = 512

    // MARK: Links that break

    /// Faults in a row after which a peer isn't left alone: what was lost comes by the next link, at once.
    public var freeFaults = 2
    /// Pauses after the further ones, each twice as long as the one before: where a link broke off, and where a peer's
    /// word can't be true, so that one bad history doesn't keep the others from serving.
    public var faultPause: ClosedRange<Duration> = .milliseconds(500) ... .seconds(10)
    public var leftAlonePause: ClosedRange<Duration> = .seconds(60) ... .seconds(600)
    /// Without a fault for so long all are forgotten: faults in a row are closer together.
    public var faultMemory: Duration = .seconds(60)
    /// Peers with faults that are remembered, some 100 bytes each: as many as a node has children.
    public var failedPeers = 64

    /// A neighbour that takes nothing of what waits for it, acknowledges nothing of what it was sent, or promises
    /// nothing that the total order waits for, is given up after so long, and after twice `silence`: as long as one
    /// line may take.
    public var stuckAfter: Duration = .seconds(10)
    /// So much longer for each link between the neighbour and whoever it waits for itself: time for that one's
    /// neighbours to drop it, and for the tree to heal.
    public var stuckPerLink: Duration = .seconds(3)
    /// Neighbours are told so after so long.
    public var stuckNotice: Duration = .seconds(2)

    // MARK: Carrying entries

    /// Bytes of entries accepted here that wait for a stamp, for copies or, in total order, for delivery. Above it the
    /// node doesn't read from clients.
    public var queueBytes = 4 * 1024 * 1024
    /// Bytes written to one link in one turn, so that no heartbeat waits behind more.
    public var linkBurstBytes = 256 * 1024
    /// How long an entry may wait for the slowest link on its way; a client whose entries would wait longer is held
    /// back. People don't notice such a wait, and it is long beside the turns of a busy node.
    public var flowDelay: Duration = .milliseconds(300)
    /// How long the bytes already written to a link may take: more urgent ones can't overtake them.
    public var linkDelay: Duration = .milliseconds(100)
    /// Bytes that may always be under way on a path: a round trip for each message would be worse than the wait.
    public var flowLeastBytes = 64 * 1024
    /// The same while the path has not been measured.
    public var flowFirstBytes = 256 * 1024
    /// The size of the pieces by which the flow is measured.
    public var flowMarkBytes = 8 * 1024
    /// After this time without progress a node counts as stopped instead of slow: its link is lost soon.
    public var flowStall: Duration = .milliseconds(400)
    /// After this time the node checks again whether it can read from clients it holds back, if nothing else makes it
    /// do so.
    public var flowPause: Duration = .milliseconds(10)
    /// Waiting is reported once clients were held again and again for `waitNotice`, and its end once none was held for
    /// `waitOver`.
    public var waitNotice: Duration = .seconds(2)
    public var waitOver: Duration = .seconds(5)
    /// Bytes by which a child may lag before it is left behind, where the policy allows that: as far as a client may.
    public var lagBytes = 64 * 1024 * 1024
    public var retentionBytes = 256 * 1024 * 1024
    /// A log that exceeds its limit by this much is trimmed at once: regular trimming happens once a second, and a fast
    /// link brings a hundred megabytes in that time.
    public var retentionSlackBytes = 1024 * 1024
    /// How long entries are kept for nodes and clients that come back.
    public var retentionTime: Duration = .seconds(600)
    /// How long they are kept at most, even if a node still lacks them.
    public var retentionCap: Duration = .seconds(24 * 3600)
    /// How long any node of the network keeps an entry at most, whatever its own limits are.
    public var longestRetention: Duration = .seconds(7 * 24 * 3600)
    /// How long a resume token is good: as long as messages are kept at most for those who come back. Whoever steals
    /// one can speak under the name for that long, unless the secret is changed.
    public var resumeTokenLife: Duration = .seconds(7 * 24 * 3600)
    /// Entries of one gap. A longer one is told in pieces: only what somebody has made up is so long, since a node that
    /// takes 10,000 messages a second makes as many in three years.
    public var gapEntries: UInt64 = 1 << 40
    /// The highest number of an entry that is believed to be gone: an origin can go on behind it.
    public var highestSequence: UInt64 = 1 << 61
    /// Origins of which nothing has come, and of which a link's other side says what it has: as many as a line names.
    public var unknownOrigins = 32_768
    /// A vector that names more origins is first compared by its digest.
    public var namedOrigins = 16
    /// Lost branches for which entries are kept, at a time: more of them would be a storm, of which the latest matter.
    public var departedBranches = 64
    /// How often a node computes what all nodes hold.
    public var stabilityPause: Duration = .seconds(1)
    /// How long retry keys are kept after their last use, by the stamps of the entries.
    public var retryMemory: Duration = .seconds(24 * 3600)
    /// Sessions whose retries are recognised: each takes some 150 bytes.
    public var retrySessions = 200_000
    /// A client that saw more than this node has is read from after so long at the latest: what it saw may be lost.
    public var resumePatience: Duration = .seconds(15)
    /// `resumePatience` at a node that is alone and knows of others: a node that was just started finds them with its
    /// first probes.
    public var lonelyResumePatience: Duration = .seconds(4)
    /// A resuming client is read from earlier if all nodes have answered that they don't hold what it saw. This is the
    /// pause between two such questions for all clients that wait: a few round trips of most networks.
    public var heldPause: Duration = .milliseconds(300)
    /// A branch that has not answered such a question by then counts as unknown.
    public var heldQuestion: Duration = .seconds(1)
    /// Nodes named in such an answer, by which the asker knows whether all have answered. In a larger network clients
    /// wait for `resumePatience`.
    public var nodesNamed = 1024

    // MARK: Questions

    /// A branch that has not answered a question about a login by then counts as unknown. The question crosses the
    /// whole tree and comes back: ten links of 120 ms take more than two seconds.
    public var loginQuestion: Duration = .seconds(3)
    /// A branch that has not answered a name claim by then counts as allowing it. If two registrations follow, their
    /// stamps decide.
    public var lockQuestion: Duration = .seconds(3)
    public var statusQuestion: Duration = .seconds(1)
    /// The greatest size of an answer to a status question, so that it fits into one line. Each contact in it counts as
    /// `statusContactBytes`.
    public var statusBytes = 700_000
    public var statusContactBytes = 400
    /// A branch that has not answered a durability check by then counts as unknown. Answers cross the whole tree, and
    /// late ones don't count.
    public var recordQuestion: Duration = .seconds(3)
    /// How long a node may take to save the change before it answers that it doesn't have it.
    public var recordDisk: Duration = .seconds(1)
    /// Questions under way that this node asked or passed on.
    public var openQuestions = 10_000
    /// The same for one base server. It asks once for each client that registers or logs in there.
    public var questionsPerBaseServer = 100
    /// How long a base server may take to answer a name claim: it is one hop away, and asks no distant server.
    public var baseServerQuestion: Duration = .seconds(1)
    /// Names that are claimed at a time by way of one neighbour, some 150 bytes each: a branch of 100 nodes that
    /// register as fast as they can hash has about as many.
    public var claimsPerLink = 4096
    /// Nodes listed that one link announced, 200 bytes each. Of a larger network those heard of first are listed.
    public var nodesListed = 2048
    /// A name stays claimed for so long. The question that claimed it has ended by then, also where it was passed on.
    var claimMemory: Duration { lockQuestion * 3 }

    /// How long draining may take: then the node ends in any case.
    public var drainPatience: Duration = .seconds(5)
    /// How often a draining root tries to attach to its heir before it leaves without that.
    public var handOvers = 3
    /// A draining node sends each client to one of this many least loaded nodes, at random.
    public var drainTargets = 4

    // MARK: Guessing and flooding

    /// Failed logins with one name from one address: more than a person mistypes.
    public var loginsPerNameAndAddress = AttemptLimits(free: 10, remembered: 120_000)
    /// Failed logins from one address, with any names. Above `free` the address counts as a guesser's, and has only
    /// `freeLoginsOfGuessingAddress` free tries at each name: a user behind the same address may still mistype.
    public var loginsPerAddress = AttemptLimits(free: 30)
    public var freeLoginsOfGuessingAddress = 3
    /// Failed logins with one name from all addresses. Above it, clients that have failed with this name wait; a client
    /// that hasn't may be the owner.
    public var loginsPerName = AttemptLimits(free: 20)
    /// Registrations, whether they succeed or not: each costs a question to the whole network and some room on every
    /// disk.
    public var registrationsPerAddress = AttemptLimits(free: 20)
    public var registrationsPerName = AttemptLimits(free: 10)
    /// Wrong secrets of the network from one address: an operator mistypes less often.
    public var nodeSecretsPerAddress = AttemptLimits(free: 10)
    /// Entries of the credential cache, some 100 bytes each.
    public var proofs = 100_000
    /// Hashes computed at the same time: each takes 19 MiB and a core. libuv's pool has four threads, and the disk
    /// needs some of them.
    public var hashesAtOnce = 2
    /// Hashes, and tokens, that may wait, in all and for one address. Above it logins fail, with "try again".
    public var hashesWaiting = 20_000
    public var hashesWaitingPerAddress = 1000
    /// The same for one name from one address: more devices of one person don't come back at once.
    public var hashesWaitingPerName = 20
    /// Messages a second that the node takes from one client, and the largest burst; 0 for no limit.
    public var messagesPerSecond = 0
    /// Bytes a second that are read of one client, and as many at once or one line; 0 for as many as it sends.
    public var bytesPerSecond = 0

    // MARK: Accounts

    /// Pauses between tries while the disk fails; each is twice as long as the one before.
    public var savePause: ClosedRange<Duration> = .seconds(1) ... .seconds(30)
    /// After this time a client that registers is told that too few disks have its account.
    public var durabilityPatience: Duration = .seconds(8)
    /// How often a durability check asks the other nodes.
    public var durabilityPause: Duration = .seconds(1)
    /// How long a node remembers that a name was removed: a node that was away for longer may bring it back.
    public var removalMemory: Duration = .seconds(90 * 24 * 3600)
    public var removalSweep: Duration = .seconds(3600)
    /// Reconciliation: questions on their way to one neighbour, prefixes in one question, how few records are listed
    /// instead of compared further, and records in one message. So a turn handles about a thousand records at most,
    /// which takes some 5 ms.
    public var comparisonsAtOnce = 2
    public var rangesPerMessage = 16
    public var accountsListed = 32
    public var recordsPerMessage = 100
    /// Accounts under a prefix whose records a neighbour may be sent, or ask for: `accountsListed`, and those that were
    /// registered since they were listed.
    public var accountsExchanged = 1024
    /// Accounts in one answer to who lists them.
    public var accountsPerPage = 500

    /// A client that has logged in within this time isn't moved to even loads out, so that nobody is moved twice in it.
    public var moveOnceIn: Duration = .seconds(60)
    /// For how long nodes try to even loads out, besides the time that the moves take.
    public var balancingPatience: Duration = .seconds(60)

    // MARK: Bans

    /// Bans that may stand, some 300 bytes each on every node and its disk. More of them come together only when two
    /// parts of a network meet: up to twice as many records are kept, those of lifted bans among them.
    public var bans = 4096

    // MARK: Pending connections

    /// Pending connections: each holds a descriptor and some memory. After an outage all clients come back through this
    /// state, each for as long as its login takes.
    public var strangers = 10_000
    /// The same for one address, behind which there may be many people.
    public var strangersPerAddress = 1000
    /// How long a new connection may take to send its first valid message.
    public var strangerPatience: Duration = .seconds(5)
    /// A tool that was answered, or a client that registered, goes on within this time: most do at once.
    public var answeredPatience: Duration = .seconds(60)
    /// What differs for this machine's own connections; nil where no limit by address or on strangers applies to them.
    public var loopback: LoopbackLimits? = LoopbackLimits()

    // MARK: Clients

    /// Clients that are admitted or closed in one turn when thousands are due at once: each costs some 20 µs, and a
    /// turn serves nobody else.
    public var crowdPerTurn = 200
    /// The longest line that the shell accepts from a client. Clients are told of it, so that they send no longer ones.
    public var clientLineBytes = 64 * 1024
    /// Clients at a time. The runner knows for how many there are descriptors.
    public var clients = Int.max
    /// The same of one address; nil for half of them. So no address keeps all others out, and one behind which there is
    /// a whole company finds no limit before places get scarce.
    public var clientsPerAddress: Int?
    /// A client that says nothing for so long is told and closed; nil for never. `PING` is something.
    public var idleTimeout: Duration?
    /// Names that may be registered in the network. Each takes some 150 bytes of memory on every node, and as much on
    /// its disk.
    public var accounts = 1_000_000
    /// How often it is reported that newcomers are refused.
    public var refusalNotice: Duration = .seconds(10)
    /// After this time a resuming client that takes nothing is closed: what it was sent lies in memory of its own.
    public var stallPatience: Duration = .seconds(10)
    /// What the first messages of clients take that came before the node has its position, in bytes: those of 20,000
    /// clients that come back after a restart of the whole network, each with 80 origins.
    public var parkedBytes = 64 << 20
    /// Sessions that were cut as too slow and are to be told so when they log in next, some 200 bytes each.
    public var cutSessions = 1000
    /// The longest activity that the node takes from a base server: as an entry it has to fit into one line of a link.
    public var activityBytes = 1_000_000
    /// Bytes copied in one turn for one client that catches up line by line, and how many bytes it may leave unread.
    public var catchUpBurstBytes = 32 * 1024
    /// The same for all such clients together: the most memory that they take, however many come back at once.
    public var catchUpBytes = 16 * 1024 * 1024
    /// The same for all of them in one turn: a megabyte takes some milliseconds.
    public var catchUpTurnBytes = 1024 * 1024
    /// A client that catches up follows the log's own lines once it lacks no more than this. It has to be less than a
    /// client may lag.
    public var followWithinBytes = 32 * 1024 * 1024
    /// Origins that a client may name when it resumes.
    public var sinceOrigins = 4096
    /// Origins remembered for all resuming clients, 24 bytes each: as many as 10,000 clients of a network of 200 nodes
    /// name. Above it the longest vector is forgotten: its client may be shown some entries again.
    public var resumeOrigins = 2 * 1024 * 1024
    /// How long they are remembered: after a day hardly any client still has entries that this node lacks.
    public var resumeMemory: Duration = .seconds(24 * 3600)
    /// Components of clients' vectors that are read to make one question for all of them: about 10 ms.
    public var heldLooks = 256 * 1024

    /// The length of a name in bytes of UTF-8.
    public var nameBytes = 128
    public var secretBytes = 1024
    /// Announcements that a node passes on over one link: those of the least loaded nodes.
    public var announcementsPerLink = 16
    /// A server that has not announced itself for so long is forgotten. Servers of the base protocol announce
    /// themselves every 5 s: three announcements in a row have to be missing.
    public var announcementMemory: Duration = .seconds(15)
    /// Servers remembered below base servers. More of them don't help a client.
    public var baseServersNamed = 64
    /// Servers that a client is told of at its login, the least loaded ones: it tries them when it loses this node.
    public var serversNamed = 8
    /// How long a client that was redirected here counts as a client before it comes.
    public var redirectPatience: Duration = .seconds(2)
    /// How long a client that was redirected here isn't redirected again.
    public var redirectMemory: Duration = .seconds(10)
    /// Names remembered of clients that were redirected here, some 100 bytes each: as many as a node has clients.
    /// Beyond that the oldest are forgotten, which costs each of them at most one more redirect.
    public var redirectsExpected = 20_000
    /// How often the clock server is asked while it answers.
    public var clockPause: Duration = .seconds(1)
    /// How often it is asked while it doesn't answer: a standby takes over within 3 s, and is to be found soon after.
    public var clockRetry: Duration = .milliseconds(600)
    /// How long it may be silent until an operator is told: a clock that is started together with the nodes, and a
    /// standby that takes over, answer by then.
    public var clockGrace: Duration = .seconds(5)
    /// How far a stamp may lie ahead of the time: one wrong clock must not pull all others along.
    public var clockSkew: Duration = .seconds(10)
    /// A time further from the machine's than this is believed only if the clock server and another node both report
    /// it. A wrong time zone or a night without a network makes a machine wrong by hours; a day leaves room for that.
    public var clockTrust: Duration = .seconds(86_400)
    /// In total order: how long a lost link delays delivery. Most trees have healed by then.
    public var orderGrace: Duration = .seconds(1)
    /// Stamps requested at a time: as many as fit into one millisecond, and as a clock server gives at most.
    public var stampBatch = 262_144

    public init() {}
}
