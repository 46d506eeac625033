/// A node of a self-healing broadcast tree, without any I/O: events in, effects out.
///
/// There is one door, `handle`. It never blocks, reads no clock, draws no chance of its own and touches nothing outside
/// of the node, so the node that serves clients and the node that is simulated are the same. The rules stand in the
/// folders beside this one, as extensions in files of their own names: ARCHITECTURE.md has the map.
///
/// The runner's side of the contract: effects are performed at once and in order; after `close` no more events come of
/// that connection; `turnEnded` follows every batch of events; `timePassed` comes no later than `nextDeadline` asks.
public final class Node {
    public let configuration: Configuration
    public internal(set) var log: Log
    /// For every origin, how far it is safe here.
    var safeMarks = Marks()
    var now: Moment
    var orders: [Effect] = []
    var random: RandomNumbers
    var timers = Timers()

    // MARK: The tree

    /// How the node stands to the rest of the tree.
    enum Standing {
        /// Looks for its first place. Becomes attached, or root when its patience ends.
        case joining
        /// Has no parent and rules what is below. Becomes attached when it loses against another root, or leaves.
        case root
        /// Has a parent. Becomes orphan when the link is lost, root when the parent hands over.
        case attached(Link)
        /// Lost its parent, keeps its label and its branch and serves its clients. Becomes attached or root.
        case orphan
    }

    var standing: Standing
    var label: Label
    /// From the parent up to the root.
    var path: [Contact] = []
    /// When this node began to rule, in wall-clock milliseconds; nil while it doesn't.
    var reign: UInt64?
    var deadpool: Deadpool
    var search: Search?
    /// Why the configured parent could not be had the last time, while the node joins.
    var joinFailure: Refusal?
    var unjoined: Unjoined?
    var refusalNotices = RefusalNotices()
    /// Whether other lives of newcomers live, as far as that was asked lately.
    var lifeChecks: [LifeCheck] = []
    var lastTwinProbe: Instant?
    var lastAttempt = AttemptID(0)
    var lastRaise: Instant?
    /// Connections that carry a probe: of another tree by a root, of the deadpool by anybody.
    var probes: [ProbeDial] = []
    /// Roots of other trees that this one was told of and has not reached yet.
    var foreignRoots: [Contact] = []
    /// Nodes that were met and can't be in this tree, as was said.
    var mismatched: [Address] = []
    /// Grows while probes fail, and is 0 once everybody has failed.
    var probesAtOnce = 1
    /// Set when something that the children have to know has changed; they are told at the turn's end.
    var positionChanged = false
    var isDraining = false
    var drain: Drain?

    // MARK: Links

    /// In the order in which they opened.
    var links: [Link] = []
    var linksByConnection: [ConnectionID: Link] = [:]
    var lastLinkSerial: UInt32 = 0
    /// A link lags so far that what it lacks could fall off the log: nothing is acknowledged, no client is read from.
    package internal(set) var isHeldUp = false
    /// Set while a node that lost its last link lets its search come first.
    var waitsAlone = false
    /// Heartbeats of others aren't judged before, since this node was itself late.
    var noVerdictBefore: Instant?

    // MARK: Entries

    var ownNumber: Int
    var queue = Queue()
    /// Gaps that this node learnt of where its log is not safe yet: who logs in now reads past them later.
    var gapsAhead: [(at: LogPosition, gap: Log.Gap)] = []
    var clock: HybridClock
    /// False from a question that was not answered in time to the next answer.
    var clockAnswers = true
    var stampRequest: StampRequest?
    var unstamped = Unstamped()
    /// By origin number, the stamp of the last entry stored: a later entry's is greater.
    var newestStamps: [Stamp] = []
    var retries: Retries
    /// In total order: how what is stored becomes what is shown. Nil in causal order.
    let total: TotalOrder?
    /// In total order: the entries that this node accepted and that clients haven't been shown yet.
    var undelivered = Queue()
    /// Nothing comes from here any more: the node has left in order.
    var isDone = false
    /// What every node of the tree holds, by the root's last word.
    var heldByAll = Marks()
    /// Counts the changes of it.
    var heldVersion: UInt64 = 0
    /// Origins of which nothing more can come, by number.
    var retiredSince: [Int: Instant] = [:]
    var departed: [Departed] = []

    // MARK: Clients

    var strangers = Strangers()
    var loginsByAddress = Attempts<PeerAddress>()
    var loginsByName = Attempts<NameKey>()
    var registrationsByAddress = Attempts<PeerAddress>()
    var registrationsByName = Attempts<NameKey>()
    var proofs = Proofs()
    var hashQueue = HashQueue()
    /// Of clients that have said something, if there is a limit, and those that aren't read from because of it.
    var paces: [ConnectionID: Pace] = [:]
    var paced: [ConnectionID] = []
    var clients = ClientTable()
    /// From this and the connection the session of a client follows that brought none.
    let sessionSeed: UInt64
    /// Logged-in clients.
    public internal(set) var load = 0
    /// Clients that catch up, or wait until this node has what they saw.
    var resuming: [ConnectionID] = []
    var resumes: [ConnectionID: Resume] = [:]
    /// Counts those who were fed.
    var resumingTurn = 0
    var missed = MissedByClients()
    /// What the tree is asked for them, and when it may be asked again.
    var heldQuestion: HeldQuestion?
    var nextHeldQuestion = Instant(nanoseconds: 0)
    /// Clients that aren't read from while the queue is full.
    var throttled: [ConnectionID] = []
    /// First messages of clients that came before the node had found its place.
    var parked: [(connection: ConnectionID, message: Message)] = []
    var accounts: Accounts
    var saves = Saves()
    /// What neighbours told of names in this turn, and on which link.
    var accountNews: [(name: String, from: ConnectionID)] = []
    var work: [Ticket: Work] = [:]
    var lastTicket: UInt64 = 0
    var questions: [QuestionID: Question] = [:]
    var lastQuestion: UInt64 = 0
    /// Names that somebody is about to register.
    var claims: [NameKey: Claim] = [:]
    /// Changes of accounts that were made here: first those that aren't safe in the log, then those that aren't on
    /// enough disks.
    var unsafeChanges: [(position: LogPosition, vouch: Vouch)] = []
    var vouches: [Vouch] = []
    var lastVouch: UInt64 = 0
    var directory = Directory()
    var announcementCount: UInt64 = 0
    /// Set once clients are served; before, a node that joins lets them wait.
    var hasAdmitted: Bool
    var rememberedVersion: UInt64 = 0
    var counts = Counts()
    var runnersCounts = Counts()
    /// When it was last said that newcomers are refused.
    var lastRefusalNotice: Instant?
    /// How long the turns of whoever runs this took; nil if nobody measures.
    var turns: TurnReport?

    /// A rule that is left out; only the simulator's own tests set one.
    package var mutation: Mutation? {
        didSet {
            retries.forgetsEarly = mutation == .dedupeByTime
            accounts.latestWins = mutation == .laterOwnerWins
            accounts.forgetsRemovals = mutation == .removalForgotten
        }
    }

    /// - Parameters:
    ///   - format: how entries look to clients; the node stores what it makes.
    ///   - accounts: what the disk has of earlier lives.
    public init(
        configuration: Configuration, format: any EntryFormat, accounts: Accounts = Accounts(), at moment: Moment
    ) {
        self.configuration = configuration
        self.accounts = accounts
        log = Log(format: format)
        ownNumber = log.number(of: configuration.origin)
        now = moment
        random = RandomNumbers(seed: configuration.randomSeed)
        sessionSeed = random.next()
        label = Label(term: 0, root: configuration.origin.node, depth: 0)
        deadpool = Deadpool(configuration: configuration, at: moment.instant)
        retries = Retries(
            memory: configuration.limits.retryMemory, sessions: configuration.limits.retrySessions)
        clock = HybridClock(at: moment)
        total =
            configuration.order == .total
            ? TotalOrder(
                retries: retries, isOpen: configuration.parent == nil, at: log.stored)
            : nil
        standing = configuration.parent == nil ? .root : .joining
        hasAdmitted = configuration.parent == nil && !configuration.asksClock
        timers[.announce] = moment.instant + configuration.announceInterval
        timers[.heartbeat] = moment.instant + configuration.limits.heartbeat
        timers[.idleExchange] = moment.instant + configuration.limits.idleExchange
        timers[.verify] = moment.instant + configuration.limits.verifyDeadpool
        timers[.retention] = moment.instant + configuration.limits.stabilityPause
        timers[.removals] = moment.instant + configuration.limits.removalSweep
        if configuration.asksClock { timers[.clock] = moment.instant }
        switch standing {
        case .joining:
            search = joiningSearch()
            timers[.search] = moment.instant
        default: scheduleProbe()
        }
    }

    var limits: Limits { configuration.limits }
    public var origin: Origin { configuration.origin }

    /// Handles one event at a moment no earlier than the one before, and appends what is to be done.
    public func handle(_ event: Event, at moment: Moment, into effects: inout [Effect]) {
        now = moment
        swap(&orders, &effects)
        handle(event)
        swap(&orders, &effects)
    }

    /// When `timePassed` is due; nil for never.
    public var nextDeadline: Instant? { timers.earliest }

    private func handle(_ event: Event) {
        switch event {
        case .connected(let attempt, let connection): connected(attempt, connection)
        case .connectFailed(let attempt, let why): connectFailed(attempt, why)
        case .opened(let connection, let address): opened(connection, from: address)
        case .received(let connection, let message): received(message, on: connection)
        case .receivedForeign(let connection, let server): receivedForeign(server, on: connection)
        case .located(let connection, let address): located(connection, at: address)
        case .receivedMalformed(let connection, let info): receivedMalformed(connection, info: info)
        case .closed(let connection): closed(connection)
        case .congested(let connection): setCongested(true, connection)
        case .drained(let connection): setCongested(false, connection)
        case .fellBehind(let connection): clientFellBehind(connection)
        case .timePassed: timePassed()
        case .turnEnded: turnEnded()
        case .hashed(let ticket, let hash):
            hashed(ticket, hash)
            hashEnded()
        case .verified(let ticket, let isRight):
            verified(ticket, isRight)
            hashEnded()
        case .persisted(let ticket, let failure): persisted(ticket, failure: failure)
        case .clockAnswered(let first, let count, _, let wallMilliseconds):
            clockAnswered(first: first, count: count, wallMilliseconds: wallMilliseconds)
        case .clockSilent: clockSilent()
        case .turnsMeasured(let report): turns = report
        case .counted(let counts): runnersCounts = counts
        case .drainRequested: beginDraining()
        }
    }

    // MARK: Messages

    private func received(_ message: Message, on connection: ConnectionID) {
        if clients.contains(connection) {
            receivedFromClient(message, on: connection)
        } else if let link = linksByConnection[connection] {
            link.lastHeard = now.instant
            received(message, on: link)
        } else if search?.asking?.connection == connection {
            receivedAnswer(message)
        } else if let index = probes.firstIndex(where: { $0.connection == connection }) {
            receivedProbed(message, probes.remove(at: index))
        } else {
            receivedFirst(message, on: connection)
        }
    }

    /// The first message of a connection that somebody opened to this node says who it is.
    private func receivedFirst(_ message: Message, on connection: ConnectionID) {
        strangers.hasSpoken(connection)
        switch message {
        case .authenticate(let request): consider(request, on: connection)
        case .probe(let probe): answer(probe, on: connection)
        case .status(let question): answer(question, on: connection)
        case .administer(let request): administer(request, on: connection)
        case .login, .register, .changeSecret, .logout, .activity, .invalidMessage:
            receivedFromClient(message, on: connection)
        case .authenticationFail: order(.close(connection, .now))
        default: refuse(connection, info: message.reasonToRefuse(isClient: false))
        }
    }

    private func received(_ message: Message, on link: Link) {
        guard link.isNode else { return receivedFromLeaf(message, on: link) }
        switch message {
        case .entry(let entry, let hop): store(entry, hop: hop, from: link)
        case .acknowledge(let acknowledgement): acknowledged(acknowledgement, on: link)
        case .synchronised: receivedSynchronised(link)
        case .vectors(let stored, let safe): compare(stored: stored, safe: safe, with: link)
        case .gap(let gap, let stamp): skip(gap, stamp, from: link)
        case .watermark(let stamp): received(watermark: stamp, on: link)
        case .stable(let changes, let isWhole): received(stable: changes, isWhole: isWhole, on: link)
        case .heartbeat(let heartbeat): received(heartbeat, on: link)
        case .tree(let position): received(position, on: link)
        case .raise(let term, let by): raise(above: term, askedBy: by)
        case .met(let claim): if link.role == .child { met(claim) }
        case .leaving(let others): parentLeaves(link, others: others)
        case .handOver(let term): takeOver(above: term, from: link)
        case .redirected(let username, let node): wasRedirected(username, to: node, from: link)
        case .serverAnnounce(let announcement): learn(announcement, from: link)
        case .lockRequest(let question): consider(lock: question, from: link)
        case .lockAllowed(let answer): answered(answer, .allowed, on: link)
        case .lockDenied(let answer): answered(answer, .denied, on: link)
        case .loginRequest(let question): consider(login: question, from: link)
        case .loginAllowed(let answer): answered(answer, .allowed, on: link)
        case .loginDenied(let answer): answered(answer, answer.isUnknown ? .unknown : .denied, on: link)
        case .status(let question): consider(status: question, from: link)
        case .statusAnswer(let answer): answered(answer, on: link)
        case .recordRequest(let question): consider(record: question, from: link)
        case .recorded(let answer): answered(answer, on: link)
        case .heldRequest(let question): consider(held: question, from: link)
        case .held(let answer): answered(answer, on: link)
        case .compareAccounts(let ranges): compare(ranges, with: link)
        case .comparedAccounts(let differences): received(differences, on: link)
        case .fetchAccounts(let prefix, let digests): fetchAccounts(prefix, digests, for: link)
        case .accounts(let records, let isAnswer): received(records, isAnswer: isAnswer, on: link)
        case .invalidMessage(let info):
            report(.badFrame(link.contact, info: info))
            sayAgain(on: link)
        case .authenticationFail: lose(link, why: .closed)
        // What has no meaning between nodes: one such message must not cut off a branch.
        case .authenticate, .authenticationSuccess, .login, .loginSuccess, .loginFailed, .logout, .register,
            .registerSuccess, .registerFailed, .changeSecret, .secretChanged, .changeFailed, .redirect, .activity,
            .probe, .probed, .administer, .administered, .notice:
            report(.badFrame(link.contact, info: "a message that has no meaning on a link"))
        // It was to be an entry.
        case .broadcast: receivedMalformed(link.connection, info: "the field hop is missing")
        }
    }

    private func receivedMalformed(_ connection: ConnectionID, info: String) {
        if let link = linksByConnection[connection], link.isNode {
            link.lastHeard = now.instant
            link.isDoubtful = true
            link.lacksWhatIsHeld = true
            askToSayAgain(on: link)
            return report(.badFrame(link.contact, info: info))
        }
        let server = ForeignServer.unknown("its answer is no message: \(info)")
        if search?.asking?.connection == connection || probes.contains(where: { $0.connection == connection }) {
            return receivedForeign(server, on: connection)
        }
        send(.invalidMessage(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }

    /// Takes a connection down from this side, whatever it was.
    func forget(_ connection: ConnectionID, manner: CloseManner) {
        if let link = linksByConnection[connection] { return lose(link, why: .broken, manner: manner) }
        order(.close(connection, manner))
        closed(connection)
    }

    /// The connection is gone; what depended on it is taken down.
    private func closed(_ connection: ConnectionID) {
        if let link = linksByConnection[connection] {
            lose(link, why: .closed)
        } else if clients[connection] != nil {
            clientLeft(connection)
        } else if search?.dials.contains(where: { $0.connection == connection }) == true
            || search?.asking?.connection == connection
        {
            candidateLost(connection)
        } else if let index = probes.firstIndex(where: { $0.connection == connection }) {
            probeFailed(probes.remove(at: index), .closes)
        }
        parked.removeAll { $0.connection == connection }
        forgetStranger(connection)
    }

    // MARK: Time

    private func timePassed() {
        noticeOwnStall()
        // A reason that sets itself again sets itself later than now, so this ends.
        while let reason = timers.takeDue(at: now.instant) {
            switch reason {
            case .heartbeat: sendHeartbeats()
            case .silence: judgeSilence()
            case .idleExchange: beginExchange()
            case .search: advanceSearch()
            case .attempt: giveUpLate()
            case .probe: probeOutside()
            case .probeAnswer: giveUpProbes()
            case .verify: verifyDeadpool()
            case .alone: goOnAlone()
            case .unjoined: remindOfUnjoined()
            case .announce: announce()
            case .questions: giveUpQuestions()
            case .resume: stopWaitingForResumed()
            case .clock: askClock()
            case .order: giveUpHolds()
            case .retention: trimLog()
            case .continuation, .drain, .vouch: break  // the turn's end does it
            case .remember: rememberNodes()
            case .strangers: refuseSilentStrangers()
            case .save: saves.tryAgain()
            case .pace: releasePaced()
            case .removals: forgetOldRemovals()
            }
        }
    }

    private func turnEnded() {
        trimGrownLog()
        if positionChanged { pushPosition() }
        requestStampsIfNeeded()
        if mutation == .watermarkBeforeEntries { tellWatermarks() }
        for link in linksToFeed { feed(link) }
        lookAtLag()
        if !isHeldUp { exchangeVectors() }
        continueComparisons()
        advanceSafe()
        saveAccounts()
        advanceVouches()
        if !isHeldUp { for link in links where link.isNode { acknowledge(link) } }
        deliver()
        tellWatermarks()
        feedResuming()
        askForSeen()
        reportMissed()
        relieveThrottled()
        tellSizes()
        continueDraining()
        if deadpool.version != rememberedVersion {
            timers.set(.remember, noLaterThan: now.instant + .seconds(1))
        }
    }

    // MARK: Orders

    func order(_ effect: Effect) {
        if case .close(let connection, _) = effect { forgetStranger(connection) }
        orders.append(effect)
    }

    func send(_ message: Message, to connection: ConnectionID) {
        orders.append(.send(connection, message))
    }

    func report(_ notice: Notice) {
        orders.append(.report(notice))
    }

    /// Tells whoever is connected what is wrong, and ends it.
    func refuse(_ connection: ConnectionID, info: String) {
        send(.invalidMessage(info: info), to: connection)
        forget(connection, manner: .afterFlush)
    }

    // MARK: Neighbours

    var parentLink: Link? {
        if case .attached(let link) = standing { link } else { nil }
    }

    var children: [Link] { links.filter { $0.role == .child && $0.isNode } }

    var hasChildren: Bool { links.contains { $0.role == .child && $0.isNode } }

    var nodeLinks: [Link] { links.filter(\.isNode) }

    /// The parent comes first, for a root its heir: who takes over has an entry before anybody else (docs/protocol.md).
    private var linksToFeed: [Link] {
        guard let parent = parentLink else { return links }
        return [parent] + links.filter { $0 !== parent }
    }

    /// Nodes that can be reached, this one included.
    var componentSize: Int { 1 + links.reduce(0) { $0 + Int($1.size) } }

    /// Nodes on this side of a link.
    func branchSize(for link: Link) -> UInt32 {
        UInt32(min(componentSize - Int(link.size), Int(limits.nodes)))
    }
}
