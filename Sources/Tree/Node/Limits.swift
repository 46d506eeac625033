/// Every limit of the protocol, with its unit and its reason. A test or a simulation may set others.
public struct Limits: Hashable, Sendable {
    // MARK: Failure detection

    /// How often a link is given a sign of life.
    public var heartbeat: Duration = .seconds(1)
    /// A link that was silent for so long is lost: three heartbeats, and half of one for the way.
    public var silence: Duration = .milliseconds(3500)
    /// A node that was itself so late with its timers doesn't judge others in that round: their heartbeats may lie
    /// unread.
    public var ownStall: Duration = .milliseconds(500)
    /// How often neighbours tell each other all they have, to prove that nothing was forgotten.
    public var idleExchange: Duration = .seconds(10)

    // MARK: Finding a position in the tree

    /// A host that is there answers a connection within one round trip, and one lost packet later within a second.
    public var connectTimeout: Duration = .seconds(1)
    /// A node that is there answers at once; one that is stopped never does.
    public var answerTimeout: Duration = .seconds(1)
    /// The next candidate is tried beside one that doesn't connect after so long (as RFC 8305 does).
    public var dialStagger: Duration = .milliseconds(50)
    public var parallelDials = 8
    /// A round dials at most so many: those that haven't failed lately, then the others, each in the deadpool's order.
    public var candidatesPerRound = 16
    /// Nodes that full ones name are asked in one round: eight levels of a tree in which all are full.
    public var followedPerRound = 128
    /// How long a node that was just started tries its configured parent before it goes on as a root.
    public var joinPatience: Duration = .seconds(10)
    /// After so long without the configured parent also the nodes remembered from before are tried.
    public var joinByMemoryAfter: Duration = .seconds(2)
    /// A node that goes on without its configured parent tries it after pauses that grow in this range: by then only an
    /// operator can help.
    public var unjoinedPause: ClosedRange<Duration> = .seconds(1) ... .seconds(30)
    /// The longest of them where nobody has refused: whoever wasn't there may be there any moment.
    public var unreachedPause: Duration = .seconds(5)
    /// How often such a node says so.
    public var unjoinedNotice: Duration = .seconds(60)
    /// How often one asker's refusal is told, and how many askers' within that time: whoever asks may do so each
    /// second.
    public var refusedNotice: Duration = .seconds(60)
    public var refusedNotices = 16
    /// For so long an answer to whether another life of a newcomer lives counts: longer than a newcomer's pause between
    /// tries.
    public var lifeFinding: Duration = .seconds(2)
    /// Pauses between tries while joining, drawn from this range.
    public var joinPause: ClosedRange<Duration> = .milliseconds(20) ... .milliseconds(200)
    /// The pause after a refusal that only an operator can help: a wrong secret, another order, a wrong clock.
    public var refusedPause: Duration = .seconds(1)
    /// An heir of rank r lets r rounds pass before it rules itself. No round waits longer for a candidate that doesn't
    /// connect: where several fell silent at once, the rest would wait for each other.
    public var heirRound: Duration = .milliseconds(300)
    /// Those who are no heirs leave the heirs so many rounds.
    public var roundsOfOthers = 4
    /// A root asks one outside address after a pause from this range.
    public var probePause: ClosedRange<Duration> = .seconds(1) ... .seconds(3)
    /// Probes under way: a few rounds of `parallelDials` that nobody answers.
    public var openProbes = 64
    /// Roots of other trees that a node has heard of and not asked yet. Further ones are heard of again later.
    public var foreignRoots = 16
    /// Known nodes outside of the tree that a root names when it asks who below it reaches one of them.
    public var missingNamed = 32
    /// Pauses between such questions: the first after something has changed, the others while nothing does. In a tree
    /// of more than `reachingNodes` they are longer in proportion, since each node tries all that are named.
    public var reachPause: ClosedRange<Duration> = .seconds(2) ... .seconds(8)
    public var reachingNodes = 64
    /// A branch that has not answered it by then reaches nobody, as far as is known. A branch that is dead is found to
    /// be so by then.
    public var reachQuestion: Duration = .seconds(4)
    /// The root that would stay one leaves it to the other tree for so long to find a way.
    public var reachYield: Duration = .seconds(5)
    /// A child answers at once when the reign is passed to it. After so long the link is given up.
    public var passingTimeout: Duration = .seconds(2)
    /// How far a root's term rises at once because somebody asks: as by a healing each second for eight years.
    public var termLeap: UInt64 = 1 << 28
    /// The greatest term that is believed of anybody. Greater ones leave too little room to count on.
    public var highestTerm: UInt64 = 1 << 61
    /// Children beyond `children` that a node takes of those who reach nobody else of its tree.
    public var childrenInNeed = 8
    /// Rounds in which a root tries to come under a node that is not the other tree's root: that one's label may have
    /// to rise first.
    public var bridgeRounds = 4
    /// Members of another tree by which a root tries to come under it at a time.
    public var mergingMembers = 4
    /// A node whose last announcement is no older than this is in this tree; longer where announcements are rarer.
    public var insideMemory: Duration = .seconds(5)
    /// How often the first nodes of the deadpool are tried, and how many: the next search begins with them.
    public var verifyDeadpool: Duration = .seconds(30)
    public var contactsVerified = 2
    /// A changed deadpool is saved after so long: a search changes it many times in a second.
    public var rememberPause: Duration = .seconds(1)
    /// Where no node answers, but something else, the next try comes after a pause that grows from the lower bound by
    /// half each time: whoever runs that is not to be bothered for ever, and a node that is started there is found in
    /// the end.
    public var foreignPause: ClosedRange<Duration> = .milliseconds(500) ... .seconds(60)
    /// Who was asked and says nothing is listened to for so long: servers of the base protocol announce themselves
    /// every 5 s.
    public var foreignListening: Duration = .seconds(6)
    /// A candidate that failed stands behind the others for so long.
    public var failureMemory: Duration = .seconds(10)
    /// A root raises its term for others at most so often.
    public var raisePause: Duration = .seconds(1)
    /// A node that lost its last link searches for so long before it serves its clients alone.
    public var aloneGrace: Duration = .milliseconds(300)
    /// The deepest position in the tree. A deeper one would rather be the sign of a loop.
    public var depth: UInt32 = 64
    /// Nodes that a branch is believed to have: more would be a peer's mistake.
    public var nodes: UInt32 = 1_000_000
    /// Children of one node.
    public var children = 64
    /// Heirs, siblings and uncles that a node is told of, the eldest of each: as many as a round of a search asks. Were
    /// it all of them, each newcomer would be told to thousands.
    public var relatives = 16
    /// A branch of up to so many nodes says at once how many they are, a larger one with its next heartbeat: nobody
    /// asks for more copies than this.
    public var sizeSaidAtOnce = 16
    /// Addresses kept of nodes that were heard of.
    public var knownNodes = 512
    /// For how long they are kept: longer than a weekend.
    public var knownFor: Duration = .seconds(3 * 24 * 3600)

    // MARK: Links that break

    /// Faults in a row after which a peer isn't left alone: what was lost comes by the next link, at once.
    public var freeFaults = 2
    /// Pauses after the further ones, each twice as long as the one before: where a link broke off, and where a peer's
    /// word can't be true, so that one bad history doesn't keep the others from serving.
    public var faultPause: ClosedRange<Duration> = .milliseconds(500) ... .seconds(10)
    public var leftAlonePause: ClosedRange<Duration> = .seconds(60) ... .seconds(600)
    /// A link that its other side closes so soon counts as a fault.
    public var shortLink: Duration = .seconds(1)
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

    /// Bytes of entries accepted here that wait for a stamp, for copies, or in total order for being shown. Past it
    /// clients are not read from.
    public var queueBytes = 4 * 1024 * 1024
    /// Bytes handed to one link in one turn, so that heartbeats never wait behind more.
    public var linkBurstBytes = 256 * 1024
    /// How long what is said may wait for the slowest link on its way: a client that has to wait more is held back. It
    /// is short beside what people notice, and long beside the turns of a busy node.
    public var flowDelay: Duration = .milliseconds(300)
    /// What was handed over on a link can't be overtaken by what is more urgent: so much of it waits at most.
    public var linkDelay: Duration = .milliseconds(100)
    /// Bytes that may be under way on any path: a round trip for each message would be worse than the wait.
    public var flowLeastBytes = 64 * 1024
    /// The same as long as the path isn't known.
    public var flowFirstBytes = 256 * 1024
    /// The flow is measured in pieces of so many bytes.
    public var flowMarkBytes = 8 * 1024
    /// Where nothing moves for so long somebody stands still rather than being slow: it is lost soon.
    public var flowStall: Duration = .milliseconds(400)
    /// Bytes a second that clients of one node may go on saying then, if they said less before.
    public var flowStallBytesPerSecond = 256 * 1024
    /// Clients that are held are looked at again after so long, if nothing happens before.
    public var flowPause: Duration = .milliseconds(10)
    /// When it is told that clients wait: they have been held again and again for so long; and when it is told that
    /// they don't: nobody was for so long.
    public var waitNotice: Duration = .seconds(2)
    public var waitOver: Duration = .seconds(5)
    /// Bytes by which a child may lag before it is left behind, where it may be: as far as a client may.
    public var lagBytes = 64 * 1024 * 1024
    /// A child that was left behind keeps up again if it hasn't been for so long.
    public var lagMemory: Duration = .seconds(60)
    public var retentionBytes = 256 * 1024 * 1024
    /// A log that has grown past its limit by so much is trimmed at once: trimming goes by the second, in which a fast
    /// link brings a hundred megabytes.
    public var retentionSlackBytes = 1024 * 1024
    /// For so long entries are kept for nodes and clients that come back.
    public var retentionTime: Duration = .seconds(600)
    /// For so long they are kept for a node that holds the rest up.
    public var retentionCap: Duration = .seconds(24 * 3600)
    /// No node of the network keeps an entry for longer, whatever its own limits are.
    public var longestRetention: Duration = .seconds(7 * 24 * 3600)
    /// Entries of one gap. A longer one is told in pieces: only what somebody has made up is so long, since a node that
    /// takes 10,000 messages a second makes as many in three years.
    public var gapEntries: UInt64 = 1 << 40
    /// The highest number of an entry that is believed to be gone: an origin can go on behind it.
    public var highestSequence: UInt64 = 1 << 61
    /// Origins of which nothing has come, and of which a link's other side says what it has: as many as a line names.
    public var unknownOrigins = 32_768
    /// A vector that names more origins is first compared by its digest.
    public var namedOrigins = 16
    /// Lost branches whose needs are minded at a time: more would be a storm, of which the latest matter.
    public var departedBranches = 64
    /// How often it is worked out what all nodes hold.
    public var stabilityPause: Duration = .seconds(1)
    /// Retry keys are kept for so long after their last use, by the entries' own stamps.
    public var retryMemory: Duration = .seconds(24 * 3600)
    /// Sessions whose retries are recognised: each takes some 150 bytes.
    public var retrySessions = 200_000
    /// A client that saw more than this node has is read from after so long at the latest: what it saw may be lost.
    public var resumePatience: Duration = .seconds(15)
    /// `resumePatience` at a node that is alone and knows of others: a node that was just started finds them with its
    /// first probes.
    public var lonelyResumePatience: Duration = .seconds(4)
    /// A client that resumes is read from earlier if every node has answered that it doesn't hold it. Between two such
    /// questions, for all who wait: a few round trips of most networks.
    public var heldPause: Duration = .milliseconds(300)
    /// A branch that has not said by then what it holds is unknown.
    public var heldQuestion: Duration = .seconds(1)
    /// Nodes named in an answer, to tell whether all have answered; where there are more, the whole patience is waited.
    public var nodesNamed = 1024

    // MARK: Questions

    /// A branch that has not answered a login by then is unknown.
    public var loginQuestion: Duration = .seconds(1)
    /// A branch that has not answered a claim by then counts as allowing it; stamps settle what comes of that.
    public var lockQuestion: Duration = .seconds(3)
    public var statusQuestion: Duration = .seconds(1)
    /// What the answer to a status question may come to, so that it fits into one line: each contact in it is counted
    /// with `statusContactBytes`.
    public var statusBytes = 700_000
    public var statusContactBytes = 400
    /// A branch that has not said by then who has a change of an account on disk is unknown. Answers come back over the
    /// whole tree, and a late one counts for nothing.
    public var recordQuestion: Duration = .seconds(3)
    /// A node that has not got the change on disk by then leaves the question open.
    public var recordDisk: Duration = .seconds(1)
    /// Questions under way that this node asked or passed on.
    public var openQuestions = 10_000
    /// The same of one server that is no node. It asks once for each client that registers or logs in there.
    public var questionsPerBaseServer = 100
    /// A server that is no node has so long to answer a claim: it is one hop away, and asks nobody that is far.
    public var baseServerQuestion: Duration = .seconds(1)
    /// Names that are claimed at a time by way of one neighbour, some 150 bytes each: a branch of 100 nodes that
    /// register as fast as they can hash has about as many.
    public var claimsPerLink = 4096
    /// A name stays claimed for so long. The question that claimed it has ended by then, also where it was passed on.
    var claimMemory: Duration { lockQuestion * 3 }

    /// A node that leaves in order goes after so long at the latest.
    public var drainPatience: Duration = .seconds(5)
    /// A leaving root tries so often to come under its heir, before it leaves without that.
    public var handOvers = 3
    /// A leaving node sends each of its clients to one of the least loaded nodes: one of so many, at random.
    public var drainTargets = 4

    // MARK: Guessing and flooding

    /// Failed logins as one name from one address: more than a person mistypes.
    public var loginsPerNameAndAddress = AttemptLimits(free: 10, remembered: 120_000)
    /// Failed logins of one address, whatever the names. Past `free` it is taken for a guesser's, and has only so many
    /// free tries at each name: whoever shares it with a guesser may still mistype.
    public var loginsPerAddress = AttemptLimits(free: 30)
    public var freeLoginsOfGuessingAddress = 3
    /// Failed logins as one name from wherever. Past it those who have failed as it wait; who hasn't may be the owner.
    public var loginsPerName = AttemptLimits(free: 20)
    /// Registrations, also those that succeed: each costs a question to the whole network and a place in every store.
    public var registrationsPerAddress = AttemptLimits(free: 20)
    public var registrationsPerName = AttemptLimits(free: 10)
    /// Wrong secrets of the network from one address: an operator mistypes less often.
    public var nodeSecretsPerAddress = AttemptLimits(free: 10)
    /// Secrets remembered as right, some 100 bytes each.
    public var proofs = 100_000
    /// Hashes computed at the same time: each takes 19 MiB and a core. libuv's pool has four threads, and the disk
    /// needs some.
    public var hashesAtOnce = 2
    /// Hashes that may wait, in all and of one address; past it logins fail with the word to try again.
    public var hashesWaiting = 20_000
    public var hashesWaitingPerAddress = 1000
    /// The same for one name from one address: more devices of one person don't come back at once.
    public var hashesWaitingPerName = 20
    /// Messages a second that are taken of one client, and as many at once; 0 for as many as it says.
    public var messagesPerSecond = 0

    // MARK: Accounts

    /// Records that are written in one transaction: some hundred kilobytes.
    public var recordsPerSave = 2000
    /// Pauses between tries while the disk fails; each is twice as long as the one before.
    public var savePause: ClosedRange<Duration> = .seconds(1) ... .seconds(30)
    /// Whoever registers is told after so long that too few disks have it.
    public var durabilityPatience: Duration = .seconds(8)
    /// The others are asked so often whether they have it.
    public var durabilityPause: Duration = .seconds(1)
    /// For so long a removed name is remembered as removed: a node that was away for longer may bring it back.
    public var removalMemory: Duration = .seconds(90 * 24 * 3600)
    public var removalSweep: Duration = .seconds(3600)
    /// Comparing accounts: questions on their way to one neighbour, prefixes in one of them, records that are listed
    /// instead of compared further, and records in one message. So a turn has about a thousand records to do with at
    /// the most, some 5 ms.
    public var comparisonsAtOnce = 2
    public var rangesPerMessage = 16
    public var accountsListed = 32
    public var recordsPerMessage = 100
    /// Accounts under a prefix whose records a neighbour may be sent, or ask for: `accountsListed`, and those that were
    /// registered since they were listed.
    public var accountsExchanged = 1024
    /// Accounts in one answer to who lists them.
    public var accountsPerPage = 500

    // MARK: Strangers

    /// Connections that have neither logged in nor become a link: each holds a descriptor and some memory. A storm of
    /// clients that come back passes through here, each for as long as its login takes.
    public var strangers = 10_000
    /// The same of one address, behind which there may be many people.
    public var strangersPerAddress = 1000
    /// Whoever connects says something valid within this time.
    public var strangerPatience: Duration = .seconds(5)
    /// A tool that was answered, or a client that registered, goes on within this time: most do at once.
    public var answeredPatience: Duration = .seconds(60)
    /// What differs for this machine's own connections; nil where no limit by address or on strangers applies to them.
    public var loopback: LoopbackLimits? = LoopbackLimits()

    // MARK: Clients

    /// Clients that are admitted or closed in one turn where thousands are due at once: each costs some 20 µs, and
    /// while a turn lasts nobody else is served.
    public var crowdPerTurn = 200
    /// The longest line of a client, which the shell cuts: clients are told, so that they send no longer ones.
    public var clientLineBytes = 64 * 1024
    /// Clients at a time. Whoever runs the node knows for how many there are descriptors.
    public var clients = Int.max
    /// The same of one address; nil for half of them. So no address keeps all others out, and one behind which there is
    /// a whole company finds no limit before places get scarce.
    public var clientsPerAddress: Int?
    /// A client that says nothing for so long is told and closed; nil for never. `PING` is something.
    public var idleTimeout: Duration?
    /// Names that may be registered in the network. Each takes some 150 bytes of memory on every node, and as much on
    /// its disk.
    public var accounts = 1_000_000
    /// How often it is said that newcomers are refused.
    public var refusalNotice: Duration = .seconds(10)
    /// A client that resumes and takes nothing for so long is given up: what it was sent lies in memory of its own.
    public var stallPatience: Duration = .seconds(10)
    /// What the first messages of clients take that came before the node has its position, in bytes: those of 20,000
    /// clients that come back after a restart of the whole network, each with 80 origins.
    public var parkedBytes = 64 << 20
    /// Sessions that were cut as too slow and are to be told so when they log in next, some 200 bytes each.
    public var cutSessions = 1000
    /// The longest activity that is taken from a server of the base protocol: as an entry it has to fit into one line
    /// of a link.
    public var activityBytes = 1_000_000
    /// Bytes copied in one turn for one client that catches up and has to be shown single lines; how much may lie
    /// unread with it.
    public var catchUpBurstBytes = 32 * 1024
    /// The same for all of them together. However many come back at once, they take no more memory than this.
    public var catchUpBytes = 16 * 1024 * 1024
    /// The same in one turn: a megabyte takes some milliseconds.
    public var catchUpTurnBytes = 1024 * 1024
    /// A client that catches up reads the log's own lines once it lacks no more than this, which has to be less than
    /// how far a client may lag.
    public var followWithinBytes = 32 * 1024 * 1024
    /// Origins that a client may name when it resumes.
    public var sinceOrigins = 4096
    /// Origins that are remembered for all who resume, 24 bytes each: what 10,000 clients of a network of 200 nodes
    /// name. Past it what the client has seen that names most is forgotten: it may be shown some of it again.
    public var resumeOrigins = 2 * 1024 * 1024
    /// For so long it is remembered: a day, after which hardly anybody brings what the client has seen.
    public var resumeMemory: Duration = .seconds(24 * 3600)
    /// Components of clients' vectors that are looked at to make one question for them: about 10 ms.
    public var heldLooks = 256 * 1024

    /// A name's length in UTF-8.
    public var nameBytes = 128
    public var secretBytes = 1024
    /// Announcements that one link carries onward: those of the least loaded nodes.
    public var announcementsPerLink = 16
    /// Nodes listed that were announced by one link, some 200 bytes each. Of a larger network those that were heard of
    /// first are listed.
    public var nodesListed = 2048
    /// A server that has not announced itself for so long is forgotten. Servers of the base protocol announce
    /// themselves every 5 s: three announcements in a row have to be missing.
    public var announcementMemory: Duration = .seconds(15)
    /// Servers remembered below servers that are no nodes. More of them aren't worth a client's while.
    public var baseServersNamed = 64
    /// Servers that a client is told of when it logs in, the least loaded ones: it tries them when it loses this node.
    public var serversNamed = 8
    /// Somebody who was just sent here counts as a client until it comes, and for so long at most.
    public var redirectPatience: Duration = .seconds(2)
    /// Somebody who was just sent here isn't sent on within this time.
    public var redirectMemory: Duration = .seconds(10)
    /// Names remembered of those who were just sent here, some 100 bytes each: as many as a node has clients. When
    /// there are more, the oldest may be sent on, which costs them one more redirect.
    public var redirectsExpected = 20_000
    /// How often the clock server is asked while it answers.
    public var clockPause: Duration = .seconds(1)
    /// Between tries while it doesn't: a standby takes over within 3 s, and is to be found soon after.
    public var clockRetry: Duration = .milliseconds(600)
    /// Nobody's stamp may lie further ahead of the time than this: one wrong clock must not pull all others along.
    public var clockSkew: Duration = .seconds(10)
    /// A time further from the machine's than this is believed only if the clock server and another node both tell it.
    /// A wrong time zone, or a night without a network, makes a machine wrong by hours; a day leaves room for that.
    public var clockTrust: Duration = .seconds(86_400)
    /// In total order a lost link holds the showing up for so long, in which most trees have healed.
    public var orderGrace: Duration = .seconds(1)
    /// Stamps asked for at a time: what one millisecond has room for, and what a clock server gives at most.
    public var stampBatch = 262_144

    public init() {}
}
